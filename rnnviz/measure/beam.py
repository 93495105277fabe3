"""From frame probabilities to a labelling: the greedy guess, and the search that adds up alignments."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnviz.measure.ctc import checked_table, collapse

Guess = tuple[tuple[int, ...], float]  # labels, log-probability


def greedy(log_probs: Any, blank: int = 0) -> Guess:
    """Best symbol of every frame, collapsed, with the log-probability of that one path: not of the labelling."""
    table = checked_table(log_probs, blank)
    return collapse(table.argmax(axis=1), blank), float(table.max(axis=1).sum())


def prefix_beam(log_probs: Any, beam: int, blank: int = 0) -> list[Guess]:
    """Prefix beam search over (time, symbol): at most `beam` labellings with their log-probabilities, best first.

    Exact while no prefix is dropped; a narrow beam underestimates. Raises ValueError if `beam` < 1 or the table holds no
    distributions. Graves et al. 2006 search prefixes; this synchronous form with two scores a prefix: Hannun et al. 2014.
    """
    table = checked_table(log_probs, blank)
    if beam < 1:
        raise ValueError(f"beam = {beam}; wanted at least 1")
    tree = Prefixes(blank)
    nodes, parents, last = np.array([0]), np.array([NOBODY]), np.array([blank])
    silent, voiced = np.array([0.0]), np.array([-np.inf])  # alignments that end in φ, and in the prefix's last symbol
    for row in table:
        total = np.logaddexp(silent, voiced)
        longer = total[:, None] + row
        places = np.arange(len(nodes))
        longer[places, last] = silent + row[last]  # a repeat counts as a new symbol only after φ
        longer[:, blank] = -np.inf
        silent, voiced = total + row[blank], voiced + row[last]
        child, parent = np.nonzero(parents[:, None] == nodes)  # a prefix and its parent, both in the beam
        voiced[child] = np.logaddexp(voiced[child], longer[parent, last[child]])
        longer[parent, last[child]] = -np.inf
        scores = np.concatenate([np.logaddexp(silent, voiced), longer.ravel()])
        kept = np.argpartition(scores, -beam)[-beam:] if len(scores) > beam else np.arange(len(scores))
        kept = kept[scores[kept] > -np.inf]
        old, new = kept[kept < len(nodes)], kept[kept >= len(nodes)]
        mother, symbol = np.divmod(new - len(nodes), table.shape[1])
        grown = tree.grown(nodes[mother].tolist(), symbol.tolist())
        nodes, parents = np.concatenate([nodes[old], grown]), np.concatenate([parents[old], nodes[mother]])
        last = np.concatenate([last[old], symbol])
        silent = np.concatenate([silent[old], np.full(len(new), -np.inf)])
        voiced = np.concatenate([voiced[old], scores[new]])
    total = np.logaddexp(silent, voiced)
    order = np.argsort(-total, kind="stable")
    return [(tree.labels(int(nodes[i])), float(total[i])) for i in order]


NOBODY = -1


class Prefixes:
    """A tree of labellings: one number for each, however often the beam loses and finds it again."""

    def __init__(self, blank: int) -> None:
        self._number: dict[tuple[int, int], int] = {}
        self._origin: list[tuple[int, int]] = [(NOBODY, blank)]

    def grown(self, mothers: list[int], symbols: list[int]) -> np.ndarray:
        """Numbers of prefixes grown by one symbol each."""
        numbers = []
        for origin in zip(mothers, symbols, strict=True):
            number = self._number.setdefault(origin, len(self._origin))
            if number == len(self._origin):
                self._origin.append(origin)
            numbers.append(number)
        return np.array(numbers, dtype=int)

    def labels(self, number: int) -> tuple[int, ...]:
        """The labelling that has this number."""
        found = []
        while number:
            number, symbol = self._origin[number]
            found.append(symbol)
        return tuple(reversed(found))
