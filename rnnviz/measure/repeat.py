"""The lecture's toy, y_T = w^(T−1): carried forward step by step, and in closed form."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rnnviz.film import Still
from rnnviz.nets.linear_unit import unroll
from rnnviz.records.repeat import Growth, Terrain, Trail
from rnnviz.tasks.pulse import Pulse

LOW, HIGH = 0.98, 1.02  # the stretch of w that is drawn
LECTURE = (1.01, 1.0, 0.99, 0.01)  # the weights on the lecture's slide


def growth(w: float, steps: int) -> Growth:
    """y_t and ∂y_t/∂w by the recursion that training runs."""
    y, slope = unroll(w, [1.0] + [0.0] * (steps - 1))
    return Growth(w, np.array(y), np.array(slope))


@lru_cache(maxsize=64)
def of_the_lecture(steps: int) -> tuple[Growth, ...]:
    """The slide's weights."""
    return tuple(growth(w, steps) for w in LECTURE)


def closed(w: float, steps: int) -> np.ndarray:
    """y_t = w^(t−1) above ∂y_t/∂w = (t−1)·w^(t−2), (2, time)."""
    before = np.arange(float(steps))  # t − 1
    with np.errstate(over="ignore"):
        return np.stack([np.float64(w) ** before, before * np.float64(w) ** np.maximum(before - 1, 0)])


def judged(w: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Every y_t and ∂y_t/∂w twice, (2, time): by the recursion, and in closed form."""
    here = growth(w, steps)
    return np.stack([here.y, here.slope]), closed(w, steps)


@lru_cache(maxsize=64)
def terrain(task: Pulse) -> Terrain:
    """Slope of the error over w, and the rate that each w asks for."""
    w = np.linspace(LOW, HIGH, 801)
    y, dy = w ** (task.steps - 1), (task.steps - 1) * w ** (task.steps - 2)
    slope, best = 2 * (y - task.target) * dy, best_w(task)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Terrain(w, np.abs(slope), np.abs((w - best) / slope), best)


def best_w(task: Pulse) -> float:
    """The positive w whose y_T is the target."""
    return float(task.target ** (1 / (task.steps - 1)))


def trail(still: Still) -> Trail:
    """Where a run has been and what its next step would need."""
    task = still.exp.task
    assert isinstance(task, Pulse)
    now = float(still.state.params["w"])
    here = growth(now, task.steps)
    y, dy = float(here.y[-1]), float(here.slope[-1])
    error = (y - task.target) * (y - task.target)
    slope = abs(2 * (y - task.target) * dy)
    needed = abs(now - best_w(task)) / slope if slope else float("inf")
    return Trail(np.append(still.frames.trace[:, 0], now), np.append(still.frames.loss, error), slope, needed)
