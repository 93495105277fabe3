"""The plane through the weights of a run that is looked at, and the loss on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from rnnviz.experiment import Experiment
from rnnviz.film import State, forward
from rnnviz.measure.landscape import PROBE, PROBED, Hiker, curved, flat, order, probe, shaped
from rnnviz.measure.projection import pca
from rnnviz.measure.surface import error_surface, random_directions
from rnnviz.records.landscape import Path, Plane, Terrain
from rnnviz.rules import Tensors
from rnnviz.tasks.spec import dice

FINE, COARSE, STEPS = 17, 9, 31  # points along each axis; fewer where sequences have more than so many steps
MARGIN, LEAST = 1.25, 0.1  # window: times the half extent of the path; at least so much of the weights' length
AROUND, WEIGHTS = 1.0, 4.0  # half the window in directions as long as the weights; for single weights
LARGE = 16.0  # weights beyond which float32 loses digits that can be seen

PCA, RANDOM, TWO = "where the run went (PCA)", "two random directions", "two single weights"
PLANES = (PCA, RANDOM, TWO)
SHORT = {"wx": "W_in", "wh": "W_hh", "bias": "b", "out.weight": "W_out", "out.bias": "b_out"}


def plane(hiker: Hiker, kind: str, first: int = 1, second: int = 2) -> Plane:
    """The plane of that `kind` through the weights as they are now.

    PCA's first axis points from birth to now; while the path has no direction yet, a random one stands in. Single weights
    are the `first`-th and `second`-th in order of how steep the loss was along them at birth.
    """
    path, now = hiker.path, flat(hiker.state.params).numpy()
    if kind == TWO:
        chosen = [order(hiker.exp)[n - 1] for n in (first, second if second != first else second % 50 + 1)]
        pair = np.eye(len(now), dtype=np.float32)[chosen]
        names = (named(hiker.state.params, chosen[0]), named(hiker.state.params, chosen[1]))
        found = Plane(now * (1 - pair.sum(0)), pair, names, *np.zeros((2, 2)))  # coordinates: the weights themselves
        return _around(found, path, WEIGHTS)
    randoms = np.stack([flat(d).numpy() for d in random_directions(hiker.state, dice(hiker.exp.seed, PROBE, 2))])
    if kind == RANDOM:
        return Plane(now, randoms, ("random direction", "another one"), np.zeros(2), np.full(2, AROUND))
    axes = _main(path, randoms).astype(np.float32)
    base = now - axes.T @ (axes @ (now - path.weights[0]))  # as near to birth as this plane comes
    names = ("along the path", "across it")
    return _around(Plane(base, axes, names, *np.zeros((2, 2))), path, LEAST * float(np.linalg.norm(now)))


def _main(path: Path, randoms: np.ndarray) -> np.ndarray:
    """Two orthonormal directions (axis, weight)."""
    found = pca(path.weights).axes
    kept = [axis for axis in found if axis.any()]
    for r in randoms[: 2 - len(kept)]:
        rest = r - sum(((r @ k) * k for k in kept), np.zeros_like(r))
        kept.append(rest / np.linalg.norm(rest))
    axes = np.stack(kept)
    middle = path.weights.mean(0)
    signs = [axes[0] @ (path.weights[-1] - path.weights[0]), axes[1] @ (path.weights[0] - middle)]
    return axes * np.where(np.array(signs) < 0, -1.0, 1.0)[:, None]


def _around(found: Plane, path: Path, least: float) -> Plane:
    where = found.place(path.weights)
    low, high = where.min(0), where.max(0)
    return replace(found, middle=(low + high) / 2, half=np.maximum(MARGIN * (high - low) / 2, least))


def named(params: Tensors, at: int) -> str:
    """The weight at a place of `flat`: "W_hh[3, 17]"."""
    for name, tensor in params.items():
        if at < tensor.numel():
            return f"{SHORT.get(name, name)}[{', '.join(map(str, np.unravel_index(at, tuple(tensor.shape))))}]"
        at -= tensor.numel()
    raise IndexError(f"{at} weights too far")


def grid_for(exp: Experiment) -> int:
    """Points along each axis, odd, so that longer sequences do not take a visitor's time in proportion."""
    wanted = FINE * (STEPS / probe(exp).x.shape[1]) ** 0.5
    return int(min(FINE, max(COARSE, wanted // 2 * 2 + 1)))


def terrain(hiker: Hiker, found: Plane, grid: int | None = None) -> Terrain:
    """The loss of the probe on the window of a plane, with the path seen in it."""
    exp, params, grid = hiker.exp.change("batch", PROBED), hiker.state.params, grid or grid_for(hiker.exp)
    middle, sides = found.base + found.middle.astype(float) @ found.axes, found.half.astype(float)[:, None] * found.axes
    farthest = (np.abs(middle) + np.abs(sides).sum(0)).max()  # weight in the window
    precision = np.float64 if farthest > LARGE else np.float32
    corner, u, v = (torch.from_numpy(row.astype(precision)) for row in (middle, *sides))
    there = State(PROBE, shaped(corner, params), {})
    ground = error_surface(exp, there, shaped(u, params), shaped(v, params), 1.0, grid)
    a, b = (m + h * axis for m, h, axis in zip(found.middle, found.half, (ground.a, ground.b), strict=True))
    path = hiker.path
    ground = replace(ground, a=a, b=b)
    return Terrain(found, ground, found.place(path.weights), path.loss, found.share(path.weights))


def checked(hiker: Hiker, seen: Terrain) -> tuple[list[float], list[float]]:
    """Loss at two corners of the window and curvature at the newest point: as drawn, and by the net's own passes."""
    found, ground, path, batch = seen.plane, seen.ground, hiker.path, probe(hiker.exp)
    ours, theirs = [], []
    for i, j in ((0, -1), (-1, 0)):
        params = _there(hiker, found.base + np.array([ground.a[i], ground.b[j]]) @ found.axes)
        ours.append(float(ground.loss[j, i]))
        with torch.no_grad():
            theirs.append(hiker.exp.task.loss(forward(hiker.exp, params, batch).logits, batch).item())
    along = torch.from_numpy(path.along[-1].astype(np.float64))
    ours.append(float(path.curvature[-1]))
    theirs.append(curved(hiker.exp, _there(hiker, path.weights[-1]), batch, along))
    return ours, theirs


def _there(hiker: Hiker, row: np.ndarray) -> Tensors:
    return shaped(torch.from_numpy(row.astype(np.float64)), hiker.state.params)
