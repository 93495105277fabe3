"""A grid of settings with a net in every cell, all trained at once: a film of hundreds of films."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch

from rnnviz.experiment import Experiment
from rnnviz.records.sweep import Axis, Phase
from rnnviz.stacks import Stack, check, data, numbers, slopes, stacked, updated
from rnnviz.tasks.spec import Batch

MOST = 1024  # cells of a grid
WORK = 3_600_000  # numbers in the hidden states of all nets of a square grid; a step of them takes about 50 ms


@dataclass(frozen=True)
class Grid:
    """`exp` with one setting varied across and one upwards; cell `i` lies at (i % columns, i // columns)."""

    exp: Experiment
    across: Axis
    up: Axis

    def __len__(self) -> int:
        return len(self.across.values) * len(self.up.values)

    def cell(self, i: int) -> Experiment:
        """The experiment of a cell. Raises KeyError or ValueError as `Experiment.change` does."""
        row, column = divmod(i, len(self.across.values))
        exp = self.exp.change(self.across.path, self.across.values[column])
        return exp.change(self.up.path, self.up.values[row])

    def nearest(self, exp: Experiment) -> int:
        """The cell whose two settings lie nearest to those of `exp`."""
        x, y = (axis.nearest(_setting(exp, axis.path)) for axis in (self.across, self.up))
        return y * len(self.across.values) + x

    @cached_property
    def key(self) -> str:
        ours = replace(self, exp=self.cell(0))  # what the axes overwrite is no part of what this is
        return f"sweep {hashlib.sha256(repr(ours).encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class Sweep:
    """A playable: all nets of a grid as they stand, and what was measured of them at every step."""

    grid: Grid
    stacks: tuple[Stack, ...] = ()  # none before the first step
    rows: tuple[np.ndarray, ...] = ()  # one a step: (loss, score, gradient norm) × cell, float32

    @classmethod
    def of(cls, grid: Grid) -> Sweep:
        """The nets before birth.

        Raises ValueError for more than 1,024 cells, TypeError for nets, rules and tasks that cannot be stacked.
        """
        if len(grid) > MOST:
            raise ValueError(f"{len(grid)} cells; at most {MOST} are trained at once")
        check(grid.cell(0))
        return cls(grid)

    @property
    def exp(self) -> Experiment:
        return self.grid.exp

    @property
    def key(self) -> str:
        return self.grid.key

    @property
    def step(self) -> int:
        return len(self.rows)

    @property
    def over(self) -> bool:
        """Every net has lost its numbers."""
        return bool(self.rows) and not np.isfinite(self.rows[-1][0]).any()

    @property
    def nbytes(self) -> int:
        tensors = [t for s in self.stacks for t in (*s.params.values(), *s.memory.values())]
        return sum(t.nbytes for t in tensors) + sum(r.nbytes for r in self.rows)

    def forward(self, steps: int) -> Sweep:
        """The sweep, `steps` longer; the nets as they stand are left as they are."""
        stacks = self.stacks or stacked([self.grid.cell(i) for i in range(len(self.grid))])
        rows = list(self.rows)
        for step in range(self.step, self.step + steps):
            row = np.empty((3, len(self.grid)), np.float32)
            known: dict[Any, Batch] = {}
            done = []
            for stack in stacks:
                grads, measured = slopes(stack, *data(stack, step, known))
                row[:, stack.cells] = measured
                done.append(updated(stack, grads, torch.from_numpy(measured[2])[:, None], step))
            stacks = tuple(done)
            rows.append(row)
        return replace(self, stacks=stacks, rows=tuple(rows))

    def still(self, step: int) -> Phase:
        """What was measured before `step`."""
        rows = self.rows[:step]
        found = np.stack(rows, 1) if rows else np.empty((3, 0, len(self.grid)), np.float32)
        return Phase(self.grid.across, self.grid.up, np.arange(len(rows)), *found)


def side(exp: Experiment) -> int:
    """Cells along the side of a square grid of nets like `exp`: 24 at most, fewer where sequences are long."""
    return max(6, min(24, math.isqrt(WORK // numbers(exp))))


def _setting(exp: Experiment, path: str) -> float:
    part, _, name = path.partition(".")
    return getattr(getattr(exp, part), name) if name else getattr(exp, part)
