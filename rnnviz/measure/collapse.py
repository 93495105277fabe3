"""Reading an alignment: repeats are merged, then φ is left out. Which alignments say the same, and how many there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from rnnviz.measure.ctc import alignments, counted, extended, repeats
from rnnviz.records.collapse import KEPT, MERGED, SILENT, Collapse, Ways


def read(path: Sequence[int], blank: int = 0) -> Collapse:
    """What becomes of every frame: the map B of Graves et al. 2006, section 3.1, frame by frame."""
    found = np.array(path, int)
    fates = np.full(len(found), KEPT)
    fates[1:][found[1:] == found[:-1]] = MERGED
    fates[found == blank] = SILENT
    return Collapse(found, fates, blank)


def without_phi(path: Sequence[int], blank: int = 0) -> tuple[int, ...]:
    """The same frames by a net that has no φ: a silent frame goes on with the symbol before it, or begins with the first."""
    said = [k for k in path if k != blank]
    filled: list[int] = []
    for k in path:
        filled.append(k if k != blank else filled[-1] if filled else said[0] if said else blank)
    return tuple(filled)


def trimmings(frames: int, labels: Sequence[int]) -> int:
    """How many labellings of the frames are trimmed to `labels` when there is no φ: C(T − 1, U − 1), none with a repeat."""
    if not labels or repeats(labels) or frames < len(labels):
        return 0
    return math.comb(frames - 1, len(labels) - 1)


@lru_cache(maxsize=64)
def ways(labels: tuple[int, ...], longest: int) -> Ways:
    """The counts for 1 to `longest` frames, by their closed forms."""
    frames = np.arange(1, longest + 1)
    many = [float(alignments(t, labels)) for t in frames.tolist()]
    few = [float(trimmings(t, labels)) for t in frames.tolist()]
    return Ways(frames, np.array(many), np.array(few))


@lru_cache(maxsize=64)
def recounted(labels: tuple[int, ...], longest: int) -> Ways:
    """The same counts by recursions over the frames, one state for a symbol and one for each φ."""
    frames = np.arange(1, longest + 1)
    many = [float(counted(t, labels)) for t in frames.tolist()]
    few, walks = [], [1.0] + [0.0] * len(labels)
    for _ in frames:
        walks = [0.0] + [walks[u] + walks[u - 1] * _may_follow(labels, u) for u in range(1, len(labels) + 1)]
        few.append(walks[-1] if labels else 0.0)
        walks[0] = 0.0
    return Ways(frames, np.array(many), np.array(few))


def _may_follow(labels: Sequence[int], u: int) -> bool:
    """Whether symbol u (from 1) may come directly after the one before it: a repeat would be merged."""
    return u == 1 or labels[u - 1] != labels[u - 2]


@lru_cache(maxsize=64)
def some(frames: int, labels: tuple[int, ...], most: int) -> np.ndarray:
    """Alignments of `labels`, (alignment, time) with φ = 0: all of them, or `most` evenly spread through the ordered list."""
    total = alignments(frames, labels)
    ranks = range(total) if total <= most else [k * (total - 1) // (most - 1) for k in range(most)]
    found = [_nth(frames, labels, rank) for rank in ranks]
    return np.array(found, int).reshape(len(found), frames)


def _nth(frames: int, labels: tuple[int, ...], rank: int) -> list[int]:
    """Alignment number `rank` when walks through the lattice are listed, those that stay longest first."""
    states, skips = extended(np.array(labels, int), 0)
    onward = _onward(frames, labels)
    state, path = -1, []
    for t in range(frames):
        nexts = (0, 1) if state < 0 else (state, state + 1, *([state + 2] if _skip(skips, state) else []))
        for following in nexts:
            many = onward[t][following] if following < len(states) else 0
            if rank < many:
                state = following
                break
            rank -= many
        path.append(int(states[state]))
    return path


def _skip(skips: np.ndarray, state: int) -> bool:
    return state + 2 < len(skips) and bool(skips[state + 2])


@lru_cache(maxsize=64)
def _onward(frames: int, labels: tuple[int, ...]) -> list[list[int]]:
    """[time][state] exact number of ways from there to the end."""
    states, skips = extended(np.array(labels, int), 0)
    size = len(states)
    rows = [[int(s >= size - 2) for s in range(size)]]
    for _ in range(frames - 1):
        after = [*rows[0], 0, 0]
        rows.insert(0, [after[s] + after[s + 1] + (after[s + 2] if _skip(skips, s) else 0) for s in range(size)])
    return rows
