"""Spoken words by voices that are never trained on, and how well they find one another without any learning."""

from __future__ import annotations

from functools import cache, lru_cache
from time import thread_time

import numpy as np
import torch
from torch import Tensor

from rnnviz.measure.directions import alike, directions, means
from rnnviz.measure.dtw import between_all, distances, padded, plainly, unit_frames
from rnnviz.measure.recognise import speech_of
from rnnviz.measure.retrieval import cosines, search
from rnnviz.records.retrieval import Directions, Search
from rnnviz.tasks.audio import BANDS, features
from rnnviz.tasks.speech import alphabet
from rnnviz.tasks.spoken_words import PACK, clips
from rnnviz.tasks.wav import Sound

PIECES = 10  # frames that are left of a downsampled clip
DTW, FRAMES, MEANS = "DTW", "10 frames", "mean and spread"


@cache
def said() -> tuple[str, ...]:
    """(clip) the word of every clip by an unseen voice."""
    return tuple(u.text for u in clips("unseen").spoken)


@cache
def voices() -> tuple[str, ...]:
    """(clip) who says it."""
    return tuple(u.speaker for u in clips("unseen").spoken)


@cache
def names() -> tuple[str, ...]:
    """(clip) for a list to choose from."""
    return tuple(f"{word} · {voice}" for word, voice in zip(said(), voices(), strict=True))


def vocabulary() -> tuple[str, ...]:
    """Words in the order of their numbers."""
    return alphabet(PACK)


@cache
def numbers() -> np.ndarray:
    """(clip,) number of the word of every clip."""
    return clips("unseen").units[:, 0].numpy()


def sound(row: int) -> Sound:
    """A clip to listen to."""
    return Sound.of(clips("unseen").spoken[row].samples)


@lru_cache(maxsize=64)
def inputs_of(own: Sound) -> Tensor:
    """(step, number) what the net hears of a visitor's recording."""
    return features(torch.from_numpy(speech_of(own).samples.copy()))


@cache
def fine() -> tuple[np.ndarray, ...]:
    """(frame, band) of every clip: the frames that the net hears three at a time, one every 10 ms."""
    unseen = clips("unseen")
    return tuple(x[:n].reshape(-1, BANDS).numpy() for x, n in zip(unseen.x, unseen.steps, strict=True))


@cache
def warped() -> np.ndarray:
    """(clip, clip) DTW distances; 2 s of work, done once."""
    return between_all(fine())


@cache
def _table() -> tuple[np.ndarray, np.ndarray]:
    table, frames = padded([unit_frames(f) for f in fine()])
    return table, frames


@lru_cache(maxsize=64)
def warped_from(own: Sound) -> np.ndarray:
    """(clip,) DTW distances of a visitor's recording."""
    return distances(unit_frames(inputs_of(own).reshape(-1, BANDS).numpy()), *_table())


@lru_cache(maxsize=512)
def warped_plainly(one: int, other: int) -> float:
    """DTW distance of two clips, cell by cell."""
    return plainly(fine()[one], fine()[other])


@cache
def time_of_dtw(queries: int = 5) -> float:
    """Milliseconds of one core from a query's frames to its DTW distances to all clips, the median of some queries."""
    table, frames = _table()
    times = []
    for row in np.linspace(0, len(frames) - 1, queries).astype(int):
        began = thread_time()
        distances(table[row, : frames[row]], table, frames)
        times.append(thread_time() - began)
    return 1000 * float(np.median(times))


@cache
def downsampled() -> np.ndarray:
    """(clip, number) every clip as PIECES frames, evenly apart and interpolated: a vector that nobody had to learn."""
    at = [np.linspace(0, len(f) - 1, PIECES) for f in fine()]
    return np.stack(
        [
            np.stack([np.interp(t, np.arange(len(f)), band) for band in f.T], 1).ravel()
            for t, f in zip(at, fine(), strict=True)
        ]
    )


@cache
def pooled() -> np.ndarray:
    """(clip, number) mean and standard deviation of every number that the net hears, over time."""
    unseen = clips("unseen")
    rows = [x[:n].numpy() for x, n in zip(unseen.x, unseen.steps, strict=True)]
    return np.stack([np.concatenate([r.mean(0), r.std(0)]) for r in rows])


@cache
def baselines() -> dict[str, Search]:
    """How well clips find one another without any learning."""
    apart = {DTW: warped(), FRAMES: cosines(_centred(downsampled())), MEANS: cosines(_centred(pooled()))}
    return {name: search(table, numbers()) for name, table in apart.items()}


def _centred(vectors: np.ndarray) -> np.ndarray:
    return vectors - vectors.mean(0)


@cache
def control() -> Directions:
    """Exchanges of sounds as directions among downsampled clips: how parallel they are before anything is learnt."""
    return directions(means(downsampled(), numbers()), vocabulary())


@cache
def control_alike() -> np.ndarray:
    """(edit,) mean cosine of downsampled clips whose words are so many phonemes apart."""
    return alike(cosines(_centred(downsampled())), numbers(), vocabulary())
