"""A tagger in the middle of its training: what it says of sentences never trained on, and how it got there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rnnviz.records.chunks import Chunks
from rnnviz.records.frames import Frames
from rnnviz.records.seal import seal


@dataclass(frozen=True)
class Curve:
    """Marks given now and then, on the sentences to judge by."""

    step: np.ndarray
    seconds: np.ndarray  # of one core, training alone
    f1: np.ndarray  # of chunks, 0..1
    words: np.ndarray  # share of words with the right tag

    def __post_init__(self) -> None:
        seal(self, step="mark", seconds="mark", f1="mark", words="mark")


@dataclass(frozen=True)
class Lesson:
    """All that is known at one step. Sentences stand one behind the other; `first` says where each begins."""

    step: int
    words: tuple[str, ...]
    tags: tuple[str, ...]  # names; a tag behind those that could be learnt is in the sentences to judge by only
    types: tuple[str, ...]
    kind: np.ndarray  # (tag) number of its type, -1 for O
    wanted: np.ndarray  # (word)
    said: np.ndarray  # (word)
    first: np.ndarray  # (word) True where a sentence begins
    chunks: Chunks
    curve: Curve
    frames: Frames

    def __post_init__(self) -> None:
        seal(self, kind="tag", wanted="word", said="word", first="word")

    @property
    def sentences(self) -> list[slice]:
        """The words of every sentence."""
        starts = [*np.flatnonzero(self.first).tolist(), len(self.words)]
        return [slice(a, b) for a, b in pairwise(starts)]


@dataclass(frozen=True)
class Typed:
    """A visitor's own sentence with the probability of every tag."""

    words: tuple[str, ...]
    known: np.ndarray  # (word) False: never seen twice, so it is read by its ends and its looks
    tags: tuple[str, ...]
    probs: np.ndarray  # (word, tag) sums to 1

    def __post_init__(self) -> None:
        seal(self, known="word", probs="word tag")

    @property
    def said(self) -> tuple[str, ...]:
        return tuple(self.tags[k] for k in self.probs.argmax(1))
