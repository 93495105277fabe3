"""Chunks counted: how many there are, how many were found, how many of those are right, by type."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal


@dataclass(frozen=True)
class Chunks:
    """Counts by type; a chunk is right if type, first and last word are (CoNLL-2000)."""

    types: tuple[str, ...]
    wanted: np.ndarray  # (type) in the reference
    found: np.ndarray  # (type) said by the net
    right: np.ndarray  # (type) in both

    def __post_init__(self) -> None:
        seal(self, wanted="type", found="type", right="type")

    @property
    def precision(self) -> np.ndarray:
        """(type) 0 where nothing was found, as conlleval has it."""
        return self.right / np.maximum(self.found, 1)

    @property
    def recall(self) -> np.ndarray:
        """(type) 0 where there is nothing to find."""
        return self.right / np.maximum(self.wanted, 1)

    @property
    def f1(self) -> np.ndarray:
        """(type) Harmonic mean of precision and recall: 2·right / (wanted + found)."""
        return 2 * self.right / np.maximum(self.wanted + self.found, 1)

    @property
    def overall(self) -> Chunks:
        """All types together, counted as one."""
        return Chunks(("all",), *(np.array([n.sum()]) for n in (self.wanted, self.found, self.right)))

    @property
    def score(self) -> float:
        """F1 over all types, 0..1."""
        return float(self.overall.f1[0])
