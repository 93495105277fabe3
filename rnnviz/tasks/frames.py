"""Which part of which digit is spoken in this 10 ms: frames with labels that an alignment gave them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

from rnnviz.settings import Checked, choice, setting
from rnnviz.tasks.audio import BANDS, HOP, RATE, spectrogram
from rnnviz.tasks.corpus.packs import Utterance, pack
from rnnviz.tasks.corpus.plans import DIGITS
from rnnviz.tasks.recordings import NOBODY, Recordings
from rnnviz.tasks.spec import Batch, mean_of

REACH = 5  # frames on either side that a frame is seen with
AROUND = 0.1  # seconds of a quiet room before and after an utterance: what the silence state stands for
FLOOR, STREET = 1e-3, 1e-2  # loudness of that room, where speech peaks at 0.8; for people, whose own rooms are louder
SILENCE = 0  # the first state; then those of every digit in turn
MASKED = 10  # bands hidden at most
NEAR, FAR = (0.88, 1.14, 7), (0.8, 1.25, 9)  # how far bands are moved, and in how many ways: few speakers need more
FAVOURITE = 1  # the digit that may be commoner than the others


@dataclass(frozen=True)
class Alignment:
    """The state of every frame of all training utterances in a row, a byte each. Its repr is short and names its content."""

    states: bytes = b""  # none: every utterance is divided evenly

    def __repr__(self) -> str:
        return f"Alignment({hashlib.sha256(self.states).hexdigest()[:16] if self.states else ''})"


class Heard(NamedTuple):
    """Utterances one after the other, frame by frame."""

    rows: Tensor  # (row, band) all frames, REACH copies of the first and the last one around every utterance
    first: Tensor  # (frame,) row where a frame's window begins
    frames: tuple[int, ...]  # of every utterance
    digits: tuple[tuple[int, ...], ...]  # what is said in it

    def windows(self, which: Tensor) -> Tensor:
        """(frame, window, band) some frames with their neighbours."""
        return self.rows[self.first[which][:, None] + torch.arange(2 * REACH + 1)]


def energies(samples: np.ndarray, number: int = 0, floor: float = FLOOR) -> Tensor:
    """(frame, band) natural logarithms, every 10 ms, with a quiet room around the samples; `number` throws its dice."""
    around = round(AROUND * RATE)
    room = np.random.default_rng(number).standard_normal(len(samples) + 2 * around).astype(np.float32) * floor
    room[around : around + len(samples)] += samples
    return spectrogram(torch.from_numpy(room))


def joined(utterances: tuple[Utterance, ...], together: bool = False) -> Heard:
    """Utterances as a net hears them: mean 0 and variance 1 in every band of each, or of all `together` that one speaker says."""
    loud_ones = [energies(spoken.samples, row, STREET if together else FLOOR) for row, spoken in enumerate(utterances)]
    groups: dict[object, list[Tensor]] = {}
    for row, (spoken, loud) in enumerate(zip(utterances, loud_ones, strict=True)):
        groups.setdefault(spoken.speaker if together else row, []).append(loud)
    scales = {of: (torch.cat(g).mean(0), torch.cat(g).std(0, correction=0) + 1e-3) for of, g in groups.items()}
    rows, first, frames, at = [], [], [], 0
    for row, (spoken, loud) in enumerate(zip(utterances, loud_ones, strict=True)):
        mean, scale = scales[spoken.speaker if together else row]
        loud = (loud - mean) / scale
        rows += [loud[:1].expand(REACH, -1), loud, loud[-1:].expand(REACH, -1)]
        first.append(at + torch.arange(len(loud)))
        frames.append(len(loud))
        at += len(loud) + 2 * REACH
    number = {digit: i for i, digit in enumerate(DIGITS)}
    digits = tuple(tuple(number[unit] for unit in spoken.units) for spoken in utterances)
    return Heard(torch.cat(rows), torch.cat(first), tuple(frames), digits)


@cache
def heard(split: str) -> Heard:
    """A split of the digits; "strings" is "unseen" without the digits spoken alone."""
    wanted = "unseen" if split == "strings" else split
    return joined(tuple(u for u in pack("digits") if u.split == wanted and (split != "strings" or len(u.units) > 1)))


@lru_cache(maxsize=16)
def taught(recordings: Recordings) -> Heard:
    """What a net is trained on: recordings, or the training voices of the pack where there are none."""
    if not recordings.takes:
        return heard("train")
    return joined(tuple(take.utterance() for take in recordings.takes), together=True)


def chain(digits: tuple[int, ...], states: int) -> list[int]:
    """The states of an utterance in order: silence, every digit's from left to right, silence."""
    return [SILENCE, *(1 + d * states + k for d in digits for k in range(states)), SILENCE]


@lru_cache(maxsize=32)
def evenly(states: int, recordings: Recordings = NOBODY) -> np.ndarray:
    """(frame,) the state of every training frame if all of an utterance's last equally long: the flat start."""
    train, rows = taught(recordings), []
    for frames, digits in zip(train.frames, train.digits, strict=True):
        order = np.array(chain(digits, states), np.uint8)
        rows.append(order[np.arange(frames) * len(order) // frames])
    return np.concatenate(rows)


@cache
def warps(low: float, high: float, many: int) -> Tensor:
    """(way, band, band) matrices that read every band a little higher or lower, as from other throats (Jaitly & Hinton 2013)."""
    ways = []
    for stretch in np.linspace(low, high, many):
        source = np.clip(np.arange(BANDS) * stretch + 5 * (1 - stretch), 0, BANDS - 1.001)
        below, matrix = source.astype(int), np.zeros((BANDS, BANDS), np.float32)
        matrix[below, np.arange(BANDS)] += 1 - (source - below)
        matrix[below + 1, np.arange(BANDS)] += source - below
        ways.append(torch.from_numpy(matrix))
    return torch.stack(ways)


@dataclass(frozen=True)
class Frames(Checked):
    """Frames of 26 voices, each with the state that the alignment gives it."""

    states: int = setting(4, 2, 5, "States of a digit", help="From left to right; silence has one more")
    favourite: float = setting(
        50.0,
        1.0,
        100.0,
        "“One” is heard so many times as often",
        help="1: all digits are about equally common in training, as they are in the exam",
        marks=(2.0, 5.0, 10.0, 20.0, 50.0),
    )
    varied: str = choice("moved and masked", ("moved and masked", "as they are"), "Training frames")
    recordings: Recordings = NOBODY
    alignment: Alignment = Alignment()

    @property
    def inputs(self) -> int:
        return BANDS * (2 * REACH + 1)

    @property
    def outputs(self) -> int:
        return 1 + len(DIGITS) * self.states

    def targets(self) -> np.ndarray:
        """(frame,) the state of every training frame."""
        return (
            np.frombuffer(self.alignment.states, np.uint8)
            if self.alignment.states
            else evenly(self.states, self.recordings)
        )

    def chances(self) -> Tensor:
        """(frame,) how often each training frame is drawn; adds up to 1."""
        return _chances(self)

    def log_prior(self) -> np.ndarray:
        """(state,) ln P(y): how often the net is shown each state."""
        share = np.bincount(self.targets(), self.chances().numpy(), self.outputs)
        return np.log(share + 1e-6)

    def sample(self, dice: Generator, size: int) -> Batch:
        which = torch.multinomial(self.chances(), size, True, generator=dice)
        seen = taught(self.recordings).windows(which)
        if self.varied == "moved and masked":
            ways = warps(*(FAR if self.recordings.takes else NEAR))
            seen = seen @ ways[int(torch.randint(len(ways), (), generator=dice))]
            low = torch.randint(BANDS, (size, 1, 1), generator=dice)
            wide = torch.randint(MASKED, (size, 1, 1), generator=dice)
            band = torch.arange(BANDS)
            seen = seen.masked_fill((band >= low) & (band < low + wide), 0.0)
        wanted = torch.from_numpy(self.targets().astype(np.int64)[which.numpy()])
        return Batch(seen.flatten(1)[:, None], wanted[:, None])

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Cross-entropy of a frame against the state that the alignment gives it."""
        return cross_entropy(logits.flatten(0, 1), batch.y.flatten())

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        """Share of the frames that get the state of the alignment, right or wrong as that may be."""
        return mean_of(logits.argmax(-1) == batch.y)


@lru_cache(maxsize=16)
def _chances(task: Frames) -> Tensor:
    targets = task.targets().astype(int)
    weight = np.where((targets > 0) & ((targets - 1) // task.states == FAVOURITE), task.favourite, 1.0)
    return torch.from_numpy((weight / weight.sum()).astype(np.float32))


def seconds(frame: np.ndarray) -> np.ndarray:
    """Where a frame begins to be nearer than the one before it, on the axis that starts with the room."""
    return (frame * HOP + HOP * 0.75) / RATE
