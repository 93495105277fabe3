"""A training as a path over its own error surface: a film that also writes down where it went and how curved it was there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from rnnviz.experiment import Experiment
from rnnviz.film import Companion, Film, State, forward, start
from rnnviz.measure.gradients import settled
from rnnviz.measure.pearlmutter import hessian_product
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.records.frames import Frames
from rnnviz.records.landscape import Path
from rnnviz.rules import Tensors
from rnnviz.settings import Checked, setting
from rnnviz.tasks.spec import Batch, dice

GAP = 10  # training steps between two points of a path
PROBE, PROBED = 1_000_000, 16  # the step whose data no run gets to see, and how many sequences of it are looked at
TURNS = 4  # Lanczos iterations a point, begun where the point before has ended
STRIDE = 1e-6  # half the distance at which central differences begin, float64


@dataclass(frozen=True)
class Both(Checked):
    """The settings of an RNN and an LSTM that run side by side."""

    hidden: int = setting(24, 4, 32, "Hidden units")
    spread: float = setting(0.7, 0.3, 1.5, "RNN: spectral radius ρ at birth", help="0.6 is what torch begins with")
    forget: float = setting(3.0, -2.0, 6.0, "LSTM: forget-gate bias at birth", help="3: the gate is 95 % open")

    def nets(self) -> tuple[Rnn, Lstm]:
        return Rnn(self.hidden, self.spread), Lstm(self.hidden, self.forget)


@dataclass(frozen=True)
class Hiker:
    """A film stopped at a step, with its path."""

    exp: Experiment
    state: State
    frames: Frames
    path: Path


@dataclass(frozen=True)
class Hike(Companion):
    """A training that measures itself every `GAP` steps; forward(a + b) = forward(a).forward(b)."""

    path: Path

    @classmethod
    def of(cls, exp: Experiment) -> Hike:
        return _opened(exp)

    @property
    def key(self) -> str:
        return f"hike {self.film.key}"

    @property
    def trains(self) -> Experiment:
        return self.film.exp

    @property
    def nbytes(self) -> int:
        return self.film.nbytes + self.path.nbytes

    def forward(self, steps: int) -> Hike:
        hike, end = self, self.film.step + steps
        while hike.film.step < end:
            stop = min(end, (hike.film.step // GAP + 1) * GAP)
            film = hike.film.forward(stop - hike.film.step)
            hike = replace(hike, film=film)
            if film.step % GAP == 0:
                guess = torch.from_numpy(hike.path.along[-1].astype(np.float64))  # where it curved most one point ago
                hike = replace(hike, path=hike.path + measured(film.exp, film.state, guess))
        return hike

    def still(self, step: int) -> Hiker:
        still = self.film.still(step)
        return Hiker(still.exp, still.state, still.frames, self.path.until(step))


@lru_cache(maxsize=64)
def _opened(exp: Experiment) -> Hike:
    first = start(exp)
    guess = torch.randn(flat(first.params).numel(), generator=dice(exp.seed, PROBE, 1), dtype=torch.float64)
    return Hike(Film.of(exp), measured(exp, first, guess, turns=3 * TURNS))


def flat(tensors: Tensors) -> Tensor:
    """All numbers in one row, (weight)."""
    return torch.cat([t.flatten() for t in tensors.values()])


def shaped(row: Tensor, like: Tensors) -> Tensors:
    """The row as tensors with the names and shapes of `like`; the inverse of `flat`."""
    parts = row.split([t.numel() for t in like.values()])
    return {k: part.view_as(t) for (k, t), part in zip(like.items(), parts, strict=True)}


def probe(exp: Experiment) -> Batch:
    """The batch that surfaces, slopes and curvatures are of, float64."""
    batch = exp.task.sample(dice(exp.seed, PROBE), PROBED)
    return batch._replace(x=batch.x.double()) if batch.x.is_floating_point() else batch


def measured(exp: Experiment, state: State, guess: Tensor, turns: int = TURNS) -> Path:
    """One point of a path; `guess` (weight) is where the search for the largest curvature begins."""
    batch = probe(exp)
    params = {k: p.double() for k, p in state.params.items()}
    loss, slope = steepness(exp, params, batch)
    gradient = flat(slope)
    curvature, along = float("nan"), guess
    if torch.isfinite(gradient).all():
        curvature, along = lanczos(hessian(exp, params, batch), guess, turns)
    numbers = (np.array([n]) for n in (loss, float(slope["wh"].norm()), float(gradient.norm()), curvature))
    weights, direction = (row.float().numpy()[None].copy() for row in (flat(state.params), along))
    return Path(np.array([state.step]), weights, *numbers, along=direction)


def steepness(exp: Experiment, params: Tensors, batch: Batch) -> tuple[float, Tensors]:
    """Loss and its gradient, by the net itself."""
    leaves = {k: p.detach().requires_grad_() for k, p in params.items()}
    loss = exp.task.loss(forward(exp, leaves, batch).logits, batch)
    return loss.item(), dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True))


def hessian(exp: Experiment, params: Tensors, batch: Batch) -> Callable[[Tensor], Tensor]:
    """v -> H·v, (weight), for the loss at `params`. Raises TypeError for nets that are neither RNN nor LSTM."""
    if not isinstance(exp.net, (Rnn, Lstm)):
        raise TypeError(f"{type(exp.net).__name__} cannot be differentiated twice here; expected Rnn or Lstm")
    product = hessian_product(exp.net, params, batch.x, lambda logits: exp.task.loss(logits, batch))
    return lambda v: flat(product(shaped(v, params)))


def lanczos(product: Callable[[Tensor], Tensor], guess: Tensor, turns: int) -> tuple[float, Tensor]:
    """The largest eigenvalue that shows in `turns` products from `guess`, and its unit vector (Lanczos 1950).

    Every new vector is made orthogonal to all before: without that, rounding brings the first ones back.
    """
    basis = [guess / guess.norm()]
    images: list[Tensor] = []
    for _ in range(turns):
        images.append(product(basis[-1]))
        rest = images[-1]
        for _ in range(2):
            found = torch.stack(basis)
            rest = rest - found.T @ (found @ rest)
        if len(basis) == turns or rest.norm() < 1e-10 * images[-1].norm().clamp_min(1e-30):
            break
        basis.append(rest / rest.norm())
    rows = torch.stack(basis[: len(images)])
    small = rows @ torch.stack(images).T
    values, vectors = torch.linalg.eigh((small + small.T) / 2)
    along = vectors[:, -1] @ rows
    return float(values[-1]), along / along.norm()


def curved(exp: Experiment, params: Tensors, batch: Batch, along: Tensor) -> float:
    """vᵀH·v for a unit vector v (weight), from the net's own gradients a little to either side."""
    row = flat(params)

    def slope(far: float) -> float:
        return float(along @ flat(steepness(exp, shaped(row + far * along, params), batch)[1]))

    return settled(lambda reach: (slope(reach) - slope(-reach)) / (2 * reach), STRIDE)


@lru_cache(maxsize=64)
def order(exp: Experiment) -> tuple[int, ...]:
    """Weights, as places of `flat`, by how steep the loss is along each at birth; the steepest first."""
    params = {k: p.double() for k, p in start(exp).params.items()}
    steep = flat(steepness(exp, params, probe(exp))[1]).abs()
    return tuple(torch.argsort(steep, descending=True, stable=True).tolist())
