"""Where the error surface of the single unit bends, in closed form: x ← w·σ(x) + b (Pascanu et al. 2013, section 2.3)."""

from __future__ import annotations

import math

import numpy as np

from rnnviz.records.surface import Attractors, Skeleton


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if not x < -700 else 0.0


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def folds(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Biases (lower, upper) between which two attractors exist, NaN for w < 4.

    A fixed point is born where the map touches the diagonal, w·s·(1 − s) = 1 with s = σ(x).
    """
    w = np.asarray(w, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = np.sqrt(1 - 4 / w)
        s = (1 + gap) / 2, (1 - gap) / 2
        lower, upper = (np.log(p / (1 - p)) - w * p for p in s)
    return np.where(w >= 4, lower, np.nan), np.where(w >= 4, upper, np.nan)


def cliff(w: np.ndarray, start: float = 0.5) -> np.ndarray:
    """Bias at which `start` itself is a fixed point, so that the smallest change of w or b decides where the unit ends."""
    return start - logistic(start) * np.asarray(w, float)


def cliff_begins(start: float = 0.5) -> float:
    """The w above which that fixed point repels: w·σ'(start) > 1."""
    s = logistic(start)
    return 1 / (s * (1 - s))


def skeleton(w: np.ndarray, start: float = 0.5, target: float = 0.7) -> Skeleton:
    """Folds, cusp, zero-error valley and cliff line over the given w.

    The valley ends where its fixed point loses stability, w = 1/(target·(1 − target)).
    """
    w = np.asarray(w, float)
    lower, upper = folds(w)
    valley = np.where(w <= 1 / (target * (1 - target)), logit(target) - target * w, np.nan)
    edge = np.where(w > cliff_begins(start), cliff(w, start), np.nan)
    s = logistic(start)
    meet = (logit(target) - start) / (target - s) if target != s else math.nan
    return Skeleton(w.copy(), lower, upper, valley, edge, (4.0, -2.0), (meet, start - s * meet))


def attractors(w: float, reach: float = 8.0, n: int = 401) -> Attractors:
    """All fixed points with |x| ≤ `reach`, whatever b they need: b(x) = x − w·σ(x) is single-valued where x(b) is not."""
    x = np.linspace(-reach, reach, n)
    s = 1 / (1 + np.exp(-x))
    lower, upper = folds(np.array([w]))
    return Attractors(w, x, x - w * s, w * s * (1 - s) < 1, (float(lower[0]), float(upper[0])))
