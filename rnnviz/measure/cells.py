"""Every cell as a plain loop over time, with each of its states in the autograd graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear

from rnnviz.experiment import Experiment
from rnnviz.film import start
from rnnviz.nets.clockwork import Clockwork
from rnnviz.nets.deep import Deep
from rnnviz.nets.gru import Gru
from rnnviz.nets.irnn import Irnn
from rnnviz.nets.lstm1997 import Lstm1997
from rnnviz.nets.scrn import Scrn
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.rules import Tensors

SQUASH: dict[str, Callable[[Tensor], Tensor]] = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid}
PATHS: dict[type, str] = {
    Rnn: "h",
    Irnn: "h",
    Lstm: "c",
    Lstm1997: "c",
    Gru: "h",
    Clockwork: "h",
    Scrn: "s",
    Deep: "h",
}  # the state that carries what a cell remembers


class Unrolled(NamedTuple):
    """A pass through the plain loop. Every state is a list of one tensor (batch, unit) a step, and leads on to the logits."""

    logits: Tensor  # (batch, time, outputs)
    states: dict[str, list[Tensor]]  # h always; c, i, f, o, g, r, z, n, s by cell; Deep: h_1, c_1, h_1_back, …


def unrolled(exp: Experiment, params: Tensors, x: Tensor) -> Unrolled:
    """The net of `exp` with these weights over x (batch, time, input), or (batch, time) symbols if it has an embedding.

    Raises TypeError for a net that is none of the cells in `PATHS`.
    """
    x = params["embed.weight"][x] if "embed.weight" in params else x
    net: Any = exp.net
    if type(net) not in PATHS:
        raise TypeError(f"{type(net).__name__} is none of the cells: {', '.join(t.__name__ for t in PATHS)}")
    if isinstance(net, Deep):
        states, top = _layers(net, params, list(x.unbind(1)))
    elif isinstance(net, Lstm) and net.bidirectional:
        states, top = _both_ways(net, params, list(x.unbind(1)), ("", "_back"))
    else:
        states = _loop(net, params, list(x.unbind(1)))
        top = (
            [torch.cat(pair, -1) for pair in zip(states["h"], states["s"], strict=True)]
            if "s" in states
            else states["h"]
        )
    return Unrolled(linear(torch.stack(top, 1), params["out.weight"], params["out.bias"]), states)


def parameters(exp: Experiment) -> int:
    """How many numbers a net of `exp` learns; a Clockwork net's silent weights are not among them."""
    total = sum(p.numel() for p in start(exp).params.values())
    if isinstance(exp.net, Clockwork):
        total -= sum(later < sooner for sooner in exp.net.periods for later in exp.net.periods)
    return total


def _layers(net: Deep, params: Tensors, x: list[Tensor]) -> tuple[dict[str, list[Tensor]], list[Tensor]]:
    states: dict[str, list[Tensor]] = {}
    for layer in net.parts:
        found, x = _both_ways(net, params, x, layer)
        states |= {name: rows for name, rows in found.items() if name != "h"}
    return states | {"h": states["h" + net.parts[-1][0]]}, x


def _both_ways(
    net: Deep | Lstm, params: Tensors, x: list[Tensor], suffixes: tuple[str, ...]
) -> tuple[dict[str, list[Tensor]], list[Tensor]]:
    """One layer -> its states by name and suffix, in the order of the input; and what it hands up."""
    states: dict[str, list[Tensor]] = {}
    for suffix in suffixes:
        own = {part: params[part + suffix] for part in ("wx", "wh", "bias")}
        found = _loop(net, own, x[::-1]) if "back" in suffix else _loop(net, own, x)
        states |= {name + suffix: rows[::-1] if "back" in suffix else rows for name, rows in found.items()}
    tops = [states["h" + suffix] for suffix in suffixes]
    return states, [torch.cat(rows, -1) for rows in zip(*tops, strict=True)] if len(tops) > 1 else tops[0]


def _loop(net: Any, p: Tensors, x: list[Tensor]) -> dict[str, list[Tensor]]:
    step = STEPS[net.cell if isinstance(net, Deep) else type(net)]
    nothing = x[0].new_zeros(len(x[0]), p["wh"].shape[1])
    before = {"h": nothing, "c": nothing}
    if isinstance(net, Scrn):
        before["s"] = x[0].new_zeros(len(x[0]), net.slow)
    rows = []
    for t, now in enumerate(x):
        before = step(net, p, t, now, before)
        rows.append(before)
    return {name: [row[name] for row in rows] for name in rows[0]}


def _rnn(net: Any, p: Tensors, t: int, x: Tensor, before: Tensors) -> Tensors:
    squash = SQUASH["relu" if isinstance(net, Irnn) else getattr(net, "squash", "tanh")]
    return {"h": squash(linear(x, p["wx"], p["bias"]) + linear(before["h"], p["wh"]))}


def _lstm(net: Any, p: Tensors, t: int, x: Tensor, before: Tensors) -> Tensors:
    sums = linear(x, p["wx"], p["bias"]) + linear(before["h"], p["wh"])
    if isinstance(net, Lstm1997):
        i, g, o = sums.chunk(3, -1)
        f = torch.ones_like(i)
    else:
        i, f, g, o = sums.chunk(4, -1)
        f = f.sigmoid()
    i, g, o = i.sigmoid(), g.tanh(), o.sigmoid()
    c = f * before["c"] + i * g
    return {"i": i, "f": f, "o": o, "g": g, "c": c, "h": o * c.tanh()}


def _gru(net: Any, p: Tensors, t: int, x: Tensor, before: Tensors) -> Tensors:
    (r, z, n), (past_r, past_z, past_n) = (
        linear(x, p["wx"], p["bias"]).chunk(3, -1),
        linear(before["h"], p["wh"]).chunk(3, -1),
    )
    r, z = (r + past_r).sigmoid(), (z + past_z).sigmoid()
    n = (n + r * past_n).tanh()
    return {"r": r, "z": z, "n": n, "h": (1 - z) * n + z * before["h"]}


def _clockwork(net: Clockwork, p: Tensors, t: int, x: Tensor, before: Tensors) -> Tensors:
    periods = torch.tensor(net.periods)
    heard = torch.where(periods[None] >= periods[:, None], p["wh"], 0.0)
    moved = (linear(x, p["wx"], p["bias"]) + linear(before["h"], heard)).tanh()
    return {"h": torch.where(t % periods == 0, moved, before["h"])}


def _scrn(net: Scrn, p: Tensors, t: int, x: Tensor, before: Tensors) -> Tensors:
    s = (1 - net.alpha) * linear(x, p["wx_slow"]) + net.alpha * before["s"]
    h = linear(x, p["wx"], p["bias"]) + linear(s, p["wh_slow"]) + linear(before["h"], p["wh"])
    return {"s": s, "h": h.sigmoid()}


Step = Callable[[Any, Tensors, int, Tensor, Tensors], Tensors]
STEPS: dict[Any, Step] = {
    Rnn: _rnn,
    Irnn: _rnn,
    "tanh": _rnn,
    Lstm: _lstm,
    Lstm1997: _lstm,
    "lstm": _lstm,
    Gru: _gru,
    "gru": _gru,
    Clockwork: _clockwork,
    Scrn: _scrn,
}  # a spec, or a layer of Deep -> (net, weights, t, x_t, states before) -> states now
