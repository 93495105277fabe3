"""Spoken digits by CTC: learnt from synthetic voices, and then also from a few takes of one person."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn.utils.rnn import pad_sequence

from rnnviz.settings import Checked, setting
from rnnviz.tasks.audio import BANDS, STACK, WIDTH
from rnnviz.tasks.corpus.packs import Utterance, pack
from rnnviz.tasks.corpus.plans import DIGITS
from rnnviz.tasks.frames import FAR, NEAR, STREET, energies, warps
from rnnviz.tasks.recordings import NOBODY, Recordings
from rnnviz.tasks.spec import Batch
from rnnviz.tasks.speech import NONE, PHI, Spoken, marked, nats

TEMPO = (0.65, 1.5)  # how much shorter or longer an utterance is made in training
NOISE = 0.3  # standard deviation on the input, which has 1
WIDEST, LONGEST = 8, 4  # bands and steps that a mask may cover


class Ear(NamedTuple):
    """What a speaker sounds like on average, to be taken away: (band,) each."""

    mean: Tensor
    scale: Tensor

    @classmethod
    def of(cls, loud: list[Tensor]) -> Ear:
        frames = torch.cat(loud)
        return cls(frames.mean(0), frames.std(0, correction=0) + 1e-3)

    def hear(self, loud: Tensor) -> Tensor:
        return (loud - self.mean) / self.scale


class Rows(NamedTuple):
    """Utterances frame by frame, and what is said in them."""

    frames: tuple[Tensor, ...]  # (frame, band) each
    units: tuple[Tensor, ...]  # (unit,) numbers of the symbols, φ is 0


def room(samples: np.ndarray, number: int) -> Tensor:
    """(frame, band) log energies of a sound in a noisy room that is the same for everybody; `number` throws its dice."""
    return energies(samples, number, STREET)


def stacked(frames: Tensor) -> Tensor:
    """(frame, band) -> (step, WIDTH): three frames side by side, every 30 ms."""
    steps = max(1, len(frames) // STACK)
    if len(frames) < STACK:
        frames = torch.nn.functional.pad(frames, (0, 0, 0, STACK - len(frames)))
    return frames[: steps * STACK].reshape(steps, WIDTH)


@cache
def voices(split: str) -> tuple[Rows, tuple[Utterance, ...]]:
    """A split of the pack, every voice heard by an ear that knows all it says; the shortest utterance first."""
    spoken = sorted((u for u in pack("digits") if u.split == split), key=lambda u: len(u.samples))
    loud = [room(u.samples, number) for number, u in enumerate(spoken)]
    ears = {
        who: Ear.of([row for row, u in zip(loud, spoken, strict=True) if u.speaker == who])
        for who in {u.speaker for u in spoken}
    }
    heard = tuple(ears[u.speaker].hear(row) for row, u in zip(loud, spoken, strict=True))
    units = tuple(torch.tensor([DIGITS.index(d) + 1 for d in u.units]) for u in spoken)
    return Rows(heard, units), tuple(spoken)


@lru_cache(maxsize=24)
def ear_of(takes: Recordings) -> Ear:
    """How the speaker of these takes sounds on average. No word needs to be known for that."""
    return Ear.of([room(take.sound.samples, number) for number, take in enumerate(takes.takes)])


@lru_cache(maxsize=24)
def own(takes: Recordings, ear: Ear | None = None, first: int = 0) -> Rows:
    """Single digits of one speaker, by default heard with what these very takes tell of the voice."""
    ear = ear or ear_of(takes)
    heard = tuple(ear.hear(room(take.sound.samples, first + number)) for number, take in enumerate(takes.takes))
    return Rows(heard, tuple(torch.tensor([take.digit + 1]) for take in takes.takes))


def paced(frames: Tensor, factor: float) -> Tensor:
    """(frame, band) made `factor` times as long, between neighbours in proportion."""
    at = torch.linspace(0, len(frames) - 1, max(STACK, round(len(frames) * factor)))
    low = at.long().clamp(max=max(0, len(frames) - 2))
    part = (at - low)[:, None]
    return frames[low] * (1 - part) + frames[(low + 1).clamp(max=len(frames) - 1)] * part


@dataclass(frozen=True)
class OwnVoice(Checked):
    """Digits alone and in strings by 26 voices; with `takes`, a share of every batch is one speaker's.

    Every batch ends with an exam by six voices that are never trained on.
    """

    share: float = setting(
        0.75, 0.25, 1.0, "Own takes in a batch of adaptation", help="1: the synthetic voices are heard no more"
    )
    exam: int = setting(8, 1, 64, "Utterances of unseen voices that are marked at every step")
    takes: Recordings = NOBODY

    blank = 0
    symbols = (PHI, *DIGITS)

    @property
    def inputs(self) -> int:
        return WIDTH

    @property
    def outputs(self) -> int:
        return len(self.symbols)

    def sample(self, dice: Generator, size: int) -> Batch:
        train, _ = voices("train")
        mine = round(size * self.share) if self.takes.takes else 0
        first = int(torch.randint(max(1, len(train.frames) - size + mine + 1), (), generator=dice))
        some = range(first, first + size - mine)  # neighbours are equally long
        frames, units = [train.frames[i] for i in some], [train.units[i] for i in some]
        if mine:
            rows = own(self.takes)
            picked = torch.randint(len(rows.frames), (mine,), generator=dice).tolist()
            frames += [rows.frames[i] for i in picked]
            units += [rows.units[i] for i in picked]
        factor = math.exp(float(torch.empty(()).uniform_(*map(math.log, TEMPO), generator=dice)))
        lag = int(torch.randint(STACK, (), generator=dice))
        heads = [stacked(paced(row, factor)[lag:]) for row in frames]
        unseen, _ = voices("unseen")
        begin = round((len(unseen.frames) - self.exam) * first / len(train.frames))  # about as long as the others
        heads += [stacked(row) for row in unseen.frames[begin : begin + self.exam]]
        units += unseen.units[begin : begin + self.exam]
        x, steps = pad_sequence(heads, True), torch.tensor([len(h) for h in heads])
        _vary(x[:size], NEAR if self.takes.takes else FAR, dice)
        return Batch(x, Spoken(steps, pad_sequence(units, True, NONE), size))

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Nats an utterance, over the trained rows."""
        return nats(logits, batch.y).mean().to(logits.dtype)

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        """Share of the exam's utterances of which every digit is right, reading the best symbol of every step."""
        return marked(logits, batch.y, self.blank)


def _vary(x: Tensor, throats: tuple[float, float, int], dice: Generator) -> None:
    """Move the bands as another throat would, add noise, and silence some bands and some steps; all rows alike, in place."""

    def draw(below: int) -> int:
        return int(torch.randint(below, (), generator=dice))

    bands, ways = x.view(*x.shape[:2], STACK, BANDS), warps(*throats)
    bands.copy_(bands @ ways[draw(len(ways))])
    x += NOISE * torch.randn(x.shape, generator=dice)
    low = draw(BANDS - WIDEST)
    bands[..., low : low + draw(WIDEST + 1)] = 0
    first = draw(max(1, x.shape[1] - LONGEST))
    x[:, first : first + draw(LONGEST)] = 0
