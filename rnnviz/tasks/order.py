"""Temporal order: two signals far apart among distractors; which came first, which second?"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator
from torch.nn.functional import one_hot

from rnnviz.settings import setting
from rnnviz.tasks.marked import Marked
from rnnviz.tasks.spec import Batch

CLASSES = ("AA", "AB", "BA", "BB")


@dataclass(frozen=True)
class Order(Marked):
    """x (batch, time, 6), one-hot A, B and four distractors; y (batch): which of AA, AB, BA, BB was hidden in them.

    The first signal falls in [L/10, 2L/10), the second in [5L/10, 6L/10) (Pascanu, Mikolov & Bengio 2013; after
    Hochreiter & Schmidhuber 1997).
    """

    length: int = setting(20, 10, 200, "Sequence length L", help="Signals at about 15 % and 55 % of it")

    inputs = 6
    outputs = 4

    def sample(self, dice: Generator, size: int) -> Batch:
        symbols = torch.randint(2, 6, (size, self.length), generator=dice)
        signals = torch.randint(2, (size, 2), generator=dice)
        rows = torch.arange(size)
        for k, tenths in enumerate((1, 5)):
            low, high = tenths * self.length // 10, (tenths + 1) * self.length // 10
            symbols[rows, torch.randint(low, high, (size,), generator=dice)] = signals[:, k]
        return Batch(one_hot(symbols, 6).float(), 2 * signals[:, 0] + signals[:, 1])
