"""Letters backwards: the translation whose alignment is the other diagonal, at every length."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

from rnnviz.tasks.pairs import Aligned, Corpus, PairTask
from rnnviz.tasks.reading import Unreadable

LETTERS = "abcdefghijkl"
SHORTEST, LONGEST, PAIRS, HELD = 3, 12, 5000, 400


@cache
def _corpus() -> Corpus:
    """Distinct strings, all lengths alike."""
    dice = random.Random(12321)
    strings: dict[str, None] = {}
    while len(strings) < PAIRS:
        strings["".join(dice.choices(LETTERS, k=dice.randint(SHORTEST, LONGEST)))] = None
    return Corpus.of([(s, s[::-1]) for s in strings], HELD)


@dataclass(frozen=True)
class Reversal(PairTask):
    """abcd → dcba."""

    @property
    def corpus(self) -> Corpus:
        return _corpus()

    def tokens(self, typed: str) -> tuple[str, ...]:
        letters = tuple("".join(typed.lower().split()))
        if not 0 < len(letters) <= 2 * LONGEST:
            raise Unreadable("your letters", f"{len(letters)} of them; expected 1 to {2 * LONGEST}")
        self.corpus.reads.numbers(letters, "your letters")
        return letters

    def reference(self, typed: str) -> Aligned:
        letters = self.tokens(typed)
        return tuple((letters[at], frozenset({at})) for at in reversed(range(len(letters))))
