"""The race of the cells: who runs, at which rate, what a step costs, and who has arrived."""

from __future__ import annotations

import statistics
import time
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from rnnviz.experiment import Experiment
from rnnviz.film import Still, advance, batch_at, forward, start
from rnnviz.measure.cells import parameters, unrolled
from rnnviz.nets.clockwork import Clockwork
from rnnviz.nets.gru import Gru
from rnnviz.nets.irnn import Irnn
from rnnviz.nets.lstm1997 import Lstm1997
from rnnviz.nets.scrn import Scrn
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.records.frames import Frames
from rnnviz.records.race import Standing
from rnnviz.rules import Adam
from rnnviz.tasks.adding import Adding
from rnnviz.tasks.digits import Digits
from rnnviz.tasks.recall import Recall
from rnnviz.tasks.spec import Batch

FEWEST, MOST, PATIENCE = 2, 9, 0.3  # steps that are timed, and seconds after which fewer will do
HELD = 100  # held-out sequences that are looked at in every picture
LARGEST = 256  # units
WINDOW = 20  # batches in a row over which a score is averaged
LEVELS: dict[type, float] = {Adding: 0.95, Digits: 0.9}  # solved from this score on; the other tasks from 0.99 on
CELLS: dict[str, Any] = {
    "tanh RNN, ρ = 0.6": Rnn(spread=0.6),
    "tanh RNN, ρ = 1": Rnn(),
    "IRNN": Irnn(others=0.1),
    "IRNN as published": Irnn(),
    "LSTM, forget bias 0": Lstm(forget=0.0),
    "LSTM, forget bias 1": Lstm(),
    "LSTM, forget bias 3": Lstm(forget=3.0),
    "LSTM of 1997": Lstm1997(),
    "GRU, keep bias 0": Gru(),
    "GRU, keep bias 3": Gru(keep=3.0),
    "Clockwork": Clockwork(),
    "SCRN": Scrn(),
}

# The best of a few rates over three seeds, for most cells on most tasks: `python -m benchmarks.race --rates`.
RATE = 0.01
OWN: dict[type | None, dict[str, float]] = {
    None: {"IRNN": 0.003},
    Recall: {
        "tanh RNN, ρ = 1": 0.001,
        "LSTM, forget bias 0": 0.003,
        "LSTM, forget bias 1": 0.003,
        "LSTM, forget bias 3": 0.003,
    },
    Digits: {
        "tanh RNN, ρ = 1": 0.003,
        "LSTM, forget bias 0": 0.03,
        "LSTM, forget bias 1": 0.03,
        "LSTM, forget bias 3": 0.03,
        "LSTM of 1997": 0.03,
        "GRU, keep bias 0": 0.03,
        "GRU, keep bias 3": 0.03,
    },
}


def best_rate(task: Any, name: str) -> float:
    """Adam's learning rate with which a cell did best on this kind of task."""
    return OWN.get(type(task), {}).get(name) or OWN[None].get(name, RATE)


def entrants(
    exp: Experiment, hidden: int, rates: Mapping[str, float], *, same_size: bool = False
) -> dict[str, Experiment]:
    """A run for every cell that `rates` names: the same task, batch and seed, and `hidden` units.

    With `same_size` every cell gets as many units as fit into the numbers that an LSTM of `hidden` units learns.
    """
    numbers = counted(Lstm(hidden), exp.task)
    nets = {
        name: fitting(CELLS[name], exp.task, numbers) if same_size else replace(CELLS[name], hidden=hidden)
        for name in rates
    }
    return {name: exp.change("net", net).change("rule.rate", rates[name]) for name, net in nets.items()}


@lru_cache(maxsize=4096)
def fitting(net: Any, task: Any, numbers: int) -> Any:
    """The largest net of this kind that learns at most so many numbers."""
    sizes = range(1, LARGEST + 1)
    fits = bisect_right(sizes, numbers, key=lambda hidden: counted(replace(net, hidden=hidden), task))
    return replace(net, hidden=max(1, fits))


def prices(runs: Iterable[Experiment]) -> tuple[float, ...]:
    """Seconds of this thread's own computing in one training step of each run: medians of steps that were taken in turn.

    Measured once for a size of task and net, and kept: every picture of a film has the same clock.
    """
    return _prices(tuple(Experiment(exp.task, exp.net, Adam(clip=1.0), exp.batch) for exp in runs))


@lru_cache(maxsize=64)
def _prices(runs: tuple[Experiment, ...]) -> tuple[float, ...]:
    states = [start(exp) for exp in runs]
    taken: list[list[float]] = [[] for _ in runs]
    began = time.thread_time()
    while len(taken[0]) < FEWEST or (len(taken[0]) < MOST and time.thread_time() - began < PATIENCE):
        for exp, state, row in zip(runs, states, taken, strict=True):
            now = time.thread_time()
            advance(exp, state, 1)
            row.append(time.thread_time() - now)
    return tuple(statistics.median(row[1:]) for row in taken)  # the first one warms up


@lru_cache(maxsize=4096)
def counted(net: Any, task: Any) -> int:
    """How many numbers such a net learns."""
    return parameters(Experiment(task, net, Adam()))


def chance(task: Any) -> float:
    """Expected score of who has seen nothing."""
    return getattr(task, "chance", 1 / task.outputs)


def level(task: Any) -> float:
    """The score from which on a task counts as solved."""
    return LEVELS.get(type(task), 0.99)


def solved_at(frames: Frames, wanted: float) -> float:
    """Number of steps after which the mean score of 20 batches in a row reaches `wanted`; NaN if it does not."""
    means = smoothed(frames.score)[WINDOW - 1 :]
    reached = means >= wanted
    return float(reached.argmax() + WINDOW) if reached.any() else float("nan")


def smoothed(score: np.ndarray) -> np.ndarray:
    """Mean of the last 20 values, of fewer at the beginning; (step)."""
    total = np.concatenate([[0.0], np.cumsum(score)])
    ends = np.arange(1, len(score) + 1)
    begins = np.maximum(0, ends - WINDOW)
    return (total[ends] - total[begins]) / (ends - begins)


@torch.no_grad()
def standing(runs: Mapping[str, Still], seconds: tuple[float, ...]) -> Standing:
    """How every run stands at its step.

    Every batch is new to the net until it learns from it, so the mean of the last 20 is a test; only tasks that come from a
    file repeat themselves, and have sequences held out for it.
    """
    exp = next(iter(runs.values())).exp
    return Standing(
        tuple(runs),
        np.array([counted(s.exp.net, s.exp.task) for s in runs.values()]),
        np.array(seconds),
        np.array([unseen(s) for s in runs.values()]),
        np.array([solved_at(s.frames, level(exp.task)) for s in runs.values()]),
        chance(exp.task),
        level(exp.task),
    )


def unseen(still: Still) -> float:
    """Score on sequences that the net has not learnt from; NaN before the first step."""
    task: Any = still.exp.task
    if not hasattr(task, "held_out"):
        return float(smoothed(still.frames.score)[-1]) if len(still.frames) else float("nan")
    held = Batch(*(part[:HELD] for part in task.held_out()))
    return float(task.score(forward(still.exp, still.state.params, held).logits, held))


@torch.no_grad()
def judged(still: Still, size: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Logits (batch, time, output) on the next sequences: by the fused pass, and by a plain loop in float64."""
    exp, state = still.exp, still.state
    x = batch_at(exp, state.step).x[:size]
    double = {k: p.double() for k, p in state.params.items()}
    ours = forward(exp, state.params, Batch(x, None)).logits
    return ours.numpy(), unrolled(exp, double, x.double()).logits.numpy()
