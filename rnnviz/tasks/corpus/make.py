"""Synthesise the packs: `python -m rnnviz.tasks.corpus.make [PACK ...]` (needs libespeak-ng, which nothing else does).

The synthesiser does not give the same samples twice, so a rebuilt pack is another recording of the same plan.
"""

from __future__ import annotations

import csv
import sys
from functools import cache
from typing import Any

import numpy as np
import soundfile

from rnnviz.tasks.corpus.espeak import Espeak, Spoken
from rnnviz.tasks.corpus.packs import HERE, RATE
from rnnviz.tasks.corpus.plans import PLANS, WAYS, Line
from rnnviz.tasks.wav import resampled

SILENCE = RATE // 20  # between utterances, so that the codec smears none into the next
QUALITY = 0.9  # 0 best, 1 smallest
LINKING = "ɹ"  # four eight: spoken between two vowels, and only there


@cache
def espeak() -> Espeak:
    return Espeak()


@cache
def phones(spelling: str, voice: str) -> tuple[str, ...]:
    """The phonemes of a unit spoken alone."""
    return tuple(name for _, name in espeak().say(spelling, voice, 180, 50).phonemes if name)


def spoken(line: Line, language: str) -> tuple[np.ndarray, np.ndarray]:
    """Samples at RATE without the silence around them, and the (unit, 2) first and last sample of every unit.

    Raises ValueError where the phonemes do not fit the text (a synthesiser that lacks the language spells it out).
    """
    voice = language if line.speaker == "default" else f"{language}+{line.speaker}"
    said = espeak().say(WAYS[line.way].join(line.spellings), voice, line.rate, line.pitch)
    ends = bounds(said, [phones(s, voice) for s in line.spellings])
    samples = resampled(said.samples.astype(np.float32), espeak().rate, RATE)
    samples *= 0.8 / np.abs(samples).max()
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    first, last = max(0, loud[0] - RATE // 100), min(len(samples), loud[-1] + RATE // 100)
    marks = np.clip(np.round(ends * (RATE / espeak().rate)).astype(int) - first, 0, last - first)
    return samples[first:last], marks


def bounds(said: Spoken, wanted: list[tuple[str, ...]]) -> np.ndarray:
    """(unit, 2) where every unit begins and ends, in samples of the synthesiser. Raises ValueError, see `spoken`."""
    at, ends = 0, []
    heard = [name for _, name in said.phonemes]
    for unit in wanted:
        while at < len(heard) and (not heard[at] or (ends and heard[at] == LINKING != unit[0])):
            at += 1
        stop = at + len(unit)
        if tuple(heard[at:stop]) != unit or stop == len(heard):
            raise ValueError(f"{' | '.join(' '.join(u) for u in wanted)} was spoken as {' '.join(heard)}")
        ends.append((said.phonemes[at][0], said.phonemes[stop][0]))
        at = stop
    return np.array(ends)


def make(name: str) -> None:
    """Write NAME.ogg and NAME.tsv."""
    language, lines = PLANS[name]
    rows, pieces, at = [], [], 0
    for line in lines():
        samples, marks = spoken(line, language)
        row: dict[str, Any] = line._asdict() | {"first": at, "samples": len(samples)}
        spellings = row.pop("spellings")
        row["units"] = " ".join(row.pop("units"))
        row["marks"] = " ".join(f"{a}-{b}" for a, b in marks)
        row["phones"] = " | ".join(" ".join(phones(s, language)) for s in spellings)
        rows.append(row)
        pieces += [samples, np.zeros(SILENCE, np.float32)]
        at += len(samples) + SILENCE
    with soundfile.SoundFile(
        HERE / f"{name}.ogg", "w", RATE, 1, "VORBIS", format="OGG", compression_level=QUALITY
    ) as file:
        sound = np.concatenate(pieces)
        for i in range(0, len(sound), 4000):  # libsndfile's encoder overflows its stack on one large write
            file.write(sound[i : i + 4000])
    with (HERE / f"{name}.tsv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    for pack in sys.argv[1:] or PLANS:
        make(pack)
