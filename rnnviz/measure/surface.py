"""Error surfaces: of the single unit with its exact gradient, and of any net on a plane through its weights."""

from __future__ import annotations

import numpy as np
import torch
from torch import Generator, Tensor
from torch.func import vmap

from rnnviz.experiment import Experiment
from rnnviz.film import State, batch_at, forward
from rnnviz.measure.skeleton import cliff, logistic
from rnnviz.measure.stacked import Stack, stackable
from rnnviz.records.surface import Sheet, Surface, UnitSurface
from rnnviz.tasks.spec import Batch

AT_ONCE = 4096  # points whose working arrays stay in the second-level cache
INSIDE = 0.05  # innermost rows of a sheet, in widths of the wall
LOGITS = 4_000_000  # numbers that are marked at once

Direction = dict[str, Tensor]


def unit_surface(w: np.ndarray, b: np.ndarray, steps: int = 50, start: float = 0.5, target: float = 0.7) -> UnitSurface:
    """E = (σ(x_steps) − target)² of x_t = w·σ(x_{t−1}) + b, and its gradient, at every pair of `w` and `b`.

    Returns arrays (b, w), float64; a gradient beyond 1e308 is inf or NaN. Raises ValueError for axes that are not finite
    and one-dimensional, and for steps < 1. (Pascanu, Mikolov & Bengio 2013, section 2.3.)
    """
    w, b = _axis("w", w), _axis("b", b)
    loss, dw, db = _unit(np.tile(w, len(b)), np.repeat(b, len(w)), steps, start, target)
    shape = len(b), len(w)
    return UnitSurface(w, b, loss.reshape(shape), dw.reshape(shape), db.reshape(shape))


def unit_sheet(
    w: np.ndarray, reach: float, n: int = 61, steps: int = 50, start: float = 0.5, target: float = 0.7
) -> Sheet:
    """The same error along the cliff line: `n` rows, one on the line, the others up to ±reach in b, spaced by ratio.

    The wall is as thin as it is high and no even grid meets it. Its width is one over ∂x_T/∂b on the line, known in closed
    form, so the rows begin well inside. Raises ValueError where `n` is even or `reach` not positive.
    """
    if n < 5 or n % 2 == 0 or not 0 < reach < np.inf:
        raise ValueError(f"n = {n} must be odd and at least 5, and reach = {reach} positive")
    w = _axis("w", w)
    s = logistic(start)
    growth = (w * s * (1 - s)) ** np.arange(steps)[:, None]  # of a small step in b, 0 … T − 1 steps later
    finest = np.minimum(INSIDE / growth.sum(axis=0), reach / 10)
    side = finest * (reach / finest) ** np.linspace(0, 1, n // 2)[:, None]
    offset = np.concatenate([-side[::-1], np.zeros((1, len(w))), side])
    b = cliff(w, start) + offset
    loss, dw, db = _unit(np.tile(w, n), b.ravel(), steps, start, target)
    return Sheet(w, offset, b, loss.reshape(b.shape), np.hypot(dw, db).reshape(b.shape))


def _axis(name: str, values: np.ndarray) -> np.ndarray:
    axis = np.array(values, dtype=float)  # a copy: records are read-only, the caller's array is not
    if axis.ndim != 1 or not axis.size or not np.isfinite(axis).all():
        raise ValueError(f"{name} must be a row of finite numbers, not shape {axis.shape}")
    return axis


def _unit(w: np.ndarray, b: np.ndarray, steps: int, start: float, target: float) -> np.ndarray:
    """(3, point): E, ∂E/∂w, ∂E/∂b at w[i], b[i]."""
    if steps < 1 or not (np.isfinite(start) and np.isfinite(target)):
        raise ValueError(f"steps = {steps}, start = {start}, target = {target}: wanted steps ≥ 1 and finite numbers")
    found = np.empty((3, w.size))
    with np.errstate(over="ignore", invalid="ignore"):  # exp(−x) = inf is a saturated unit: σ = 0
        for low in range(0, w.size, AT_ONCE):
            at = slice(low, low + AT_ONCE)
            found[:, at] = _unrolled(w[at], b[at], int(steps), float(start), float(target))
    return found


def _unrolled(w: np.ndarray, b: np.ndarray, steps: int, start: float, target: float) -> tuple[np.ndarray, ...]:
    """Forward-mode differentiation: ∂x_t = (σ(x_{t−1}), 1) + w·σ'(x_{t−1})·∂x_{t−1}, all in place."""
    multiply, add, subtract, divide, exp = np.multiply, np.add, np.subtract, np.divide, np.exp
    one = np.array(1.0)  # a Python float would be converted at every call
    s = np.full(w.size, logistic(start))
    dw, db = s.copy(), np.ones(w.size)
    drive, slope, e, minus_b = w * s, np.empty(w.size), np.empty(w.size), -b
    for left in reversed(range(steps)):
        subtract(minus_b, drive, slope)  # −x
        exp(slope, e)
        add(e, one, e)
        divide(one, e, s)
        if left:
            multiply(w, s, drive)
            subtract(w, drive, slope)
            multiply(slope, s, slope)  # w·σ·(1 − σ)
            multiply(dw, slope, dw)
            add(dw, s, dw)
            multiply(db, slope, db)
            add(db, one, db)
    error = s - target
    chain = 2 * error * s * (1 - s)
    return error * error, dw * chain, db * chain


def error_surface(exp: Experiment, state: State, u: Direction, v: Direction, reach: float, n: int) -> Surface:
    """Loss of the batch of `state.step` at weights + a·u + b·v, a and b in n steps from −reach to reach.

    `u` and `v` are shaped like the weights. Returns loss (b, a). Raises ValueError if a direction is not, or for n < 2 or
    reach ≤ 0. RNN and LSTM are computed as stacked weights, other nets point by point.
    """
    _check(state, u, v, reach, n)
    axis = np.linspace(-reach, reach, n)
    a, b = (torch.from_numpy(grid.ravel()) for grid in np.meshgrid(axis, axis))
    batch = batch_at(exp, state.step)
    loss = torch.empty(n * n, dtype=torch.float64)
    with torch.no_grad():
        if stackable(exp.net):
            stack = Stack(exp.net, [state.params, u, v], batch.x)
            size = max(1, LOGITS // max(1, stack.logits_a_point))
            for at in (slice(low, low + size) for low in range(0, n * n, size)):
                loss[at] = _marks(exp, stack.logits(a[at], b[at]), batch)
        else:
            for i in range(n * n):
                params = {k: p + (a[i] * u[k] + b[i] * v[k]).to(p.dtype) for k, p in state.params.items()}
                loss[i] = exp.task.loss(forward(exp, params, batch).logits, batch)
    return Surface(axis, axis.copy(), loss.reshape(n, n).numpy())


def _check(state: State, u: Direction, v: Direction, reach: float, n: int) -> None:
    wanted = {k: p.shape for k, p in state.params.items()}
    for name, direction in (("u", u), ("v", v)):
        if {k: p.shape for k, p in direction.items()} != wanted:
            raise ValueError(f"{name} must have the names and shapes of the weights: {', '.join(wanted)}")
    if n < 2 or not 0 < reach < np.inf:
        raise ValueError(f"n = {n} must be at least 2 and reach = {reach} positive")


def _marks(exp: Experiment, logits: Tensor, batch: Batch) -> Tensor:
    """The task's loss of each point's logits (point, batch, time, output)."""
    try:
        return vmap(lambda one: exp.task.loss(one, batch))(logits).double()
    except (RuntimeError, ValueError):  # a loss that looks at its numbers cannot be stacked
        return torch.stack([exp.task.loss(one, batch) for one in logits.contiguous()]).double()


def random_directions(state: State, dice: Generator) -> tuple[Direction, Direction]:
    """Two random directions whose rows are as long as the weights' own rows (Li, Xu, Taylor, Studer & Goldstein 2018, section 4).

    Without this, a net whose weights are large would look flat and one whose weights are small would look rough.
    """
    return _direction(state, dice), _direction(state, dice)


def _direction(state: State, dice: Generator) -> Direction:
    return {k: _like_rows(torch.randn(p.shape, generator=dice, dtype=p.dtype), p) for k, p in state.params.items()}


def _like_rows(d: Tensor, p: Tensor) -> Tensor:
    """`d` with every row as long as that row of `p`: one row holds the weights into one unit."""
    if p.ndim < 2:
        return d * p.abs() / d.abs().clamp_min(1e-12)
    lengths = (torch.linalg.vector_norm(t.flatten(1), dim=1).clamp_min(1e-12) for t in (p, d))
    return d * torch.div(*lengths).reshape(-1, *(1,) * (p.ndim - 1))
