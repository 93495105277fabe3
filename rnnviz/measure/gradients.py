"""Gradients looked at, beside the training loop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from rnnviz.experiment import Experiment
from rnnviz.film import State, batch_at, forward, slope
from rnnviz.rules import norm
from rnnviz.tasks.spec import Batch

FINER, REFINED = 8.0, 9  # a difference is taken anew over so many times less, so often at most


def settled(change: Callable[[float], float], reach: float, within: float = 1e-6) -> float:
    """A central difference `change(reach)` where it no longer depends on how far it reaches.

    At a wall any fixed reach is too far, on flat ground rounding drowns a short one: it shrinks until two in a row agree
    `within` (relative above 1), or as long as they come nearer to each other.
    """
    found, answer, nearest = change(reach), float("nan"), float("inf")
    for _ in range(REFINED):
        reach /= FINER
        finer = change(reach)
        apart = abs(finer - found) / max(1.0, abs(finer))
        if apart < nearest:
            answer, nearest = finer, apart
        if not apart > within:
            break
        found = finer
    return answer


def checked_norm(exp: Experiment, state: State) -> tuple[float, float]:
    """Norm of the whole gradient on the state's batch, in float64: by backpropagation, and without it.

    The second is the slope of the loss along the first gradient's own direction, by central differences that have settled.
    """
    batch = _double(batch_at(exp, state.step))
    params = {k: p.double() for k, p in state.params.items()}
    grads = slope(exp, params, batch)[0]
    size = float(norm(grads))
    if not np.isfinite(size) or size == 0:
        return size, size

    def loss(far: float) -> float:
        there = {k: p + far / size * grads[k] for k, p in params.items()}
        with torch.no_grad():
            return exp.task.loss(forward(exp, there, batch).logits, batch).item()

    return size, settled(lambda reach: (loss(reach) - loss(-reach)) / (2 * reach), min(1e-5, 1e-4 / size))


def _double(batch: Batch) -> Batch:
    x = batch.x
    return batch._replace(x=x.double()) if isinstance(x, torch.Tensor) and x.is_floating_point() else batch
