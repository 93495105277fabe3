"""How the cells of a race stand, and what they are asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal


@dataclass(frozen=True)
class Standing:
    """One row a cell."""

    names: tuple[str, ...]
    parameters: np.ndarray  # numbers that the cell learns
    seconds: np.ndarray  # of computing that one training step takes on this machine
    score: np.ndarray  # on sequences that it has not learnt from; NaN before the first step
    solved: np.ndarray  # step at which it had solved the task; NaN if it has not yet
    chance: float
    level: float  # the score from which on the task counts as solved

    def __post_init__(self) -> None:
        seal(self, parameters="cell", seconds="cell", score="cell", solved="cell")
        if len(self.names) != len(self.solved):
            raise ValueError(f"{len(self.names)} names for {len(self.solved)} cells")

    @property
    def order(self) -> np.ndarray:
        """Cells from first to last: who solved it sooner, else who scores more."""
        return np.lexsort((-np.nan_to_num(self.score), np.nan_to_num(self.solved, nan=np.inf)))


@dataclass(frozen=True)
class Question:
    """One sequence of a task: what is read at every step, and what has to be said."""

    x: np.ndarray  # (time, input)
    rows: tuple[str, ...]  # what each input stands for
    answer: str

    def __post_init__(self) -> None:
        seal(self, x="time input")
        if len(self.rows) != self.x.shape[1]:
            raise ValueError(f"{len(self.rows)} names for {self.x.shape[1]} inputs")
