"""How an error fades on its way back through time, for every cell, at birth and while it learns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from rnnviz.experiment import Experiment
from rnnviz.film import Companion, Film, State, batch_at, start
from rnnviz.measure.backwards import arriving
from rnnviz.measure.cells import PATHS, unrolled
from rnnviz.nets.clockwork import Clockwork, heard
from rnnviz.nets.gru import Gru
from rnnviz.nets.irnn import Irnn
from rnnviz.nets.lstm1997 import Lstm1997
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.records.vanishing import Activations, Diary, Spectrum, Survival
from rnnviz.rules import Tensors
from rnnviz.tasks.spec import Batch

GAMMA = {"tanh": 1.0, "relu": 1.0, "sigmoid": 0.25}  # largest slope
RHO = np.geomspace(0.25, 16, 19)
CANDIDATE = {Lstm: 2, Lstm1997: 1, Gru: 2}  # which block of W proposes the new state
LOOKED = 16  # sequences of a batch


def survival(exp: Experiment, params: Tensors, batch: Batch) -> Survival:
    """Norms of ∂L/∂ memory and ∂L/∂h at every distance from the last step, over a batch, in float64."""
    params, batch = {k: p.double() for k, p in params.items()}, batch._replace(x=batch.x.double())
    found = arriving(exp, params, batch)
    sizes = {name: torch.linalg.vector_norm(e, dim=(1, 2)).flip(0).numpy() for name, e in found.items()}
    return Survival(sizes[PATHS[type(exp.net)]], sizes["h"], sizes["kept"])


def by_autograd(exp: Experiment, params: Tensors, batch: Batch) -> Survival:
    """The same by autograd through a plain loop; nothing is said of "kept"."""
    leaves = {k: p.double().requires_grad_() for k, p in params.items()}
    batch = batch._replace(x=batch.x.double())
    done = unrolled(exp, leaves, batch.x)
    states = [done.states[name] for name in (PATHS[type(exp.net)], "h")]
    found = torch.autograd.grad(exp.task.loss(done.logits, batch), [*states[0], *states[1]], materialize_grads=True)
    sizes = np.array([float(g.norm()) for g in found]).reshape(2, -1)[:, ::-1]
    return Survival(sizes[0].copy(), sizes[1].copy(), np.full(sizes.shape[1], np.nan))


def sample(exp: Experiment, step: int) -> Batch:
    """The batch of a step, small enough to be looked at in every frame."""
    return batch_at(exp.change("batch", LOOKED), step)


def here(exp: Experiment, state: State) -> Survival:
    return survival(exp, state.params, sample(exp, state.step))


@lru_cache(maxsize=256)
def at_birth(exp: Experiment) -> Survival:
    return here(exp, start(exp))


def judged(exp: Experiment, state: State, drawn: Survival) -> tuple[np.ndarray, np.ndarray]:
    """log10 of the norms, (memory or hidden, distance): as they are drawn, and by autograd."""
    return drawn.stacked, by_autograd(exp, state.params, sample(exp, state.step)).stacked


def spectrum(exp: Experiment, params: Tensors) -> Spectrum:
    """Of the recurrent matrix; where gates have their own, of the block that proposes the new state."""
    net: Any = exp.net
    block = CANDIDATE.get(type(net), 0) * net.hidden
    matrix = params["wh"].double()[block : block + net.hidden]
    if isinstance(net, Clockwork):
        matrix = matrix * heard(net)
    gamma = GAMMA[net.squash] if isinstance(net, Rnn) else 1.0 if isinstance(net, Irnn) else float("nan")
    if not torch.isfinite(matrix).all():  # a ruined net
        nowhere = np.full(net.hidden, np.nan)
        return Spectrum(nowhere.astype(complex), nowhere, gamma)
    found = np.linalg.eigvals(matrix.numpy()).astype(complex)
    return Spectrum(found, np.linalg.svd(matrix.numpy(), compute_uv=False), gamma)


@lru_cache(maxsize=32)
def activations(exp: Experiment, hidden: int) -> Activations:
    """What is left at birth at the far end, for three activations over ρ; W is the same orthogonal matrix times ρ.

    "centred" is the logistic net with b = −W·½ and twice the input weights. As σ(z) = (1 + tanh(z/2))/2, it is the tanh
    net of ρ/4 in other units.
    """
    batch, left = sample(exp, 0), []
    for name in (*GAMMA, "centred"):
        one = replace(exp, net=Rnn(hidden, 1.0, squash="sigmoid" if name == "centred" else name))
        params = start(one).params
        for rho in RHO:
            now = params | {"wh": params["wh"] * rho}
            if name == "centred":
                now |= {"bias": -now["wh"].sum(1) / 2, "wx": 2 * now["wx"]}
            left.append(survival(one, now, batch).left[-1])
    return Activations(RHO.copy(), (*GAMMA, "centred"), np.reshape(left, (-1, len(RHO))), batch.x.shape[1] - 1)


@dataclass(frozen=True)
class Watch(Companion):
    """A training that writes down what is left of the error every so many steps. It plays like a film."""

    every: int
    rows: tuple[np.ndarray, ...]  # (distance) at steps 0, every, 2·every …

    @classmethod
    def of(cls, exp: Experiment, every: int) -> Watch:
        return cls(Film.of(exp), every, (at_birth(exp).left,))

    @property
    def key(self) -> str:
        return f"vanishing {self.every} {self.film.key}"

    @property
    def nbytes(self) -> int:
        return self.film.nbytes + sum(row.nbytes for row in self.rows)

    def forward(self, steps: int) -> Watch:
        """The watch, `steps` longer; the same rows whether at once or in pieces."""
        film, rows, end = self.film, list(self.rows), self.film.step + steps
        while film.step < end:
            film = film.forward(min(self.every - film.step % self.every, end - film.step), budget=2)
            if film.step % self.every == 0:
                rows.append(here(film.exp, film.state).left)
        return Watch(film, self.every, tuple(rows))

    def still(self, step: int) -> Diary:
        """What was written down up to `step`."""
        rows = self.rows[: step // self.every + 1]
        return Diary(np.arange(len(rows)) * self.every, np.stack(rows))
