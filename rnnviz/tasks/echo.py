"""Say every symbol again, `delay` steps later: a memory that is written and read at every step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator
from torch.nn.functional import one_hot

from rnnviz.settings import setting
from rnnviz.tasks.marked import Marked
from rnnviz.tasks.spec import Batch


@dataclass(frozen=True)
class Echo(Marked):
    """x (batch, time, symbols), one-hot at random; y (batch, time − delay): what was read `delay` steps ago."""

    delay: int = setting(5, 0, 30, "Delay")
    length: int = setting(40, 31, 200, "Sequence length")
    symbols: int = setting(2, 2, 8, "Alphabet")

    @property
    def inputs(self) -> int:
        return self.symbols

    @property
    def outputs(self) -> int:
        return self.symbols

    @property
    def marked(self) -> slice:
        return slice(self.delay, None)

    def sample(self, dice: Generator, size: int) -> Batch:
        read = torch.randint(self.symbols, (size, self.length), generator=dice)
        return Batch(one_hot(read, self.symbols).float(), read[:, : self.length - self.delay])
