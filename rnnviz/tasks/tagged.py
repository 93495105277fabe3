"""Tag every word of a visitor's own sentences: slots, chunks or parts of speech."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

from rnnviz.settings import Checked, setting
from rnnviz.tasks.labelled import PARTS, Sentence, parts
from rnnviz.tasks.spec import Batch, mean_of

NOTHING = -1  # the target of padding
UNKNOWN = 0  # a word that was not seen twice


class Words(NamedTuple):
    """What a tagger is called with, the longest sentence first."""

    parts: Tensor  # (batch, time, part) numbers
    lengths: Tensor  # (batch) words


class Corpus:
    """Sentences to learn from and sentences to judge by. Its repr is a digest, so an experiment on it stays short."""

    def __init__(self, train: Iterable[Sentence], held: Iterable[Sentence]) -> None:
        self.train, self.held = tuple(train), tuple(held)
        content = repr((self.train, self.held)).encode("utf-8", "surrogatepass")
        self.digest = hashlib.sha256(content).hexdigest()[:16]

    @classmethod
    def split(cls, sentences: Sequence[Sentence], held: Sequence[Sentence] | None = None) -> Corpus:
        """Without sentences to judge by, every tenth is held out."""
        if held is not None:
            return cls(sentences, held)
        return cls([s for k, s in enumerate(sentences) if k % 10 != 9], sentences[9::10])

    def __repr__(self) -> str:
        return f"Corpus({self.digest!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Corpus) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """Every tag of the sentences to learn from, O first."""
        found = {t for s in self.train for t in s.tags}
        return (*(["O"] if "O" in found else []), *sorted(found - {"O"}))

    @cached_property
    def all_tags(self) -> tuple[str, ...]:
        """The same, then those that are in the sentences to judge by only: nobody can learn them."""
        return (*self.tags, *sorted({t for s in self.held for t in s.tags} - set(self.tags)))

    @cached_property
    def counts(self) -> Counter[str]:
        words = Counter(w for s in self.train for w in s.words)
        found: Counter[str] = Counter()
        for word, times in words.items():
            for part in set(parts(word)):
                found[part] += times
        return found

    @cached_property
    def number(self) -> dict[str, int]:
        """Part -> number, for parts seen twice or more."""
        return {p: k for k, p in enumerate(sorted(p for p, n in self.counts.items() if n > 1), 1)}

    @cached_property
    def seen(self) -> Tensor:
        """(part number) how often each part occurs."""
        return torch.tensor([0, *(self.counts[p] for p in self.number)])

    @property
    def inputs(self) -> int:
        return len(self.number) + 1

    def numbers(self, words: Sequence[str]) -> list[list[int]]:
        """Numbers of every word's parts, UNKNOWN where a part is not known, (word, part)."""
        known = {w: [self.number.get(p, UNKNOWN) for p in parts(w)] for w in set(words)}
        return [known[w] for w in words]

    @cached_property
    def table(self) -> Table:
        return Table.of(self, self.train)

    @cached_property
    def held_table(self) -> Table:
        """Of the sentences to judge by."""
        return Table.of(self, self.held)


@dataclass(frozen=True, eq=False)
class Table:
    """Sentences as one padded table, in the order of their lengths."""

    order: tuple[int, ...]  # which sentence is in which row
    parts: Tensor  # (row, time, part)
    tags: Tensor  # (row, time), NOTHING on padding
    lengths: Tensor  # (row)

    @classmethod
    def of(cls, corpus: Corpus, sentences: Sequence[Sentence]) -> Table:
        order = tuple(sorted(range(len(sentences)), key=lambda k: -len(sentences[k].words)))
        longest = len(sentences[order[0]].words)
        table = torch.zeros(len(order), longest, PARTS, dtype=torch.long)
        tags = torch.full((len(order), longest), NOTHING)
        known = {t: k for k, t in enumerate(corpus.all_tags)}
        numbers = torch.tensor(corpus.numbers([w for s in sentences for w in s.words]))
        at = [0, *accumulate(len(s.words) for s in sentences)]
        for row, k in enumerate(order):
            size = len(sentences[k].words)
            table[row, :size] = numbers[at[k] : at[k] + size]
            tags[row, :size] = torch.tensor([known[t] for t in sentences[k].tags])
        return cls(order, table, tags, torch.tensor([len(sentences[k].words) for k in order]))

    def batch(self, rows: Tensor) -> Batch:
        """Rows in rising order, cut off behind the longest."""
        lengths = self.lengths[rows]
        longest = int(lengths[0])
        return Batch(Words(self.parts[rows, :longest], lengths), self.tags[rows, :longest])


@dataclass(frozen=True)
class Tagging(Checked):
    """Tag every word; batches hold sentences of about one length, words now and then hide behind their looks."""

    corpus: Corpus
    hide: float = setting(
        0.3, 0.0, 4.0, "Hide rare words", help="A word seen n times is hidden in a share α/(α+n) of its uses"
    )

    @property
    def inputs(self) -> int:
        return self.corpus.inputs

    @property
    def outputs(self) -> int:
        return len(self.corpus.tags)

    def sample(self, dice: Generator, size: int) -> Batch:
        """`size` sentences out of 8·`size` neighbours in length, each word hidden with probability hide/(hide + count)."""
        table = self.corpus.table
        many = len(table.lengths)
        window = min(many, 8 * size)
        first = int(torch.randint(-window + 1, many, (1,), generator=dice))  # ends as likely as the middle
        low, high = max(0, first), min(many, first + window)
        rows = low + torch.randperm(high - low, generator=dice)[:size].sort().values
        batch = table.batch(rows)
        return Batch(batch.x._replace(parts=self._hidden(batch.x.parts, dice)), batch.y)

    def _hidden(self, numbers: Tensor, dice: Generator) -> Tensor:
        if not self.hide:
            return numbers
        chance = self.hide / (self.hide + self.corpus.seen[numbers[..., 0]])
        hidden = torch.rand(chance.shape, generator=dice) < chance
        return torch.cat([numbers[..., :1].masked_fill(hidden[..., None], UNKNOWN), numbers[..., 1:]], -1)

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy a word in nats, padding not counted."""
        return cross_entropy(logits.flatten(0, 1), batch.y.flatten(), ignore_index=NOTHING)

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        """Share of words with the right tag."""
        return mean_of(logits.argmax(-1) == batch.y, batch.y != NOTHING)


def steps_for(sentences: int) -> int:
    """Steps of 32 sentences to train for: about 13 times over, at least 150, at most 1500; a multiple of 30."""
    return min(1500, max(150, 13 * sentences // 32 // 30 * 30))
