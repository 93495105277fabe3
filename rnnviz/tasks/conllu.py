"""CoNLL-U treebanks: words with their parts of speech (format: universaldependencies.org/format.html)."""

from __future__ import annotations

import re
from typing import NamedTuple

from rnnviz.tasks.reading import Unreadable, text_of

MOST, LONGEST = 20_000, 500  # sentences, words in one
COLUMNS = 10
OPEN = ("ADJ", "ADV", "INTJ", "NOUN", "PROPN", "VERB")
CLOSED = ("ADP", "AUX", "CCONJ", "DET", "NUM", "PART", "PRON", "SCONJ")
UPOS = frozenset((*OPEN, *CLOSED, "PUNCT", "SYM", "X"))
_SKIPPED = re.compile(r"\d+-\d+|\d+\.\d+")  # a token of several words, or a word that nobody said


class Parsed(NamedTuple):
    """One sentence as its syntactic words."""

    words: tuple[str, ...]
    upos: tuple[str, ...]  # universal parts of speech; "_" where the file leaves it open
    xpos: tuple[str, ...]  # the treebank's own


def read_conllu(content: bytes, name: str) -> tuple[Parsed, ...]:
    """Sentences of a CoNLL-U file, without multi-word tokens (8-9), empty nodes (8.1) and comments.

    Raises Unreadable with the line and what was expected there.
    """
    found: list[Parsed] = []
    rows: list[list[str]] = []
    lines = text_of(content, name).split("\n")
    for number, line in enumerate([*lines, ""], 1):
        if line.strip() and not line.startswith("#"):
            cells = line.split("\t")
            if _counts(cells, len(rows), name, number):
                rows.append(cells)
        elif not line.strip() and rows:
            found.append(_sentence(rows, name, number - 1, len(found)))
            rows = []
    if not found:
        raise Unreadable(name, "no word in it; expected CoNLL-U, ten columns with tabs between")
    return tuple(found)


def _counts(cells: list[str], before: int, name: str, number: int) -> bool:
    """Whether a line is a word of its own; refuses lines that are not CoNLL-U."""
    if len(cells) != COLUMNS:
        raise Unreadable(name, f"{len(cells)} columns; expected {COLUMNS} with tabs between", number)
    if _SKIPPED.fullmatch(cells[0]):
        return False
    if cells[0] != str(before + 1):
        raise Unreadable(name, f"the word number “{cells[0][:20]}”; expected {before + 1}", number)
    if not cells[1]:
        raise Unreadable(name, "no word in column 2; expected one", number)
    if cells[3] not in UPOS and cells[3] != "_":
        raise Unreadable(name, f"“{cells[3][:20]}” in column 4; expected one of {' '.join(sorted(UPOS))}", number)
    return True


def _sentence(rows: list[list[str]], name: str, number: int, before: int) -> Parsed:
    if before == MOST:
        raise Unreadable(name, f"more sentences than {MOST:,}; expected at most so many", number)
    if len(rows) > LONGEST:
        raise Unreadable(name, f"a sentence of {len(rows):,} words; expected at most {LONGEST}", number)
    words, upos, xpos = zip(*((cells[1], cells[3], cells[4]) for cells in rows), strict=True)
    return Parsed(words, upos, xpos)
