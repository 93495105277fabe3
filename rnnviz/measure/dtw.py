"""Dynamic time warping: how far two sequences lie apart on the best path through both (Sakoe & Chiba 1978)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def unit_frames(frames: np.ndarray) -> np.ndarray:
    """Frames (…, number) of length 1, so that products are cosines; silence stays 0."""
    return frames / np.maximum(np.linalg.norm(frames, axis=-1, keepdims=True), 1e-9)


def padded(clips: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Sequences (frame, number) -> (clip, frame, number) with zeros behind them, and (clip,) frames of each."""
    frames = np.array([len(c) for c in clips])
    table = np.zeros((len(clips), frames.max(), clips[0].shape[1]), clips[0].dtype)
    for row, clip in zip(table, clips, strict=True):
        row[: len(clip)] = clip
    return table, frames


def distances(query: np.ndarray, clips: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """(clip,) distance of a query (frame, number) to every clip (clip, frame, number), all frames of length 1.

    Steps (1, 0), (0, 1), (1, 1); the sum of 1 − cosine along the best path, over the frames of both. One antidiagonal of
    all grids at a time: its cells depend only on the two antidiagonals before it.
    """
    costs = 1 - clips @ query.T  # (clip, frame, query frame)
    many, long, rows = costs.shape
    slanted = np.full((long + rows - 1, rows, many), np.inf, costs.dtype)
    for i in range(rows):
        slanted[i : i + long, i] = costs[:, :, i].T
    before = np.full((rows + 1, many), np.inf, costs.dtype)
    last = before.copy()
    last[1] = slanted[0, 0]
    corner = np.empty((len(slanted), many), costs.dtype)  # path to the query's end, on every antidiagonal
    corner[0] = last[rows]
    for k in range(1, len(slanted)):
        here = np.full_like(last, np.inf)
        best = np.minimum(last[1:], last[:-1])
        np.add(np.minimum(best, before[:-1], out=best), slanted[k], out=here[1:])
        before, last = last, here
        corner[k] = here[rows]
    return corner[frames + rows - 2, np.arange(many)] / (frames + rows)


def between_all(clips: Sequence[np.ndarray]) -> np.ndarray:
    """(clip, clip) distances of all pairs of sequences (frame, number): each pair once, short ones without long padding."""
    order = np.argsort([len(c) for c in clips], kind="stable")
    table, frames = padded([unit_frames(clips[i]) for i in order])
    found = np.zeros((len(clips), len(clips)), table.dtype)
    for at, row in enumerate(order):
        upto = slice(0, at + 1)
        found[row, order[upto]] = distances(table[at, : frames[at]], table[upto, : frames[at]], frames[upto])
    return np.maximum(found, found.T)


def plainly(one: np.ndarray, other: np.ndarray) -> float:
    """The same for two sequences (frame, number), cell by cell."""
    best: dict[tuple[int, int], float] = {}
    for i, a in enumerate(one.astype(float)):
        for j, b in enumerate(other.astype(float)):
            cost = 1 - float(a @ b) / (max(float(np.sqrt(a @ a)), 1e-9) * max(float(np.sqrt(b @ b)), 1e-9))
            ways = [best[p] for p in ((i - 1, j), (i, j - 1), (i - 1, j - 1)) if p in best]
            best[i, j] = cost + (min(ways) if ways else 0.0)
    return best[len(one) - 1, len(other) - 1] / (len(one) + len(other))
