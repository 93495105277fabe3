"""Plain text of visitors: one sentence a line, each with its number so that a refused one can be named."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from rnnviz.tasks.reading import Unreadable, text_of

MOST, LONGEST = 2000, 1000  # lines, characters in one


class Line(NamedTuple):
    number: int  # counted from 1, empty lines too
    text: str


def read_lines(content: bytes, name: str, most: int = MOST, longest: int = LONGEST) -> tuple[Line, ...]:
    """The lines that are not blank, in composed characters (Unicode NFC). Raises Unreadable."""
    found: list[Line] = []
    for number, raw in enumerate(text_of(content, name).split("\n"), 1):
        text = unicodedata.normalize("NFC", raw).strip()
        if not text:
            continue
        if len(text) > longest:
            raise Unreadable(name, f"{len(text):,} characters; expected at most {longest:,} in a line", number)
        if odd := next((c for c in text if unicodedata.category(c) == "Cc" and c != "\t"), ""):
            raise Unreadable(name, f"the control character U+{ord(odd):04X}; expected text", number)
        if len(found) == most:
            raise Unreadable(name, f"more lines than {most:,}; expected at most so many", number)
        found.append(Line(number, text))
    if not found:
        raise Unreadable(name, "blank lines only; expected a sentence on each line")
    return tuple(found)
