"""Sentences with slots or chunks: columns with IOB tags (CoNLL-2000, CoNLL-2003), or `word:TAG … <=> Intent` a line."""

from __future__ import annotations

import re
from typing import NamedTuple

from rnnviz.tasks.reading import Unreadable, text_of

MOST, LONGEST = 20_000, 500  # sentences, words in one
BETWEEN = " <=> "  # words, then what the whole sentence asks for
_FIRST = re.compile(r"O|[BIESLU](-.+)?")  # the letter before the type, as almost everywhere
_LAST = re.compile(r"O|(.+-)?[BIESLU]")  # or behind it: NP-B


class Tagged(NamedTuple):
    """One sentence; tags have the letter first: "O", "B-NP", "I-NP"."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    intent: str = ""


class _Row(NamedTuple):
    line: int
    word: str
    tag: str


def read_iob(content: bytes, name: str, column: int = -1) -> tuple[Tagged, ...]:
    """Either format, told apart by the first line; `column` says where the tags are when there are columns.

    Raises Unreadable with the line and what was expected there.
    """
    text = text_of(content, name)
    if BETWEEN in next((line for line in text.split("\n") if line.strip()), ""):
        return read_slots(text, name)
    return read_columns(text, name, column)


def read_slots(text: str, name: str) -> tuple[Tagged, ...]:
    """A sentence a line. A word may hold colons ("04:45:B-time"): the tag begins after the last one.

    Tags without a word before them (SNIPS has eleven) are left out.
    """
    found: list[Tagged] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        body, between, intent = line.rpartition(BETWEEN)
        rows = [_cut(token, name, number) for token in body.split(" ") if token.strip()]
        if not between or not intent.strip() or not any(row.word for row in rows):
            raise Unreadable(name, f"expected “word:TAG word:TAG{BETWEEN}Intent”", number)
        found.append(_sentence([row for row in rows if row.word], False, name, len(found), intent.strip()))
    return tuple(found)


def _cut(token: str, name: str, number: int) -> _Row:
    word, colon, tag = token.strip().rpartition(":")
    if not colon:
        raise Unreadable(name, f"“{tag[:40]}” has no tag; expected word:TAG", number)
    if not _FIRST.fullmatch(tag):
        raise Unreadable(name, f"the tag “{tag[:40]}”; expected O, B-something or I-something", number)
    return _Row(number, word, tag)


def read_columns(text: str, name: str, column: int = -1) -> tuple[Tagged, ...]:
    """A word a line, blank lines between sentences; the word comes first, the tag in `column` (from 0, or from the end)."""
    groups: list[list[_Row]] = [[]]
    width = 0
    for number, line in enumerate(text.split("\n"), 1):
        cells = line.split("\t") if "\t" in line else line.split()
        if not line.strip() or cells[0] == "-DOCSTART-":
            groups.append([])
            continue
        width = width or len(cells)
        _shaped(cells, width, column, name, number)
        groups[-1].append(_Row(number, cells[0].strip(), cells[column].strip()))
    groups = [group for group in groups if group]
    if not groups:
        raise Unreadable(name, "no word in it; expected a word and its tag on each line")
    turned = _letter_is_last([row for group in groups for row in group], name)
    return tuple(_sentence(group, turned, name, position) for position, group in enumerate(groups))


def _shaped(cells: list[str], width: int, column: int, name: str, number: int) -> None:
    """Whether a line has its columns."""
    if len(cells) < 2:
        raise Unreadable(name, "one column; expected a word and its tag, with a blank or a tab between", number)
    if len(cells) != width:
        raise Unreadable(name, f"{len(cells)} columns; expected {width} as in the lines before", number)
    if not -width <= column < width:
        raise Unreadable(name, f"{width} columns; expected the tags in another one", number)
    if not cells[0].strip() or not cells[column].strip():
        raise Unreadable(name, "an empty word or tag; expected one in each line", number)


def _letter_is_last(rows: list[_Row], name: str) -> bool:
    """Whether a file writes NP-B for B-NP. A file is one or the other, never both."""
    odd = [row for row in rows if not _FIRST.fullmatch(row.tag)]
    if odd and not all(_LAST.fullmatch(row.tag) for row in rows):
        raise Unreadable(name, f"the tag “{odd[0].tag[:40]}”; expected O, B-something or I-something", odd[0].line)
    return bool(odd)


def _sentence(rows: list[_Row], turned: bool, name: str, before: int, intent: str = "") -> Tagged:
    """Rows as a sentence, unless it is too long or one too many."""
    if before == MOST:
        raise Unreadable(name, f"more sentences than {MOST:,}; expected at most so many", rows[0].line)
    if len(rows) > LONGEST:
        raise Unreadable(name, f"a sentence of {len(rows):,} words; expected at most {LONGEST}", rows[0].line)
    tags = (_turned(row.tag) if turned else row.tag for row in rows)
    return Tagged(tuple(row.word for row in rows), tuple(tags), intent)


def _turned(tag: str) -> str:
    kind, _, letter = tag.rpartition("-")
    return f"{letter}-{kind}" if kind else letter
