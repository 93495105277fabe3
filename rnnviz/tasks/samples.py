"""Every kind of file that an exhibit reads: who reads it, a small sample, and the reader itself."""

from __future__ import annotations

import io
import math
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from rnnviz.tasks.corpus.packs import pack
from rnnviz.tasks.corpus.plans import DIGITS
from rnnviz.tasks.labelled import read_tagged
from rnnviz.tasks.lines import read_lines
from rnnviz.tasks.own_pairs import SAMPLE, read_own
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.recordings import Recordings, unzipped
from rnnviz.tasks.sentences import held_out
from rnnviz.tasks.slots import FROM, MONTHS, OTHER, SLOTS, slots_of, spoken
from rnnviz.tasks.table import Table, pasted
from rnnviz.tasks.vectors import Own, read_vectors
from rnnviz.tasks.wav import RATE, Sound, read

TABLE = "φ, a, b\n0.6, 0.4, 0\n0.2, 0.5, 0.3\n0.5, 0.1, 0.4\n0.3, 0.1, 0.6\n"


@dataclass(frozen=True)
class Format:
    """A kind of file; `read(content, name)` raises Unreadable with the line and what was expected there."""

    title: str
    says: str  # how a line looks
    exhibits: tuple[str, ...]  # catalogue names
    file: str  # name of the sample
    sample: Callable[[], bytes]
    read: Callable[[bytes, str], Any]


@cache
def travel(sentences: int = 600) -> tuple[tuple[tuple[str, str], ...], ...]:
    """(word, tag) pairs of different travel requests from the grammar of slot filling, tags in IOB."""
    dice = random.Random(20161125)
    found: dict[tuple[str, ...], None] = {}
    while len(found) < sentences:
        found[spoken(dice)] = None
    return tuple(tuple(zip(words, _iob(slots_of(words)), strict=True)) for words in found)


def _iob(slots: list[int]) -> list[str]:
    before = [OTHER, *slots]
    return [
        "O" if s == OTHER else f"{'I' if s == b and s > FROM else 'B'}-{SLOTS[s]}"
        for s, b in zip(slots, before, strict=False)
    ]


@cache
def slot_lines() -> bytes:
    """The travel requests as SNIPS writes them: `word:TAG … <=> Intent`."""
    lines = (" ".join(f"{w}:{t}" for w, t in sentence) + " <=> Travel" for sentence in travel())
    return "\n".join([*lines, ""]).encode()


def iob_columns() -> bytes:
    """The same in two columns, as CoNLL-2003 and ATIS files have it."""
    return ("\n\n".join("\n".join(f"{w}\t{t}" for w, t in sentence) for sentence in travel()) + "\n").encode()


def treebank() -> bytes:
    """A few dozen sentences with their parts of speech, CoNLL-U."""
    words = product(("the", "a"), ("small", "old", "black"), ("cat", "dog", "mill"), ("sees", "hears"), ("her", "it"))
    tags = ("DET", "ADJ", "NOUN", "VERB", "PRON")
    rows = ("".join(_row(k, w, t) for k, (w, t) in enumerate(zip(s, tags, strict=True), 1)) for s in words)
    return "\n".join(rows).encode()


def _row(number: int, word: str, tag: str) -> str:
    return "\t".join((str(number), word, word, tag, *"______")) + "\n"


def tone() -> bytes:
    """One second of 440 Hz, WAV."""
    return Sound.of(0.3 * np.sin(2 * math.pi * 440 * np.arange(RATE) / RATE)).wav()


def vectors() -> bytes:
    """The twelve months as vectors around a circle."""
    turns = ((m, 2 * math.pi * k / len(MONTHS)) for k, m in enumerate(MONTHS))
    return "".join(f"{m}\t{math.cos(t):.4f}\t{math.sin(t):.4f}\t0.1\n" for m, t in turns).encode()


def _pasted(content: bytes, name: str) -> Any:
    return pasted(content.decode("utf-8", "replace"))


def _heard(content: bytes, name: str) -> Sound:
    return read(content, name)


def spoken_digits() -> bytes:
    """All digits by two synthetic voices, a WAV each, in a ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for u in pack("digits"):
            if len(u.units) == 1 and u.speaker in ("f3", "paul"):
                archive.writestr(f"{DIGITS.index(u.text)}_{u.speaker}_0.wav", Sound.of(u.samples).wav())
    return out.getvalue()


OWN = ("lab/own_data",)
FORMATS = (
    Format("Slots, a sentence on each line", "word:TAG word:TAG <=> Intent", OWN, "slots.txt", slot_lines, read_tagged),
    Format("Words and tags in columns", "word, tab, tag; a blank line between sentences", OWN, "columns.iob", iob_columns, read_tagged),
    Format("Treebank, CoNLL-U", "ten columns with tabs between; word in the second, part of speech in the fourth", OWN, "treebank.conllu", treebank, read_tagged),
    Format("Pairs to translate", "source, tab, target", ("attention/alignment",), "pairs.tsv", lambda: SAMPLE.encode(), read_own),
    Format("Sentences", "plain text, one on each line", ("sequences/text_autoencoder",), "sentences.txt", lambda: "\n".join(held_out()[:20]).encode(), read_lines),
    Format("Probabilities of every frame", "a line a frame, numbers with commas between, names in the first line", ("speech/ctc_lattice", "speech/beam"), "table.csv", lambda: TABLE.encode(), _pasted),
    Format("Vectors", "a word and its numbers, with tabs or blanks between", ("lab/projections",), "vectors.tsv", vectors, read_vectors),
    Format("Speech", "WAV, uncompressed", ("speech/ctc_training", "speech/audio2vec", "speech/spelling"), "tone.wav", tone, _heard),
    Format("Spoken digits of several people", "a ZIP of WAV files named digit_speaker_take.wav", ("speech/hybrid", "speech/own_voice"), "digits.zip", spoken_digits, unzipped),
)  # fmt: skip


def checked(form: Format, content: bytes, name: str) -> str:
    """What is in a file, in words. Raises Unreadable with the line, what was expected there, and the line itself."""
    try:
        found = form.read(content, name)
    except Unreadable as refusal:
        if refusal.line is None:
            raise
        lines = content.decode("utf-8", "replace").splitlines()
        shown = lines[refusal.line - 1][:80] if refusal.line <= len(lines) else ""
        raise Unreadable(refusal.name, f"{refusal.expected}. The line reads: “{shown}”", refusal.line) from None
    if isinstance(found, Sound):
        return f"{name} can be read: {found.seconds:.2f} seconds of sound"
    if isinstance(found, Table):
        return f"{name} can be read: {found.frames} frames, {len(found.symbols)} symbols"
    if isinstance(found, Own):
        return f"{name} can be read: {len(found.words):,} vectors"
    if isinstance(found, Recordings):
        return f"{name} can be read: {len(found.takes)} recordings of {len(found.speakers)} speakers"
    many, kind = (found.count("\n") + 1, "pairs") if isinstance(found, str) else (len(found), "sentences")
    return f"{name} can be read: {many:,} {kind}"
