"""End at a given value: the task behind the cliff (Pascanu, Mikolov & Bengio 2013)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from rnnviz.settings import Checked, setting
from rnnviz.tasks.spec import Batch


@dataclass(frozen=True)
class Target(Checked):
    """From x_0 = start, σ(x) has to be `target` after `steps` steps; there is one sequence, the same every time."""

    steps: int = setting(50, 1, 200, "Time steps T")
    start: float = setting(0.5, -4.0, 4.0, "Start value x₀")
    target: float = setting(0.7, 0.05, 0.95, "Wanted value of σ(x_T)")

    inputs = 1
    outputs = 1

    def sample(self, dice: Generator, size: int) -> Batch:
        x = torch.tensor([[self.start, float(self.steps)]], dtype=torch.float64)
        return Batch(x, torch.full((1,), self.target, dtype=torch.float64))

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Squared error E = (σ(x_T) − target)², not nats."""
        return (logits[:, -1, 0].sigmoid() - batch.y).square().mean()

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        """1 − |σ(x_T) − target|."""
        return 1 - (logits[:, -1, 0].sigmoid() - batch.y).abs().mean()
