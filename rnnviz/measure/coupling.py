"""GRU, LSTM and the LSTM of 1997 side by side: how much of the old stays, how much of the new enters."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from rnnviz.experiment import Experiment
from rnnviz.film import State, batch_at, forward, start
from rnnviz.measure.cells import parameters, unrolled
from rnnviz.nets.gru import Gru
from rnnviz.nets.lstm1997 import Lstm1997
from rnnviz.nets.simple import Lstm
from rnnviz.records.coupling import SHARES, Beyond, Coupling
from rnnviz.rules import Tensors
from rnnviz.tasks.spec import Batch, dice
from rnnviz.tasks.symbols import LONGEST, Counting, Symbols

FARTHER = 4  # times the training length
BLOCKS = {Gru: ("r", "z", "n"), Lstm: ("i", "f", "g", "o"), Lstm1997: ("i", "g", "o")}


def rivals(exp: Experiment, *, same_size: bool) -> dict[str, Experiment]:
    """The GRU of `exp` beside both LSTMs, with as many units or, if `same_size`, about as many parameters."""
    gru = exp.net
    if not isinstance(gru, Gru):
        raise TypeError(f"{type(gru).__name__} is no GRU")
    many = parameters(exp)
    units = gru.hidden
    if same_size:
        sizes = {h: parameters(exp.change("net", Lstm(h, forget=gru.keep))) for h in range(1, gru.hidden + 1)}
        units = min(sizes, key=lambda h: abs(sizes[h] - many))
    return {
        "GRU": exp,
        "LSTM": exp.change("net", Lstm(units, forget=gru.keep)),
        "LSTM of 1997": exp.change("net", Lstm1997(gru.hidden)),
    }


@lru_cache(maxsize=64)
def blocks(exp: Experiment) -> dict[str, int]:
    """Block of weights (a gate, the candidate, the output) -> how many numbers it has."""
    params = start(exp).params
    names = BLOCKS[type(exp.net)]
    each = sum(params[k].numel() for k in ("wx", "wh", "bias")) // len(names)
    return dict.fromkeys(names, each) | {"output": params["out.weight"].numel() + params["out.bias"].numel()}


def found(exp: Experiment, params: Tensors, x: Tensor) -> Tensors:
    """The names of `Coupling`'s shares -> (batch, time, unit): gates in one product from x_t and the net's own h_{t−1}."""
    h = forward(exp, params, Batch(x, None)).states["hidden"]
    before = torch.cat([torch.zeros_like(h[:, :1]), h[:, :-1]], 1)
    driven, heard = x @ params["wx"].T + params["bias"], before @ params["wh"].T
    if isinstance(exp.net, Gru):
        (r, z, n), (past_r, past_z, past_n) = driven.chunk(3, -1), heard.chunk(3, -1)
        read, kept = (r + past_r).sigmoid(), (z + past_z).sigmoid()
        candidate = (n + read * past_n).tanh()
        return dict(zip(SHARES, (kept, 1 - kept, candidate, read, h), strict=True))
    if isinstance(exp.net, Lstm1997):
        i, g, o = (driven + heard).chunk(3, -1)
        f, kept = None, torch.ones_like(i)
    else:
        i, f, g, o = (driven + heard).chunk(4, -1)
        kept = f.sigmoid()
    entered, candidate, read = i.sigmoid(), g.tanh(), o.sigmoid()
    new = entered * candidate
    memory = new.cumsum(1) if f is None else _carried(kept, new)
    return dict(zip(SHARES, (kept, entered, candidate, read, memory), strict=True))


def _carried(kept: Tensor, new: Tensor) -> Tensor:
    c, rows = torch.zeros_like(new[:, 0]), []
    for f, fresh in zip(kept.unbind(1), new.unbind(1), strict=True):
        c = torch.addcmul(fresh, f, c)
        rows.append(c)
    return torch.stack(rows, 1)


@torch.no_grad()
def coupled(exp: Experiment, state: State, typed: str) -> Coupling:
    """The cell over a typed text; units in the order of |corr(memory, what is to be held)| on the state's batch.

    Raises Unreadable for a text that is none of the task's.
    """
    task = _symbols(exp)
    numbers = task.numbers(typed)
    batch, seen = task.batch(numbers), batch_at(exp, state.step).x
    corr = _correlations(found(exp, state.params, seen)["memory"], task.held(seen.argmax(-1)))
    order = np.argsort(-np.abs(np.nan_to_num(corr)), kind="stable")
    shares = {k: v[0].numpy()[:, order] for k, v in found(exp, state.params, batch.x).items()}
    said = forward(exp, state.params, batch).logits[0].argmax(-1).numpy()
    return Coupling(
        **shares, said=said, right=batch.y[0].numpy(), held=task.held(numbers)[0].numpy(), order=order, corr=corr[order]
    )


def _correlations(memory: Tensor, held: Tensor) -> np.ndarray:
    """Of every unit with the whole numbers `held` (batch, time)."""
    cells, wanted = memory.flatten(0, 1).double().numpy(), held.flatten().double().numpy()
    cells, wanted = cells - cells.mean(0), wanted - wanted.mean()
    with np.errstate(invalid="ignore", divide="ignore"):
        return (cells * wanted[:, None]).sum(0) / (np.linalg.norm(cells, axis=0) * np.linalg.norm(wanted))


@torch.no_grad()
def judged(exp: Experiment, state: State, typed: str) -> tuple[np.ndarray, np.ndarray]:
    """Shares found after the pass, and those of a plain loop in float64: (share, time, unit) twice."""
    task = _symbols(exp)
    x = task.batch(task.numbers(typed)).x
    ours = found(exp, state.params, x)
    loop = unrolled(exp, {k: p.double() for k, p in state.params.items()}, x.double()).states
    if isinstance(exp.net, Gru):
        loop["1 − z"] = [1 - z for z in loop["z"]]
        names = ("z", "1 − z", "n", "r", "h")
    else:
        names = ("f", "i", "g", "o", "c")
    return np.stack([v[0].numpy() for v in ours.values()]), np.stack([torch.cat(loop[k]).numpy() for k in names])


@torch.no_grad()
def beyond(exp: Experiment, state: State, size: int = 32) -> Beyond:
    """Share of right answers on longer sequences than training shows, by time step; for aⁿbⁿ whole words right, by n.

    Raises TypeError where the task's sequences cannot be laid end to end.
    """
    task = _symbols(exp)
    if isinstance(task, Counting):
        return _words(exp, state, task)
    if task.holds not in ("the bit", "being inside quotation marks"):
        raise TypeError(f"{type(task).__name__}: two sequences in a row are none")
    drawn = [task.draw(dice(exp.seed, state.step, k), size) for k in range(FARTHER)]
    batch = task.batch(torch.cat(drawn, 1))
    share = (forward(exp, state.params, batch).logits.argmax(-1) == batch.y).double().mean(0).numpy()
    return Beyond(np.arange(1, len(share) + 1), share, task.length, "time step")


def _words(exp: Experiment, state: State, task: Counting) -> Beyond:
    most = LONGEST // 2
    n = torch.arange(1, most + 1)
    times = torch.arange(2 * most)[None]
    batch = task.batch(((times >= n[:, None]) & (times < 2 * n[:, None])).long())
    wrong = (forward(exp, state.params, batch).logits.argmax(-1) != batch.y) & (times < 2 * n[:, None])
    return Beyond(
        n.numpy(), 1.0 - wrong.any(1).double().numpy(), min(task.largest, task.length // 2), "n of the word aⁿbⁿ"
    )


def _symbols(exp: Experiment) -> Symbols:
    if not isinstance(exp.task, Symbols):
        raise TypeError("only tasks over symbols can be typed")
    return exp.task
