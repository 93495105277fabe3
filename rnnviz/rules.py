"""Learning rules: (gradient, memory, step) -> (update, memory). Pure, so a setting may change between steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from rnnviz.settings import Checked, choice, setting

Tensors = dict[str, Tensor]
OFF = 1e9  # the threshold that stands for clipping switched off


class Rule(Protocol):
    @property
    def clip(self) -> float: ...
    @property
    def by(self) -> str: ...
    def update(self, grads: Tensors, memory: Tensors, step: int) -> tuple[Tensors, Tensors]: ...


def norm(tensors: Tensors) -> Tensor:
    """Euclidean norm of all tensors together."""
    return torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(t) for t in tensors.values()]))


def clipped(grads: Tensors, limit: float, by: str = "norm") -> Tensors:
    """The gradient cut down to `limit`.

    "norm" scales the whole gradient and keeps its direction (Pascanu et al. 2013, algorithm 1);
    "value" cuts every element to [-limit, limit] and turns it (Graves 2013).
    """
    if limit >= OFF:  # there are gradients longer than that
        return grads
    if by == "value":
        return {k: g.clamp(-limit, limit) for k, g in grads.items()}
    length = norm(grads)
    if not length > limit:
        return grads
    return {k: g * (limit / length) for k, g in grads.items()}


def pace(schedule: str, step: int, over: int) -> float:
    """Factor on the learning rate at a step, 0..1. Past `over` the last value stays.

    "one-cycle": up to 1 at 30 %, then down along a cosine (Smith & Topin 2018); "decay": 5 % warm-up, then cosine to 2 %.
    """
    if schedule == "flat":
        return 1.0
    top, floor = (0.3, 0.001) if schedule == "one-cycle" else (0.05, 0.02)
    at = min(1.0, (step + 1) / over)
    if at < top:
        return 0.04 + 0.96 * at / top
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * (at - top) / (1 - top)))


@dataclass(frozen=True)
class _Clipping(Checked):
    rate: float = setting(0.1, 1e-4, 10.0, "Learning rate", log=True)
    clip: float = setting(OFF, 1e-3, OFF, "Clip the gradient at", help="At the right end: no clipping", log=True)
    by: str = choice("norm", ("norm", "value"), "Clip by")
    schedule: str = choice("flat", ("flat", "one-cycle", "decay"), "Schedule of the rate")
    over: int = setting(1000, 1, 100_000, "Steps that the schedule lasts")

    def rate_at(self, step: int) -> float:
        return self.rate * pace(self.schedule, step, self.over)


@dataclass(frozen=True)
class Sgd(_Clipping):
    """Gradient descent, with heavy-ball momentum if asked (Polyak 1964)."""

    momentum: float = setting(0.0, 0.0, 0.99, "Momentum")

    def update(self, grads: Tensors, memory: Tensors, step: int) -> tuple[Tensors, Tensors]:
        rate = self.rate_at(step)
        if not self.momentum:
            return {k: -rate * g for k, g in grads.items()}, {}
        velocity = {k: self.momentum * memory[k] + g if k in memory else g for k, g in grads.items()}
        return {k: -rate * v for k, v in velocity.items()}, velocity


@dataclass(frozen=True)
class FineSgd(Sgd):
    """Gradient descent where a gradient may be 1e12 long: its rate goes down as far."""

    rate: float = setting(1e-6, 1e-15, 10.0, "Learning rate", log=True)


@dataclass(frozen=True)
class RmsProp(_Clipping):
    """Divide by a running root mean square (Tieleman & Hinton 2012)."""

    rate: float = setting(0.01, 1e-4, 10.0, "Learning rate", log=True)
    fade: float = setting(0.9, 0.5, 0.999, "Memory of the squared gradient")

    def update(self, grads: Tensors, memory: Tensors, step: int) -> tuple[Tensors, Tensors]:
        rate = self.rate_at(step)
        square = {k: self.fade * memory.get(k, torch.zeros_like(g)) + (1 - self.fade) * g * g for k, g in grads.items()}
        return {k: -rate * g / (square[k].sqrt() + 1e-8) for k, g in grads.items()}, square


@dataclass(frozen=True)
class Adam(_Clipping):
    """Adaptive moments with bias correction (Kingma & Ba 2015, algorithm 1)."""

    rate: float = setting(0.01, 1e-4, 10.0, "Learning rate", log=True)
    beta1: float = setting(0.9, 0.0, 0.999, "Memory of the gradient β₁")
    beta2: float = setting(0.999, 0.5, 0.9999, "Memory of the squared gradient β₂")

    def update(self, grads: Tensors, memory: Tensors, step: int) -> tuple[Tensors, Tensors]:
        born = memory.get("born", torch.tensor(float(step)))  # a fork may hand over weights without a memory
        t = step - int(born) + 1
        kept: Tensors = {"born": born}
        updates: Tensors = {}
        scale = -self.rate_at(step) / (1 - self.beta1**t)
        root = (1 - self.beta2**t) ** -0.5
        for k, g in grads.items():
            first, second = memory.get(f"m/{k}"), memory.get(f"v/{k}")
            m = g * (1 - self.beta1) if first is None else torch.lerp(g, first, self.beta1)
            v = (
                g * g * (1 - self.beta2)
                if second is None
                else (second * self.beta2).addcmul_(g, g, value=1 - self.beta2)
            )
            kept[f"m/{k}"], kept[f"v/{k}"] = m, v
            updates[k] = (m * scale).div_(v.sqrt().mul_(root).add_(1e-8))
        return updates, kept
