"""Which symbols an answer can hear of, layer by layer, and how much of the future it needs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from rnnviz.experiment import Experiment
from rnnviz.film import State, batch_at, forward
from rnnviz.measure.cells import unrolled
from rnnviz.nets.deep import Deep
from rnnviz.records.foresight import Foresight, Reading
from rnnviz.tasks.future import Future
from rnnviz.tasks.spec import Batch

WAYS = ("→", "←")
FARTHEST = 9  # symbols beyond the one that is asked about
ANSWERS = 960
UNSEEN = 1_000_000  # steps later the data are such that no step trains on


def rivals(exp: Experiment) -> dict[str, Experiment]:
    """One layer, as many as `exp` has, and one layer in both directions. Raises TypeError for other nets."""
    layers = _deep(exp).layers
    one = exp.change("net.layers", 1).change("net.bidirectional", False)
    return {
        "one layer": one,
        f"{('two', 'three', 'four')[layers - 2]} layers" if layers > 1 else "one layer again": one.change(
            "net.layers", layers
        ),
        "both directions": one.change("net.bidirectional", True),
    }


def asked(exp: Experiment) -> Future:
    """The task of `exp`. Raises TypeError where nothing is asked that lies ahead."""
    if not isinstance(exp.task, Future):
        raise TypeError(f"{type(exp.task).__name__} asks for nothing that lies ahead")
    return exp.task


def read(exp: Experiment, state: State, typed: str) -> Reading:
    """The net over a typed text, in float64. Raises Unreadable for a text that is none of the task's."""
    task, net = asked(exp), _deep(exp)
    state, batch = _double(state, task.batch(task.numbers(typed)))
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
def foresight(exp: Experiment, state: State, size: int | None = None) -> Foresight:
    """Share of right answers at t when the sequence ends k symbols after t, for k = 0 (live), 1, 2, …

    Of `size` sequences; without it, of so many that there are some thousand answers. Raises ValueError for more than one
    layer in both directions.
    """
    task = asked(exp)
    batch = batch_at(exp.change("batch", size or ANSWERS // task.length), state.step + UNSEEN)
    steps = batch.x.shape[1]
    most = min(steps - 1, FARTHEST)
    counted = task.counts(batch.y)
    logits = _heard(exp, state, batch.x, most) if _deep(exp).bidirectional else None
    if logits is None:  # a net in one direction answers before it hears what follows: one pass tells all of its delays
        logits = forward(exp, state.params, batch).logits[:, :, None].expand(-1, -1, most + 1, -1)
    good = (logits.argmax(-1) == batch.y[:, :, None]) & counted[:, :, None]
    right = [int(good[:, : steps - k, k].sum()) for k in range(most + 1)]
    counts = [int(counted[:, : steps - k].sum()) for k in range(most + 1)]
    with np.errstate(invalid="ignore"):
        return Foresight(np.arange(most + 1), np.array(right, float) / counts)


def _heard(exp: Experiment, state: State, x: Tensor, most: int) -> Tensor:
    """Logits (batch, time, delay, output) of a layer in both directions at t when the sequence ends at t + delay.

    They are a sum of what each direction says; the one that comes from the end takes at most `most` + 1 steps to t.
    """
    net, steps = _deep(exp), x.shape[1]
    if net.layers > 1:
        raise ValueError(f"{net.layers} layers in both directions hear more than the last few symbols")
    ahead, back = ({k: p for k, p in state.params.items() if k.endswith("_back") is way} for way in (False, True))
    weight, one = state.params["out.weight"], exp.change("net.bidirectional", False)
    ahead |= {"out.weight": weight[:, : net.hidden]}
    back = {k.removesuffix("_back"): p for k, p in back.items()}
    back |= {"out.weight": weight[:, net.hidden :], "out.bias": torch.zeros_like(ahead["out.bias"])}
    past = forward(one, ahead, Batch(x, None)).logits
    windows = pad(x, (0, 0, most, 0)).unfold(1, most + 1, 1).transpose(2, 3).flip(2)  # (batch, end, steps back, input)
    future = forward(one, back, Batch(windows.flatten(0, 1), None)).logits.unflatten(0, windows.shape[:2])
    ends = torch.arange(steps)[:, None] + torch.arange(most + 1)  # beyond the sequence for the last t: never looked at
    return past[:, :, None] + future[:, ends.clamp(max=steps - 1), torch.arange(most + 1)]


@torch.no_grad()
def judged(exp: Experiment, state: State, typed: str) -> tuple[np.ndarray, np.ndarray]:
    """Logits and top states (time, number) of the net's pass, and of a plain loop, both in float64."""
    task, net = asked(exp), _deep(exp)
    state, batch = _double(state, task.batch(task.numbers(typed)))
    done, loop = forward(exp, state.params, batch), unrolled(exp, state.params, batch.x)
    top = [torch.stack(loop.states["h" + part], 1) for part in net.parts[-1]]
    ours = torch.cat([done.logits, done.states["hidden"]], -1)
    return ours[0].numpy(), torch.cat([loop.logits, *top], -1)[0].numpy()


def _double(state: State, batch: Batch) -> tuple[State, Batch]:
    return replace(state, params={k: p.double() for k, p in state.params.items()}), batch._replace(x=batch.x.double())


def _deep(exp: Experiment) -> Deep:
    if not isinstance(exp.net, Deep):
        raise TypeError(f"{type(exp.net).__name__} has no layers and directions to compare")
    return exp.net
