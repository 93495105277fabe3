"""Prefix beam search, frame by frame: what was in the beam, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal

SILENCE, REPEAT, LONGER = (
    0,
    1,
    2,
)  # how a prefix comes from one of the frame before: by φ, by its last symbol, by a new one


@dataclass(frozen=True, eq=False)
class Beam:
    """The prefixes that stand after a frame, best first."""

    prefixes: tuple[tuple[int, ...], ...]
    silent: np.ndarray  # (prefix,) log-probability of the alignments that end in φ
    voiced: np.ndarray  # (prefix,) of those that end in the prefix's last symbol
    arcs: np.ndarray  # (arc, 3) prefix of the frame before, prefix of this one, and SILENCE, REPEAT or LONGER
    amounts: np.ndarray  # (arc,) log-probability that comes along the arc
    dropped: float  # log-probability of all prefixes that fell out at this frame

    def __post_init__(self) -> None:
        seal(self, silent="prefix", voiced="prefix", amounts="arc")
        self.arcs.flags.writeable = False

    @property
    def total(self) -> np.ndarray:
        """(prefix,) log-probability of both kinds of alignment together."""
        return np.logaddexp(self.silent, self.voiced)
