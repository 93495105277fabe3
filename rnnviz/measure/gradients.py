"""Gradients looked at, beside the training loop."""

from __future__ import annotations

import numpy as np
import torch

from rnnviz.experiment import Experiment
from rnnviz.film import State, batch_at, forward, slope
from rnnviz.rules import norm
from rnnviz.tasks.spec import Batch


def checked_norm(exp: Experiment, state: State) -> tuple[float, float]:
    """Norm of the whole gradient on the state's batch, in float64: by backpropagation, and without it.

    The second is the slope of the loss along the first gradient's own direction, by central differences.
    """
    batch = _double(batch_at(exp, state.step))
    params = {k: p.double() for k, p in state.params.items()}
    grads = slope(exp, params, batch)[0]
    size = float(norm(grads))
    if not np.isfinite(size) or size == 0:
        return size, size
    reach = min(1e-5, 1e-4 / size)

    def loss(side: float) -> float:
        there = {k: p + side * reach / size * grads[k] for k, p in params.items()}
        with torch.no_grad():
            return exp.task.loss(forward(exp, there, batch).logits, batch).item()

    return size, (loss(1) - loss(-1)) / (2 * reach)


def _double(batch: Batch) -> Batch:
    x = batch.x
    return batch._replace(x=x.double()) if isinstance(x, torch.Tensor) and x.is_floating_point() else batch
