"""What a net might say of every frame, as a table: pasted by the visitor, or made by rule so that it can be turned."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from rnnviz.tasks.reading import Unreadable, text_of

PHI = "φ"
BLANKS = (PHI, "", "_", "-", "blank", "<blank>")  # names by which visitors call φ
MOST_FRAMES, MOST_SYMBOLS, LARGEST = 64, 40, 60_000
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLM"
NAME = "your table"


@dataclass(frozen=True)
class Table:
    """Probabilities of symbols, a row a frame; plain tuples, so that it names itself."""

    symbols: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]  # (time, symbol), each row sums to 1
    blank: int = 0  # column of φ

    @property
    def frames(self) -> int:
        return len(self.rows)

    def numbers(self, label: str) -> tuple[int, ...]:
        """Columns of a label's symbols: pieces between spaces where they are symbols, else characters.

        Raises ValueError naming what is not a symbol of the table.
        """
        pieces = [p for word in label.split() for p in ([word] if word in self.symbols else word)]
        for piece in pieces:
            if piece not in self.symbols:
                known = ", ".join(s for k, s in enumerate(self.symbols) if k != self.blank)
                raise ValueError(f"“{piece}” is not a symbol of this table; a label is made of {known}")
            if self.symbols.index(piece) == self.blank:
                raise ValueError(f"{piece} cannot be part of a label: it stands for no symbol at all")
        return tuple(self.symbols.index(p) for p in pieces)

    def spelt(self, numbers: tuple[int, ...]) -> str:
        """A labelling in the table's symbols."""
        between = "" if all(len(s) <= 1 for s in self.symbols) else " "
        return between.join(self.symbols[k] for k in numbers)


def spoken(units: str, frames: int, sharpness: float, seed: int) -> Table:
    """A made-up utterance: `units` one after the other, a bump each, φ between them, and noise on all logits.

    The logit of a unit is sharpness · (3 · bump - 1.5), that of φ is sharpness / 2, and each gets noise of deviation 1.
    A bump is a Gaussian around the middle of the unit's share of the frames, a fifth of the share wide.
    """
    symbols = (PHI, *dict.fromkeys(units))
    share = frames / max(1, len(units))
    at, middles = np.arange(frames) + 0.5, (np.arange(len(units)) + 0.5) * share
    bumps = np.exp(-0.5 * ((at[:, None] - middles) / max(0.2 * share, 0.35)) ** 2)
    logits = np.full((frames, len(symbols)), -1.5 * sharpness)
    logits[:, 0] = 0.5 * sharpness
    for k, unit in enumerate(units):
        logits[:, symbols.index(unit)] += 3 * sharpness * bumps[:, k]
    logits += np.random.default_rng(seed).normal(size=logits.shape)
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    rows = weights / weights.sum(axis=1, keepdims=True)
    return Table(symbols, tuple(tuple(row) for row in rows.tolist()))


def pasted(text: str) -> Table:
    """A table as the visitor pasted it: a line a frame, numbers between commas, semicolons, tabs or spaces.

    The first line may name the symbols; unnamed, the first column is φ and the others a, b, c. Raises Unreadable.
    """
    content = text_of(text.encode("utf-8", "replace"), NAME, LARGEST)
    lines = [(n, _cells(line)) for n, line in enumerate(content.split("\n"), 1) if line.strip()]
    if not lines:
        raise Unreadable(NAME, "the table is empty; expected a line of probabilities for every frame")
    width = len(lines[0][1])
    symbols, blank = None, 0
    if not all(_is_number(cell) for cell in lines[0][1]):
        (line, names), *lines = lines
        symbols, blank = _named(names, line)
    if not lines:
        raise Unreadable(NAME, "only names of symbols; expected a line of probabilities for every frame")
    if not 2 <= width <= MOST_SYMBOLS:
        raise Unreadable(NAME, f"{width} columns; expected 2 to {MOST_SYMBOLS}, φ among them", lines[0][0])
    if len(lines) > MOST_FRAMES:
        raise Unreadable(
            NAME, f"more than {MOST_FRAMES} frames; the lattice would be too fine to see", lines[MOST_FRAMES][0]
        )
    rows = tuple(_row(cells, width, line) for line, cells in lines)
    return Table(symbols or (PHI, *LETTERS[: width - 1]), rows, blank)


def _cells(line: str) -> list[str]:
    if re.search("[,;\t]", line):
        cells = [cell.strip().strip('"') for cell in re.split("[,;\t]", line)]
        return cells[:-1] if len(cells) > 1 and not cells[-1] else cells
    return line.split()


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _named(names: list[str], line: int) -> tuple[tuple[str, ...], int]:
    blanks = [k for k, name in enumerate(names) if name.lower() in BLANKS]
    if len(blanks) > 1 or len(set(names)) < len(names):
        raise Unreadable(NAME, "two columns have the same name, or two are φ; expected different symbols", line)
    if any(len(name) > 12 for name in names):
        raise Unreadable(NAME, "a name longer than 12 characters; expected short symbols", line)
    blank = blanks[0] if blanks else 0
    return tuple(PHI if k == blank else name for k, name in enumerate(names)), blank


def _row(cells: list[str], width: int, line: int) -> tuple[float, ...]:
    if len(cells) != width:
        raise Unreadable(NAME, f"{len(cells)} numbers; expected {width}, as in the first line", line)
    for column, cell in enumerate(cells, 1):
        if not _is_number(cell) or not 0 <= float(cell) <= 1:
            raise Unreadable(NAME, f"column {column} is “{cell[:20]}”; expected a probability between 0 and 1", line)
    total = math.fsum(map(float, cells))
    if abs(total - 1) > 0.01:
        raise Unreadable(NAME, f"the probabilities sum to {total:.4g}; expected 1", line)
    return tuple(float(cell) / total for cell in cells)
