"""An alignment and a label as a visitor types them: a character a frame, φ for a frame that says nothing."""

from __future__ import annotations

from dataclasses import dataclass

from rnnviz.tasks.reading import Unreadable

PHI = "φ"
SILENT = (PHI, "Φ", "ϕ", "_", "-")  # how visitors type φ
LONGEST_PATH, LONGEST_LABEL = 40, 10


@dataclass(frozen=True)
class Typed:
    """Symbols in the order in which they first appear, φ as number 0."""

    symbols: tuple[str, ...]
    path: tuple[int, ...]
    label: tuple[int, ...]

    def spelt(self, numbers: tuple[int, ...]) -> str:
        return "".join(self.symbols[k] for k in numbers)


def typed(path: str, label: str) -> Typed:
    """Both lines as numbers, white space left out.

    Raises Unreadable for an empty line, one that is too long, and φ in a label.
    """
    frames = _characters("your alignment", path, LONGEST_PATH)
    wanted = _characters("your label", label, LONGEST_LABEL)
    if PHI in wanted:
        raise Unreadable("your label", f"{PHI} cannot be part of it: it stands for no symbol at all")
    symbols = tuple(dict.fromkeys((PHI, *frames, *wanted)))
    numbers = {symbol: k for k, symbol in enumerate(symbols)}
    return Typed(symbols, tuple(numbers[c] for c in frames), tuple(numbers[c] for c in wanted))


def _characters(name: str, text: str, longest: int) -> list[str]:
    found = [PHI if c in SILENT else c for c in text if c.isprintable() and not c.isspace()]
    if not 1 <= len(found) <= longest:
        raise Unreadable(name, f"{len(found)} characters; expected 1 to {longest}, for example 好好{PHI}棒")
    return found
