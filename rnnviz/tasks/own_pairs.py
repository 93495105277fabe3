"""A visitor's own pairs: sources by word, or by character where no source has a blank; targets by character."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rnnviz.settings import text
from rnnviz.tasks.pairs import Aligned, Corpus, PairTask, read_pairs
from rnnviz.tasks.reading import Unreadable

LONGEST, FEWEST, ROOM = 60, 10, 100_000
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
SAMPLE = "\n".join(f"{word}\t{word[::-1]}" for word in NUMBERS)


def read_own(content: bytes, name: str) -> str:
    """The pairs of a file as lines, the first of those with one source. Raises Unreadable with the line that is too long, or what is missing."""
    pairs = {" ".join(source.split()): target for source, target in reversed(read_pairs(content, name))}
    words = any(" " in source for source in pairs)
    for source, target in pairs.items():
        if max(len(target), len(_cut(source, words))) > LONGEST:
            raise Unreadable(name, f"“{source[:40]}”: expected at most {LONGEST} symbols in source and target")
    lines = "\n".join(f"{source}\t{target}" for source, target in reversed(pairs.items()))
    if len(pairs) < FEWEST:
        raise Unreadable(name, f"{len(pairs)} different sources; expected at least {FEWEST}")
    if len(lines) > ROOM:
        raise Unreadable(name, f"{len(lines):,} characters; expected at most {ROOM:,}")
    return lines


def _cut(source: str, words: bool) -> tuple[str, ...]:
    return tuple(source.split()) if words else tuple(source)


@lru_cache(maxsize=16)
def _known(lines: str) -> tuple[dict[str, str], bool]:
    """Source -> target, and whether sources are cut into words."""
    pairs = dict(line.split("\t") for line in lines.split("\n"))
    return pairs, any(" " in source for source in pairs)


@lru_cache(maxsize=16)
def _corpus(lines: str) -> Corpus:
    pairs, words = _known(lines)
    return Corpus.of([(_cut(s, words), t) for s, t in pairs.items()], held=max(1, len(pairs) // 10))


@dataclass(frozen=True)
class OwnPairs(PairTask):
    """Pairs as lines "source<TAB>target"; the last tenth is held out."""

    lines: str = text(SAMPLE, ROOM, "Pairs")

    @property
    def corpus(self) -> Corpus:
        return _corpus(self.lines)

    def tokens(self, typed: str) -> tuple[str, ...]:
        symbols = _cut(typed.strip(), _known(self.lines)[1])
        if not 0 < len(symbols) <= LONGEST:
            raise Unreadable("your input", f"{len(symbols)} symbols; expected 1 to {LONGEST}")
        self.corpus.reads.numbers(symbols)
        return symbols

    def reference(self, typed: str) -> Aligned:
        """The target in the file. What it is aligned with, nobody knows."""
        words = _known(self.lines)[1]
        target = _known(self.lines)[0].get((" " if words else "").join(self.tokens(typed)))
        if target is None:
            raise Unreadable("your input", "not among the pairs of the file")
        return tuple((symbol, frozenset()) for symbol in target)
