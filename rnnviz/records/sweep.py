"""A grid of settings, and what became of the net in every cell of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal

RECENT = 20  # steps over which a cell's score is averaged: one batch is too few
SOLVED = 0.95  # recent score from which on a cell counts as solved


def spaced(low: float, high: float, count: int, log: bool = False) -> tuple[float, ...]:
    """`count` values from `low` to `high`, evenly apart or by a common factor, to four digits."""
    values = np.geomspace(low, high, count) if log else np.linspace(low, high, count)
    return tuple(float(f"{v:.4g}") for v in values)


@dataclass(frozen=True)
class Axis:
    """One setting and the values that it takes; past `top` its last value stands for "off"."""

    path: str
    label: str
    values: tuple[float, ...]
    log: bool = False
    off: bool = False  # whether the last value switches the setting off

    @property
    def places(self) -> np.ndarray:
        """Where the values are drawn (value): the one that means "off" comes one stride after the others."""
        places = np.array(self.values, dtype=float)
        if self.off and len(places) > 2:
            places[-1] = places[-2] ** 2 / places[-3] if self.log else 2 * places[-2] - places[-3]
        return places

    def nearest(self, value: float) -> int:
        """Position of the value that lies nearest in the picture."""
        places = self.places
        if self.log:
            places, value = np.log(places), np.log(max(value, 1e-300))
        return int(np.abs(places - value).argmin())


@dataclass(frozen=True)
class Phase:
    """Every net of a sweep up to now; cells row by row, the lower axis running fastest. Measured before each update."""

    across: Axis
    up: Axis
    step: np.ndarray
    loss: np.ndarray  # (step, cell) nats
    score: np.ndarray  # (step, cell) 0..1
    gradient: np.ndarray  # (step, cell) norm before clipping

    def __post_init__(self) -> None:
        seal(self, step="step", loss="step cell", score="step cell", gradient="step cell")

    @property
    def recent(self) -> np.ndarray:
        """Mean score of the last steps, (cell); NaN before the first step."""
        return self.score[-RECENT:].mean(0) if len(self.step) else np.full(self.score.shape[1], np.nan)

    @property
    def diverged(self) -> np.ndarray:
        """Which cells have lost their numbers, (cell)."""
        return ~np.isfinite(self.loss[-1]) if len(self.step) else np.zeros(self.loss.shape[1], dtype=bool)

    @property
    def solved(self) -> np.ndarray:
        """Which cells stand at SOLVED or above, (cell)."""
        return (self.recent >= SOLVED) & ~self.diverged

    def grid(self, values: np.ndarray) -> np.ndarray:
        """Values of all cells as rows upwards, (up, across)."""
        return values.reshape(len(self.up.values), len(self.across.values))
