"""Chunk precision, recall and F1 by the rules of conlleval (Tjong Kim Sang & Buchholz 2000), counted in two ways.

Tags are O, or a letter and a type: B(egin), I(nside), E or L(ast), S or U(nit). A tag without a letter, as a part of
speech, is a chunk of one word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rnnviz.records.chunks import Chunks

_LETTERED = re.compile(r"([BIESLU])(?:-(.+))?")


@lru_cache(maxsize=4096)
def parted(tag: str) -> tuple[str, str]:
    """Letter and type of a tag: "B-city" -> ("B", "city"), "O" -> ("O", ""), "NOUN" -> ("S", "NOUN")."""
    if tag == "O":
        return "O", ""
    found = _LETTERED.fullmatch(tag)
    return (found[1], found[2] or "") if found else ("S", tag)


@dataclass(frozen=True, eq=False)
class Tagset:
    """Tag names as numbers that say where chunks begin and end."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    kind: np.ndarray  # (tag) number of the type, -1 for O
    opens: np.ndarray  # (tag) True: a chunk begins here whatever came before
    closes: np.ndarray  # (tag) True: a chunk ends here whatever comes after


@lru_cache(maxsize=64)
def tagset(names: tuple[str, ...]) -> Tagset:
    """The tags of a task, types in alphabetical order."""
    parts = [parted(name) for name in names]
    types = tuple(sorted({kind for letter, kind in parts if letter != "O"}))
    kind = np.array([types.index(k) if letter != "O" else -1 for letter, k in parts], dtype=int)
    opens, closes = (np.array([letter in some for letter, _ in parts], dtype=bool) for some in ("BSU", "ELSU"))
    return Tagset(names, types, kind, opens, closes)


def spans(tags: Tagset, numbers: np.ndarray, first: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First word, last word and type of every chunk, each (chunk), in sentences written one behind the other.

    `numbers` (word) are tag numbers, `first` (word) is True at the first word of a sentence.
    """
    kind, inside = tags.kind[numbers], tags.kind[numbers] >= 0
    before = np.roll(kind, 1)
    begins = inside & (first | tags.opens[numbers] | np.roll(tags.closes[numbers], 1) | (before != kind))
    # a chunk ends where it is closed, and before whatever is no part of it
    goes_on = np.roll(inside & ~begins, -1)
    if len(goes_on):
        goes_on[-1] = False
    ends = inside & ~goes_on
    return np.flatnonzero(begins), np.flatnonzero(ends), kind[begins]


def counted(names: tuple[str, ...], wanted: np.ndarray, said: np.ndarray, first: np.ndarray) -> Chunks:
    """Chunks of two taggings (word) of the same words, compared as spans."""
    tags = tagset(names)
    theirs, ours = (spans(tags, numbers, first) for numbers in (wanted, said))
    last, kind = (np.full(len(wanted), -2) for _ in range(2))
    last[theirs[0]], kind[theirs[0]] = theirs[1], theirs[2]
    same = (last[ours[0]] == ours[1]) & (kind[ours[0]] == ours[2])
    size = len(tags.types)
    return Chunks(tags.types, *(np.bincount(k, minlength=size) for k in (theirs[2], ours[2], ours[2][same])))


def counted_word_by_word(wanted: Iterable[Sequence[str]], said: Iterable[Sequence[str]]) -> Chunks:
    """The same, as conlleval counts: one pass over the words, and a flag for being inside a chunk that is right so far.

    Raises ValueError for sentences of unequal length.
    """
    counts: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())
    for theirs, ours in zip(wanted, said, strict=True):
        right: str | None = None  # type of the chunk that both are in and that is right so far
        before = (("O", ""), ("O", ""))
        for now in [*zip(map(parted, theirs), map(parted, ours), strict=True), (("O", ""), ("O", ""))]:
            ends = [_ends(b, n) for b, n in zip(before, now, strict=True)]
            begins = [_begins(b, n) for b, n in zip(before, now, strict=True)]
            if right is not None and any(ends):
                counts[2][right] += all(ends)
                right = None
            if begins[0] and begins[1] and now[0][1] == now[1][1]:
                right = now[0][1]
            counts[0][now[0][1]] += begins[0]
            counts[1][now[1][1]] += begins[1]
            before = now
    types = tuple(sorted({k for count in counts for k, n in count.items() if n}))
    return Chunks(types, *(np.array([count[k] for k in types], dtype=int) for count in counts))


_BEGINNINGS = frozenset({"OE", "OI", "OL", *(a + b for a in "ELSU" for b in "IEL")})
_ENDINGS = frozenset(a + b for a in "BI" for b in "BOSU")


def _begins(before: tuple[str, str], now: tuple[str, str]) -> bool:
    """conlleval's startOfChunk, with S and U added."""
    return now[0] in "BSU" or before[0] + now[0] in _BEGINNINGS or (now[0] != "O" and before[1] != now[1])


def _ends(before: tuple[str, str], now: tuple[str, str]) -> bool:
    """conlleval's endOfChunk, with S and U added."""
    return before[0] in "ELSU" or before[0] + now[0] in _ENDINGS or (before[0] != "O" and before[1] != now[1])
