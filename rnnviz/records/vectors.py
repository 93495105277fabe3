"""Words as vectors, and what lies near what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal


@dataclass(frozen=True)
class Vectors:
    """One vector a word; `kinds` says of each word what it is, where that is known."""

    words: tuple[str, ...]
    rows: np.ndarray  # (word, unit)
    kinds: tuple[str, ...]

    def __post_init__(self) -> None:
        seal(self, rows="word unit")
        if not len(self.words) == len(self.kinds) == len(self.rows):
            raise ValueError(f"{len(self.words)} words, {len(self.kinds)} kinds and {len(self.rows)} rows")


@dataclass(frozen=True)
class Near:
    """The nearest words of one word, nearest first."""

    word: str
    words: tuple[str, ...]
    kinds: tuple[str, ...]
    cosine: np.ndarray  # (neighbour) −1..1
    alike: np.ndarray  # (neighbour) whether it is of the word's own kind

    def __post_init__(self) -> None:
        seal(self, cosine="neighbour", alike="neighbour")
