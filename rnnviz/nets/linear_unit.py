"""The lecture's toy: one linear unit that repeats what it was told once, a thousand times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from rnnviz.nets.spec import Pass
from rnnviz.settings import Checked, setting

_APART = (1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 3e-3, 5e-3, 7e-3, 0.01, 0.015, 0.02, 0.03, 0.05)
_AROUND_ONE = (0.01, 0.1, 0.5, 0.9, *(1 - d for d in reversed(_APART)), 1.0, *(1 + d for d in _APART))


@dataclass(frozen=True)
class LinearUnit(Checked):
    """y_t = w·y_{t−1} + x_t, no bias, no squashing: the input 1, 0, 0, … makes y_T = w^(T−1)."""

    w: float = setting(
        1.01,
        0.01,
        1.1,
        "Start: weight w",
        help="The slider's steps grow with the distance from 1",
        marks=tuple(round(w, 6) for w in _AROUND_ONE),
    )


def unroll(w: float, x: list[float]) -> tuple[list[float], list[float]]:
    """y_1 … y_T and ∂y_t/∂w, carried forward together in float64 (real-time recurrent learning)."""
    y = slope = 0.0
    path, slopes = [], []
    for now in x:
        y, slope = w * y + now, y + w * slope
        path.append(y)
        slopes.append(slope)
    return path, slopes


class Unrolled(torch.autograd.Function):
    """(w, x (batch, time)) -> y (batch, time); a thousand steps on one number are faster in plain floats."""

    @staticmethod
    def forward(ctx: Any, w: Tensor, x: Tensor) -> Tensor:
        rows = [unroll(w.item(), row) for row in x.tolist()]
        ctx.save_for_backward(torch.tensor([slopes for _, slopes in rows], dtype=torch.float64))
        return torch.tensor([path for path, _ in rows], dtype=torch.float64)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (slopes,) = ctx.saved_tensors
        (grad,) = grads
        told = grad != 0  # 0·∞ would spoil the sum where nobody asked
        return (grad[told] * slopes[told]).sum(), None


class LinearUnitNet(nn.Module):
    """Parameter: w, a float64 scalar. Called with x (batch, time, 1); the logits are y (batch, time, 1)."""

    def __init__(self, spec: LinearUnit, inputs: int, outputs: int) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor(spec.w, dtype=torch.float64))

    def forward(self, x: Tensor) -> Pass:
        y: Tensor = Unrolled.apply(self.w, x[..., 0])  # pyright: ignore[reportAssignmentType]
        return Pass(y[..., None], {"hidden": y.detach()[..., None]})
