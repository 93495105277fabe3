"""A film's last number, found a second time."""

from __future__ import annotations

import torch

from rnnviz.film import Still, batch_at, forward
from rnnviz.measure.cells import unrolled


@torch.no_grad()
def last_losses(still: Still) -> tuple[float, float]:
    """Loss (nats) of the net where the film stands, on the batch that comes next: as trained, and by another way.

    The other way is a plain loop over time, or, for nets that have none, the same pass in float64.
    """
    exp, state = still.exp, still.state
    batch = batch_at(exp, state.step)
    ours = exp.task.loss(forward(exp, state.params, batch).logits, batch).item()
    try:
        logits = unrolled(exp, state.params, batch.x).logits
    except (TypeError, KeyError):
        x = batch.x.double() if isinstance(batch.x, torch.Tensor) and batch.x.is_floating_point() else batch.x
        logits = forward(exp, {k: p.double() for k, p in state.params.items()}, batch._replace(x=x)).logits
    return ours, exp.task.loss(logits, batch).item()
