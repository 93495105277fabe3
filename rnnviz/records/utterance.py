"""An utterance as it was spoken, and as a net reads it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rnnviz.records.seal import seal


@dataclass(frozen=True)
class Sounds:
    """What there is to hear, with the truth where it is known."""

    energies: np.ndarray  # (frame, band) natural logarithm, every `hop` seconds
    hertz: np.ndarray  # (band,) centre of every band
    hop: float
    units: tuple[str, ...]  # what was said; empty for a visitor
    marks: tuple[tuple[float, float], ...]  # seconds where each unit begins and ends

    def __post_init__(self) -> None:
        seal(self, energies="frame band", hertz="band")

    @property
    def seconds(self) -> float:
        return len(self.energies) * self.hop


@dataclass(frozen=True)
class Reading:
    """What a net says of every step of an utterance."""

    log_probs: np.ndarray  # (step, symbol) nats, float64
    symbols: tuple[str, ...]
    blank: int | None  # φ, or None for a net that has none
    hop: float  # seconds between two steps

    def __post_init__(self) -> None:
        seal(self, log_probs="step symbol")
        if len(self.symbols) != self.log_probs.shape[1]:
            raise ValueError(f"Reading has {len(self.symbols)} symbols for {self.log_probs.shape[1]} columns")

    @property
    def probs(self) -> np.ndarray:
        return np.exp(self.log_probs)

    @property
    def middles(self) -> np.ndarray:
        """(step,) seconds."""
        return (np.arange(len(self.log_probs)) + 0.5) * self.hop

    def numbers(self, units: tuple[str, ...]) -> list[int]:
        """Which symbols the units are."""
        return [self.symbols.index(u) for u in units]

    @property
    def spikes(self) -> tuple[tuple[int, int], ...]:
        """(step, symbol) wherever the best symbol of a step changes to one that is not φ."""
        best = self.log_probs.argmax(1)
        fresh = np.r_[True, best[1:] != best[:-1]] & (best != (-1 if self.blank is None else self.blank))
        return tuple((int(t), int(best[t])) for t in np.flatnonzero(fresh))

    @property
    def greedy(self) -> str:
        """Best symbol of every step, repeats trimmed, φ left out."""
        return "".join(self.symbols[k] for _, k in self.spikes)

    @property
    def silent(self) -> float:
        """Share of the steps where φ is the best symbol; 0 for a net without φ."""
        return 0.0 if self.blank is None else float((self.log_probs.argmax(1) == self.blank).mean())


@dataclass(frozen=True)
class Exam:
    """Utterances of voices that were never trained on: is every symbol right?"""

    phrase: tuple[str, ...]
    share: np.ndarray  # (phrase,) of utterances that are exactly right
    count: np.ndarray  # (phrase,) utterances

    def __post_init__(self) -> None:
        seal(self, share="phrase", count="phrase")

    @property
    def repeats(self) -> np.ndarray:
        """(phrase,) whether a unit follows itself."""
        return np.array([any(a == b for a, b in pairwise(p)) for p in self.phrase])

    def over(self, which: np.ndarray | None = None) -> float:
        """Share that is exactly right, of all or of the phrases in `which`; NaN of none."""
        which = np.ones(len(self.share), bool) if which is None else which
        total = self.count[which].sum()
        return float((self.share * self.count)[which].sum() / total) if total else float("nan")
