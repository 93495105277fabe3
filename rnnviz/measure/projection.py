"""Codes as points of a plane: principal components at every frame, t-SNE as a film."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rnnviz.records.projection import Neighbourhoods, Projection

EXAGGERATION, EXAGGERATED = 12.0, 100  # attraction at first, and for how many steps (van der Maaten & Hinton 2008)
FEWEST = 5  # points that have neighbourhoods at all


def pca(codes: np.ndarray, k: int = 2, like: np.ndarray | None = None) -> Projection:
    """The `k` directions in which codes (point, unit) vary most, from the eigenvectors of the smaller Gram matrix (Gower 1966).

    Of the two signs of an axis, its largest weight is positive; with `like` (point, axis) the plane is turned instead so
    that its points lie as near to those as they can: pictures of a training then do not flip between frames.
    """
    codes = np.asarray(codes, dtype=np.float64)
    if not np.isfinite(codes).all():  # a ruined net has codes that are nowhere
        nowhere = np.full((len(codes), k), np.nan)
        return Projection(nowhere, np.zeros((k, codes.shape[1])), np.full(k, np.nan), np.full(codes.shape[1], np.nan))
    centre = codes.mean(0)
    apart = codes - centre
    axes = np.zeros((k, codes.shape[1]))
    found = _directions(apart, k)
    axes[: len(found)] = found
    strongest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1)
    axes = axes * np.where(strongest < 0, -1.0, 1.0)
    if like is not None:
        axes = turn(apart @ axes.T, like).T @ axes
    points = apart @ axes.T
    return Projection(points, axes, (points**2).sum(0) / max((apart**2).sum(), 1e-300), centre)


def _directions(apart: np.ndarray, k: int) -> np.ndarray:
    """At most `k` unit vectors (axis, unit), the strongest first."""
    wide = len(apart) < apart.shape[1]
    squared, vectors = np.linalg.eigh(apart @ apart.T if wide else apart.T @ apart)
    kept = [i for i in range(len(squared) - 1, max(-1, len(squared) - 1 - k), -1) if squared[i] > 1e-12 * squared[-1]]
    if not wide:
        return vectors[:, kept].T
    return (apart.T @ vectors[:, kept] / np.sqrt(squared[kept])).T


def turn(points: np.ndarray, like: np.ndarray) -> np.ndarray:
    """The rotation, perhaps with a reflection, that brings `points` nearest to `like` (Schönemann 1966): points @ it."""
    u, _, v = np.linalg.svd(points.T @ (like - like.mean(0)))
    return u @ v


def checked(codes: np.ndarray, found: Projection) -> tuple[np.ndarray, np.ndarray]:
    """Codes as seen in the plane of `found`, and in the plane that a singular value decomposition gives; both (point, unit)."""
    if not np.isfinite(codes).all():
        return (nowhere := np.full(np.shape(codes), np.nan)), nowhere
    apart = np.asarray(codes, dtype=np.float64) - np.mean(codes, axis=0, dtype=np.float64)
    _, size, directions = np.linalg.svd(apart, full_matrices=False)
    plane = directions[: len(found.axes)] * (size[: len(found.axes), None] > 1e-6 * size[:1, None])
    return found.points @ found.axes, apart @ plane.T @ plane


def trustworthiness(codes: np.ndarray, points: np.ndarray, k: int = 10) -> float:
    """How far neighbours in the picture are neighbours among the codes, 1 being always (Venna & Kaski 2001, eq. 1).

    Raises ValueError unless 0 < k < half the number of points.
    """
    return trusted(nearest_first(codes), nearest_first(points), k)


def trusted(true: np.ndarray, shown: np.ndarray, k: int) -> float:
    """The same, of the orders in which the points lie from each of them: among the codes, and in the picture."""
    n = len(true)
    if not 0 < k < n / 2:
        raise ValueError(f"{k} neighbours among {n} points; wanted fewer than half")
    ranks = np.empty((n, n), dtype=int)
    np.put_along_axis(ranks, true, np.arange(n)[None], 1)  # 0 is the point itself
    excess = np.maximum(np.take_along_axis(ranks, shown[:, 1 : k + 1], 1) - k, 0).sum()
    return float(1 - 2 * excess / (n * k * (2 * n - 3 * k - 1)))


def nearest_first(points: np.ndarray) -> np.ndarray:
    """(point, place) all points in the order of their distance from each, itself first."""
    return squared_distances(points).argsort(1, kind="stable")


def squared_distances(points: np.ndarray) -> np.ndarray:
    """Squared distances (point, point), each point nearest to itself."""
    points = np.asarray(points, dtype=np.float64)
    squared = ((points[:, None] - points[None]) ** 2).sum(-1) if len(points) < 64 else _expanded(points)
    np.fill_diagonal(squared, -1.0)
    return squared


def _expanded(points: np.ndarray) -> np.ndarray:
    """The same as ‖a‖² + ‖b‖² − 2ab, without a third axis."""
    length = (points**2).sum(1)
    return length[:, None] + length[None] - 2 * points @ points.T


@dataclass(frozen=True, eq=False)
class Tsne:
    """t-SNE (van der Maaten & Hinton 2008) as a film: one step of gradient descent a frame, exact, begun from the PCA."""

    codes: np.ndarray  # (point, unit)
    perplexity: float
    path: tuple[np.ndarray, ...]  # points (point, axis) at every step so far
    reported: tuple[float, ...] = ()  # KL(P‖Q) in nats after every step, by openTSNE
    inner: Any = None  # attraction P and openTSNE's optimizer, from the first step on

    @classmethod
    def of(cls, codes: np.ndarray, perplexity: float = 30.0) -> Tsne:
        """Raises ValueError for fewer than five points, or for codes that are no numbers."""
        codes = np.array(codes, dtype=np.float64)
        if len(codes) < FEWEST or not np.isfinite(codes).all():
            raise ValueError(f"t-SNE needs at least {FEWEST} points that are numbers")
        first = pca(codes).points
        first = first / max(float(first[:, 0].std()), 1e-12) * 1e-4
        return cls(codes, min(perplexity, (len(codes) - 1) / 3), (first,))

    @property
    def key(self) -> str:
        content = self.codes.tobytes() + repr((self.codes.shape, self.perplexity)).encode()
        return f"t-SNE {hashlib.sha256(content).hexdigest()[:16]}"

    @property
    def step(self) -> int:
        return len(self.path) - 1

    @property
    def over(self) -> bool:
        return not np.isfinite(self.path[-1]).all()

    @property
    def nbytes(self) -> int:
        return (
            self.codes.nbytes + len(self.path) * self.path[0].nbytes + (self.inner[0].data.nbytes if self.inner else 0)
        )

    def forward(self, steps: int) -> Tsne:
        """The film, `steps` longer; the same bits whether at once or in pieces."""
        from openTSNE import TSNEEmbedding  # a second to import: only who looks pays

        attraction, optimizer = self.inner or (_attraction(self.codes, self.perplexity), None)
        path, reported = list(self.path), list(self.reported)
        for step in range(self.step, self.step + steps):
            exaggeration = EXAGGERATION if step < EXAGGERATED else 1.0
            points = TSNEEmbedding(
                path[-1].copy(),
                _Affinities(attraction * exaggeration),  # openTSNE would multiply in place, and leave rounding errors
                negative_gradient_method="bh",
                theta=0.0,
                learning_rate=max(200.0, len(self.codes)) / exaggeration,
                n_jobs=1,
                optimizer=copy.deepcopy(optimizer),
            ).optimize(1, inplace=True)
            optimizer = points.optimizer
            path.append(np.array(points))
            reported.append(float(points.kl_divergence) / exaggeration - float(np.log(exaggeration)))
        return replace(self, path=tuple(path), reported=tuple(reported), inner=(attraction, optimizer))

    def still(self, step: int) -> Neighbourhoods:
        """The points as they lay at `step`."""
        attraction = self.inner[0] if self.inner else _attraction(self.codes, self.perplexity)
        points = self.path[step]
        trust = trustworthiness(self.codes, points, max(1, min(10, (len(points) - 1) // 2)))
        apart = divergence(attraction.toarray(), points)
        return Neighbourhoods(points, step, apart, np.array(self.reported[:step]), step < EXAGGERATED, trust)


@dataclass
class _Affinities:
    """As much of openTSNE's affinities as its optimizer looks at."""

    P: Any


def _attraction(codes: np.ndarray, perplexity: float) -> Any:
    """P (point, point), sparse: how much each point is another one's neighbour."""
    from openTSNE.affinity import PerplexityBasedNN

    wanted: Any = perplexity  # declared whole there, but any number will do
    return PerplexityBasedNN(codes, wanted, method="exact", n_jobs=1, random_state=0).P


def divergence(attraction: np.ndarray, points: np.ndarray) -> float:
    """KL(P‖Q) in nats, with Student's t between the points (van der Maaten & Hinton 2008, eq. 2 and 4)."""
    near = 1 / (1 + np.maximum(squared_distances(points), 0))
    np.fill_diagonal(near, 0)
    here = attraction > 0
    return float((attraction[here] * np.log(attraction[here] / (near / near.sum())[here])).sum())
