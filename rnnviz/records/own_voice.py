"""How one speaker fares with a recogniser while it adapts to that speaker, and how all others fare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal


@dataclass(frozen=True)
class Marks:
    """Shares of recordings that are not read exactly right, at some steps of the adaptation. None of them is learnt from."""

    step: np.ndarray  # (mark,)
    own: np.ndarray  # (mark,) of the speaker's recordings; NaN where none is left to examine
    others: np.ndarray  # (mark,) of other voices' utterances

    def __post_init__(self) -> None:
        seal(self, step="mark", own="mark", others="mark")


@dataclass(frozen=True)
class ByDigit:
    """How often one net mishears each digit of the speaker."""

    misheard: np.ndarray  # (digit,) share; NaN where no recording is left to examine
    count: np.ndarray  # (digit,) recordings

    def __post_init__(self) -> None:
        seal(self, misheard="digit", count="digit")

    @property
    def over(self) -> float:
        """Share of all recordings; NaN of none."""
        total = self.count.sum()
        return float(np.nansum(self.misheard * self.count) / total) if total else float("nan")
