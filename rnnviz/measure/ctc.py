"""Connectionist temporal classification as a lattice: every alignment of a label sequence, weighed at once.

Graves, Fernández, Gomez & Schmidhuber 2006, equations 5 to 16; β here leaves its own frame out, so that α·β counts no
frame twice (their β includes it and their equation 14 divides by it).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise, product
from typing import Any

import numpy as np

from rnnviz.records.lattice import NONE, Lattice
from rnnviz.semiring import COUNT, LOG, MAX, REAL, Semiring

# How units are renewed: every so many frames, and by how many nats one may lie below that of the state before. The second
# pair is slower and bears sharper tables.
RENEWALS = ((16, 10.0), (4, 40.0))
LOW, HIGH = 1e-100, 1e150  # between them no digit was lost: 1e-308 · exp(40) · HIGH / LOW is 1e-41
UNIT_SUM = 1e-4  # how far from 1 a row of probabilities may sum


def lattice(log_probs: Any, labels: Iterable[int], blank: int = 0) -> Lattice:
    """α, β, γ, gradient and best alignment of `labels` under `log_probs` (time, symbol), natural logarithms.

    Raises ValueError for a table that holds no distributions, for labels outside it or equal to `blank`, and for labels
    that do not fit: U labels with r adjacent equal pairs need T ≥ U + r frames. Graves et al. 2006.
    """
    table, wanted = _checked(log_probs, labels, blank)
    states, skips = extended(wanted, blank)
    emissions = table[:, states]
    log_alpha, log_beta = _both(emissions, skips, wanted)
    log_prob = float(np.logaddexp.reduce(log_alpha[-1, -2:]))
    possible = log_prob > -np.inf
    gamma = _posterior(log_alpha, log_beta, log_prob)
    membership = (states[:, None] == np.arange(table.shape[1])).astype(float)
    gradient = np.exp(table) - gamma @ membership if possible else np.full(table.shape, np.nan)
    route, best = _best(emissions, skips)
    return Lattice(
        blank=blank,
        labels=wanted,
        states=states,
        skips=skips,
        log_probs=table,
        log_alpha=log_alpha,
        log_beta=log_beta,
        gamma=gamma,
        gradient=gradient,
        log_prob=log_prob,
        route=route,
        best=best,
        count=alignments(len(table), wanted.tolist()),
    )


def _posterior(log_alpha: np.ndarray, log_beta: np.ndarray, log_prob: float) -> np.ndarray:
    """γ (time, state); zeros where the labels have probability 0."""
    if log_prob == -np.inf:
        return np.zeros_like(log_alpha)
    gamma = log_alpha + log_beta
    gamma -= log_prob
    return np.exp(gamma, out=gamma)


def collapse(path: Iterable[int], blank: int = 0) -> tuple[int, ...]:
    """The labelling of an alignment: repeats merged, then φ left out. Graves et al. 2006, the map B of section 3.1."""
    return tuple(int(symbol) for symbol, _ in groupby(path) if symbol != blank)


def repeats(labels: Sequence[int]) -> int:
    """r, the number of adjacent equal pairs: each needs a φ in between."""
    return sum(a == b for a, b in pairwise(labels))


def alignments(frames: int, labels: Sequence[int]) -> int:
    """How many alignments `labels` have with so many frames: C(T + U - r, 2U), exactly."""
    return math.comb(max(0, frames + len(labels) - repeats(labels)), 2 * len(labels))


def counted(frames: int, labels: Sequence[int], blank: int = 0) -> int:
    """The same number by the recursion of the lattice, with + and × of COUNT."""
    states, skips = extended(np.asarray(labels, int), blank)
    ends = forward(COUNT, np.full((frames, len(states)), COUNT.one, COUNT.dtype), skips)[-1, -2:]
    return int(sum(ends))


def listed(log_probs: Any, blank: int = 0) -> dict[tuple[int, ...], float]:
    """Probability of every labelling by listing every path: for a few frames only, the plainest judge there is."""
    table = np.asarray(log_probs, dtype=float)
    found: dict[tuple[int, ...], list[float]] = {}
    for path in product(range(table.shape[1]), repeat=len(table)):
        found.setdefault(collapse(path, blank), []).append(sum(row[k] for row, k in zip(table, path, strict=True)))
    return {labelling: math.fsum(map(math.exp, paths)) for labelling, paths in found.items()}


def extended(labels: np.ndarray, blank: int) -> tuple[np.ndarray, np.ndarray]:
    """φ, y₁, φ, …, y_U, φ (state,), and whether a state may be entered from two states before (state,)."""
    states = np.full(2 * len(labels) + 1, blank)
    states[1::2] = labels
    skips = np.zeros(len(states), bool)
    skips[3::2] = labels[1:] != labels[:-1]
    return states, skips


def earliest(labels: np.ndarray) -> np.ndarray:
    """(state,) first frame, from 0, in which a state can be reached."""
    first = np.zeros(2 * len(labels) + 1, int)
    first[1::2] = np.arange(len(labels)) + np.cumsum(np.r_[0, labels[1:] == labels[:-1]])[: len(labels)]
    first[2::2] = first[1::2] + 1
    return first


def forward(ring: Semiring, weights: np.ndarray, skips: np.ndarray) -> np.ndarray:
    """The recursion of the lattice in any semiring: weights (time, state) -> (time, state), this frame included."""
    return ring.times(_entering(ring, weights, skips), weights)


def backward(ring: Semiring, weights: np.ndarray, skips: np.ndarray) -> np.ndarray:
    """The same from the end, (time, state), this frame excluded: the forward recursion of the reversed problem."""
    return _entering(ring, weights[::-1, ::-1], _reversed(skips))[::-1, ::-1]


def _reversed(skips: np.ndarray) -> np.ndarray:
    """`skips` of the reversed labels."""
    back = np.zeros_like(skips)
    back[2:] = skips[:1:-1]
    return back


def _entering(ring: Semiring, weights: np.ndarray, skips: np.ndarray) -> np.ndarray:
    cells, allowed, steps = _opening(ring, skips)
    lane = np.full((len(weights), len(allowed)), ring.zero, ring.dtype)
    lane[:, 2:] = weights
    return _sweep(ring, lane, steps, allowed, cells)[:, 2:]


def _opening(ring: Semiring, *lanes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells before the first frame, and the weights of a skip and of a step into each cell.

    A lane is two cells of nothing and then its states; before the first frame a path stands just left of state 0.
    """
    wide = 2 + len(lanes[0])
    cells = np.full(2 + len(lanes) * wide, ring.zero, ring.dtype)
    cells[3::wide] = ring.one
    allowed = np.full((len(lanes), wide), ring.zero, ring.dtype)
    allowed[:, 3:4] = ring.one  # from the start into y₁
    for row, skips in zip(allowed, lanes, strict=True):
        row[2:][skips] = ring.one
    return cells, allowed.ravel(), np.full(allowed.size, ring.one, ring.dtype)


def _sweep(
    ring: Semiring,
    weights: np.ndarray,
    steps: np.ndarray,
    skips: np.ndarray,
    cells: np.ndarray,
    entering: np.ndarray | None = None,
) -> np.ndarray:
    """What enters every cell in every frame, before the frame's own weight; `cells` are left as after the last frame."""
    same, one_before, two_before = cells[2:], cells[1:-1], cells[:-2]
    entering = np.empty(weights.shape, ring.dtype) if entering is None else entering
    stepped, skipped = np.empty((2, len(skips)), ring.dtype)
    for into, weight in zip(entering, weights, strict=True):
        ring.times(two_before, skips, out=skipped)
        ring.times(one_before, steps, out=stepped)
        ring.plus(stepped, skipped, out=stepped)
        ring.plus(stepped, same, out=into)
        ring.times(into, weight, out=same)
    return entering


def _both(emissions: np.ndarray, skips: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log α and log β (time, state) in one sweep: β is the α of the reversed problem, stopped before its own frame."""
    back = _reversed(skips)
    lanes = np.full((len(emissions), 2, 2 + len(skips)), -np.inf)
    lanes[:, 0, 2:], lanes[:, 1, 2:] = emissions, emissions[::-1, ::-1]
    first = np.stack([earliest(labels), earliest(labels[::-1])])
    tries = (_scaled(lanes, (skips, back), first, *renewal) for renewal in RENEWALS)
    entering = next((logs for logs in tries if logs is not None), None)
    if entering is None:
        cells, allowed, steps = _opening(LOG, skips, back)
        entering = _sweep(LOG, lanes.reshape(len(lanes), -1), steps, allowed, cells).reshape(lanes.shape)
    return entering[:, 0, 2:] + emissions, np.ascontiguousarray(entering[::-1, 1, :1:-1])


def _scaled(
    lanes: np.ndarray, skips: tuple[np.ndarray, np.ndarray], first: np.ndarray, block: int, steep: float
) -> np.ndarray | None:
    """log of what enters every cell, by plain + and ×; None where digits were lost.

    Every cell counts in a unit of its own, renewed every `block` frames. While all that is reached lies between LOW and HIGH,
    whatever underflowed on its way is smaller than what is left by far more than 1e16. In place where it can be: fresh memory is dear.
    """
    loudest = lanes.max(axis=2, keepdims=True)
    if not np.isfinite(loudest).all():
        return None
    weights = (lanes - loudest).reshape(len(lanes), -1)
    np.exp(weights, out=weights)
    cells, allowed, steps = _opening(REAL, *skips)
    held, skipping, unit = cells[2:], allowed.copy(), np.zeros(len(allowed))
    entering, units = np.empty_like(weights), []
    ramp = steep * np.arange(lanes.shape[2])
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        for begin in range(0, len(lanes), block):
            part = slice(begin, begin + block)
            _sweep(REAL, weights[part], steps, skipping, cells, entering[part])
            units.append(unit)
            logs = np.log(held) + unit
            unit = np.maximum.accumulate(logs.reshape(2, -1) + ramp, axis=1) - ramp
            unit = np.where(unit > -np.inf, unit, 0.0).ravel()
            np.exp(logs - unit, out=held)
            np.exp(np.minimum(unit[:-1] - unit[1:], steep), out=steps[1:])
            np.multiply(steps[1:-1], steps[2:], out=skipping[2:])
            skipping *= allowed
        shaped = entering.reshape(lanes.shape)
        lost = np.count_nonzero(shaped[:, :, 2:] < LOW) - np.minimum(first, len(lanes)).sum()
        if lost or not entering.max() < HIGH:
            return None
        np.log(entering, out=entering)
    for begin, unit in zip(range(0, len(lanes), block), units, strict=True):
        entering[begin : begin + block] += unit
    shaped[1:] += np.cumsum(loudest, axis=0)[:-1]
    return shaped


def _best(emissions: np.ndarray, skips: np.ndarray) -> tuple[np.ndarray, float]:
    """States of the best alignment (time,) and its log-probability; NONE where there is none."""
    scores = forward(MAX, emissions, skips)
    route = np.full(len(scores), NONE)
    best, state = max((scores[-1, s], s) for s in range(len(skips))[-2:])
    if best > -np.inf:
        far = (skips + 1).tolist()
        route[-1] = state
        for t in range(len(scores) - 2, -1, -1):
            first = max(0, state - far[state])
            state = first + int(scores[t, first : state + 1].argmax())
            route[t] = state
    return route, float(best)


def _checked(log_probs: Any, labels: Iterable[int], blank: int) -> tuple[np.ndarray, np.ndarray]:
    """Table (time, symbol) float64 and labels (label,) int, or ValueError in words."""
    table = checked_table(log_probs, blank)
    frames, symbols = table.shape
    given = list(labels)
    strange = [k for k in given if int(k) != k or not 0 <= k < symbols or k == blank]
    if strange:
        raise ValueError(
            f"label {strange[0]} is not one of the symbols 0 to {symbols - 1} other than the blank {blank}"
        )
    wanted, r = np.array(given, dtype=int), repeats(given)
    if frames < len(given) + r:
        raise ValueError(
            f"no alignment: T = {frames} frames are too few for U = {len(given)} labels with r = {r} adjacent equal pairs; "
            f"T ≥ U + r = {len(given) + r} is needed"
        )
    return table, wanted


def checked_table(log_probs: Any, blank: int) -> np.ndarray:
    """Log-probabilities (time, symbol) in float64. Raises ValueError unless every row is a distribution."""
    table = np.array(log_probs, dtype=float)
    if table.ndim != 2 or 0 in table.shape:
        raise ValueError(f"log_probs has shape {table.shape}; wanted (time, symbol) with at least one of each")
    if not 0 <= blank < table.shape[1]:
        raise ValueError(f"blank = {blank} is not one of the symbols 0 to {table.shape[1] - 1}")
    sums = np.exp(np.minimum(table, 1.0)).sum(axis=1)
    bad = ~(np.abs(sums - 1) <= UNIT_SUM)  # NaN is bad as well
    if bad.any():
        t = int(bad.argmax())
        raise ValueError(f"frame {t}: probabilities sum to {sums[t]:g}, wanted 1; are these logits?")
    return table
