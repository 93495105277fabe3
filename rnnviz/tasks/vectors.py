"""Vectors learnt elsewhere: a word and its numbers on each line (TSV, GloVe, word2vec's text), or a matrix (NPY)."""

from __future__ import annotations

import ast
import math
import re
import struct
from typing import NamedTuple

import numpy as np

from rnnviz.tasks.reading import LARGEST, Unreadable, text_of

FEWEST, MOST, WIDEST, LONGEST = 5, 500, 1024, 60  # words read, numbers a word, characters in a word
BIGGEST = 1e100  # squares of larger numbers are infinite
MAGIC, LONGEST_HEAD = b"\x93NUMPY", 1000


class Own(NamedTuple):
    """Words and what somebody learnt of them."""

    words: tuple[str, ...]
    rows: np.ndarray  # (word, unit) float64


def read_vectors(content: bytes, name: str) -> Own:
    """The first `MOST` vectors of a file. Raises Unreadable with the line and what was expected there."""
    words, rows = _matrix(content, name) if content.startswith(MAGIC) else _lines(content, name)
    if len(words) < FEWEST:
        raise Unreadable(name, f"{len(words)} vectors; expected at least {FEWEST}")
    return Own(words, np.array(rows, dtype=float))


def _lines(content: bytes, name: str) -> tuple[tuple[str, ...], list[list[float]]]:
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
    return tuple(found), list(found.values())


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


def _matrix(content: bytes, name: str) -> tuple[tuple[str, ...], np.ndarray]:
    """An NPY file; its header is believed only as far as the bytes behind it go, and nothing is ever unpickled."""
    if len(content) > LARGEST:
        raise Unreadable(name, f"{len(content):,} bytes; expected at most {LARGEST:,}")
    try:
        begin, kind, by_columns, shape = _npy(content)
    except (ValueError, LookupError, TypeError, SyntaxError, MemoryError, RecursionError, struct.error):
        raise Unreadable(name, "not a whole NPY header; expected a file written by numpy.save") from None
    if not _PLAIN.fullmatch(kind) or len(shape) != 2 or not 0 < shape[1] <= WIDEST or shape[0] < 1:
        raise Unreadable(name, f"{kind[:20]} of shape {str(shape)[:40]}; expected numbers, (words, 1 to {WIDEST})")
    dtype, data = np.dtype(kind), content[begin:]
    if len(data) != shape[0] * shape[1] * dtype.itemsize:
        raise Unreadable(name, f"{len(data):,} bytes of numbers; expected as many as shape {str(shape)[:40]} needs")
    rows = np.frombuffer(data, dtype).reshape(shape, order="F" if by_columns else "C")[:MOST].astype(float)
    fine = np.abs(rows) <= BIGGEST
    if not fine.all():
        raise Unreadable(name, f"row {int((~fine).any(1).argmax()) + 1} holds something else than finite numbers")
    return tuple(f"row {i + 1}" for i in range(len(rows))), rows


_PLAIN = re.compile(r"[<>|=](f[248]|[iu][1248])")


def _npy(content: bytes) -> tuple[int, str, bool, tuple[int, ...]]:
    """(where the numbers begin, their kind, whether columns come first, shape). numpy's own reader unpacks much more."""
    width = {1: "<H", 2: "<I"}[content[6]]
    begin = 8 + struct.calcsize(width)
    end = begin + struct.unpack(width, content[8:begin])[0]
    if end - begin > LONGEST_HEAD:
        raise ValueError("no array writes so long a header")
    head = ast.literal_eval(content[begin:end].decode("ascii").strip())
    kind, by_columns, shape = head["descr"], head["fortran_order"], head["shape"]
    if not (isinstance(kind, str) and isinstance(by_columns, bool) and isinstance(shape, tuple)):
        raise ValueError("no array of numbers")
    if not all(type(n) is int for n in shape):
        raise ValueError("no shape")
    return end, kind, by_columns, shape
