"""What is left of an error on its way back through time, and the matrix that it passes."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from rnnviz.records.seal import seal

FAINTEST = 1e-280  # near the smallest normal number two ways of computing round differently


@dataclass(frozen=True)
class Survival:
    """Norms of the gradient of the last step's loss, over one batch; distance 0 is the last step. float64."""

    memory: np.ndarray  # ∂L/∂ the state that carries the memory: c of an LSTM, s of SCRN, h of all others
    hidden: np.ndarray  # ∂L/∂h
    kept: np.ndarray  # what comes straight through the gate (f, z, α or being asleep); NaN for a cell without one

    def __post_init__(self) -> None:
        seal(self, **{f.name: "distance" for f in fields(self)})

    @property
    def left(self) -> np.ndarray:
        """(distance) share of the error in memory, 1 at distance 0; NaN where there is none to begin with."""
        return relative(self.memory)

    @property
    def stacked(self) -> np.ndarray:
        """(2, distance) memory and hidden, log10; −∞ where less is left than float64 can tell apart."""
        both = np.stack([self.memory, self.hidden])
        with np.errstate(divide="ignore"):
            return np.log10(np.where(both < FAINTEST, 0, both))


def relative(norms: np.ndarray) -> np.ndarray:
    """Norms over the one at distance 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return norms / norms[0]


@dataclass(frozen=True)
class Diary:
    """The share that is left at every distance, at one training step after the other."""

    step: np.ndarray
    left: np.ndarray  # (row, distance)

    def __post_init__(self) -> None:
        seal(self, step="row", left="row distance")


@dataclass(frozen=True)
class Spectrum:
    """A recurrent matrix: how much it turns and stretches."""

    eigenvalues: np.ndarray  # complex
    singular: np.ndarray  # largest first
    gamma: float  # largest slope of the activation: 1 for tanh and ReLU, 1/4 for the logistic function; NaN with gates

    def __post_init__(self) -> None:
        seal(self, eigenvalues="unit", singular="unit")

    @property
    def radius(self) -> float:
        """Largest |eigenvalue|."""
        return float(np.abs(self.eigenvalues).max())

    @property
    def bound(self) -> float:
        """γ·σ₁: no error grows by more than this in one step (Pascanu et al. 2013, section 2.1)."""
        return self.gamma * float(self.singular[0])


@dataclass(frozen=True)
class Activations:
    """What is left of an error at one distance, for three activations and many ρ, at birth."""

    rho: np.ndarray
    names: tuple[str, ...]
    left: np.ndarray  # (activation, ρ)
    distance: int

    def __post_init__(self) -> None:
        seal(self, rho="rho", left="activation rho")
