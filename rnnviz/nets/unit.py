"""The smallest recurrent net: one unit, two numbers, no input (Pascanu, Mikolov & Bengio 2013)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from rnnviz.nets.spec import Pass
from rnnviz.settings import Checked, setting


@dataclass(frozen=True)
class Unit(Checked):
    """x_t = w·σ(x_{t−1}) + b. The spec says where on the error surface training starts."""

    w: float = setting(4.6, 3.0, 8.0, "Start: recurrent weight w")
    b: float = setting(-2.5, -5.0, 5.0, "Start: bias b")
    nudge: float = setting(
        0.0, -0.02, 0.02, "Nudge the start by", help="The tiniest other start; the seed says in which direction"
    )


def unroll(w: float, b: float, x: float, steps: int) -> tuple[list[float], float, float]:
    """x_0 … x_T with ∂x_T/∂w and ∂x_T/∂b, carried forward beside the state in float64 (real-time recurrent learning)."""
    path, dw, db = [x], 0.0, 0.0
    for _ in range(steps):
        s = 1 / (1 + math.exp(-x)) if not x < -700 else 0.0
        m = w * s * (1 - s)
        x, dw, db = w * s + b, s + m * dw, 1 + m * db
        path.append(x)
    return path, dw, db


class Unrolled(torch.autograd.Function):
    """Fifty steps on two numbers are faster in plain floats than any tensor is created."""

    @staticmethod
    def forward(ctx: Any, w: Tensor, b: Tensor, start: float, steps: int) -> Tensor:
        path, ctx.dw, ctx.db = unroll(w.item(), b.item(), start, steps)
        return torch.tensor(path[1:], dtype=torch.float64)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        (grad,) = grads
        return grad[-1] * ctx.dw, grad[-1] * ctx.db, None, None


class UnitNet(nn.Module):
    """Parameters: w and b, float64 scalars. Called with (start, steps) as a tensor (1, 2); the logit is x at the last step.

    Only the last step carries a gradient: `states["hidden"]` (1, time, 1) is for looking.
    """

    def __init__(self, spec: Unit, inputs: int, outputs: int) -> None:
        super().__init__()
        angle = 2 * math.pi * torch.rand(()).item()
        self.w = nn.Parameter(torch.tensor(spec.w + spec.nudge * math.cos(angle), dtype=torch.float64))
        self.b = nn.Parameter(torch.tensor(spec.b + spec.nudge * math.sin(angle), dtype=torch.float64))

    def forward(self, x: Tensor) -> Pass:
        start, steps = x[0].tolist()
        path: Tensor = Unrolled.apply(self.w, self.b, start, int(steps))  # pyright: ignore[reportAssignmentType]
        return Pass(path[-1:].reshape(1, 1, 1), {"hidden": path.detach().reshape(1, -1, 1)})
