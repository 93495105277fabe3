"""UMAP as a film: neighbourhoods as a graph of degrees, whose edges pull points together while chance pairs push apart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from rnnviz.measure.projection import FEWEST, nearest_first, pca, squared_distances, trustworthiness
from rnnviz.records.projection import FuzzyGraph

NEIGHBOURS = 15  # of a point, itself among them
NEAR, SPREAD = 0.1, 1.0  # up to this distance points of the picture are wholly together; how fast that fades beyond
NEGATIVES = 5  # chance points that the head of an edge is pushed away from, whenever the edge pulls
STRONGEST = 4.0  # a coordinate of a pull or a push
WIDE = 10.0  # of the picture at first
HALVINGS, TINY = 64, 1e-12


def graph(codes: np.ndarray, neighbours: int = NEIGHBOURS) -> np.ndarray:
    """V (point, point), symmetric, 0..1: to what degree two points are neighbours (McInnes, Healy & Melville 2018, alg. 1–3).

    v(j|i) = exp(−(d − ρ)/σ) for the nearest of i, with ρ the distance of the very nearest and σ such that they sum to
    log₂ of their number; then v(j|i) + v(i|j) − v(j|i)·v(i|j), "one or the other".
    """
    wanted = min(neighbours, len(codes) - 1)
    order = nearest_first(codes)[:, 1:wanted]
    far = np.sqrt(np.maximum(np.take_along_axis(squared_distances(codes), order, 1), 0))
    degrees = np.exp(-_beyond(far) / widths(far, np.log2(wanted))[:, None])
    directed = np.zeros((len(codes), len(codes)))
    np.put_along_axis(directed, order, degrees, 1)
    return directed + directed.T - directed * directed.T


def _beyond(far: np.ndarray) -> np.ndarray:
    """Distances (point, neighbour) less that of the nearest that is not the point's double."""
    first = np.where(far > 0, far, np.inf).min(1, initial=np.inf)
    return np.maximum(far - np.where(np.isfinite(first), first, 0)[:, None], 0)


def widths(far: np.ndarray, total: float) -> np.ndarray:
    """σ (point) at which Σ exp(−(d − ρ)/σ) over the neighbours is `total`, by halving; no less than a thousandth of the mean distance."""
    beyond = _beyond(far)
    low, high = np.zeros(len(far)), np.full(len(far), max(float(far.max(initial=0.0)), 1e-12) * 1e3)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        small = np.exp(-beyond / middle[:, None]).sum(1) < total
        low, high = np.where(small, middle, low), np.where(small, high, middle)
    return np.maximum((low + high) / 2, np.maximum(1e-3 * far.mean(1), 1e-12))


@lru_cache(maxsize=1)
def curve() -> tuple[float, float]:
    """a and b of w(d) = 1/(1 + a·d²ᵇ), the smooth curve nearest to 1 up to NEAR and exp(−(d − NEAR)/SPREAD) beyond.

    Least squares over 0 to 3·SPREAD, by Gauss and Newton's steps.
    """
    d = np.linspace(0, 3 * SPREAD, 300)[1:]
    wanted = np.exp(-np.maximum(d - NEAR, 0) / SPREAD)
    a, b = 1.0, 1.0
    for _ in range(20):
        grown = d ** (2 * b)
        w = 1 / (1 + a * grown)
        slopes = -np.stack([grown, 2 * a * grown * np.log(d)], 1) * (w**2)[:, None]
        a, b = np.array([a, b]) + np.linalg.lstsq(slopes, wanted - w)[0]
    return float(a), float(b)


def pull(squared: np.ndarray) -> np.ndarray:
    """∂ log w/∂yᵢ is this times yᵢ − yⱼ, from squared distances in the picture."""
    a, b = curve()
    squared = np.maximum(squared, TINY)
    return -2 * a * b * squared ** (b - 1) / (1 + a * squared**b)


def push(squared: np.ndarray) -> np.ndarray:
    """∂ log(1 − w)/∂yᵢ is this times yᵢ − yⱼ, nearly: a thousandth keeps it finite where points meet."""
    a, b = curve()
    return 2 * b / ((1e-3 + squared) * (1 + a * squared**b))


def crossed(degrees: np.ndarray, squared: np.ndarray) -> float:
    """Cross-entropy of two graphs beyond that of the first alone, nats a point (McInnes et al. 2018, eq. 1).

    `degrees` and squared distances are of the same pairs, of which every one is there twice.
    """
    a, b = curve()
    grown = a * np.maximum(squared, TINY) ** b
    drawn = 1 / (1 + grown)
    with np.errstate(divide="ignore", invalid="ignore"):
        together = np.where(degrees > 0, degrees * np.log(degrees / drawn), 0.0)
        parted = np.where(degrees < 1, (1 - degrees) * np.log((1 - degrees) * (1 + grown) / grown), 0.0)
    points = (1 + np.sqrt(1 + 4 * degrees.size)) / 2
    return float((together + parted).sum() / 2 / points)


@dataclass(frozen=True, eq=False)
class Umap:
    """A playable: an epoch of stochastic gradient descent a step, begun from the PCA; pulls and pushes end with the last one."""

    codes: np.ndarray  # (point, unit)
    epochs: int
    path: tuple[np.ndarray, ...]  # points (point, axis) at every step so far
    costs: tuple[float, ...] = ()  # nats a point, after every step

    @classmethod
    def of(cls, codes: np.ndarray, epochs: int = 400) -> Umap:
        """Raises ValueError for fewer than five points, or for codes that are no numbers."""
        codes = np.array(codes, dtype=np.float64)
        if len(codes) < FEWEST or not np.isfinite(codes).all():
            raise ValueError(f"UMAP needs at least {FEWEST} points that are numbers")
        first = pca(codes).points
        return cls(codes, epochs, (WIDE / max(float(np.abs(first).max()), 1e-12) * first,))

    @property
    def key(self) -> str:
        content = self.codes.tobytes() + repr((self.codes.shape, self.epochs)).encode()
        return f"UMAP {hashlib.sha256(content).hexdigest()[:16]}"

    @property
    def step(self) -> int:
        return len(self.path) - 1

    @property
    def over(self) -> bool:
        return not np.isfinite(self.path[-1]).all()

    @property
    def nbytes(self) -> int:
        return self.codes.nbytes + len(self.path) * self.path[0].nbytes

    @cached_property
    def degrees(self) -> np.ndarray:
        """V (point, point) of the codes."""
        return graph(self.codes)

    @cached_property
    def edges(self) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...]:
        """Heads, tails and shares of the epochs (edge) in which an edge pulls; no head twice in one group."""
        heads, tails = np.nonzero(self.degrees >= self.degrees.max() / self.epochs)
        shares = self.degrees[heads, tails] / self.degrees.max()
        rank = np.arange(len(heads)) - np.searchsorted(heads, heads)  # heads come in order
        return tuple((heads[one], tails[one], shares[one]) for one in (rank == r for r in range(rank.max() + 1)))

    def forward(self, steps: int) -> Umap:
        """The film, `steps` longer; the same bits whether at once or in pieces."""
        path, costs, ahead = list(self.path), list(self.costs), self
        for epoch in range(self.step, self.step + steps):
            path.append(ahead.moved(path[-1], epoch))
            costs.append(crossed(*ahead.pairs(path[-1])))
        done = replace(self, path=tuple(path), costs=tuple(costs))
        vars(done).update(degrees=self.degrees, edges=self.edges)  # found once for the whole film
        return done

    def moved(self, points: np.ndarray, epoch: int) -> np.ndarray:
        """The points an epoch later: every edge that has its turn pulls both ends, and chance pushes its head away."""
        points, rate = points.copy(), max(0.0, 1 - epoch / self.epochs)
        chance = np.random.default_rng([len(points), epoch])
        for heads, tails, shares in self.edges:
            turn = np.floor((epoch + 1) * shares) > np.floor(epoch * shares)
            i, j = heads[turn], tails[turn]
            between = points[i] - points[j]
            pulled = rate * np.clip(pull((between**2).sum(1))[:, None] * between, -STRONGEST, STRONGEST)
            points[i] += pulled
            np.subtract.at(points, j, pulled)
            others = chance.integers(len(points), size=(len(i), NEGATIVES))
            away = points[i][:, None] - points[others]  # 0 from itself, which therefore does nothing
            points[i] += rate * np.clip(push((away**2).sum(2))[..., None] * away, -STRONGEST, STRONGEST).sum(1)
        return points

    def pairs(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Degrees of neighbourhood and squared distances of all pairs of two points, each pair twice."""
        two = ~np.eye(len(points), dtype=bool)
        return self.degrees[two], squared_distances(points)[two]

    def still(self, step: int) -> FuzzyGraph:
        """The points as they lay at `step`."""
        points = self.path[step]
        trust = trustworthiness(self.codes, points, max(1, min(10, (len(points) - 1) // 2)))
        degrees, _ = self.pairs(points)
        plainly = ((points[:, None] - points[None]) ** 2).sum(-1)[~np.eye(len(points), dtype=bool)]
        ours, again = crossed(*self.pairs(points)), crossed(degrees, plainly)
        return FuzzyGraph(points, step, ours, again, np.array(self.costs[:step]), trust)
