"""What is written down at every training step, because it costs nothing."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from rnnviz.records.seal import seal


@dataclass(frozen=True)
class Frames:
    """One row per training step, all measured on that step's batch before the update."""

    step: np.ndarray
    loss: np.ndarray  # nats
    score: np.ndarray  # the task's own mark, 0..1; NaN where the task has none
    gradient: np.ndarray  # norm of the raw gradient
    applied: np.ndarray  # norm after clipping
    angle: np.ndarray  # degrees between the two; 0 for norm clipping
    trace: np.ndarray  # (step, number) the parameters themselves, where a net has at most eight

    def __post_init__(self) -> None:
        seal(self, **{f.name: "step" for f in fields(self) if f.name != "trace"}, trace="step number")

    def __add__(self, later: Frames) -> Frames:
        return Frames(*(np.concatenate([getattr(self, f.name), getattr(later, f.name)]) for f in fields(self)))

    def __getitem__(self, rows: slice) -> Frames:
        return Frames(*(getattr(self, f.name)[rows] for f in fields(self)))

    def __len__(self) -> int:
        return len(self.step)

    @property
    def nbytes(self) -> int:
        return sum(getattr(self, f.name).nbytes for f in fields(self))

    @property
    def diverged(self) -> int | None:
        """First step whose loss is no longer a number. An outcome to show, not an error to raise."""
        bad = ~np.isfinite(self.loss)
        return int(self.step[bad.argmax()]) if bad.any() else None

    def csv(self) -> str:
        """One line a step, every number with all its digits; where the loss stops being a number, that is the last line."""
        if self.diverged is not None and self.step[-1] > self.diverged:
            return self[: int(np.searchsorted(self.step, self.diverged)) + 1].csv()
        names = [f.name for f in fields(self) if f.name != "trace"]
        names += [f"parameter_{i}" for i in range(self.trace.shape[1])]
        columns = [getattr(self, f.name) for f in fields(self) if f.name != "trace"] + list(self.trace.T)
        rows = [",".join(repr(float(v)) for v in row) for row in zip(*columns, strict=True)]
        return "\n".join([",".join(names), *rows]) + "\n"

    @classmethod
    def none(cls, traced: int = 0) -> Frames:
        return cls.of(np.empty((0, 6)), np.empty((0, traced)))

    @classmethod
    def of(cls, rows: np.ndarray, trace: np.ndarray) -> Frames:
        """From one row a step (step, loss, score, gradient, applied, angle) and the parameters written down."""
        step, loss, score, gradient, applied, angle = rows.T.copy()
        return cls(step, loss, score, gradient, applied, angle, trace)
