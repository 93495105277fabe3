"""The gates of an LSTM, found again after the fused pass; and the same net step by step, where a gate can be held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from rnnviz.experiment import Experiment
from rnnviz.film import State, batch_at, forward
from rnnviz.nets.memory_cell import MemoryCell
from rnnviz.nets.simple import Lstm
from rnnviz.records.gates import Backwards, Cell, Gates, Look
from rnnviz.rules import Tensors
from rnnviz.tasks.memory import Memory, remembered
from rnnviz.tasks.spec import Batch
from rnnviz.tasks.symbols import Symbols

CLAMPS = {"input": "i", "forget": "f", "output": "o"}
COMMANDS = ("write", "keep", "reset", "ask")
IDEAL = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0], [0, 1, 1]], dtype=float)  # i, f, o as one would set them by hand
Clamp = Mapping[str, float | tuple[int, float]]  # {"forget": 1.0} for all units, {"forget": (3, 1.0)} for unit 3


class Unrolled(NamedTuple):
    """A pass through the explicit loop; lists have one tensor (batch, unit) a step."""

    logits: Tensor  # (batch, time, outputs)
    gates: dict[str, list[Tensor]]  # i, f, o, g, c, h


def replayed(exp: Experiment, params: Tensors, x: Tensor) -> dict[str, Tensor]:
    """i, f, o, g, c, h, each (batch, time, unit): the gates in one product from x_t and the fused pass's h_{t−1}.

    Raises TypeError for a net that is no LSTM in one direction.
    """
    x = _inputs(exp, params, x)
    first = x.new_zeros(1, len(x), _hidden(exp))
    no_bias = torch.zeros_like(params["bias"])
    weights = [params["wx"], params["wh"], params["bias"], no_bias]
    h = torch.lstm(x, [first, first], weights, True, 1, 0.0, False, False, True)[0]
    before = torch.cat([torch.zeros_like(h[:, :1]), h[:, :-1]], 1)
    gates = _gates(params, x, before)
    carried, kept = torch.zeros_like(h[:, 0]), []
    for f, new in zip(gates["f"].unbind(1), (gates["i"] * gates["g"]).unbind(1), strict=True):
        carried = torch.addcmul(new, f, carried)
        kept.append(carried)
    return gates | {"c": torch.stack(kept, 1), "h": h}


@torch.no_grad()
def replay(exp: Experiment, params: Tensors, x: Tensor) -> Gates:
    """The gates over one sequence x (time, input) or (1, time, input)."""
    found = replayed(exp, params, x if x.dim() == 3 else x[None])
    return Gates(**{name: value[0].numpy() for name, value in found.items()})


def unrolled(exp: Experiment, params: Tensors, x: Tensor, clamp: Clamp | None = None) -> Unrolled:
    """The net as a plain loop over x (batch, time, input), where gates may be held at a value.

    Raises ValueError for a gate that does not exist or a unit that the net has not, TypeError for a net that is no LSTM.
    """
    x, clamp = _inputs(exp, params, x), clamp or {}
    unknown = set(clamp) - set(CLAMPS)
    if unknown:
        raise ValueError(f"no gate is called {', '.join(sorted(unknown))}; expected {', '.join(CLAMPS)}")
    h = c = x.new_zeros(len(x), _hidden(exp))
    gates: dict[str, list[Tensor]] = {name: [] for name in "ifogch"}
    for now in x.unbind(1):
        found = _gates(params, now, h)
        for name, value in clamp.items():
            found[CLAMPS[name]] = _held(found[CLAMPS[name]], value)
        c = found["f"] * c + found["i"] * found["g"]
        h = found["o"] * c.tanh()
        for name, value in (found | {"c": c, "h": h}).items():
            gates[name].append(value)
    return Unrolled(nn.functional.linear(torch.stack(gates["h"], 1), params["out.weight"], params["out.bias"]), gates)


def backwards(exp: Experiment, params: Tensors, batch: Batch, clamp: Clamp | None = None) -> Backwards:
    """How the loss at the last step of one sequence depends on c_t and h_t at every step, along all paths after t."""
    leaves = {k: p.detach().requires_grad_() for k, p in params.items()}
    done = unrolled(exp, leaves, batch.x, clamp)
    loss = exp.task.loss(done.logits[:, -1:], Batch(batch.x[:, -1:], batch.y[:, -1:]))
    states = done.gates["c"] + done.gates["h"]
    norms = [float(g.norm()) for g in torch.autograd.grad(loss, states)]
    return Backwards(loss.item(), np.array(norms[: len(norms) // 2]), np.array(norms[len(norms) // 2 :]))


@torch.no_grad()
def marked(exp: Experiment, state: State, clamp: Clamp | None = None) -> tuple[float, float]:
    """Loss (nats) and score on the state's batch, with gates held."""
    batch = batch_at(exp, state.step)
    logits = unrolled(exp, state.params, batch.x, clamp).logits
    return exp.task.loss(logits, batch).item(), exp.task.score(logits, batch).item()


@torch.no_grad()
def looked(exp: Experiment, state: State, typed: str, sample: int = 32) -> Look:
    """What the net makes of a typed text; units come in the order of |corr(c, what is to be held)|.

    The order is found on the state's batch, not on the text, so it stays while somebody types. Raises Unreadable for a text
    that is none of the task's.
    """
    task = _symbols(exp)
    numbers = task.numbers(typed)
    batch = task.batch(numbers)
    gates = replay(exp, state.params, batch.x)
    logits = nn.functional.linear(torch.tensor(gates.h), params_out(state)[0], params_out(state)[1])
    probs = logits.softmax(-1)
    corr = memory_units(exp, state, sample)
    order = np.argsort(-np.abs(np.nan_to_num(corr)), kind="stable")
    right = batch.y[0]
    return Look(
        "".join(typed.split()),
        task.held(numbers)[0].numpy(),
        right.numpy(),
        probs.argmax(-1).numpy(),
        probs.gather(1, right[:, None])[:, 0].numpy(),
        gates.units(order),
        order,
        corr[order],
    )


@torch.no_grad()
def memory_units(exp: Experiment, state: State, size: int = 32) -> np.ndarray:
    """Correlation of every unit's cell with what a perfect memory holds, over the state's batch, (unit); NaN if constant."""
    x = batch_at(exp.change("batch", size), state.step).x
    cells = replayed(exp, state.params, x)["c"].flatten(0, 1).double().numpy()
    held = _symbols(exp).held(x.argmax(-1)).flatten().double().numpy()
    cells, held = cells - cells.mean(0), held - held.mean()
    with np.errstate(invalid="ignore", divide="ignore"):
        return (cells * held[:, None]).sum(0) / (np.linalg.norm(cells, axis=0) * np.linalg.norm(held))


@torch.no_grad()
def gates_at_symbols(exp: Experiment, state: State, unit: int, size: int = 32) -> np.ndarray:
    """Mean i, f and o of one unit at every symbol of the alphabet over the state's batch, (symbol, gate)."""
    x = batch_at(exp.change("batch", size), state.step).x
    found = replayed(exp, state.params, x)
    seen = x.flatten(0, 1)
    values = torch.stack([found[name][..., unit].flatten() for name in "ifo"], 1)
    return (seen.T @ values / seen.sum(0)[:, None].clamp(min=1)).numpy()


@torch.no_grad()
def judged(exp: Experiment, state: State, x: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The replay, and a plain loop in float64: (gate, time, unit) twice, in the order i, f, o, g, c, h."""
    params = {k: p.double() for k, p in state.params.items()}
    loop = unrolled(exp, params, x.double()).gates
    return replay(exp, state.params, x).stacked, np.stack([torch.stack(loop[k], 1)[0].numpy() for k in "ifogch"])


def params_out(state: State) -> tuple[Tensor, Tensor]:
    return state.params["out.weight"], state.params["out.bias"]


@torch.no_grad()
def cell_over(exp: Experiment, params: Tensors, x: Tensor) -> Cell:
    """The lecture's memory cell over one table x (1, time, 3), beside what a perfect memory holds and says."""
    states = {k: v[0, :, 0].numpy() for k, v in forward(exp, params, Batch(x, None)).states.items()}
    held, wanted = (v[0].numpy() for v in remembered(x))
    gates = {k: states[k] for k in "ifoc"}
    return Cell(x[0].numpy(), **gates, y=states["hidden"], held=held, wanted=wanted)


def cell_by_loop(params: Tensors, x: Tensor, at: int = -1, bump: float = 0.0) -> np.ndarray:
    """c_t (time) by the recursion c = f·c + i·w·x₁ in plain floats, with `bump` added to the cell at step `at`."""
    gates, bias, write = params["gates"].tolist(), params["bias"].tolist(), float(params["write"])
    c, path = 0.0, []
    for t, row in enumerate(x[0].tolist()):
        i, f, _ = (
            _sigma(sum(w * v for w, v in zip(ws, row, strict=True)) + b) for ws, b in zip(gates, bias, strict=True)
        )
        c = f * c + i * write * row[0] + (bump if t == at else 0.0)
        path.append(c)
    return np.array(path)


@torch.no_grad()
def habits(exp: Experiment, params: Tensors) -> np.ndarray:
    """Mean i, f and o at x₁ = 0.6 when the command is write, keep, reset, ask: (command, gate)."""
    if not isinstance(exp.net, MemoryCell) or not isinstance(exp.task, Memory):
        raise TypeError("only the memory cell on its own task has commands")
    commands = torch.tensor([[0.6, 1, 0], [0.6, 0, 0], [0.6, -1, 0], [0.6, 0, 1]])
    return (commands @ params["gates"].T + params["bias"]).sigmoid().numpy()


def _sigma(z: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(z, -700, 700))))


def _gates(params: Tensors, x: Tensor, h: Tensor) -> dict[str, Tensor]:
    """i, f, o, g of any number of steps at once."""
    z = nn.functional.linear(x, params["wx"], params["bias"]) + nn.functional.linear(h, params["wh"])
    i, f, g, o = z.chunk(4, -1)
    return {"i": i.sigmoid(), "f": f.sigmoid(), "o": o.sigmoid(), "g": g.tanh()}


def _held(gate: Tensor, value: float | tuple[int, float]) -> Tensor:
    if not isinstance(value, tuple):
        return torch.full_like(gate, value)
    unit, level = value
    if not 0 <= unit < gate.shape[-1]:
        raise ValueError(f"there is no unit {unit}; expected 0 to {gate.shape[-1] - 1}")
    return torch.where(torch.arange(gate.shape[-1]) == unit, torch.full_like(gate, level), gate)


def _hidden(exp: Experiment) -> int:
    if not isinstance(exp.net, Lstm) or exp.net.bidirectional:
        raise TypeError("gates are replayed for LSTMs in one direction only")
    return exp.net.hidden


def _inputs(exp: Experiment, params: Tensors, x: Tensor) -> Tensor:
    _hidden(exp)
    return params["embed.weight"][x] if "embed.weight" in params else x


def _symbols(exp: Experiment) -> Symbols:
    if not isinstance(exp.task, Symbols):
        raise TypeError("only tasks over symbols can be typed")
    return exp.task
