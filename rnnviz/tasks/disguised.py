"""A synthetic voice that sounds as no net of this house has heard it: played slower or faster, or over a telephone."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rnnviz.tasks.audio import RATE
from rnnviz.tasks.corpus.packs import pack
from rnnviz.tasks.corpus.plans import DIGITS
from rnnviz.tasks.recordings import Recordings, Take
from rnnviz.tasks.wav import Sound, resampled

SLOWER, FASTER = 1.4, 0.7  # so many times as long, and as much lower
BAND = (400.0, 2000.0)  # Hz that a bad telephone lets through
NOISE = 15  # decibels that its noise lies below the voice
MARGIN = 0.02  # seconds left on either side of a digit that is cut out of a string
PLAIN, TELEPHONE = "as it is", "a bad telephone"
DISGUISES = (TELEPHONE, "slower and lower", "faster and higher", PLAIN)


def disguised(samples: np.ndarray, how: str, number: int = 0) -> np.ndarray:
    """Samples (sample,) at 8 kHz in one of the DISGUISES; `number` throws the dice of the noise."""
    if how == TELEPHONE:
        spectrum = np.fft.rfft(samples)
        hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
        spectrum[(hertz < BAND[0]) | (hertz > BAND[1])] = 0
        noise = np.random.default_rng(number).standard_normal(len(samples)) * samples.std() * 10 ** (-NOISE / 20)
        return np.fft.irfft(spectrum, len(samples)) + noise
    factor = {"slower and lower": SLOWER, "faster and higher": FASTER, PLAIN: 1.0}[how]
    return samples if factor == 1 else resampled(samples, RATE, round(RATE * factor))


@lru_cache(maxsize=32)
def takes_of(speaker: str, how: str) -> Recordings:
    """All digits of an unseen voice, one recording each: first those said alone, then those cut out of strings.

    They are cut where the synthesiser says that a word begins and ends. Raises KeyError for a voice that is not there.
    """
    said = [u for u in pack("digits") if u.split != "train" and u.speaker == speaker]
    if not said:
        raise KeyError(f"no unseen voice is called {speaker}")
    found = []
    for u in sorted(said, key=lambda u: len(u.units) > 1):
        for unit, (begin, end) in zip(u.units, u.marks, strict=True):
            alone = len(u.units) == 1
            piece = slice(max(0, round((begin - MARGIN) * RATE)), round((end + MARGIN) * RATE))
            loud = disguised(u.samples if alone else u.samples[piece], how, len(found))
            found.append(Take(DIGITS.index(unit), speaker, Sound.of(loud * (0.8 / np.abs(loud).max()))))
    return Recordings(tuple(found))
