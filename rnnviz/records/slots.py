"""What a net says of every word of a sentence, beside what it should say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal


@dataclass(frozen=True)
class Filled:
    """One sentence read by one net."""

    words: tuple[str, ...]
    slots: tuple[str, ...]  # names of the slots
    right: np.ndarray  # (time) number of the right slot
    probs: np.ndarray  # (time, slot) sums to 1
    cost: np.ndarray  # (time) cross-entropy of each step, nats

    def __post_init__(self) -> None:
        seal(self, right="time", probs="time slot", cost="time")

    @property
    def said(self) -> np.ndarray:
        """(time) the most probable slot."""
        return self.probs.argmax(1)

    @property
    def total(self) -> float:
        """The sum L over all steps, nats."""
        return float(self.cost.sum())

    @property
    def errors(self) -> int:
        return int((self.said != self.right).sum())
