"""All alignments of a label sequence with the frames of an utterance, weighed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal

NONE = -1  # where there is no best alignment, because all have probability 0


@dataclass(frozen=True, eq=False)
class Lattice:
    """CTC's forward and backward variables of one label sequence; logarithms in nats, float64."""

    blank: int
    labels: np.ndarray  # (label,) symbols
    states: np.ndarray  # (state,) symbol of every state: φ, y₁, φ, …, y_U, φ
    skips: np.ndarray  # (state,) whether the state may be entered from two states before
    log_probs: np.ndarray  # (time, symbol)
    log_alpha: np.ndarray  # (time, state) frames up to and including this one
    log_beta: np.ndarray  # (time, state) frames after this one, this one excluded
    gamma: np.ndarray  # (time, state) probability that the alignment passes here
    gradient: np.ndarray  # (time, symbol) of the loss -log_prob with respect to the logits; NaN if log_prob = -inf
    log_prob: float
    route: np.ndarray  # (time,) states of the best alignment, NONE if there is none
    best: float  # log-probability of the best alignment
    count: int  # of alignments

    def __post_init__(self) -> None:
        seal(
            self,
            labels="label",
            states="state",
            skips="state",
            log_probs="time symbol",
            log_alpha="time state",
            log_beta="time state",
            gamma="time state",
            gradient="time symbol",
            route="time",
        )

    @property
    def path(self) -> np.ndarray:
        """(time,) symbols of the best alignment, NONE if there is none."""
        return np.where(self.route == NONE, NONE, self.states[self.route])

    @property
    def emissions(self) -> np.ndarray:
        """(time, state) log-probability of every state's symbol."""
        return self.log_probs[:, self.states]


@dataclass(frozen=True, eq=False)
class Passes:
    """One question put to the lattice, forwards and backwards; amounts as natural logarithms, -inf for none."""

    question: str  # "all", "best" or "count"
    weights: np.ndarray  # (time, state) what a frame multiplies by: log-probability, or 0 where paths are counted
    ahead: np.ndarray  # (time, state) up to and including this frame
    behind: np.ndarray  # (time, state) after this frame
    through: np.ndarray  # (time, state) 0..1, what passes here relative to `total`
    total: float

    def __post_init__(self) -> None:
        seal(self, weights="time state", ahead="time state", behind="time state", through="time state")
