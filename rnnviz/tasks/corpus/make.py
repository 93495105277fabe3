"""Synthesise the packs: `python -m rnnviz.tasks.corpus.make` (needs libespeak-ng, which nothing else does).

The synthesiser does not give the same samples twice, so a rebuilt pack is another recording of the same plan.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import soundfile

from rnnviz.tasks.corpus.espeak import Espeak, Spoken
from rnnviz.tasks.corpus.packs import HERE, RATE
from rnnviz.tasks.wav import resampled

TRAIN = [
    "default",
    "f2",
    "f4",
    "Alicia",
    "belinda",
    "steph",
    "grandma",
    "linda",
    "m7",
    "Storm",
    "boris",
    "Andy",
    "AnxiousAndy",
]
TRAIN += [
    "Jacky",
    "travis",
    "antonio",
    "ed",
    "iven2",
    "david",
    "Marco",
    "klatt2",
    "robosoft6",
    "m3",
    "UniRobot",
    "Lee",
    "shelby",
]
UNSEEN = ["Andrea", "f3", "paul", "Mario", "Annie", "quincy"]
PHRASES = ["好", "棒", "好棒", "好棒棒", "棒棒", "好好", "好好棒", "棒好", "好棒好", "棒棒棒"]
PHRASES += ["好棒棒棒", "棒好棒", "棒棒好", "好好好", "好好棒棒", "棒棒棒棒"]
LONGER = ["好棒好棒棒", "棒棒好好棒", "好好好棒棒棒", "棒好好棒棒好棒"]
PINYIN = {"好": "hao3", "棒": "bang4"}
ONSET = {"好": "χ", "棒": "p"}
WAYS = {"joined": "", "apart": " "}
SILENCE = RATE // 20  # between utterances, so that the codec smears none into the next
QUALITY = 0.9  # 0 best, 1 smallest


class Line(NamedTuple):
    """One utterance of the plan."""

    split: str
    speaker: str
    way: str
    text: str
    rate: int  # words a minute
    pitch: int  # 0..100


def plan() -> Iterator[Line]:
    """Every training voice says every phrase once, joined and apart in turn; the others say them both ways."""
    chance = np.random.default_rng(20)
    for split, speakers, phrases, both in (
        ("train", TRAIN, PHRASES, False),
        ("unseen", UNSEEN, PHRASES, True),
        ("longer", UNSEEN, LONGER, False),
    ):
        for s, speaker in enumerate(speakers):
            for p, text in enumerate(phrases):
                for way in WAYS if both else (list(WAYS)[(s + p) % 2],):
                    yield Line(split, speaker, way, text, int(chance.integers(150, 231)), int(chance.integers(30, 71)))


def spoken(espeak: Espeak, line: Line) -> tuple[np.ndarray, np.ndarray]:
    """Samples at RATE without the silence around them, and the (syllable, 2) first and last sample of every syllable.

    Raises ValueError where the phonemes do not fit the text (a synthesiser that lacks the language spells it out).
    """
    words = WAYS[line.way].join(PINYIN[c] for c in line.text)
    variant = "" if line.speaker == "default" else f"+{line.speaker}"
    said = espeak.say(words, f"cmn-latn-pinyin{variant}", line.rate, line.pitch)
    samples = resampled(said.samples.astype(np.float32), espeak.rate, RATE)
    samples *= 0.8 / np.abs(samples).max()
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    first, last = max(0, loud[0] - RATE // 100), min(len(samples), loud[-1] + RATE // 100)
    marks = np.clip(np.round(syllables(said, line) * (RATE / espeak.rate)).astype(int) - first, 0, last - first)
    return samples[first:last], marks


def syllables(said: Spoken, line: Line) -> np.ndarray:
    """(syllable, 2) where every syllable begins and ends, in samples of the synthesiser."""
    names = [name for _, name in said.phonemes]
    starts = [i for i, name in enumerate(names) if name in ONSET.values()]
    if [names[i] for i in starts] != [ONSET[c] for c in line.text]:
        raise ValueError(f"{line.text} was spoken as {' '.join(names)}")
    stops = [next(j for j in range(i + 1, len(names)) if not names[j] or j in starts) for i in starts]
    return np.array([[said.phonemes[i][0], said.phonemes[j][0]] for i, j in zip(starts, stops, strict=True)])


def make(name: str = "haobang") -> None:
    """Write NAME.ogg and NAME.tsv."""
    espeak, rows, pieces, at = Espeak(), [], [], 0
    for line in plan():
        samples, marks = spoken(espeak, line)
        row: dict[str, Any] = line._asdict() | {"first": at, "samples": len(samples)}
        row["units"] = " ".join(row.pop("text"))
        row["marks"] = " ".join(f"{a}-{b}" for a, b in marks)
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
    make()
