"""A hybrid of net and hidden Markov model: what it hears in one utterance, and how it fares with many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal


@dataclass(frozen=True)
class Span:
    """A word and the seconds that it takes."""

    word: str
    begin: float
    end: float


@dataclass(frozen=True)
class Listened:
    """One utterance: what the net says of every frame, and what four ways of reading make of it."""

    probs: np.ndarray  # (frame, state) P(y|x)
    path: np.ndarray  # (frame,) states of the best path, posteriors divided by priors
    states: tuple[str, ...]  # "silence", "zero 1", …
    hop: float  # seconds between two frames
    first: float  # seconds of the first frame's middle
    read: dict[str, tuple[Span, ...]]  # way -> its words
    scores: np.ndarray  # (way, algorithm) of the best path in nats: with and without priors, by two algorithms
    edges: np.ndarray  # (algorithm, edge) seconds where words begin and end, both ways one after the other

    def __post_init__(self) -> None:
        seal(self, probs="frame state", path="frame", scores="way algorithm")

    @property
    def seconds(self) -> np.ndarray:
        """(frame,) middle of every frame."""
        return self.first + np.arange(len(self.path)) * self.hop

    def text(self, way: str) -> str:
        return " ".join(span.word for span in self.read[way]) or "nothing"

    def apart(self, way: str, truth: str) -> float:
        """Milliseconds between the beginnings of the words of two ways, on average; NaN unless the words are the same."""
        if [s.word for s in self.read[way]] != [s.word for s in self.read[truth]]:
            return float("nan")
        pairs = zip(self.read[way], self.read[truth], strict=True)
        return 1000 * float(np.mean([abs(a.begin - b.begin) for a, b in pairs]))


@dataclass(frozen=True)
class Marks:
    """Share of unseen voices' strings that are exactly right, now and then during training."""

    step: np.ndarray  # (mark,)
    exact: np.ndarray  # (mark, way, least) divided by priors or not; each state at least 1, 2, … frames long
    trimmed: np.ndarray  # (mark,) best label of every frame, repeats trimmed

    def __post_init__(self) -> None:
        seal(self, step="mark", exact="mark way least", trimmed="mark")


@dataclass(frozen=True)
class Rounds:
    """What the net was trained on, round after round."""

    step: np.ndarray  # (round,) when it began
    apart: np.ndarray  # (round,) milliseconds from the true beginnings of the training words, median
    mean: np.ndarray  # (round,) the same, mean
    prior: np.ndarray  # (label,) P(y) in the last round

    def __post_init__(self) -> None:
        seal(self, step="round", apart="round", mean="round", prior="label")
