"""Training runs of the single unit as paths over its error surface."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch

from rnnviz.film import State, Still
from rnnviz.measure.skeleton import attractors, logistic, skeleton
from rnnviz.measure.surface import unit_sheet, unit_surface
from rnnviz.nets.unit import unroll
from rnnviz.records.surface import Scenery, Walk
from rnnviz.rules import clipped
from rnnviz.tasks.target import Target

VIEWS = (  # w from, to, columns (one of them at the slice's w); b from, to
    (3.9, 5.7, 55, -3.0, -0.9),
    (3.0, 6.0, 61, -3.6, -0.6),
    (2.4, 8.2, 59, -5.2, 5.2),
)
ALONG = (-2.85, -2.2)  # b of the slice
SLICE = 5.0  # the w of the paper's figure 3


@lru_cache(maxsize=16)
def scenery(task: Target, view: int = 0) -> Scenery:
    """Surface, skeleton and slice of a task in one of VIEWS. Computed once: the arrays are always the same."""
    low, high, columns, below, above = VIEWS[view]
    said = task.steps, task.start, task.target
    even = unit_surface(np.linspace(low, high, 97), np.linspace(below, above, 81), *said)
    w = np.linspace(low, high, columns)
    sheet = unit_sheet(w, above - below, 81, *said)
    bones = skeleton(np.linspace(low, high, 401), task.start, task.target)
    lines = (bones.lower, bones.upper, bones.valley, bones.cliff)
    cut = unit_sheet(np.array([SLICE]), 0.5, 401, *said)
    dots = unit_surface(np.array([SLICE]), np.linspace(*ALONG, 66), *said)
    heights = np.stack([_along(bones.w, b, task) for b in lines])
    return Scenery(task.start, even, sheet, bones, heights, cut, dots, attractors(SLICE))


def _along(w: np.ndarray, b: np.ndarray, task: Target) -> np.ndarray:
    """E at w[i], b[i]; NaN where b is."""
    s = np.full(len(w), 1 / (1 + np.exp(-task.start)))
    for _ in range(task.steps):
        s = 1 / (1 + np.exp(-(w * s + b)))
    return (s - task.target) ** 2


def walk(still: Still) -> Walk:
    """Where a run has been, and its latest update before and after clipping."""
    task, rule = still.exp.task, still.exp.rule
    assert isinstance(task, Target)
    points = np.vstack([still.frames.trace, _point(still.state)])
    before = points[-2] if len(points) > 1 else points[-1]
    gradient = torch.from_numpy(slope_at(task, before))
    cut = clipped({"w": gradient[0], "b": gradient[1]}, rule.clip, rule.by)
    rate = getattr(rule, "rate", 0.0) * (len(points) > 1)
    return Walk(
        points[:, 0].copy(),
        points[:, 1].copy(),
        np.append(still.frames.loss, error_at(task, points[-1])),
        before.copy(),
        -rate * gradient.numpy(),
        -rate * torch.stack([cut["w"], cut["b"]]).numpy(),
    )


def _point(state: State) -> np.ndarray:
    return np.array([state.params["w"].item(), state.params["b"].item()])


def error_at(task: Target, point: np.ndarray) -> float:
    """E at one (w, b)."""
    return (logistic(unroll(float(point[0]), float(point[1]), task.start, task.steps)[0][-1]) - task.target) ** 2


def slope_at(task: Target, point: np.ndarray) -> np.ndarray:
    """(∂E/∂w, ∂E/∂b) at one (w, b), carried forward as in training."""
    path, dw, db = unroll(float(point[0]), float(point[1]), task.start, task.steps)
    s = logistic(path[-1])
    return 2 * (s - task.target) * s * (1 - s) * np.array([dw, db])


def checked_slope(stills: list[Still]) -> tuple[np.ndarray, np.ndarray]:
    """∇E where the runs stand, (run, 2): carried forward, and by torch's autograd backwards through every step in float64."""
    ours = [slope_at(_task(still), _point(still.state)) for still in stills]
    return np.array(ours), np.array([_backwards(_task(still), _point(still.state)) for still in stills])


def _task(still: Still) -> Target:
    assert isinstance(still.exp.task, Target)
    return still.exp.task


def _backwards(task: Target, point: np.ndarray) -> np.ndarray:
    leaf = torch.from_numpy(point).requires_grad_()
    w, b = leaf[0], leaf[1]
    x = torch.tensor(task.start, dtype=torch.float64)
    for _ in range(task.steps):
        x = w * x.sigmoid() + b
    return torch.autograd.grad((x.sigmoid() - task.target).square(), leaf)[0].numpy()


def view_of(walks: list[Walk]) -> int:
    """The nearest view that still holds every path; the farthest if none does."""
    return next((view for view in range(len(VIEWS)) if _holds(view, walks)), len(VIEWS) - 1)


def _holds(view: int, walks: list[Walk]) -> bool:
    low, high, _, below, above = VIEWS[view]
    inside = ((low <= w.w) & (w.w <= high) & (below <= w.b) & (w.b <= above) for w in walks)
    return all(map(np.all, inside))  # a point that is no number is not inside either
