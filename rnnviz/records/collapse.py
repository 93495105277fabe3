"""An alignment read frame by frame, and the alignments that say the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal

KEPT, MERGED, SILENT = 0, 1, 2  # fates of a frame: it says its symbol, it repeats the one before, it is φ


@dataclass(frozen=True, eq=False)
class Collapse:
    """What becomes of every frame of one alignment."""

    path: np.ndarray  # (time,) symbol of every frame
    fates: np.ndarray  # (time,) KEPT, MERGED or SILENT
    blank: int  # number of φ

    def __post_init__(self) -> None:
        seal(self, path="time", fates="time")

    def said(self, frames: int) -> tuple[int, ...]:
        """The symbols that so many frames say."""
        return tuple(self.path[:frames][self.fates[:frames] == KEPT].tolist())


@dataclass(frozen=True, eq=False)
class Ways:
    """How many alignments a label has, with φ and without, by the number of frames."""

    frames: np.ndarray  # (time,) 1, 2, …
    with_phi: np.ndarray  # (time,) float64
    without: np.ndarray  # (time,)

    def __post_init__(self) -> None:
        seal(self, frames="time", with_phi="time", without="time")
