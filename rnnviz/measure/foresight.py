"""Which symbols an answer can hear of, layer by layer, and how much of the future it needs."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rnnviz.experiment import Experiment
from rnnviz.film import State, batch_at, forward
from rnnviz.measure.cells import unrolled
from rnnviz.nets.deep import Deep
from rnnviz.records.foresight import Foresight, Reading
from rnnviz.tasks.future import Future
from rnnviz.tasks.spec import Batch

WAYS = ("→", "←")
FARTHEST = 9  # symbols beyond the one that is asked about
UNSEEN = 1_000_000  # steps later the data are such that no step trains on


def rivals(exp: Experiment) -> dict[str, Experiment]:
    """One layer, as many as `exp` has, and one layer in both directions. Raises TypeError for other nets."""
    layers = _deep(exp).layers
    one = exp.change("net.layers", 1).change("net.bidirectional", 0)
    return {
        "one layer": one,
        f"{layers} layers" if layers > 1 else "one layer again": one.change("net.layers", layers),
        "both directions": one.change("net.bidirectional", 1),
    }


def asked(exp: Experiment) -> Future:
    """The task of `exp`. Raises TypeError where nothing is asked that lies ahead."""
    if not isinstance(exp.task, Future):
        raise TypeError(f"{type(exp.task).__name__} asks for nothing that lies ahead")
    return exp.task


def read(exp: Experiment, state: State, typed: str) -> Reading:
    """The net over a typed text. Raises Unreadable for a text that is none of the task's."""
    task, net = asked(exp), _deep(exp)
    batch = task.batch(task.numbers(typed))
    with torch.no_grad():
        done = forward(exp, state.params, batch)
    said = done.logits[0].argmax(-1)
    layers = {}
    for number in range(1, net.layers + 1):
        parts = done.states[f"layer_{number}"][0].split(net.hidden, -1)
        layers |= {f"layer {number} {way}": part.numpy() for way, part in zip(WAYS, parts, strict=False)}
    counted = task.counts(batch.y)[0].numpy()
    return Reading(said.numpy(), batch.y[0].numpy(), counted, reach(exp, state, batch.x, said), layers)


def reach(exp: Experiment, state: State, x: Tensor, said: Tensor) -> np.ndarray:
    """‖∂(logit of class said[t] at t)/∂x_s‖ over one sequence x (1, time, input), as (t, s).

    One copy of the sequence for each answer, so that one way back serves them all.
    """
    many = x.shape[1]
    copies = x.repeat(many, 1, 1).requires_grad_()
    logits = forward(exp, state.params, Batch(copies, None)).logits
    chosen = logits[torch.arange(many), torch.arange(many), said].sum()
    return torch.autograd.grad(chosen, copies)[0].norm(dim=-1).numpy()


@torch.no_grad()
def foresight(exp: Experiment, state: State, size: int = 64) -> Foresight:
    """Share of right answers at t when the sequence ends k symbols after t, for k = 0 (live), 1, 2, …

    A net in one direction answers at t before it hears what follows, so one pass tells all of its delays.
    """
    task = asked(exp)
    batch = batch_at(exp.change("batch", size), state.step + UNSEEN)
    steps = batch.x.shape[1]
    most = min(steps - 1, FARTHEST)
    counts, right = torch.zeros(most + 1), torch.zeros(most + 1)
    whole = forward(exp, state.params, batch).logits if not _deep(exp).bidirectional else None
    for end in range(1, steps + 1):
        seen = forward(exp, state.params, Batch(batch.x[:, :end], None)).logits if whole is None else whole[:, :end]
        counted = task.counts(batch.y[:, :end])
        good = (seen.argmax(-1) == batch.y[:, :end]) & counted
        near = slice(max(0, end - 1 - most), end)
        counts[: end - near.start] += counted[:, near].sum(0).flip(0)
        right[: end - near.start] += good[:, near].sum(0).flip(0)
    return Foresight(np.arange(most + 1), (right / counts).double().numpy())


@torch.no_grad()
def judged(exp: Experiment, state: State, typed: str) -> tuple[np.ndarray, np.ndarray]:
    """Logits and top states (time, number) of the net's pass, and of a plain loop in float64."""
    task, net = asked(exp), _deep(exp)
    x = task.batch(task.numbers(typed)).x
    done = forward(exp, state.params, Batch(x, None))
    loop = unrolled(exp, {k: p.double() for k, p in state.params.items()}, x.double())
    top = [torch.stack(loop.states["h" + part], 1) for part in net.parts[-1]]
    ours = torch.cat([done.logits, done.states["hidden"]], -1)
    return ours[0].numpy(), torch.cat([loop.logits, *top], -1)[0].numpy()


def _deep(exp: Experiment) -> Deep:
    if not isinstance(exp.net, Deep):
        raise TypeError(f"{type(exp.net).__name__} has no layers and directions to compare")
    return exp.net
