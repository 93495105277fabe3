"""A pack of utterances: NAME.tsv says what was spoken, NAME.ogg holds it in one long recording."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

RATE = 8000  # samples a second of everything in the packs
HERE = Path(__file__).parent


@dataclass(frozen=True, eq=False)
class Utterance:
    """One person saying one phrase."""

    samples: np.ndarray  # (sample,) float32 in -1..1, read-only
    split: str  # "train", "unseen" (other voices) or "longer" (other voices, longer than anything in training)
    speaker: str
    way: str  # "joined" or "apart" (Mandarin), "fluent" (English)
    units: tuple[str, ...]  # what was said, for example ("好", "棒", "棒")
    phones: tuple[tuple[str, ...], ...]  # of every unit when it is spoken alone, IPA
    marks: tuple[tuple[float, float], ...]  # seconds where each unit begins and ends, as the synthesiser reports them

    @property
    def text(self) -> str:
        return (" " if self.units[0].isascii() else "").join(self.units)

    @property
    def name(self) -> str:
        """For a list to choose from."""
        return f"{self.text} · {self.speaker} · {self.way}"

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE


@cache
def pack(name: str) -> tuple[Utterance, ...]:
    """All utterances of a pack. Raises FileNotFoundError for a pack that was never made."""
    import soundfile  # brings libsndfile along: only who listens pays for it

    sound, rate = soundfile.read(HERE / f"{name}.ogg", dtype="float32")
    if rate != RATE:
        raise ValueError(f"{name}.ogg has {rate} samples a second; wanted {RATE}")
    sound.flags.writeable = False
    with (HERE / f"{name}.tsv").open(encoding="utf-8", newline="") as lines:
        return tuple(_utterance(row, sound) for row in csv.DictReader(lines, delimiter="\t"))


def _utterance(row: dict[str, str], sound: np.ndarray) -> Utterance:
    first, length = int(row["first"]), int(row["samples"])
    ends = [tuple(int(n) / RATE for n in mark.split("-")) for mark in row["marks"].split()]
    return Utterance(
        sound[first : first + length],
        row["split"],
        row["speaker"],
        row["way"],
        tuple(row["units"].split()),
        tuple(tuple(unit.split()) for unit in row["phones"].split("|")),
        tuple((begin, end) for begin, end in ends),
    )
