"""Copy memory: read a few symbols, wait, say them all."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator
from torch.nn.functional import one_hot

from rnnviz.settings import setting
from rnnviz.tasks.marked import Marked
from rnnviz.tasks.spec import Batch


@dataclass(frozen=True)
class Copy(Marked):
    """`width` symbols, `pause` blanks, then a signal and blanks while the same `width` symbols have to be said.

    x (batch, 2·width + pause, symbols + 2), one-hot, the last two inputs being blank and signal; y (batch, width). Every
    symbol has to be kept for width + pause steps (after Hochreiter & Schmidhuber 1997; Arjovsky, Shah & Bengio 2016).
    """

    pause: int = setting(10, 1, 200, "Pause T", help="Blanks between reading and saying")
    width: int = setting(3, 1, 10, "Symbols to be copied")
    symbols: int = setting(4, 2, 8, "Alphabet")

    @property
    def inputs(self) -> int:
        return self.symbols + 2

    @property
    def outputs(self) -> int:
        return self.symbols

    @property
    def marked(self) -> slice:
        return slice(-self.width, None)

    def sample(self, dice: Generator, size: int) -> Batch:
        said = torch.randint(self.symbols, (size, self.width), generator=dice)
        blank = torch.full((size, self.pause + self.width), self.symbols)
        blank[:, self.pause] = self.symbols + 1
        return Batch(one_hot(torch.cat([said, blank], 1), self.inputs).float(), said)
