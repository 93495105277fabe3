"""One linear unit: how its output grows or dies, and what training would have to do about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal


@dataclass(frozen=True)
class Growth:
    """Output and slope over the time steps, for one weight; float64, infinite where that overflows."""

    w: float
    y: np.ndarray  # (time) y_1 … y_T
    slope: np.ndarray  # (time) ∂y_t/∂w

    def __post_init__(self) -> None:
        seal(self, y="time", slope="time")


@dataclass(frozen=True)
class Terrain:
    """The error E = (y_T − target)² over w."""

    w: np.ndarray
    slope: np.ndarray  # |∂E/∂w|
    rate: np.ndarray  # the learning rate with which one step of gradient descent would land on the best w
    best: float  # where y_T is the target

    def __post_init__(self) -> None:
        seal(self, w="w", slope="w", rate="w")


@dataclass(frozen=True)
class Trail:
    """One run up to now."""

    w: np.ndarray  # (moment) at every step and now
    error: np.ndarray  # (moment) E there
    slope: float  # |∂E/∂w| now
    needed: float  # the rate that would land on the best w now; infinite where the slope is 0

    def __post_init__(self) -> None:
        seal(self, w="moment", error="moment")

    @property
    def landed(self) -> float:
        """The last w that was a number."""
        return float(self.w[np.isfinite(self.w)][-1])
