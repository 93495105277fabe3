"""Query by example: every clip asks for the others of its word."""

from __future__ import annotations

from functools import lru_cache
from time import thread_time

import numpy as np

from rnnviz.records.retrieval import Found, Search


def cosines(codes: np.ndarray) -> np.ndarray:
    """(clip, clip) 1 − cosine of all pairs of codes (clip, unit), in float64."""
    unit = _unit(codes)
    return 1 - unit @ unit.T


def from_one(query: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """(clip,) 1 − cosine of a query (unit,) to every code (clip, unit)."""
    return 1 - _unit(codes) @ _unit(query)


def _unit(codes: np.ndarray) -> np.ndarray:
    codes = np.asarray(codes, dtype=np.float64)
    return codes / np.maximum(np.linalg.norm(codes, axis=-1, keepdims=True), 1e-300)


def search(apart: np.ndarray, words: np.ndarray) -> Search:
    """From distances (clip, clip) and the word of every clip (clip,). Ties go to the clip that stands first.

    The places of the few right answers are counted, nothing is sorted: precision at the place of each, averaged.
    Raises ValueError unless every word is said equally often, and more than once.
    """
    count = np.bincount(words)
    if count.min() != count.max() or count[0] < 2:
        raise ValueError("every word has to be said equally often, and at least twice")
    if not np.isfinite(apart).all():
        return Search(np.full(len(apart), np.nan), np.zeros(len(apart), bool))
    rows = np.arange(len(apart))
    apart = np.where(rows[:, None] == rows, np.inf, apart)
    same = (words[:, None] == words) & (rows[:, None] != rows)
    right = np.nonzero(same)[1].reshape(len(words), count[0] - 1)  # (clip, answer)
    at = np.take_along_axis(apart, right, 1)
    place, hits = np.empty(right.shape), np.empty(right.shape)
    for k in range(right.shape[1]):
        here, number = at[:, k, None], right[:, k, None]
        place[:, k] = 1 + ((apart < here) | ((apart == here) & (rows < number))).sum(1)
        hits[:, k] = 1 + ((at < here) | ((at == here) & (right < number))).sum(1)
    return Search((hits / place).mean(1), place.min(1) == 1)


def sorted_precision(apart: np.ndarray, words: np.ndarray, every: int = 1) -> np.ndarray:
    """(query,) average precision of every so manyth clip once more, by sorting all others and walking down the list."""
    rows = np.arange(0, len(apart), every)
    if not np.isfinite(apart).all():
        return np.full(len(rows), np.nan)
    table = apart[rows].copy()
    table[np.arange(len(rows)), rows] = np.inf
    right = words[table.argsort(1, kind="stable")[:, :-1]] == words[rows, None]
    reached = right.cumsum(1) / np.arange(1, right.shape[1] + 1)
    return (reached * right).sum(1) / right.sum(1)


def nearest(apart: np.ndarray, words: tuple[str, ...], voices: tuple[str, ...], skip: int | None, shown: int) -> Found:
    """The `shown` clips with the smallest distance in `apart` (clip,), without clip `skip`."""
    order = np.argsort(apart, kind="stable")
    rows = order[order != (-1 if skip is None else skip)][:shown]
    return Found(rows, apart[rows], tuple(words[i] for i in rows), tuple(voices[i] for i in rows))


@lru_cache(maxsize=32)
def time_of_cosines(clips: int, units: int, times: int = 200) -> float:
    """Milliseconds of one core from a query's code to its cosines with so many codes, which are kept at length 1."""
    codes, query, out = np.ones((clips, units), np.float32), np.ones(units, np.float32), np.empty(clips, np.float32)
    began = thread_time()
    for _ in range(times):
        np.dot(codes, query, out=out)
    return 1000 * (thread_time() - began) / times
