"""Name at the end what came first: nothing is learnt unless an error survives the way back."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator
from torch.nn.functional import one_hot

from rnnviz.settings import setting
from rnnviz.tasks.marked import Marked
from rnnviz.tasks.spec import Batch


@dataclass(frozen=True)
class Recall(Marked):
    """A symbol, then `lag` steps of noise; which symbol was it? x (batch, 1 + lag, symbols), y (batch).

    After the latching problem of Bengio, Simard & Frasconi (1994).
    """

    lag: int = setting(20, 1, 200, "Lag T", help="Steps between the symbol and the question")
    symbols: int = setting(4, 2, 8, "Symbols")
    noise: float = setting(
        0.1, 0.0, 1.0, "Noise in between", help="Standard deviation of every input after the first step"
    )

    @property
    def inputs(self) -> int:
        return self.symbols

    @property
    def outputs(self) -> int:
        return self.symbols

    def sample(self, dice: Generator, size: int) -> Batch:
        first = torch.randint(self.symbols, (size,), generator=dice)
        noise = self.noise * torch.randn(size, self.lag, self.symbols, generator=dice)
        return Batch(torch.cat([one_hot(first, self.symbols).float()[:, None], noise], 1), first)
