"""Which word comes next? Nobody says what kinds of words there are; a net that guesses well has to find out (Elman 1990)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

from rnnviz.settings import Checked
from rnnviz.tasks.pairs import MARKS, PAD, STOP, Corpus
from rnnviz.tasks.phrases import ADJECTIVES, BEINGS, COUNTS, NOUNS, OWNERS, PRONOUNS, THINGS, THIRD, VERBS, Phrases
from rnnviz.tasks.spec import Batch

PLURALS = {plural: singular for singular, (plural, _, _) in NOUNS.items()}
KINDS: dict[str, tuple[str, ...]] = {
    "pronoun": tuple(PRONOUNS),
    "count or owner": (*COUNTS, *OWNERS),
    "adjective": tuple(ADJECTIVES),
    "being": tuple(w for w in (*NOUNS, *PLURALS) if PLURALS.get(w, w) in BEINGS),
    "thing": tuple(w for w in (*NOUNS, *PLURALS) if PLURALS.get(w, w) in THINGS),
    "verb": (*VERBS, *THIRD),
}
OTHER = "another kind"


@cache
def vocabulary() -> tuple[str, ...]:
    """Every word of the phrases, in the order of their numbers from `FIRST` on."""
    return _corpus().reads.symbols[len(MARKS) :]


FIRST = len(MARKS)  # the number of the first word; before it come padding and the sign between phrases


def kind(word: str) -> str:
    return next((name for name, words in KINDS.items() if word in words), OTHER)


def _corpus() -> Corpus:
    return Phrases().corpus


@dataclass(frozen=True)
class NextWord(Checked):
    """Phrases word by word: x (batch, time) numbers of words, beginning with ===; y (batch, time) the word that follows each."""

    @property
    def inputs(self) -> int:
        return len(_corpus().reads)

    @property
    def outputs(self) -> int:
        return len(_corpus().reads)

    def sample(self, dice: Generator, size: int) -> Batch:
        return batch(torch.randint(_corpus().trained, (size,), generator=dice))

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy a word in nats, padding not counted."""
        return cross_entropy(logits.flatten(0, 1), batch.y.flatten(), ignore_index=PAD)

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        """Share of the words that were the likeliest."""
        counted = batch.y != PAD
        return ((logits.argmax(-1) == batch.y) & counted).sum() / counted.sum()


def batch(rows: Tensor) -> Batch:
    """These phrases of the corpus, each between two ===."""
    table = _corpus().source[rows]
    table = table[:, : int((table != PAD).sum(1).max())]
    between = table.new_full((len(table), 1), STOP)
    y = torch.cat([table, torch.full_like(between, PAD)], 1)
    y[torch.arange(len(y)), (table != PAD).sum(1)] = STOP
    return Batch(torch.cat([between, table], 1), y)


@cache
def unseen() -> Batch:
    """The phrases that are never trained on."""
    return batch(torch.arange(_corpus().trained, len(_corpus().source)))
