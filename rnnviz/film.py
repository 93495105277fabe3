"""Training as a pure fold: `advance(exp, state, n) -> (state, frames)`.

    advance(exp, s, a + b)  ==  advance(exp, s, a), then advance(exp, that, b)

Pausing, scrubbing, forking, sharing and computing elsewhere all follow from that one law.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call

from rnnviz.experiment import Experiment
from rnnviz.nets.build import born, shape
from rnnviz.nets.spec import Pass
from rnnviz.records.frames import Frames
from rnnviz.rules import Tensors, clipped, norm
from rnnviz.tasks.spec import Batch, dice

KEYFRAMES = 32
TRACED = 8  # a net of at most so many numbers is written down whole at every step


@dataclass(frozen=True)
class State:
    """A network at one moment of its training. Plain tensors: it pickles, copies and travels."""

    step: int
    params: Tensors
    memory: Tensors

    @property
    def nbytes(self) -> int:
        return sum(t.nbytes for t in (*self.params.values(), *self.memory.values()))


def batch_at(exp: Experiment, step: int) -> Batch:
    """The data of a step, computed from its number: nobody has to keep an iterator."""
    return exp.task.sample(dice(exp.seed, step), exp.batch)


def forward(exp: Experiment, params: Tensors, batch: Batch) -> Pass:
    """The net of `exp` with these weights on this batch."""
    return functional_call(shape(exp.net, exp.task.inputs, exp.task.outputs), params, (batch.x,))


def start(exp: Experiment) -> State:
    """The net at birth, step 0."""
    net = born(exp.net, exp.task.inputs, exp.task.outputs, exp.seed)
    return State(0, {k: p.detach() for k, p in net.named_parameters()}, {})


def slope(exp: Experiment, params: Tensors, batch: Batch) -> tuple[Tensors, Tensor, Tensor]:
    """Gradient, loss and score at `params` -> (gradient, loss (), score ())."""
    leaves = {k: p.detach().requires_grad_() for k, p in params.items()}
    logits = _all_rows(exp, leaves, batch)
    loss = exp.task.loss(logits, batch)
    grads = dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True))
    with torch.no_grad():
        return grads, loss.detach(), exp.task.score(logits.detach(), batch)


def _all_rows(exp: Experiment, leaves: Tensors, batch: Batch) -> Any:
    """Logits of a batch. Those that are only marked have no way back, which is what most of a step's time goes into."""
    exam: int = getattr(exp.task, "exam", 0)
    if not exam:
        return forward(exp, leaves, batch).logits
    learnt, marked = (batch._replace(x=x) for x in (batch.x[:-exam], batch.x[-exam:]))
    with torch.no_grad():
        told = forward(exp, leaves, marked).logits
    return torch.cat([forward(exp, leaves, learnt).logits, told])


def advance(exp: Experiment, state: State, steps: int) -> tuple[State, Frames]:
    """`steps` updates from `state`; the same bits whether taken at once or in pieces."""
    params, memory = state.params, state.memory
    traced = traced_numbers(params)
    rows, trace = np.empty((steps, 6)), np.empty((steps, traced))
    for row, step in enumerate(range(state.step, state.step + steps)):
        grads, loss, score = slope(exp, params, batch_at(exp, step))
        kept = clipped(grads, exp.rule.clip, exp.rule.by)
        update, memory = exp.rule.update(kept, memory, step)
        raw = float(norm(grads))
        short = raw if kept is grads else float(norm(kept))
        angle = 0.0 if kept is grads or exp.rule.by == "norm" else _angle(grads, kept, raw * short)
        rows[row] = step, loss.item(), score.item(), raw, short, angle
        if traced:
            trace[row] = torch.cat([p.flatten() for p in params.values()]).numpy()
        params = {k: p + update[k] for k, p in params.items()}
    return State(state.step + steps, params, memory), Frames.of(rows, trace)


def traced_numbers(params: Tensors) -> int:
    size = sum(p.numel() for p in params.values())
    return size if size <= TRACED else 0


def _angle(a: Tensors, b: Tensors, lengths: float) -> float:
    """Degrees between two gradients."""
    dot = sum(float((a[k] * b[k]).sum()) for k in a)
    return math.degrees(math.acos(max(-1.0, min(1.0, dot / lengths)))) if 0 < lengths < math.inf else 0.0


@dataclass(frozen=True)
class Still:
    """A film stopped at a step: what a scene is given to draw."""

    exp: Experiment
    state: State
    frames: Frames  # of the steps before this one


@dataclass(frozen=True)
class Film:
    """A training from its start to now: all the scalars, and a keyframe now and then to rewind to."""

    exp: Experiment
    state: State
    frames: Frames
    keyframes: tuple[State, ...]
    past: str = ""  # where it was forked from; part of its identity, as a parent is of a commit's

    @classmethod
    def of(cls, exp: Experiment) -> Film:
        first = start(exp)
        return cls(exp, first, Frames.none(traced_numbers(first.params)), (first,))

    def fork(self, exp: Experiment, step: int) -> Film:
        """The same network and memory from `step` on, under other settings."""
        first = self.at(step)
        return Film(exp, first, self.frames[: step - self.first], (first,), past=f"{self.key}@{step}/")

    @property
    def key(self) -> str:
        return self.past + self.exp.key

    @property
    def step(self) -> int:
        return self.state.step

    @property
    def first(self) -> int:
        """Step of the first row of `frames`."""
        return self.step - len(self.frames)

    @property
    def over(self) -> bool:
        """Nothing more will come of it: the loss is no longer a number."""
        return self.frames.diverged is not None

    @property
    def nbytes(self) -> int:
        return self.frames.nbytes + sum(k.nbytes for k in (*self.keyframes, self.state))

    def forward(self, steps: int, budget: int = KEYFRAMES) -> Film:
        """The film, `steps` longer. At most `budget` keyframes, evenly apart; when full, every second one goes."""
        return self.grown(*advance(self.exp, self.state, steps), budget)

    def grown(self, state: State, frames: Frames, budget: int = KEYFRAMES) -> Film:
        """The film with what `advance` gave from its state, wherever that was computed."""
        steps = [k.step for k in self.keyframes]
        gap = steps[1] - steps[0] if len(steps) > 1 else 1
        kept = (*self.keyframes, state) if state.step - steps[-1] >= gap else self.keyframes
        if len(kept) > budget:
            kept = kept[::2]  # evenly coarser: the film stays small and the opening stays
        return replace(self, state=state, frames=self.frames + frames, keyframes=kept)

    def at(self, step: int) -> State:
        """The network as it was: nearest earlier keyframe, then replay.

        Raises ValueError for a step before the film begins.
        """
        if self.state.step <= step:
            return self.state if self.state.step == step else advance(self.exp, self.state, step - self.state.step)[0]
        earlier = [k for k in self.keyframes if k.step <= step]
        if not earlier:
            raise ValueError(f"the film begins at step {self.keyframes[0].step}, not at {step}")
        near = max(earlier, key=lambda k: k.step)
        return advance(self.exp, near, step - near.step)[0]

    def still(self, step: int, state: State | None = None) -> Still:
        """The film as it stood at `step`. Who still has the `state` of that step spares the replay."""
        return Still(self.exp, state or self.at(step), self.frames[: max(0, step - self.first)])


@dataclass(frozen=True)
class Companion:
    """Goes along with a film and writes something down. Subclasses say what, and are played in the film's place.

    One whose stills have the film's frames may name the film's experiment as `trains`: a script can then compute it again.
    """

    film: Any

    @property
    def step(self) -> int:
        return self.film.step

    @property
    def over(self) -> bool:
        return self.film.over
