"""Slot filling looked at: a sentence word by word, sentences never trained on, and the learning target a second time."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from rnnviz.experiment import Experiment
from rnnviz.film import State, forward
from rnnviz.nets.perword import PerWord
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.records.slots import Filled
from rnnviz.rules import Tensors
from rnnviz.tasks.slots import FROM, LONGEST, NOTHING, NUMBER, OTHER, SLOTS, TIME, TO, Slots, corpus, mixed, shuffled
from rnnviz.tasks.spec import Batch, dice

KINDS = ("other words", "months and days", "cities")


def batch_of(words: tuple[str, ...], slots: tuple[int, ...]) -> Batch:
    """One sentence, filled up as in training."""
    x, y = torch.zeros(1, LONGEST, dtype=torch.long), torch.full((1, LONGEST), NOTHING)
    x[0, : len(words)] = torch.tensor([NUMBER[w] for w in words])
    y[0, : len(words)] = torch.tensor(slots)
    return Batch(x, y)


@torch.no_grad()
def filled(exp: Experiment, state: State, words: tuple[str, ...], order: int = 0) -> Filled:
    """A sentence read by the net, its words in their `order`-th shuffle (0: as they are)."""
    words, slots = shuffled(words, order)
    log_probs = forward(exp, state.params, batch_of(words, slots)).logits[0, : len(words)].log_softmax(-1)
    right = torch.tensor(slots)
    cost = -log_probs.gather(1, right[:, None])[:, 0]
    return Filled(words, SLOTS, right.numpy(), log_probs.exp().numpy(), cost.numpy())


@torch.no_grad()
def unseen(exp: Experiment, state: State) -> np.ndarray:
    """Share of right slots in 300 sentences never trained on, by KINDS of words; shuffled if the task is."""
    batch = Batch(*corpus()[1])
    if isinstance(exp.task, Slots) and exp.task.shuffle:
        batch = mixed(batch, dice(0))
    right = forward(exp, state.params, batch).logits.argmax(-1) == batch.y
    groups = (batch.y == OTHER, batch.y == TIME, (batch.y == TO) | (batch.y == FROM))
    return np.array([right[g].float().mean().item() for g in groups])


@torch.no_grad()
def judged(exp: Experiment, state: State, words: tuple[str, ...], order: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """L as torch's loss has it, and as a sum over steps of a plain loop in float64 numpy, with its terms: (1 + time) twice."""
    words, slots = shuffled(words, order)
    batch = batch_of(words, slots)
    logits = forward(exp, state.params, batch).logits[0]
    parts = cross_entropy(logits, batch.y[0], ignore_index=NOTHING, reduction="none")[: len(words)]
    whole = exp.task.loss(logits[None], batch) * len(words)  # the task's loss is a mean
    costs = _costs_by_loop(exp, state.params, batch.x[0].tolist(), slots)
    return np.array([whole.item(), *parts]), np.array([sum(costs), *costs])


def _costs_by_loop(exp: Experiment, params: Tensors, numbers: list[int], slots: tuple[int, ...]) -> list[float]:
    weights = {k: p.double().numpy() for k, p in params.items()}
    vectors = [weights["embed.weight"][n] for n in numbers]
    states = _states(exp, weights, vectors)
    costs = []
    for h, slot in zip(states, slots, strict=False):  # what fills the sentence up is read, and not counted
        z = weights["out.weight"] @ h + weights["out.bias"]
        costs.append(float(z.max() + np.log(np.exp(z - z.max()).sum()) - z[slot]))
    return costs


def _states(exp: Experiment, weights: dict[str, np.ndarray], vectors: list[np.ndarray]) -> list[np.ndarray]:
    """What the softmax sees at every step. Raises TypeError for other nets."""
    if isinstance(exp.net, PerWord):
        return [np.tanh(weights["wx"] @ v + weights["bias"]) for v in vectors]
    if isinstance(exp.net, Rnn) and exp.net.squash == "tanh":
        h, found = np.zeros(exp.net.hidden), []
        for v in vectors:
            h = np.tanh(weights["wx"] @ v + weights["bias"] + weights["wh"] @ h)
            found.append(h)
        return found
    if not isinstance(exp.net, Lstm):
        raise TypeError(f"no plain loop for {type(exp.net).__name__}")
    ways = [_lstm(weights, "", vectors, exp.net.hidden)]
    if exp.net.bidirectional:
        ways.append(_lstm(weights, "_back", vectors[::-1], exp.net.hidden)[::-1])
    return [np.concatenate(states) for states in zip(*ways, strict=True)]


def _lstm(weights: dict[str, np.ndarray], way: str, vectors: list[np.ndarray], size: int) -> list[np.ndarray]:
    h, c, found = np.zeros(size), np.zeros(size), []
    for v in vectors:
        z = weights["wx" + way] @ v + weights["bias" + way] + weights["wh" + way] @ h
        i, f, g, o = z.reshape(4, size)
        c = _sigma(f) * c + _sigma(i) * np.tanh(g)
        h = _sigma(o) * np.tanh(c)
        found.append(h)
    return found


def _sigma(z: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(z / 2)
