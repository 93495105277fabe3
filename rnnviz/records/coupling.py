"""What stays and what enters: one step of any gated cell is old·kept + new·entered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal

SHARES = {
    "kept": "what stays of the old",
    "entered": "what enters of the new",
    "candidate": "the new",
    "read": "what is read",
    "memory": "the memory",
}
LETTERS = {
    "GRU": {"kept": "z", "entered": "1 − z", "candidate": "n", "read": "r", "memory": "h"},
    "LSTM": {"kept": "f", "entered": "i", "candidate": "g", "read": "o", "memory": "c"},
    "LSTM of 1997": {"kept": "1", "entered": "i", "candidate": "g", "read": "o", "memory": "c"},
}


@dataclass(frozen=True)
class Coupling:
    """A cell over one text: memory_t = kept_t·memory_{t−1} + entered_t·candidate_t. Units as `order` has them."""

    kept: np.ndarray  # 0..1
    entered: np.ndarray  # 0..1
    candidate: np.ndarray  # −1..1
    read: np.ndarray  # 0..1: r, the share of the old that the GRU's candidate hears; o, what the LSTM shows of c
    memory: np.ndarray
    said: np.ndarray  # (time) the net's class
    right: np.ndarray  # (time) the right class
    held: np.ndarray  # (time) what a perfect memory holds
    order: np.ndarray  # (unit) number of every unit in the net, best memory first
    corr: (
        np.ndarray
    )  # (unit) correlation of its memory with what is to be held, on training data; NaN if it stands still

    def __post_init__(self) -> None:
        seal(
            self,
            **dict.fromkeys(SHARES, "time unit"),
            **dict.fromkeys(("said", "right", "held"), "time"),
            **dict.fromkeys(("order", "corr"), "unit"),
        )


@dataclass(frozen=True)
class Beyond:
    """How a net does on what it was not trained on."""

    at: np.ndarray  # (place) time step, or n of aⁿbⁿ
    share: np.ndarray  # (place) share of right answers there
    trained: int  # the last place that training shows
    place: str  # what `at` counts

    def __post_init__(self) -> None:
        seal(self, at="place", share="place")

    @property
    def reach(self) -> int:
        """The last place up to which every answer is right; 0 if not even the first."""
        wrong = np.flatnonzero(self.share < 1)
        return int(self.at[wrong[0]]) - 1 if len(wrong) else int(self.at[-1])
