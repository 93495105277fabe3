"""Nets of one shape as stacked weights, each under its own rate, threshold, first weights and seed.

Backpropagation through time by hand, over (net, batch, unit): the operations of `film.advance` in the same order, one
call for a whole stack, so that each net's weights are to the last bit what they would be alone.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from rnnviz.rules import OFF, Adam, Sgd, Tensors, pace
from rnnviz.tasks.marked import Marked
from rnnviz.tasks.spec import Batch

ROOM = 2_000_000  # numbers (8 MB) in the hidden states of one stack; it works with seven such arrays, whatever the grid


class Stack(NamedTuple):
    """Nets of one shape on one task: weights and memory have the net as their first axis."""

    cells: tuple[int, ...]
    exps: tuple[Experiment, ...]
    rates: np.ndarray  # (net) float64
    limits: Tensor  # (net, 1)
    params: Tensors
    memory: Tensors


def check(exp: Experiment) -> None:
    """Raises TypeError for nets, rules and tasks that cannot be stacked."""
    if not isinstance(exp.net, (Rnn, Irnn)) or exp.net.embedding:
        raise TypeError(f"{type(exp.net).__name__} cannot be stacked; expected Rnn or Irnn without embedding")
    if not isinstance(exp.rule, (Sgd, Adam)):
        raise TypeError(f"{type(exp.rule).__name__} cannot be stacked; expected Sgd or Adam")
    if not isinstance(exp.task, Marked) or exp.task.marked != slice(-1, None):
        raise TypeError(f"{type(exp.task).__name__} cannot be stacked; expected one class, named at the last step")


def stacked(exps: Sequence[Experiment]) -> tuple[Stack, ...]:
    """These nets at birth, those of one shape together; a net's cell is its place in `exps`."""
    shapes = [_shape(exp) for exp in exps]
    order = sorted(range(len(exps)), key=lambda i: (shapes[i], i))
    born: dict[str, Tensors] = {}
    stacks: list[Stack] = []
    for _, group in groupby(order, key=lambda i: shapes[i]):
        cells = tuple(group)
        size = max(1, ROOM // numbers(exps[cells[0]]))
        stacks += [_born(cells[i : i + size], exps, born) for i in range(0, len(cells), size)]
    return tuple(stacks)


def _shape(exp: Experiment) -> str:
    """What all nets of a stack share: everything but rate, threshold, seed and how the weights are born."""
    net, rule = exp.net, exp.rule
    rest = {k: v for k, v in vars(rule).items() if k not in ("rate", "clip")}
    return repr((exp.task, net.hidden, squash(exp), type(rule).__name__, rest, exp.batch))  # type: ignore[attr-defined]


def _born(cells: tuple[int, ...], exps: Sequence[Experiment], born: dict[str, Tensors]) -> Stack:
    """A stack at birth; `born` keeps the weights of nets that are born alike, for the next one."""
    ours, rules = tuple(exps[i] for i in cells), [exps[i].rule for i in cells]
    first: list[Tensors] = []
    for exp in ours:
        name = repr((exp.net, exp.seed, exp.task.inputs, exp.task.outputs))
        first.append(born.get(name) or born.setdefault(name, start(exp).params))
    limits = torch.tensor([[r.clip if r.clip < OFF else torch.inf] for r in rules], dtype=torch.float32)
    params = {name: torch.stack([p[name] for p in first]) for name in first[0]}
    return Stack(cells, ours, np.array([r.rate for r in rules]), limits, params, {})  # type: ignore[attr-defined]


def squash(exp: Experiment) -> str:
    """f in h_t = f(z_t + W h_{t−1})."""
    return exp.net.squash if isinstance(exp.net, Rnn) else "relu"


def numbers(exp: Experiment) -> int:
    """Numbers in the hidden states of one net over one batch."""
    hidden: int = exp.net.hidden  # type: ignore[attr-defined]
    return exp.batch * hidden * batch_at(exp, 0).x.shape[1]


def data(stack: Stack, step: int, known: dict[Any, Batch]) -> tuple[Tensor, Tensor]:
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


def updated(stack: Stack, grads: Tensors, sizes: Tensor, step: int) -> Stack:
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
