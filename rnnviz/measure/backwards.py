"""The way back through every cell, step by step and without autograd: which error arrives at which state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from rnnviz.experiment import Experiment
from rnnviz.measure.cells import PATHS, unrolled
from rnnviz.nets.clockwork import Clockwork
from rnnviz.nets.gru import Gru
from rnnviz.nets.irnn import Irnn
from rnnviz.nets.lstm1997 import Lstm1997
from rnnviz.nets.scrn import Scrn
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.nets.tanh import SLOPES
from rnnviz.rules import Tensors
from rnnviz.tasks.spec import Batch


def arriving(exp: Experiment, params: Tensors, batch: Batch) -> dict[str, Tensor]:
    """∂L/∂ the states h and (if the cell has one) c or s, (time, batch, unit), for a task that marks the last step only.

    "kept" is the error that has come straight through the gate from the last step, along no other path; NaN where there
    is no gate. Raises TypeError for a net that has no way back here.
    """
    net: Any = exp.net
    if type(net) not in BACK or getattr(net, "bidirectional", False):
        raise TypeError(f"{type(net).__name__} has no way back here; expected {', '.join(t.__name__ for t in BACK)}")
    with torch.no_grad():
        done = unrolled(exp, params, batch.x)
    logits = done.logits.requires_grad_()
    said = torch.autograd.grad(exp.task.loss(logits, batch), logits)[0][:, -1] @ params["out.weight"]
    with torch.no_grad():
        return _walk(net, params, done.states, said)


def _walk(net: Any, p: Tensors, states: dict[str, list[Tensor]], said: Tensor) -> dict[str, Tensor]:
    step, path, last = BACK[type(net)], PATHS[type(net)], len(states["h"]) - 1
    errors = {"h": said[:, : net.hidden]}
    errors[path] = said[:, net.hidden :] if path == "s" else torch.zeros_like(said) if path == "c" else errors["h"]
    nothing = {name: torch.zeros_like(rows[0]) for name, rows in states.items()}
    found, kept = [], torch.zeros_like(said)
    for t in range(last, -1, -1):
        now = {name: rows[t] for name, rows in states.items()}
        before = {name: rows[t - 1] for name, rows in states.items()} if t else nothing
        here, errors, gate = step(net, p, t, now, before, errors)
        kept = here[path] if t == last else kept
        found.append(here | {"kept": kept})
        kept = kept * gate
    return {name: torch.stack([row[name] for row in reversed(found)]) for name in found[0]}


def _rnn(net: Any, p: Tensors, t: int, now: Tensors, before: Tensors, e: Tensors) -> Any:
    slope = SLOPES["relu" if isinstance(net, Irnn) else net.squash](now["h"])
    return e, {"h": (e["h"] * slope) @ p["wh"]}, float("nan")


def _lstm(net: Any, p: Tensors, t: int, now: Tensors, before: Tensors, e: Tensors) -> Any:
    i, f, o, g, squashed = now["i"], now["f"], now["o"], now["g"], now["c"].tanh()
    c = e["c"] + e["h"] * o * (1 - squashed * squashed)
    to_i, to_g = c * g * i * (1 - i), c * i * (1 - g * g)
    to_f, to_o = c * before["c"] * f * (1 - f), e["h"] * squashed * o * (1 - o)
    pulled = [to_i, to_g, to_o] if isinstance(net, Lstm1997) else [to_i, to_f, to_g, to_o]
    return {"h": e["h"], "c": c}, {"h": torch.cat(pulled, -1) @ p["wh"], "c": c * f}, f


def _gru(net: Any, p: Tensors, t: int, now: Tensors, before: Tensors, e: Tensors) -> Any:
    r, z, n, h = now["r"], now["z"], now["n"], e["h"]
    to_n = h * (1 - z) * (1 - n * n)
    heard = before["h"] @ p["wh"][2 * net.hidden :].T
    pulled = torch.cat([to_n * heard * r * (1 - r), h * (before["h"] - n) * z * (1 - z), to_n * r], -1)
    return e, {"h": h * z + pulled @ p["wh"]}, z


def _clockwork(net: Any, p: Tensors, t: int, now: Tensors, before: Tensors, e: Tensors) -> Any:
    periods = torch.tensor(net.periods)
    asleep = (t % periods != 0).to(e["h"].dtype)
    listens = torch.where(periods[None] >= periods[:, None], p["wh"], 0.0)
    moved = e["h"] * (1 - asleep) * (1 - now["h"] * now["h"])
    return e, {"h": e["h"] * asleep + moved @ listens}, asleep


def _scrn(net: Any, p: Tensors, t: int, now: Tensors, before: Tensors, e: Tensors) -> Any:
    pulled = e["h"] * now["h"] * (1 - now["h"])
    s = e["s"] + pulled @ p["wh_slow"]
    return {"h": e["h"], "s": s}, {"h": pulled @ p["wh"], "s": net.alpha * s}, net.alpha


BACK: dict[type, Callable[..., Any]] = {
    Rnn: _rnn,
    Irnn: _rnn,
    Lstm: _lstm,
    Lstm1997: _lstm,
    Gru: _gru,
    Clockwork: _clockwork,
    Scrn: _scrn,
}  # a spec -> (net, weights, t, states now, states before, errors) -> errors here, errors one step before, the gate
