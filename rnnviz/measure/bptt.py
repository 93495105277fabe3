"""Backpropagation through time by hand, with the errors kept apart by age; and what a truncation window sees of them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, linear

from rnnviz.experiment import Experiment
from rnnviz.film import State, advance, batch_at, forward, start
from rnnviz.measure.cells import unrolled
from rnnviz.nets.simple import Rnn
from rnnviz.records.bptt import Sight, Unfolding
from rnnviz.rules import Tensors
from rnnviz.tasks.recall import Recall
from rnnviz.tasks.spec import Batch
from rnnviz.tasks.symbols import Symbols

STRIDE = 25  # training steps between two states that are kept


@lru_cache(maxsize=256)
def trained(exp: Experiment, steps: int) -> State:
    """The net after so many training steps; nearby numbers share their past."""
    if steps == 0:
        return start(exp)
    before = (steps - 1) // STRIDE * STRIDE
    return advance(exp, trained(exp, before), steps - before)[0]


@lru_cache(maxsize=64)
def unfolded(exp: Experiment, steps: int) -> Unfolding:
    """One sequence there and back through the net after `steps` training steps, in float64."""
    state = trained(exp, steps)
    batch = batch_at(exp.change("batch", 1), state.step)
    *rows, error = _taken_apart(state.params, batch.x, marks(exp, batch))
    x, h, probs, right, loss, blame, slope = (row[0] for row in rows)
    return Unfolding(x, h, probs, right, loss, blame, slope, error[:, 0], *_words(exp, batch))


def marks(exp: Experiment, batch: Batch) -> np.ndarray:
    """The right class at every step, (batch, time), −1 where the task marks nothing. Raises TypeError for other tasks."""
    if isinstance(exp.task, Symbols):
        return batch.y.numpy()
    if not isinstance(exp.task, Recall):
        raise TypeError(f"{type(exp.task).__name__} is neither recall nor a task over symbols")
    right = np.full(batch.x.shape[:2], -1)
    right[:, -1] = batch.y.numpy()
    return right


def _words(exp: Experiment, batch: Batch) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is read at every step, and the names of the classes."""
    if isinstance(exp.task, Symbols):
        return tuple(exp.task.alphabet[k] for k in batch.x[0].argmax(-1).tolist()), exp.task.classes
    classes = tuple("ABCDEFGH"[: exp.task.outputs])
    return (classes[int(batch.y[0])], *("·" for _ in range(batch.x.shape[1] - 1))), classes


def _taken_apart(params: Tensors, x: Tensor, right: np.ndarray) -> tuple[np.ndarray, ...]:
    """x, h, probs, right, loss, blame, slope, each (batch, time, …), and the errors (age, batch, time, unit)."""
    p = {k: v.double().numpy() for k, v in params.items()}
    seen = x.double().numpy()
    many, steps, units = *seen.shape[:2], len(p["wh"])
    hidden = np.zeros((many, steps + 1, units))
    pushed = seen @ p["wx"].T + p["bias"]
    for t in range(steps):
        hidden[:, t + 1] = np.tanh(pushed[:, t] + hidden[:, t] @ p["wh"].T)
    h = hidden[:, 1:].copy()
    logits = h @ p["out.weight"].T + p["out.bias"]
    logits = logits - logits.max(-1, keepdims=True)
    probs = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    marked, total = right >= 0, (right >= 0).sum()
    target = np.eye(probs.shape[-1])[np.maximum(right, 0)]
    loss = np.where(marked, -np.log(np.maximum((probs * target).sum(-1), 1e-300)), 0.0) / total
    blame = np.where(marked[..., None], probs - target, 0.0) / total
    slope = 1 - h * h
    error = np.zeros((steps, many, steps, units))
    error[0] = blame @ p["out.weight"]
    for age in range(1, steps):
        error[age, :, :-1] = (error[age - 1, :, 1:] * slope[:, 1:]) @ p["wh"]
    return seen, h, probs, right, loss, blame, slope, error


def sight(exp: Experiment, state: State) -> Sight:
    """Truncated against whole gradient with respect to W and U for every window, on the state's batch."""
    batch = batch_at(exp, state.step)
    x, h, *_, slope, error = _taken_apart(state.params, batch.x, marks(exp, batch))
    heard = np.concatenate([np.pad(h[:, :-1], ((0, 0), (1, 0), (0, 0))), x], -1)
    delta = (error * slope).reshape(len(error), -1, h.shape[-1])
    grads = (delta.transpose(0, 2, 1) @ heard.reshape(-1, heard.shape[-1])).reshape(len(error), -1).cumsum(0)
    sizes = np.linalg.norm(grads, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = grads @ grads[-1] / (sizes * sizes[-1])
        apart = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
        return Sight(np.arange(1, len(grads) + 1), apart, sizes / sizes[-1])


def by_autograd(exp: Experiment, steps: int) -> dict[str, np.ndarray]:
    """The gradients that `unfolded` is the sum of, by torch through a plain loop: W, U and V."""
    state = trained(exp, steps)
    batch = batch_at(exp.change("batch", 1), state.step)
    leaves = {k: p.double().requires_grad_() for k, p in state.params.items()}
    loss = exp.task.loss(unrolled(_plain(exp), leaves, batch.x.double()).logits, batch)
    names = ("wh", "wx", "out.weight")
    found = torch.autograd.grad(loss, [leaves[name] for name in names])
    return {which: g.numpy() for which, g in zip("WUV", found, strict=True)}


def _plain(exp: Experiment) -> Experiment:
    """The same net without a window."""
    assert isinstance(exp.net, Rnn)
    return replace(exp, net=Rnn(exp.net.hidden, exp.net.spread))


def truncated_twice(exp: Experiment, state: State, size: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """The truncated gradient, all recurrent weights in one row: as in training, and by autograd with states cut off."""
    batch = batch_at(exp.change("batch", size), state.step)
    batch = batch._replace(x=batch.x.double())
    leaves = {k: p.double().requires_grad_() for k, p in state.params.items()}
    names = [leaves[k] for k in ("wx", "wh", "bias")]
    ours = torch.autograd.grad(exp.task.loss(forward(exp, leaves, batch).logits, batch), names)
    theirs = torch.autograd.grad(_cut_off(exp, leaves, batch), names)
    return tuple(torch.cat([g.flatten() for g in part]).numpy() for part in (ours, theirs))  # pyright: ignore[reportReturnType]


def _cut_off(exp: Experiment, p: Tensors, batch: Batch) -> Tensor:
    """The loss with every marked step's states detached `window` steps before it."""
    window = getattr(exp.net, "window", batch.x.shape[1])
    right = torch.from_numpy(marks(exp, batch))
    pushed = linear(batch.x, p["wx"], p["bias"]).unbind(1)
    states = [pushed[0].new_zeros(len(batch.x), len(p["wh"]))]
    for now in pushed:
        states.append((now + linear(states[-1], p["wh"])).tanh())
    total = pushed[0].new_zeros(())
    for last in np.flatnonzero(right[0].numpy() >= 0):
        first = max(0, int(last) + 1 - window)
        h = states[first].detach()
        for now in pushed[first : last + 1]:
            h = (now + linear(h, p["wh"])).tanh()
        logits = linear(h, p["out.weight"], p["out.bias"])
        total = total + cross_entropy(logits, right[:, last], reduction="sum")
    return total / (right >= 0).sum()
