"""Vectors of words, learnt here or elsewhere: planes through them, neighbours, and how far a picture can be trusted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from rnnviz.film import Companion, Still, forward
from rnnviz.measure.projection import Tsne, checked, nearest_first, pca, trusted
from rnnviz.measure.umap import Umap
from rnnviz.records.projection import FuzzyGraph, Neighbourhoods, Projection
from rnnviz.records.vectors import Near, Vectors
from rnnviz.tasks.next_word import FIRST, KINDS, OTHER, kind, unseen, vocabulary

STATES, OUT, EMBEDDING = "hidden states, averaged", "weights of the answer", "embedding, what goes in"
SOURCES = (STATES, OUT, EMBEDDING)
ORDER = (*KINDS, OTHER)


def learnt(still: Still, source: str) -> Vectors:
    """What a next-word net has made of every word by now.

    States are those after the word, averaged over all places where it occurs in unseen phrases (Elman 1990).
    """
    params, words = still.state.params, vocabulary()
    if source == STATES:
        batch = unseen()
        with torch.no_grad():
            hidden = forward(still.exp, params, batch).states["hidden"].flatten(0, 1)
        at = batch.x.flatten()
        total = hidden.new_zeros(FIRST + len(words), hidden.shape[1]).index_add_(0, at, hidden)
        count = torch.bincount(at, minlength=len(total)).clamp_min(1)
        rows = total / count[:, None]
    else:
        rows = params["out.weight" if source == OUT else "embed.weight"]
    return Vectors(words, rows[FIRST:].double().numpy().copy(), tuple(kind(word) for word in words))


@lru_cache(maxsize=1)
def anchor() -> np.ndarray:
    """(word, axis) a picture that no training moves, for others to be turned to: the kinds of words, by PCA."""
    rows = np.array([[kind(word) == name for name in ORDER] for word in vocabulary()], dtype=float)
    return pca(rows).points


def axis(rows: np.ndarray, one: int, other: int) -> Projection:
    """Across: from row `one` to row `other`; up: the direction at right angles to it in which the rows vary most.

    Raises ValueError where the two rows are the same.
    """
    along = rows[other] - rows[one]
    size = float(np.linalg.norm(along))
    if not size > 1e-12 * float(np.abs(rows).max(initial=0)):
        raise ValueError("the two vectors are the same")
    along = along / size
    centre = rows.mean(0)
    apart = rows - centre
    rest = pca(apart - np.outer(apart @ along, along), 1).axes
    axes = np.concatenate([along[None], rest])
    points = apart @ axes.T
    return Projection(points, axes, (points**2).sum(0) / max(float((apart**2).sum()), 1e-300), centre)


def by_distances(rows: np.ndarray, one: int, other: int) -> np.ndarray:
    """(row) place along the axis from `one` (0) to `other` (their distance), from squared distances alone."""
    length = float(np.linalg.norm(rows[other] - rows[one]))
    to_one, to_other = (((rows - rows[at]) ** 2).sum(1) for at in (one, other))
    return (to_one - to_other + length**2) / (2 * length)


def near(vectors: Vectors, word: str, most: int = 8) -> Near:
    """The words whose vectors point most nearly the same way (cosine). Raises KeyError for an unknown word."""
    if word not in vectors.words:
        raise KeyError(word)
    at = vectors.words.index(word)
    cosine = cosines(vectors.rows)[at]
    found = [i for i in np.argsort(-cosine, kind="stable").tolist() if i != at][:most]
    kinds = tuple(vectors.kinds[i] for i in found)
    alike = np.array([k == vectors.kinds[at] for k in kinds], dtype=bool)
    return Near(word, tuple(vectors.words[i] for i in found), kinds, cosine[found], alike)


def cosines(rows: np.ndarray) -> np.ndarray:
    """(row, row); 0 for a row of zeros."""
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-300)
    return unit @ unit.T


def purity(vectors: Vectors) -> float:
    """Share of the words of a known kind whose nearest such word is of the same kind."""
    known = [i for i, k in enumerate(vectors.kinds) if k != OTHER]
    like = cosines(vectors.rows[known])
    np.fill_diagonal(like, -2)
    kinds = np.array(vectors.kinds)[known]
    return float((kinds[like.argmax(1)] == kinds).mean()) if len(known) > 1 else float("nan")


def faithful(rows: np.ndarray, points: np.ndarray, ks: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """(trustworthiness, continuity) for every k: what is near in the picture is near in truth, and the other way round."""
    true, shown = nearest_first(rows), nearest_first(points)
    return np.array([trusted(true, shown, k) for k in ks]), np.array([trusted(shown, true, k) for k in ks])


TSNE, UMAP = "t-SNE", "UMAP"


class Mapped(NamedTuple):
    """Vectors and a picture of them on its way."""

    rows: np.ndarray  # (word, unit)
    near: Neighbourhoods | FuzzyGraph


@dataclass(frozen=True, eq=False)
class Map(Companion):
    """A t-SNE or a UMAP that hands out the vectors too."""

    @classmethod
    def of(cls, rows: np.ndarray, way: str = TSNE) -> Map:
        """Raises ValueError for fewer than five vectors, or for some that are no numbers."""
        return cls(Umap.of(rows) if way == UMAP else Tsne.of(rows, perplexity=10))

    @property
    def key(self) -> str:
        return f"map {self.film.key}"

    @property
    def nbytes(self) -> int:
        return self.film.nbytes

    def forward(self, steps: int) -> Map:
        return replace(self, film=self.film.forward(steps))

    def still(self, step: int) -> Mapped:
        return Mapped(self.film.codes, self.film.still(step))


PCA, AXIS = "main directions (PCA)", "an axis between two words"
TURNED, AS_IT_FALLS = "turned to lie alike (Procrustes)", "as it falls"


class Seen(NamedTuple):
    """A picture, the names of its axes, and the same numbers by another way."""

    found: Projection
    titles: tuple[str, str]
    checked: tuple[np.ndarray, np.ndarray]
    by: str  # what was held against what


def pictured(vectors: Vectors, kind: str, one: str, other: str, like: np.ndarray | None = None) -> Seen:
    """The vectors in a plane of that `kind`; the main directions also where two words have the same vector."""
    rows = vectors.rows
    if kind == AXIS and {one, other} <= set(vectors.words):
        ends = vectors.words.index(one), vectors.words.index(other)
        try:
            found = axis(rows, *ends)
        except ValueError:
            pass
        else:
            titles = (f"{one} ← {_told(found, 0)} → {other}", f"strongest at right angles ({_told(found, 1)})")
            ours = found.points[:, 0] - found.points[ends[0], 0]
            return Seen(
                found, titles, (ours, by_distances(rows, *ends)), "places along the axis against squared distances"
            )
    found = pca(rows, like=like)
    titles = (f"one direction ({_told(found, 0)})", f"another ({_told(found, 1)})")
    return Seen(found, titles, checked(rows, found), "plane by the covariance's eigenvectors against numpy's SVD")


def _told(found: Projection, at: int) -> str:
    return f"{100 * found.share[at]:.0f} % of the variance" if np.isfinite(found.share[at]) else "–"


def known_or(word: str, words: tuple[str, ...], instead: str) -> tuple[str, str]:
    """(the typed word, "") if there is a vector for it, else (`instead`, why not)."""
    typed = word.strip()
    for found in (typed, typed.lower()):
        if found in words:
            return found, ""
    return instead, f"there is no vector for “{typed[:40]}”; until then you see “{instead}”"
