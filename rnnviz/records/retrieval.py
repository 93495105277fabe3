"""Clips that look for others of their word, and directions between words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rnnviz.records.projection import Projection
from rnnviz.records.seal import seal


@dataclass(frozen=True)
class Search:
    """Every clip asks for the other clips of its word, nearest first."""

    precision: np.ndarray  # (clip,) average precision of every query, 0..1
    first: np.ndarray  # (clip,) whether the nearest clip is of the same word

    def __post_init__(self) -> None:
        seal(self, precision="clip", first="clip")

    @property
    def map(self) -> float:
        """Mean average precision (MAP)."""
        return float(self.precision.mean())

    @property
    def at_one(self) -> float:
        """Precision@1: share of the queries whose nearest clip is right."""
        return float(self.first.mean())


@dataclass(frozen=True)
class Found:
    """The nearest clips of one query."""

    rows: np.ndarray  # (rank,) which clips, nearest first
    apart: np.ndarray  # (rank,) how far: 1 − cosine, or the cost of a path
    words: tuple[str, ...]
    voices: tuple[str, ...]

    def __post_init__(self) -> None:
        seal(self, rows="rank", apart="rank")


@dataclass(frozen=True)
class Directions:
    """Pairs of words that differ in their first sound, for example fear → near and fame → name."""

    sounds: tuple[str, ...]  # "f → n"
    pairs: tuple[tuple[tuple[str, str], ...], ...]  # of every exchange of sounds
    parallel: np.ndarray  # (sound,) mean cosine of the difference vectors of two pairs
    chance: np.ndarray  # (shuffle, sound) the same when second words are dealt out anew
    solved: np.ndarray  # (sound,) analogies a : b = c : ? whose nearest word is right
    asked: np.ndarray  # (sound,) analogies

    def __post_init__(self) -> None:
        seal(self, parallel="sound", chance="shuffle sound", solved="sound", asked="sound")

    @property
    def mean(self) -> float:
        """Mean cosine over all exchanges, each weighing as many analogies as it has."""
        return float(np.average(self.parallel, weights=self.asked))

    @property
    def by_chance(self) -> np.ndarray:
        """(shuffle,) the same of the shuffled pairs."""
        return np.average(self.chance, axis=1, weights=self.asked)

    @property
    def p(self) -> float:
        """Share of the shuffles, counting the true pairs as one, that are at least as parallel (Phipson & Smyth 2010)."""
        return float((1 + (self.by_chance >= self.mean).sum()) / (1 + len(self.chance)))

    @property
    def accuracy(self) -> float:
        return float(self.solved.sum() / self.asked.sum())


@dataclass(frozen=True)
class Look:
    """The codes of all unseen clips at one step, and what is to be said of them."""

    codes: np.ndarray  # (clip, unit)
    plane: Projection
    asks: np.ndarray  # (axis,) where the clip that asks lies in the plane
    search: Search
    near: Mapping[str, Found]  # way of comparing -> the nearest clips
    directions: Directions
    alike: np.ndarray  # (edit,) mean cosine of clips whose words are so many phonemes apart
    twice: tuple[np.ndarray, np.ndarray]  # numbers that are drawn, and the same computed another way

    def __post_init__(self) -> None:
        seal(self, codes="clip unit", asks="axis", alike="edit")
