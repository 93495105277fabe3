"""Many numbers drawn as two: where the points lie, and what was lost on the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.judgement import Judgement, judge
from rnnviz.records.seal import seal


@dataclass(frozen=True)
class Projection:
    """Principal components: points = (codes − centre) · axesᵀ."""

    points: np.ndarray  # (point, axis)
    axes: np.ndarray  # (axis, unit) orthonormal; zeros where the codes have no further direction
    share: np.ndarray  # (axis) of the variance of the codes, 0..1
    centre: np.ndarray  # (unit) mean of the codes

    def __post_init__(self) -> None:
        seal(self, points="point axis", axes="axis unit", share="axis", centre="unit")

    def place(self, codes: np.ndarray) -> np.ndarray:
        """Where other codes (point, unit) lie in the same picture, (point, axis)."""
        return (codes - self.centre) @ self.axes.T


@dataclass(frozen=True)
class Neighbourhoods:
    """A t-SNE at one step: distances between far points mean nothing here."""

    points: np.ndarray  # (point, axis)
    step: int
    divergence: float  # KL(P‖Q) in nats, without exaggeration
    reported: np.ndarray  # (step) the same as openTSNE reported it after every step so far
    exaggerated: bool  # whether attraction is still exaggerated
    trust: float  # share of trustworthy neighbourhoods, 0..1

    def __post_init__(self) -> None:
        seal(self, points="point axis", reported="step")

    def judged(self) -> Judgement | None:
        """KL(P‖Q) by its formula against openTSNE's own; None before the first step."""
        if not self.reported.size:
            return None
        return judge("KL(P‖Q) by its formula against openTSNE's", self.divergence, self.reported[-1], 1e-4)

    def told(self) -> str:
        """What t-SNE is at, and what it has cost."""
        phase = "like is drawn to like, twelve times too strongly" if self.exaggerated else "the groups spread out"
        return f"KL(P‖Q) = {self.divergence:.2f} nats; {phase}."


@dataclass(frozen=True)
class FuzzyGraph:
    """A UMAP at one step: who is whose neighbour counts, how far apart groups lie hardly."""

    points: np.ndarray  # (point, axis)
    step: int
    cost: float  # cross-entropy of the codes' graph and the picture's, nats a point
    again: float  # the same from the differences of every pair
    reported: np.ndarray  # (step) the cost after every step so far
    trust: float  # share of trustworthy neighbourhoods, 0..1

    def __post_init__(self) -> None:
        seal(self, points="point axis", reported="step")

    def judged(self) -> Judgement:
        """The cost by ‖a‖² + ‖b‖² − 2ab, and from the differences of every pair of points."""
        return judge(
            "cross-entropy of the two graphs, from a Gram matrix against pair by pair", self.cost, self.again, 1e-6
        )

    def told(self) -> str:
        """What is left of the difference between the two graphs."""
        return f"Cross-entropy of the two graphs: {self.cost:.2f} nats a point."
