"""Sentences with a tag for every word, from files of three formats; and a word as the parts that a tagger reads."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rnnviz.tasks.conllu import read_conllu
from rnnviz.tasks.iob import read_iob
from rnnviz.tasks.reading import Unreadable

FEWEST = 10  # sentences that can be learnt from at all
MOST_TAGS, LONGEST = 200, 40  # different tags; words of a typed sentence
PARTS = 4  # of a word: itself, its end, its beginning, its looks


class Sentence(NamedTuple):
    words: tuple[str, ...]
    tags: tuple[str, ...]


def read_tagged(content: bytes, name: str) -> tuple[Sentence, ...]:
    """Sentences of a file: CoNLL-U by its name, else IOB columns or `word:TAG … <=> Intent`. Raises Unreadable."""
    return _read(content, name)


@lru_cache(maxsize=4)  # a page reads its files at every turn
def _read(content: bytes, name: str) -> tuple[Sentence, ...]:
    if _is_treebank(content, name):
        found = [Sentence(s.words, s.upos) for s in read_conllu(content, name)]
    else:
        found = [Sentence(s.words, s.tags) for s in read_iob(content, name)]
    if len(found) < FEWEST:
        raise Unreadable(name, f"{len(found)} sentences; expected at least {FEWEST}")
    tags = len({t for s in found for t in s.tags})
    if tags > MOST_TAGS:
        raise Unreadable(name, f"{tags} different tags; expected at most {MOST_TAGS}")
    return tuple(found)


def _is_treebank(content: bytes, name: str) -> bool:
    """By its name, or by ten columns in the first line that is no comment."""
    lines = (line for line in content[:10_000].split(b"\n") if line.strip() and not line.startswith(b"#"))
    return name.lower().endswith(".conllu") or next(lines, b"").count(b"\t") == 9


def typed_words(typed: str) -> tuple[str, ...]:
    """A typed sentence, cut at blanks. Raises Unreadable if it is empty or too long."""
    words = tuple(typed.split())
    if not 0 < len(words) <= LONGEST:
        raise Unreadable("your sentence", f"{len(words)} words; expected 1 to {LONGEST}")
    return words


def looks(word: str) -> str:
    """How a word looks, whatever its letters: capital, digits, punctuation."""
    letters = "A" if word.isupper() and len(word) > 1 else "Aa" if word[:1].isupper() else "a"
    return ("9" if any(c.isdigit() for c in word) else "") + (letters if any(map(str.isalpha, word)) else ".")


@lru_cache(maxsize=50_000)
def parts(word: str) -> tuple[str, ...]:
    """A word in lower case, its last three letters, its first three, and how it looks."""
    low = word.lower()
    return low, f"…{low[-3:]}", f"{low[:3]}…", f"looks {looks(word)}"
