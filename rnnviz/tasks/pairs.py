"""Pairs of sequences as padded batches: a source to read, and a target to write symbol by symbol."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

from rnnviz.settings import Checked, switch
from rnnviz.tasks.reading import Unreadable, text_of
from rnnviz.tasks.spec import Batch

PAD, STOP = 0, 1
MARKS = ("", "===")  # how padding and the stop symbol are written


Aligned = tuple[tuple[str, frozenset[int]], ...]  # target symbols, each with the source positions it translates


class Pair(NamedTuple):
    """What an encoder–decoder is called with."""

    source: Tensor  # (batch, time) symbols, PAD after the last one
    shifted: Tensor  # (batch, time) the target one step late, beginning with STOP


@dataclass(frozen=True)
class Lexicon:
    """Symbols and their numbers; 0 is padding and 1 is the stop symbol in every one."""

    symbols: tuple[str, ...]

    @classmethod
    def of(cls, sequences: Iterable[Sequence[str]]) -> Lexicon:
        return cls((*MARKS, *sorted({s for sequence in sequences for s in sequence} - set(MARKS))))

    @cached_property
    def number(self) -> dict[str, int]:
        return {s: i for i, s in enumerate(self.symbols)}

    def numbers(self, sequence: Sequence[str], name: str = "your input") -> list[int]:
        """Raises Unreadable, naming the first symbol that is not known and what is."""
        for s in sequence:
            if s not in self.number or s in MARKS:
                known = " ".join(self.symbols[len(MARKS) :]).replace("   ", " (blank) ")
                raise Unreadable(name, f"“{s}” is not known here; known are: {known}")
        return [self.number[s] for s in sequence]

    def words(self, numbers: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.symbols[n] for n in numbers if n != PAD)

    def __len__(self) -> int:
        return len(self.symbols)


@dataclass(frozen=True, eq=False)
class Corpus:
    """Pairs as two padded tables; the last `held` pairs are kept from training."""

    reads: Lexicon
    writes: Lexicon
    source: Tensor  # (pair, time)
    target: Tensor  # (pair, time), each ended by STOP
    held: int

    @classmethod
    def of(cls, pairs: Sequence[tuple[Sequence[str], Sequence[str]]], held: int) -> Corpus:
        reads, writes = Lexicon.of(s for s, _ in pairs), Lexicon.of(t for _, t in pairs)
        source = padded([reads.numbers(s) for s, _ in pairs])
        return cls(reads, writes, source, padded([[*writes.numbers(t), STOP] for _, t in pairs]), held)

    @property
    def trained(self) -> int:
        """How many pairs may be trained on; they come first."""
        return len(self.source) - self.held

    def batch(self, rows: Tensor, stop: bool = True) -> Batch:
        return paired(self.source[rows], self.target[rows], stop)

    def unseen(self, most: int, stop: bool = True) -> Batch:
        """The first `most` of the pairs that are never trained on."""
        return self.batch(torch.arange(self.trained, min(self.trained + most, len(self.source))), stop)


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """Rows of unequal length as one table (row, time), filled up with PAD."""
    table = torch.full((len(rows), max(map(len, rows))), PAD)
    for row, numbers in zip(table, rows, strict=True):
        row[: len(numbers)] = torch.tensor(numbers, dtype=torch.long)
    return table


def paired(source: Tensor, target: Tensor, stop: bool = True) -> Batch:
    """Tables as a batch without needless padding; without `stop` nobody ever teaches the net to write ===."""
    source, target = (t[:, : int((t != PAD).sum(1).max())] for t in (source, target))
    first = target.new_full((len(target), 1), STOP)
    shifted = torch.cat([first, target[:, :-1]], 1)
    return Batch(Pair(source, shifted), target if stop else target.masked_fill(target == STOP, PAD))


def pair_loss(logits: Tensor, batch: Batch) -> Tensor:
    """Mean cross-entropy a symbol in nats, padding not counted."""
    return cross_entropy(logits.flatten(0, 1), batch.y.flatten(), ignore_index=PAD)


def pair_score(logits: Tensor, batch: Batch) -> Tensor:
    """Share of targets written without one wrong symbol.

    Under teacher forcing this is exactly what greedy writing would reach: both are right until the first error.
    """
    written = logits[..., PAD + 1 :].argmax(-1) + PAD + 1
    return ((written == batch.y) | (batch.y == PAD)).all(1).float().mean()


@dataclass(frozen=True)
class PairTask(Checked):
    """What all tasks on pairs share. A task says which corpus it has, how it cuts a typed line and what the truth is."""

    stop: bool = switch(True, "Stop symbol ===", help="Off: no target ends in ===, so nobody learns to stop")

    @property
    def corpus(self) -> Corpus:
        raise NotImplementedError

    def tokens(self, typed: str) -> tuple[str, ...]:
        """The symbols of a typed line. Raises Unreadable if it is empty or too long."""
        raise NotImplementedError

    def reference(self, typed: str) -> Aligned:
        """The right target and what each symbol of it translates. Raises Unreadable where there is none."""
        raise NotImplementedError

    @property
    def inputs(self) -> int:
        return len(self.corpus.reads)

    @property
    def outputs(self) -> int:
        return len(self.corpus.writes)

    def sample(self, dice: Generator, size: int) -> Batch:
        return self.corpus.batch(torch.randint(self.corpus.trained, (size,), generator=dice), self.stop)

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return pair_loss(logits, batch)

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        return pair_score(logits, batch)


def read_pairs(content: bytes, name: str, most: int = 5000) -> tuple[tuple[str, str], ...]:
    """Lines of "source<TAB>target". Raises Unreadable with the line that is not one."""
    pairs = []
    for line, text in enumerate(text_of(content, name).split("\n"), 1):
        if not text.strip():
            continue
        parts = [p.strip() for p in text.split("\t")]
        if len(parts) != 2 or not all(parts):
            raise Unreadable(name, "expected a source and a target with one tab between them", line)
        if len(pairs) == most:
            raise Unreadable(name, f"more than {most:,} pairs", line)
        pairs.append((parts[0], parts[1]))
    return tuple(pairs)
