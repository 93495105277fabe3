"""The adding problem: two of many numbers are marked; what is their sum?"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn.functional import mse_loss, one_hot

from rnnviz.settings import Checked, setting
from rnnviz.tasks.spec import Batch

TOLERANCE = 0.1  # of a sum between 0 and 2


@dataclass(frozen=True)
class Adding(Checked):
    """x (batch, time, 2): a number of [0, 1) and a mark, one mark in each half; y (batch): the sum of the marked two.

    Hochreiter & Schmidhuber (1997), with the numbers of Le, Jaitly & Hinton (2015).
    """

    numbers: int = setting(30, 4, 200, "Numbers T", help="One marked number in each half")

    inputs = 2
    outputs = 1
    marked = slice(-1, None)
    chance = 1 - (1 - TOLERANCE) ** 2  # who always says 1, the mean: the sum of two has a triangular density

    def sample(self, dice: Generator, size: int) -> Batch:
        values = torch.rand(size, self.numbers, generator=dice)
        half = self.numbers // 2
        early = torch.randint(0, half, (size,), generator=dice)
        late = torch.randint(half, self.numbers, (size,), generator=dice)
        marks = one_hot(early, self.numbers).float() + one_hot(late, self.numbers).float()
        return Batch(torch.stack([values, marks], -1), (values * marks).sum(1))

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Mean squared error of the last step, not nats; always saying 1 gives 1/6."""
        return mse_loss(logits[:, -1, 0], batch.y)

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        """Share of the sums that are missed by less than 0.1."""
        return ((logits[:, -1, 0] - batch.y).abs() < TOLERANCE).float().mean()
