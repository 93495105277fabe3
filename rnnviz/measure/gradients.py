"""Gradients looked at, beside the training loop."""

from __future__ import annotations

import numpy as np
import torch

from rnnviz.experiment import Experiment
from rnnviz.film import State, batch_at, slope
from rnnviz.rules import Tensors, norm


def raw_norm(exp: Experiment, state: State) -> float:
    """Norm of the whole gradient at a state, on that step's batch, by backpropagation."""
    return float(norm(slope(exp, state.params, batch_at(exp, state.step))[0]))


def slope_along(exp: Experiment, state: State, direction: Tensors, reach: float = 1e-4) -> float:
    """dL/ds at params + s·direction by central differences in float64, without backpropagation."""
    batch = batch_at(exp, state.step)
    x = batch.x.double() if isinstance(batch.x, torch.Tensor) and batch.x.is_floating_point() else batch.x
    from rnnviz.film import forward

    def loss(s: float) -> float:
        there = {k: p.double() + s * direction[k].double() for k, p in state.params.items()}
        with torch.no_grad():
            return exp.task.loss(forward(exp, there, batch._replace(x=x)).logits, batch).item()

    return (loss(reach) - loss(-reach)) / (2 * reach)


def checked_norm(exp: Experiment, state: State) -> tuple[float, float]:
    """The gradient norm by backpropagation, and as the slope along its own direction by central differences."""
    grads = slope(exp, state.params, batch_at(exp, state.step))[0]
    size = float(norm(grads))
    if not np.isfinite(size) or size == 0:
        return size, size
    return size, slope_along(exp, state, {k: g / size for k, g in grads.items()}, reach=min(1e-4, 1e-3 / size))
