"""Sentences, the codes that an encoder gives them, and what a decoder makes of codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal


@dataclass(frozen=True)
class Coded:
    """Sentences and what became of them."""

    read: tuple[str, ...]
    codes: np.ndarray  # (sentence, unit) the one vector between encoder and decoder
    written: tuple[str, ...]  # "…" at the end of what never stopped
    sound: np.ndarray  # (sentence) whether what was written is a sentence of the grammar

    def __post_init__(self) -> None:
        seal(self, codes="sentence unit", sound="sentence")

    @property
    def right(self) -> np.ndarray:
        """(sentence) whether it came back without one wrong word."""
        return np.array([a == b for a, b in zip(self.read, self.written, strict=True)], dtype=bool)

    def apart(self, one: int, other: int) -> float:
        """Euclidean distance of two codes."""
        return float(np.linalg.norm(self.codes[one] - self.codes[other]))

    def take(self, rows: Sequence[int]) -> Coded:
        """Some of the sentences, in the order of `rows`."""
        at = list(rows)
        read, written = (tuple(table[i] for i in at) for table in (self.read, self.written))
        return Coded(read, self.codes[at], written, self.sound[at])


@dataclass(frozen=True)
class Between:
    """Equal steps from one code to another, and what each says."""

    share: np.ndarray  # (point) of the way, 0 to 1
    codes: np.ndarray  # (point, unit)
    written: tuple[str, ...]
    sound: np.ndarray  # (point) whether it is a sentence of the grammar

    def __post_init__(self) -> None:
        seal(self, share="point", codes="point unit", sound="point")
