"""The path of a training through its weights, and the ground around it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from rnnviz.records.seal import seal
from rnnviz.records.surface import Surface


@dataclass(frozen=True)
class Path:
    """Every so many steps of a training: where the weights were, and how steep and how curved the loss was there.

    Loss, slope and curvature are of one fixed batch that the net does not train on.
    """

    step: np.ndarray  # (point)
    weights: np.ndarray  # (point, weight)
    loss: np.ndarray  # (point) nats
    slope: np.ndarray  # (point) norm of the gradient with respect to the recurrent weights
    gradient: np.ndarray  # (point) norm of the whole gradient
    curvature: np.ndarray  # (point) largest eigenvalue of the Hessian
    along: np.ndarray  # (point, weight) its unit vector

    def __post_init__(self) -> None:
        names = ("step", "loss", "slope", "gradient", "curvature")
        seal(self, **dict.fromkeys(names, "point"), weights="point weight", along="point weight")

    def __len__(self) -> int:
        return len(self.step)

    def until(self, step: int) -> Path:
        """The points at or before `step`."""
        n = int((self.step <= step).sum())
        return Path(*(getattr(self, f.name)[:n] for f in fields(self)))

    def __add__(self, later: Path) -> Path:
        return Path(*(np.concatenate([getattr(self, f.name), getattr(later, f.name)]) for f in fields(self)))

    @property
    def nbytes(self) -> int:
        return self.weights.nbytes + self.along.nbytes

    def flat(self, slope: float, loss: float) -> float:
        """Share of the points whose slope is below `slope` while the loss still exceeds `loss`."""
        return float(((self.slope < slope) & (self.loss > loss)).mean())


@dataclass(frozen=True)
class Plane:
    """Two directions through the weights as they are now; a point's place is its nearest one in the plane."""

    base: np.ndarray  # (weight) where both coordinates are 0
    axes: np.ndarray  # (axis, weight)
    names: tuple[str, str]
    middle: np.ndarray  # (axis) of the window that is looked at
    half: np.ndarray  # (axis) half its width

    def __post_init__(self) -> None:
        seal(self, base="weight", axes="axis weight", middle="axis", half="axis")

    def place(self, weights: np.ndarray) -> np.ndarray:
        """Coordinates (point, axis) by least squares."""
        gram = self.axes @ self.axes.T
        return np.linalg.solve(gram, self.axes @ (np.atleast_2d(weights) - self.base).T).T

    def share(self, weights: np.ndarray) -> float:
        """How much of the variance of weights (point, weight) lies in the plane, 0..1; 0 where nothing moved."""
        apart = weights.astype(float) - weights.mean(0, dtype=float)
        total = float((apart**2).sum())
        basis = np.linalg.qr(self.axes.T)[0]
        moved = total > 1e-20 * float((weights.astype(float) ** 2).sum())  # below that it is rounding
        return float(((apart @ basis) ** 2).sum() / total) if moved else 0.0


@dataclass(frozen=True)
class Terrain:
    """The loss on a plane, and a path seen in it."""

    plane: Plane
    ground: Surface
    where: np.ndarray  # (point, axis) the path's nearest points in the plane
    loss: np.ndarray  # (point) nats, at the weights themselves
    share: float  # of the path's variance that lies in the plane

    def __post_init__(self) -> None:
        seal(self, where="point axis", loss="point")

    @property
    def slope(self) -> np.ndarray:
        """Steepness within the plane (b, a), nats for each unit of length of the weights, by differences on the grid."""
        b, a = np.gradient(self.ground.loss, self.ground.b, self.ground.a)
        gram = self.plane.axes.astype(float) @ self.plane.axes.T
        inverse = np.linalg.inv(gram)
        rise = np.stack([a, b], -1)
        return np.sqrt(np.maximum(np.einsum("...i,ij,...j", rise, inverse, rise), 0))
