"""One vector a sentence: what the encoder makes of sentences, and what the decoder says of any vector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from rnnviz.film import Still
from rnnviz.measure.decode import write
from rnnviz.measure.projection import pca
from rnnviz.nets.seq2seq import Reading, Seq2Seq, encode
from rnnviz.records.codes import Between, Coded
from rnnviz.tasks.lines import Line
from rnnviz.tasks.pairs import PAD, STOP, padded
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.sentences import LONGEST, Sentences, grammatical


def coded(still: Still, sentences: Sequence[str], start: str, end: str, points: int = 9) -> tuple[Coded, Between]:
    """Sentences with their codes and what is written from these; `points` equal steps from `start` to `end` likewise.

    Raises Unreadable for a sentence with words that the task does not know.
    """
    task, spec = _parts(still)
    codes = encode(spec, still.state.params, _source(task, (*sentences, start, end))).code
    share = torch.linspace(0, 1, points)[:, None]
    way = codes[-2] * (1 - share) + codes[-1] * share
    said = written(still, torch.cat([codes[:-2], way]))
    sound = np.array([s in grammatical() for s in said], dtype=bool)
    n = len(sentences)
    return (
        Coded(tuple(sentences), codes[:-2].numpy(), said[:n], sound[:n]),
        Between(share[:, 0].numpy(), way.numpy(), said[n:], sound[n:]),
    )


def codes_of(still: Still, sentences: Sequence[str]) -> np.ndarray:
    """(sentence, unit) the state that the decoder starts from: h, and behind it c."""
    task, spec = _parts(still)
    return encode(spec, still.state.params, _source(task, tuple(sentences))).code.numpy()


def written(still: Still, codes: Tensor) -> tuple[str, ...]:
    """What the decoder writes, greedily, from codes (sentence, unit), whether or not they are any sentence's."""
    task, spec = _parts(still)
    nothing = codes.new_zeros(len(codes), 0)
    reading = Reading(nothing[..., None], nothing > 0, codes)
    words = task.corpus.writes.symbols
    rows = write(spec, still.state.params, reading, LONGEST + 2).numbers.tolist()
    return tuple(
        " ".join([words[n] for n in row if n not in (PAD, STOP)]) + ("" if STOP in row else " …") for row in rows
    )


@lru_cache(maxsize=64)
def _source(task: Sentences, sentences: tuple[str, ...]) -> Tensor:
    return padded([task.corpus.reads.numbers(task.tokens(s)) for s in sentences])


@lru_cache(maxsize=64)
def anchor(task: Sentences, sentences: tuple[str, ...]) -> np.ndarray:
    """(sentence, axis) a picture that no training moves, for others to be turned to: which word stands where, by PCA."""
    table = _source(task, sentences)
    where = torch.nn.functional.one_hot(table, task.inputs)[..., PAD + 1 :].flatten(1)
    return pca(where.numpy()).points


def words_apart(one: str, other: str) -> int:
    """How many words two bags of words do not share."""
    a, b = Counter(one.split()), Counter(other.split())
    return ((a - b) + (b - a)).total()


def sorted_out(task: Sentences, lines: Sequence[Line], name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(sentences that the net can read, one refusal for every other line)."""
    known: dict[str, None] = {}
    refused: list[str] = []
    for line in lines:
        try:
            known[" ".join(task.tokens(line.text))] = None
        except Unreadable as refusal:
            reason = refusal.expected.partition("; known are")[0]
            refused.append(f"{name}, line {line.number}: {reason}")
    return tuple(known), tuple(refused)


def known_or(task: Sentences, typed: str, instead: str) -> tuple[str, str]:
    """(the typed sentence, "") if the net can read it, else (`instead`, why not)."""
    try:
        return " ".join(task.tokens(typed)), ""
    except Unreadable as refusal:
        return instead, str(refusal).partition("; known are")[0]


def typical_distance(codes: np.ndarray) -> float:
    """Median distance of two codes, from every code to the one half the list further on."""
    return float(np.median(np.linalg.norm(codes - np.roll(codes, len(codes) // 2, axis=0), axis=1)))


def _parts(still: Still) -> tuple[Sentences, Seq2Seq]:
    task, net = still.exp.task, still.exp.net
    if not isinstance(task, Sentences) or not isinstance(net, Seq2Seq) or net.attention:
        raise TypeError("codes are of auto-encoders of sentences, and those have no attention")
    return task, net
