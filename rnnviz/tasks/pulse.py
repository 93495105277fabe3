"""Say again at the end what was said at the beginning: the task behind the lecture's toy."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from rnnviz.settings import Checked, setting
from rnnviz.tasks.spec import Batch


@dataclass(frozen=True)
class Pulse(Checked):
    """The input is 1, 0, 0, …; y_T has to be `target`. x (1, T, 1) and y (1), float64; the same at every training step."""

    steps: int = setting(1000, 2, 1000, "Time steps T")
    target: float = setting(1.0, 0.1, 10.0, "Wanted value of y_T")

    inputs = 1
    outputs = 1

    def sample(self, dice: Generator, size: int) -> Batch:
        x = torch.zeros(1, self.steps, 1, dtype=torch.float64)
        x[0, 0] = 1
        return Batch(x, torch.full((1,), self.target, dtype=torch.float64))

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Squared error E = (y_T − target)², not nats."""
        return (logits[:, -1, 0] - batch.y).square().mean()

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        """1 − |y_T − target|, at least 0."""
        return (1 - (logits[:, -1, 0] - batch.y).abs()).clamp(min=0).mean()
