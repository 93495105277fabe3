"""Vectors learnt elsewhere: a word and its numbers on each line (TSV, GloVe, word2vec's text), or a matrix (NPY)."""

from __future__ import annotations

import io
import math
from typing import NamedTuple

import numpy as np

from rnnviz.tasks.reading import LARGEST, Unreadable, text_of

FEWEST, MOST, WIDEST, LONGEST = 5, 500, 1024, 60  # words read, numbers a word, characters in a word
BIGGEST = 1e100  # squares of larger numbers are infinite
MAGIC = b"\x93NUMPY"


class Own(NamedTuple):
    """Words and what somebody learnt of them."""

    words: tuple[str, ...]
    rows: np.ndarray  # (word, unit) float64


def read_vectors(content: bytes, name: str) -> Own:
    """The first `MOST` vectors of a file. Raises Unreadable with the line and what was expected there."""
    own = _matrix(content, name) if content.startswith(MAGIC) else _lines(content, name)
    if len(own.words) < FEWEST:
        raise Unreadable(name, f"{len(own.words)} vectors; expected at least {FEWEST}")
    return own


def _lines(content: bytes, name: str) -> Own:
    """Cells are parted by tabs where the first line has one, else by blanks."""
    lines = [(n, line) for n, line in enumerate(text_of(content, name).split("\n"), 1) if line.strip()]
    tabs = "\t" in lines[0][1]
    rows = [(n, [c.strip() for c in line.split("\t")] if tabs else line.split()) for n, line in lines[: MOST + 1]]
    if _header(rows[0][1], len(rows[1][1]) if len(rows) > 1 else 0):
        rows = rows[1:]
    found: dict[str, list[float]] = {}
    width = 0
    for number, (word, *cells) in rows[:MOST]:
        if not 0 < len(word) <= LONGEST:
            raise Unreadable(name, f"a word of {len(word)} characters; expected 1 to {LONGEST}", number)
        if word in found:
            raise Unreadable(name, f"“{word}” for the second time; expected every word once", number)
        width = width or len(cells)
        if not 0 < len(cells) <= WIDEST or len(cells) != width:
            wanted = f"{width} as in the lines before" if found else f"1 to {WIDEST}"
            raise Unreadable(name, f"“{word}” has {len(cells)} numbers; expected {wanted}", number)
        found[word] = [_number(cell, name, number) for cell in cells]
    return Own(tuple(found), np.array(list(found.values()), dtype=float).reshape(len(found), -1))


def _header(cells: list[str], after: int) -> bool:
    """Whether a first line holds no vector: word2vec's two counts, or names of columns."""
    if len(cells) == 2 and after not in (0, 2):
        return all(cell.isdecimal() for cell in cells)
    return len(cells) > 1 and all(_float(cell) is None for cell in cells[1:])


def _float(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _number(cell: str, name: str, line: int) -> float:
    value = _float(cell)
    if value is None or not math.isfinite(value) or abs(value) > BIGGEST:
        raise Unreadable(name, f"“{cell[:40]}”; expected a finite number", line)
    return value


def _matrix(content: bytes, name: str) -> Own:
    """An NPY file; its header is believed only as far as the bytes behind it go, and nothing is ever unpickled."""
    if len(content) > LARGEST:
        raise Unreadable(name, f"{len(content):,} bytes; expected at most {LARGEST:,}")
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        reader = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, by_columns, dtype = reader(stream)
    except (ValueError, KeyError, TypeError, SyntaxError, OverflowError, MemoryError, RecursionError):
        raise Unreadable(name, "not a whole NPY header; expected a file written by numpy.save") from None
    if dtype.kind not in "fiu" or len(shape) != 2 or not 0 < shape[1] <= WIDEST or shape[0] < 1:
        raise Unreadable(name, f"{dtype} of shape {shape}; expected numbers, (words, 1 to {WIDEST})")
    data = content[stream.tell() :]
    if len(data) != shape[0] * shape[1] * dtype.itemsize:
        raise Unreadable(name, f"{len(data):,} bytes of numbers; expected as many as shape {shape} needs")
    rows = np.frombuffer(data, dtype).reshape(shape, order="F" if by_columns else "C")[:MOST].astype(float)
    if not (np.isfinite(rows).all() and (np.abs(rows) <= BIGGEST).all()):
        bad = int((~(np.abs(rows) <= BIGGEST)).any(1).argmax())
        raise Unreadable(name, f"row {bad + 1} holds something else than finite numbers")
    return Own(tuple(f"row {i + 1}" for i in range(len(rows))), rows)
