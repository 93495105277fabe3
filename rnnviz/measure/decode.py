"""Writing without a teacher, looking at the attention, and the same arithmetic once more without fused kernels."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnnviz.experiment import Experiment
from rnnviz.film import State, forward
from rnnviz.nets.seq2seq import Reading, Seq2Seq, decode, encode
from rnnviz.records.translation import Translation, share_on
from rnnviz.rules import Tensors
from rnnviz.tasks.pairs import PAD, STOP, PairTask
from rnnviz.tasks.reading import Unreadable

Force = tuple[int, int] | None  # (output position, input position that it has to look at)


class Written(NamedTuple):
    """A batch of greedy outputs."""

    numbers: Tensor  # (batch, out time), PAD after STOP
    attention: Tensor  # (batch, out time, in time)
    log_prob: Tensor  # (batch, out time) nats
    stopped: Tensor  # (batch) whether it wrote === by itself


@torch.no_grad()
def generate(spec: Seq2Seq, params: Tensors, source: Tensor, longest: int, look: Tensor | None = None) -> Written:
    """Greedy outputs for (batch, in time) symbols, at most `longest` symbols each."""
    return write(spec, params, encode(spec, params, source), longest, look)


@torch.no_grad()
def write(spec: Seq2Seq, params: Tensors, reading: Reading, longest: int, look: Tensor | None = None) -> Written:
    """Greedy outputs from what has been read; `look` (batch, longest, in time) replaces attention rows that are not NaN."""
    padding, last = torch.tensor([PAD]), torch.full((len(reading.code), 1), STOP)
    done = torch.zeros(len(last), dtype=torch.bool)
    numbers, attention, log_prob = [], [], []
    for at in range(longest):
        step = decode(spec, params, reading, last, None if look is None else look[:, at : at + 1])
        reading = reading._replace(code=step.code)
        best, last = step.logits.log_softmax(-1).index_fill(-1, padding, -torch.inf).max(-1)
        last = last.masked_fill(done[:, None], PAD)
        numbers.append(last)
        log_prob.append(best.masked_fill(done[:, None], 0.0))
        attention.append(step.attention)
        done = done | (last[:, 0] == STOP)
        if done.all():
            break
    return Written(torch.cat(numbers, 1), torch.cat(attention, 1), torch.cat(log_prob, 1), done)


def translate(exp: Experiment, state: State, typed: str, force: Force = None) -> Translation:
    """What the net writes for a typed line, in float64. Raises Unreadable for symbols that the task does not know."""
    task = _pairs(exp)
    longest = max(30, task.corpus.target.shape[1] + 5)
    source = task.tokens(typed)
    numbers = torch.tensor([task.corpus.reads.numbers(source)])
    look = None
    if force is not None and force[0] < longest and force[1] < len(source):
        look = torch.full((1, longest, len(source)), torch.nan, dtype=torch.float64)
        look[0, force[0]] = torch.eye(len(source))[force[1]]
    done = generate(_spec(exp), _double(state), numbers, longest, look=look)
    output = task.corpus.writes.words(done.numbers[0].tolist())
    expected, truth = _truth(task, typed, output, len(source))
    return Translation(
        source, output, done.attention[0].numpy(), done.log_prob[0].numpy(), truth, expected, bool(done.stopped[0])
    )


def _truth(task: PairTask, typed: str, output: tuple[str, ...], size: int) -> tuple[str, np.ndarray]:
    """The right output, and the true alignment of as much of `output` as is right."""
    truth = np.zeros((len(output), size), dtype=bool)
    try:
        reference = task.reference(typed)
    except Unreadable:
        return "", truth
    for row, symbol, (right, positions) in zip(truth, output, reference, strict=False):
        if symbol != right:
            break
        row[list(positions)] = True
    return "".join(symbol for symbol, _ in reference), truth


def exact(exp: Experiment, state: State, most: int = 64) -> tuple[float, float]:
    """On pairs never trained on: share written without an error, and share of the attention on the true inputs (or NaN).

    Teacher forcing gives the same share as greedy writing, in one fused pass: both are right until the first error.
    """
    task = _pairs(exp)
    batch = task.corpus.unseen(most, task.stop)
    with torch.no_grad():
        done = forward(exp, state.params, batch)
        right = float(task.score(done.logits, batch))
    return right, share_on(done.states["attention"].numpy(), unseen_truth(task, most))


@lru_cache(maxsize=16)
def unseen_truth(task: PairTask, most: int) -> np.ndarray:
    """True alignment (pair, out, in) of the pairs that `corpus.unseen(most)` holds."""
    batch = task.corpus.unseen(most, True)
    truth = np.zeros((*batch.y.shape, batch.x.source.shape[1]), dtype=bool)
    for table, row in zip(truth, batch.x.source.tolist(), strict=True):
        symbols = task.corpus.reads.words(row)
        joint = " " if max(map(len, task.corpus.reads.symbols[2:])) > 1 else ""
        for at, (_, positions) in enumerate(task.reference(joint.join(symbols))):
            table[at, list(positions)] = True
    truth.flags.writeable = False
    return truth


def stopping(exp: Experiment, state: State, most: int = 64, longest: int = 40) -> float:
    """Share of unseen sources whose output ends in === by itself within `longest` symbols."""
    batch = _pairs(exp).corpus.unseen(most)
    return float(generate(_spec(exp), state.params, batch.x.source, longest).stopped.float().mean())


def plainly(exp: Experiment, state: State, source: list[int], shifted: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Logits (out, symbol) and attention (out, in) of one pair in float64, one step and one gate at a time, without torch."""
    w = {k: p.numpy().astype(np.float64) for k, p in state.params.items()}
    spec = _spec(exp)
    h, c, read = np.zeros(spec.hidden), np.zeros(spec.hidden), []
    for symbol in reversed(source) if spec.reverse else source:
        h, c = _cell(w, "reads", spec.cell, symbol, h, c)
        read.append(h)
    memory = np.array(read[::-1] if spec.reverse else read)
    logits, looks = [], []
    for symbol in shifted:
        h, c = _cell(w, "writes", spec.cell, symbol, h, c)
        top = h
        if spec.attention:
            scores = memory @ (h @ w["match"])
            weights = np.exp(scores - scores.max())
            weights /= weights.sum()
            top = np.tanh(w["mix"] @ np.concatenate([weights @ memory, h]))
            looks.append(weights)
        logits.append(w["out"] @ top + w["out_bias"])
    return np.array(logits), np.array(looks).reshape(len(logits), -1)


def _cell(
    w: dict[str, np.ndarray], side: str, cell: str, symbol: int, h: np.ndarray, c: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    z = w[f"{side}_wx"] @ w[f"{side}_embed"][symbol] + w[f"{side}_wh"] @ h + w[f"{side}_bias"]
    if cell == "rnn":
        return np.tanh(z), c
    i, f, g, o = np.split(z, 4)
    with np.errstate(over="ignore"):  # exp(−z) = inf is a gate that is shut
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        return np.tanh(c) / (1 + np.exp(-o)), c


def judged(exp: Experiment, state: State, seen: Translation) -> tuple[np.ndarray, np.ndarray]:
    """Logits and attention (out, symbol + in) of a net after its own output: by the fused kernels, and step by step."""
    task, spec = _pairs(exp), _spec(exp)
    source = task.corpus.reads.numbers(seen.source)
    shifted = [STOP, *(task.corpus.writes.number[s] for s in seen.output[:-1])]
    params = _double(state)
    with torch.no_grad():
        fused = decode(spec, params, encode(spec, params, torch.tensor([source])), torch.tensor([shifted]))
    logits, looks = plainly(exp, state, source, shifted)
    ours = np.concatenate([fused.logits[0].numpy(), fused.attention[0].numpy()], 1)
    return ours, np.concatenate([logits, looks], 1)


def _double(state: State) -> Tensors:
    """Weights in float64: where they have become large, float32 picks the next symbol by its rounding."""
    return {k: p.double() for k, p in state.params.items()}


def _pairs(exp: Experiment) -> PairTask:
    if not isinstance(exp.task, PairTask):
        raise TypeError(f"{type(exp.task).__name__} is no task on pairs")
    return exp.task


def _spec(exp: Experiment) -> Seq2Seq:
    if not isinstance(exp.net, Seq2Seq):
        raise TypeError(f"{type(exp.net).__name__} is no encoder–decoder")
    return exp.net
