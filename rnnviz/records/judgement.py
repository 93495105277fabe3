"""A second way of computing what is drawn, and how far the two lie apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Judgement:
    """`compared` says what was held against what; it agrees while the largest difference is within tolerance."""

    compared: str
    difference: float
    tolerance: float

    @property
    def agrees(self) -> bool:
        return bool(self.difference <= self.tolerance)  # NaN never agrees


def judge(compared: str, ours: Any, theirs: Any, tolerance: float) -> Judgement:
    """Largest absolute difference of two arrays of one shape, relative where the numbers exceed 1.

    Infinities and NaNs agree only with themselves, in the same places. Raises ValueError where the shapes differ.
    """
    a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"{compared}: shapes {a.shape} and {b.shape} cannot be compared")
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        apart = np.where(same, 0.0, np.abs(a - b) / np.maximum(1.0, np.abs(b)))
    return Judgement(compared, float(apart.max(initial=0.0)), tolerance)
