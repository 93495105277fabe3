"""A table and a label as the lattice page shows them: weighed, passed through forwards and backwards, and judged."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rnnviz.measure.beam import Guess, greedy, prefix_beam
from rnnviz.measure.ctc import backward, counted, forward, lattice, listed
from rnnviz.measure.recognise import torch_ctc
from rnnviz.records.judgement import Judgement, judge
from rnnviz.records.lattice import Lattice, Passes
from rnnviz.semiring import COUNT, LOG, MAX, Semiring
from rnnviz.tasks.table import Table

QUESTIONS: dict[str, Semiring] = {"all": LOG, "best": MAX, "count": COUNT}
LISTABLE = 3000  # paths


@lru_cache(maxsize=256)
def log_probs(table: Table) -> np.ndarray:
    """(time, symbol), read-only; -inf where the probability is 0."""
    with np.errstate(divide="ignore"):
        logs = np.log(np.array(table.rows))
    logs.flags.writeable = False
    return logs


@lru_cache(maxsize=256)
def weighed(table: Table, label: str) -> Lattice | str:
    """The lattice of a typed label, or the sentence that says why there is none."""
    try:
        return lattice(log_probs(table), table.numbers(label), table.blank)
    except ValueError as error:
        return str(error)


@lru_cache(maxsize=256)
def passes(found: Lattice, question: str) -> Passes:
    """`question` ("all", "best", "count") put to every node, from both ends."""
    ring = QUESTIONS[question]
    weights = np.full(found.gamma.shape, ring.one, ring.dtype) if ring is COUNT else found.emissions
    ahead, behind = forward(ring, weights, found.skips), backward(ring, weights, found.skips)
    through, total = ring.times(ahead, behind), ring.plus.reduce(ahead[-1, -2:])
    with np.errstate(divide="ignore", invalid="ignore"):
        if ring is COUNT:
            ways, done = np.log(ahead.astype(float)), np.log(behind.astype(float))
            shares = (through / total).astype(float)
            return Passes(question, np.zeros(shares.shape), ways, done, shares, float(np.log(float(total))))
        share = np.exp(through - total) if total > -np.inf else np.zeros(through.shape)
    return Passes(question, weights.copy(), ahead, behind.copy(), share, float(total))


@lru_cache(maxsize=256)
def guesses(table: Table, beam: int = 16) -> tuple[Guess, list[Guess]]:
    """Greedy, with the probability of its one path, and the best labellings of a prefix beam search."""
    return greedy(log_probs(table), table.blank), prefix_beam(log_probs(table), beam, table.blank)


@lru_cache(maxsize=256)
def judged(found: Lattice) -> Judgement:
    """The lattice against listing every path where there are few, else against torch, else (zeros) counting alignments."""
    labels = [int(k) for k in found.labels]
    frames, symbols = found.log_probs.shape
    if symbols**frames <= LISTABLE:
        theirs = listed(found.log_probs, found.blank).get(tuple(labels), 0.0)
        return judge(f"p(label) against listing all {symbols**frames} paths", np.exp(found.log_prob), theirs, 1e-12)
    if np.isfinite(found.log_probs).all():
        loss, gradient = torch_ctc(found.log_probs, labels, found.blank)
        ours = [-found.log_prob, *found.gradient.ravel()]
        return judge(
            "−ln p and its gradient against torch's ctc_loss and autograd", ours, [loss, *gradient.ravel()], 1e-9
        )
    theirs = float(counted(frames, labels, found.blank))
    return judge(
        "closed-form number of alignments against the recursion that counts", float(found.count), theirs, 1e-12
    )


def now(step: int, frames: int) -> int | None:
    """The frame, from 1, that the film stands at: forwards, then backwards, then nowhere."""
    if step > 2 * frames or step == 0:
        return None
    return step if step <= frames else 2 * frames + 1 - step


def pass_of(step: int, frames: int, colour: str) -> tuple[str, slice]:
    """α, β or γ, and its columns that are lit at a step; all of them where `colour` names one of the three."""
    if colour in ("α", "β", "γ"):
        return colour, slice(0, frames)
    if step <= frames:
        return "α", slice(0, step)
    return ("β", slice(2 * frames - step, frames)) if step <= 2 * frames else ("γ", slice(0, frames))
