"""Many nets trained at once as stacked weights, each under its own rate, threshold, first weights and seed.

Backpropagation through time by hand, over (net, batch, unit): the operations of `film.advance` in the same order, one
call for a whole stack, so that a cell opens as a film with the same numbers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnnviz.experiment import Experiment
from rnnviz.film import batch_at, start
from rnnviz.nets.irnn import Irnn
from rnnviz.nets.simple import Rnn
from rnnviz.nets.tanh import SLOPES, SQUASHES
from rnnviz.records.sweep import Axis, Phase
from rnnviz.rules import OFF, Adam, Sgd, Tensors, pace
from rnnviz.tasks.marked import Marked
from rnnviz.tasks.spec import Batch

MOST = 1024  # cells of a grid
ROOM = (
    2_000_000  # numbers that the hidden states of one stack may take, 8 MB; seven such arrays are held while it works
)
OWN = (
    "rate",
    "clip",
)  # of the rule: what every net of a stack may have for itself; besides, its seed and first weights


@dataclass(frozen=True)
class Grid:
    """`exp` with one setting varied across and one upwards; cell `i` lies at (i % columns, i // columns)."""

    exp: Experiment
    across: Axis
    up: Axis

    def __len__(self) -> int:
        return len(self.across.values) * len(self.up.values)

    def cell(self, i: int) -> Experiment:
        """The experiment of a cell. Raises KeyError or ValueError as `Experiment.change` does."""
        row, column = divmod(i, len(self.across.values))
        exp = self.exp.change(self.across.path, self.across.values[column])
        return exp.change(self.up.path, self.up.values[row])

    def nearest(self, exp: Experiment) -> int:
        """The cell whose two settings lie nearest to those of `exp`."""
        x, y = (axis.nearest(_setting(exp, axis.path)) for axis in (self.across, self.up))
        return y * len(self.across.values) + x

    @cached_property
    def key(self) -> str:
        ours = replace(self, exp=self.cell(0))  # what the axes overwrite is no part of what this is
        return f"sweep {hashlib.sha256(repr(ours).encode()).hexdigest()[:16]}"


class Stack(NamedTuple):
    """Nets of one shape on one task: weights and memory have the net as their first axis."""

    cells: tuple[int, ...]
    exps: tuple[Experiment, ...]
    rates: np.ndarray  # (net) float64
    limits: Tensor  # (net, 1)
    params: Tensors
    memory: Tensors


@dataclass(frozen=True)
class Sweep:
    """A playable: all nets of a grid as they stand, and what was measured of them at every step."""

    grid: Grid
    stacks: tuple[Stack, ...]
    rows: tuple[np.ndarray, ...] = ()  # one a step: (loss, score, gradient norm) × cell, float32

    @classmethod
    def of(cls, grid: Grid) -> Sweep:
        """The nets at birth.

        Raises ValueError for more than 1,024 cells, TypeError for nets, rules and tasks that cannot be stacked.
        """
        if len(grid) > MOST:
            raise ValueError(f"{len(grid)} cells; at most {MOST} are trained at once")
        exps = [grid.cell(i) for i in range(len(grid))]
        _check(exps[0])
        order = sorted(range(len(exps)), key=lambda i: (_shape(exps[i]), i))
        stacks: list[Stack] = []
        for _, group in groupby(order, key=lambda i: _shape(exps[i])):
            cells = list(group)
            size = max(1, ROOM // numbers(exps[cells[0]]))
            stacks += [_stack(tuple(cells[i : i + size]), exps) for i in range(0, len(cells), size)]
        return cls(grid, tuple(stacks))

    @property
    def exp(self) -> Experiment:
        return self.grid.exp

    @property
    def key(self) -> str:
        return self.grid.key

    @property
    def step(self) -> int:
        return len(self.rows)

    @property
    def over(self) -> bool:
        """Every net has lost its numbers."""
        return bool(self.rows) and not np.isfinite(self.rows[-1][0]).any()

    @property
    def nbytes(self) -> int:
        tensors = [t for s in self.stacks for t in (*s.params.values(), *s.memory.values())]
        return sum(t.nbytes for t in tensors) + sum(r.nbytes for r in self.rows)

    def forward(self, steps: int) -> Sweep:
        """The sweep, `steps` longer; the nets as they stand are left as they are."""
        stacks, rows = self.stacks, list(self.rows)
        for step in range(self.step, self.step + steps):
            row = np.empty((3, len(self.grid)), np.float32)
            known: dict[Any, Batch] = {}
            done = []
            for stack in stacks:
                grads, row[:, stack.cells] = slopes(stack, *_data(stack, step, known))
                done.append(_updated(stack, grads, torch.from_numpy(row[2, stack.cells])[:, None], step))
            stacks = tuple(done)
            rows.append(row)
        return replace(self, stacks=stacks, rows=tuple(rows))

    def still(self, step: int) -> Phase:
        """What was measured before `step`."""
        rows = self.rows[:step]
        found = np.stack(rows, 1) if rows else np.empty((3, 0, len(self.grid)), np.float32)
        return Phase(self.grid.across, self.grid.up, np.arange(len(rows)), *found)


def _setting(exp: Experiment, path: str) -> float:
    part, _, name = path.partition(".")
    return getattr(getattr(exp, part), name) if name else getattr(exp, part)


def _check(exp: Experiment) -> None:
    if not isinstance(exp.net, (Rnn, Irnn)) or exp.net.embedding:
        raise TypeError(f"{type(exp.net).__name__} cannot be stacked; expected Rnn or Irnn without embedding")
    if not isinstance(exp.rule, (Sgd, Adam)):
        raise TypeError(f"{type(exp.rule).__name__} cannot be stacked; expected Sgd or Adam")
    if not isinstance(exp.task, Marked) or exp.task.marked != slice(-1, None):
        raise TypeError(f"{type(exp.task).__name__} cannot be stacked; expected one class, named at the last step")


def _shape(exp: Experiment) -> str:
    """What all nets of a stack share: everything but rate, threshold, seed and how the weights are born."""
    for path in (f"rule.{name}" for name in OWN):
        exp = exp.change(path, 1.0)
    net: Any = exp.net
    return repr((exp.task, net.hidden, squash(exp), exp.rule, exp.batch))


def squash(exp: Experiment) -> str:
    """f in h_t = f(z_t + W h_{t−1})."""
    return exp.net.squash if isinstance(exp.net, Rnn) else "relu"


def numbers(exp: Experiment) -> int:
    """Numbers in the hidden states of one net over one batch."""
    hidden: int = exp.net.hidden  # type: ignore[attr-defined]
    return exp.batch * hidden * batch_at(exp, 0).x.shape[1]


def _stack(cells: tuple[int, ...], exps: list[Experiment]) -> Stack:
    ours = tuple(exps[i] for i in cells)
    born = [start(exp).params for exp in ours]
    rules: list[Any] = [exp.rule for exp in ours]
    limits = torch.tensor([[r.clip if r.clip < OFF else torch.inf] for r in rules], dtype=torch.float32)
    params = {name: torch.stack([p[name] for p in born]) for name in born[0]}
    return Stack(cells, ours, np.array([r.rate for r in rules]), limits, params, {})


def _data(stack: Stack, step: int, known: dict[Any, Batch]) -> tuple[Tensor, Tensor]:
    """x (net, time, batch, input) and y (net, batch) of a step; nets of one seed share them, and their memory."""
    for exp in stack.exps:
        if (exp.task, exp.seed) not in known:
            known[exp.task, exp.seed] = batch_at(exp, step)
    seeds = dict.fromkeys(exp.seed for exp in stack.exps)
    batches = [known[stack.exps[0].task, seed] for seed in seeds]
    x = torch.stack([b.x.transpose(0, 1) for b in batches])
    y = torch.stack([b.y.flatten() for b in batches])
    if len(seeds) == 1:
        return x.expand(len(stack.cells), -1, -1, -1), y.expand(len(stack.cells), -1)
    which = {seed: i for i, seed in enumerate(seeds)}
    at = torch.tensor([which[exp.seed] for exp in stack.exps])
    return x[at], y[at]


def slopes(stack: Stack, x: Tensor, y: Tensor) -> tuple[Tensors, np.ndarray]:
    """Gradients of all nets, and (loss, score, gradient norm) × net; backpropagation through time (Werbos 1990)."""
    p, f = stack.params, squash(stack.exps[0])
    hidden = _states(p, x, f)
    logits = torch.baddbmm(p["out.bias"][:, None], hidden[-1], p["out.weight"].mT)
    logp = logits.log_softmax(-1)
    marks = y[..., None]
    error = torch.zeros_like(logp).scatter_(-1, marks, -1.0 / y.shape[1])
    error = torch.ops.aten._log_softmax_backward_data(error, logp, -1, logp.dtype)
    delta = _errors(torch.bmm(error, p["out.weight"]), hidden, p["wh"], f)
    grads = _gathered(error, delta, hidden, x)
    loss = -logp.gather(-1, marks)[..., 0].mean(1)
    score = (logits.argmax(-1) == y).float().mean(1)
    return grads, np.stack([loss.numpy(), score.numpy(), norms(grads).numpy()])


def _states(p: Tensors, x: Tensor, f: str) -> Tensor:
    """h_0 … h_T, (time + 1, net, batch, unit)."""
    hidden = x.new_empty(x.shape[1] + 1, x.shape[0], x.shape[2], p["bias"].shape[-1])
    hidden[0] = 0
    states, bias, inwards, across = hidden.unbind(0), p["bias"][:, None], p["wx"].mT, p["wh"].mT
    for before, now, given in zip(states, states[1:], x.unbind(1), strict=False):
        torch.baddbmm(torch.baddbmm(bias, given, inwards), before, across, out=now)
        SQUASHES[f](now)
    return hidden


def _errors(last: Tensor, hidden: Tensor, wh: Tensor, f: str) -> Tensor:
    """∂L/∂(z_t + W h_{t−1}) of all steps, (time, net, batch, unit), from ∂L/∂h_T."""
    delta = SLOPES[f](hidden[1:])
    rows = delta.unbind(0)
    rows[-1].mul_(last)
    for now, after in zip(reversed(rows[:-1]), reversed(rows), strict=False):
        now.mul_(torch.bmm(after, wh))
    return delta


def _gathered(error: Tensor, delta: Tensor, hidden: Tensor, x: Tensor) -> Tensors:
    """Sums over batch and time, in the order in which torch sums them for one net."""
    nets, (time, _, batch, _) = len(x), delta.shape
    flat = delta[1:].permute(1, 0, 2, 3).reshape(nets, (time - 1) * batch, -1)
    before = hidden[1:-1].permute(1, 0, 2, 3).reshape(nets, (time - 1) * batch, -1)
    turned = delta.permute(1, 2, 0, 3).reshape(nets, batch * time, -1)
    given = x.transpose(1, 2).reshape(nets, batch * time, -1)
    ends = error.new_zeros(nets, batch, time, error.shape[-1])
    ends[:, :, -1] = error
    ends, seen = ends.flatten(1, 2), hidden[1:].permute(1, 2, 0, 3).reshape(nets, batch * time, -1)
    return {
        "wx": torch.bmm(turned.mT, given),
        "wh": torch.bmm(flat.mT, before),
        "bias": turned.sum(1),
        "out.weight": torch.bmm(ends.mT, seen),
        "out.bias": ends.sum(1),
    }


def norms(grads: Tensors) -> Tensor:
    """Euclidean norm of each net's gradient, (net)."""
    parts = [torch.linalg.vector_norm(g.flatten(1), dim=1) for g in grads.values()]
    return torch.linalg.vector_norm(torch.stack(parts, 1), dim=1)


def _updated(stack: Stack, grads: Tensors, sizes: Tensor, step: int) -> Stack:
    """Clip every gradient at its net's threshold and take one step of the rule; `sizes` (net, 1) are the norms."""
    rule: Any = stack.exps[0].rule
    rates = -stack.rates * pace(rule.schedule, step, rule.over)
    if rule.by == "value":
        kept = {
            k: torch.minimum(torch.maximum(g, -_beside(stack.limits, g)), _beside(stack.limits, g))
            for k, g in grads.items()
        }
    else:
        cut = torch.where(sizes > stack.limits, sizes.reciprocal() * stack.limits, 1.0)
        kept = {k: g * _beside(cut, g) for k, g in grads.items()}
    descend: Any = _adam if isinstance(rule, Adam) else _sgd
    moves, memory = descend(rule, rates, kept, stack.memory, step)
    return stack._replace(params={k: p + moves[k] for k, p in stack.params.items()}, memory=memory)


def _beside(each: Any, like: Tensor) -> Tensor:
    """One number a net, broadcast over a stack of its weights."""
    return torch.as_tensor(each, dtype=like.dtype).reshape(-1, *[1] * (like.dim() - 1))


def _sgd(rule: Sgd, rates: np.ndarray, grads: Tensors, memory: Tensors, step: int) -> tuple[Tensors, Tensors]:
    if rule.momentum:
        grads = memory = {k: rule.momentum * memory[k] + g if k in memory else g for k, g in grads.items()}
    return {k: _beside(rates, g) * g for k, g in grads.items()}, memory


def _adam(rule: Adam, rates: np.ndarray, grads: Tensors, memory: Tensors, step: int) -> tuple[Tensors, Tensors]:
    """`rules.Adam` with a rate for every net."""
    scale, root = rates / (1 - rule.beta1 ** (step + 1)), (1 - rule.beta2 ** (step + 1)) ** -0.5
    moves, kept = {}, {}
    for k, g in grads.items():
        first, second = memory.get(f"m/{k}"), memory.get(f"v/{k}")
        m = g * (1 - rule.beta1) if first is None else torch.lerp(g, first, rule.beta1)
        v = g * g * (1 - rule.beta2) if second is None else (second * rule.beta2).addcmul_(g, g, value=1 - rule.beta2)
        kept[f"m/{k}"], kept[f"v/{k}"] = m, v
        moves[k] = (m * _beside(scale, m)).div_(v.sqrt().mul_(root).add_(1e-8))
    return moves, kept
