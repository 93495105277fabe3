"""Sentences to be written down again from memory: who, does what, to whom. Order is all that tells many of them apart."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from rnnviz.tasks.pairs import PAD, Aligned, Corpus, PairTask, pair_loss, pair_score
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.spec import Batch

BEINGS = (
    *("white blood cells", "an infection", "a virus", "the bacteria", "the immune system", "a fever"),
    *("the doctor", "a tired nurse", "the old farmer", "some children", "a thief", "two soldiers"),
    *("a black cat", "the small dog", "a hungry wolf", "some wild geese", "the spider", "a white horse"),
)
FIRST_WORDS = tuple(dict.fromkeys(being.split()[0] for being in BEINGS))
VERBS = ("destroying", "attacking", "chasing", "watching", "helping", "following")
ENDS = ("", "at night", "in silence", "once again")
PAIR = ("white blood cells destroying an infection", "an infection destroying white blood cells")
SENTENCES, HELD, LONGEST = 3000, 400, 12  # LONGEST in words
HEARD = 16  # sentences never trained on that every step is marked by


class Marked(NamedTuple):
    """Targets of a training step: the net learns from the first rows and is marked by the others."""

    target: Tensor  # (batch, time)
    held: Tensor  # (batch) True where never trained on


def said(being: str, verb: str, other: str, end: str = "") -> str:
    return " ".join(filter(None, (being, verb, other, end)))


def parts(sentence: str) -> tuple[str, str, str]:
    """(who, does what, to whom) of a sentence of the grammar; blanks from where it is none."""
    who = _being(sentence)
    verb, _, rest = sentence[len(who) :].strip().partition(" ")
    if not who or verb not in VERBS:
        return who, "", ""
    return who, verb, _being(rest)


def _being(words: str) -> str:
    """The being that `words` begin with, or nothing."""
    return next((being for being in BEINGS if f"{words} ".startswith(being + " ")), "")


@cache
def grammatical() -> frozenset[str]:
    """Every sentence of the grammar, those about one being twice too."""
    return frozenset(said(*words) for words in product(BEINGS, VERBS, BEINGS, ENDS))


@cache
def held_out() -> tuple[str, ...]:
    """The sentences that are never trained on; the first two are PAIR."""
    return _split()[1]


@cache
def _split() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sentences to train on, and sentences kept from training."""
    every = [said(*words) for words in product(BEINGS, VERBS, BEINGS, ENDS) if words[0] != words[2]]
    every = [sentence for sentence in every if sentence not in PAIR]
    chosen = random.Random(20161122).sample(every, SENTENCES - len(PAIR))
    return tuple(chosen[: SENTENCES - HELD]), (*PAIR, *chosen[SENTENCES - HELD :])


@cache
def _corpus() -> Corpus:
    trained, held = _split()
    words = [sentence.split() for sentence in (*trained, *held)]
    return Corpus.of([(w, w) for w in words], HELD)


@dataclass(frozen=True)
class Sentences(PairTask):
    """An auto-encoder of sentences (Li, Luong & Jurafsky 2015): the source is the target. Score: share of unseen ones exact."""

    @property
    def corpus(self) -> Corpus:
        return _corpus()

    def sample(self, dice: Generator, size: int) -> Batch:
        corpus = self.corpus
        learnt = torch.randint(corpus.trained, (size,), generator=dice)
        marked = torch.randint(corpus.trained, len(corpus.source), (HEARD,), generator=dice)
        batch = corpus.batch(torch.cat([learnt, marked]), self.stop)
        return Batch(batch.x, Marked(batch.y, torch.arange(size + HEARD) >= size))

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Cross-entropy a word in nats, on the sentences to learn from."""
        if isinstance(batch.y, Marked):
            batch = Batch(batch.x, batch.y.target.masked_fill(batch.y.held[:, None], PAD))
        return pair_loss(logits, batch)

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        """Share of sentences written without one wrong word: of those never trained on, where the batch holds such."""
        if isinstance(batch.y, Marked):
            return pair_score(logits[batch.y.held], Batch(None, batch.y.target[batch.y.held]))
        return pair_score(logits, batch)

    def tokens(self, typed: str) -> tuple[str, ...]:
        words = tuple(typed.lower().replace(".", " ").replace(",", " ").split())
        if not 0 < len(words) <= LONGEST:
            raise Unreadable("your sentence", f"{len(words)} words; expected 1 to {LONGEST}")
        self.corpus.reads.numbers(words, "your sentence")
        return words

    def reference(self, typed: str) -> Aligned:
        return tuple((word, frozenset({at})) for at, word in enumerate(self.tokens(typed)))
