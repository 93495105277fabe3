"""Speech to symbols, by CTC (with φ, no alignment needed) or frame by frame with repeats trimmed (no φ)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy, ctc_loss
from torch.nn.utils.rnn import pad_sequence

from rnnviz.settings import Checked, choice, setting
from rnnviz.tasks.audio import RATE, WIDTH, features_of
from rnnviz.tasks.corpus.packs import Utterance, pack
from rnnviz.tasks.spec import Batch
from rnnviz.tasks.wav import resampled

PHI = "φ"
NONE = -1  # fills rows that are shorter than the longest


class Spoken(NamedTuple):
    """What is to be heard in a batch."""

    steps: Tensor  # (batch,) inputs of every utterance before the padding
    units: Tensor  # (batch, unit) numbers of the symbols, NONE behind the last
    trained: int  # so many rows are learnt from; the others are an exam


class Set(NamedTuple):
    """A split of a pack, ready for the net."""

    x: Tensor  # (utterance, step, WIDTH), 0 behind the last
    steps: Tensor  # (utterance,)
    units: Tensor  # (utterance, unit)
    spoken: tuple[Utterance, ...]


@cache
def alphabet(name: str) -> tuple[str, ...]:
    """The units of a pack, in order, without φ."""
    return tuple(sorted({u for spoken in pack(name) for u in spoken.units}))


@cache
def heard(name: str, split: str, blank: bool) -> Set:
    """A split of a pack as features and numbers; with `blank`, φ is symbol 0 and the others follow."""
    spoken = tuple(u for u in pack(name) if u.split == split)
    numbers = {unit: i + blank for i, unit in enumerate(alphabet(name))}
    heads = features_of([torch.from_numpy(u.samples.copy()) for u in spoken])
    units = [torch.tensor([numbers[u] for u in s.units]) for s in spoken]
    steps = torch.tensor([len(h) for h in heads])
    return Set(pad_sequence(heads, True), steps, pad_sequence(units, True, NONE), spoken)


def transcripts(best: Tensor, steps: Tensor, blank: int | None) -> Tensor:
    """Best symbol of every step (batch, step) -> (batch, unit): repeats trimmed, then φ left out; NONE behind the last."""
    before = torch.cat([torch.full_like(best[:, :1], NONE), best[:, :-1]], 1)
    kept = (best != before) & (torch.arange(best.shape[1]) < steps[:, None])
    if blank is not None:
        kept &= best != blank
    out = torch.full((len(best), best.shape[1] + 1), NONE)
    place = torch.where(kept, kept.cumsum(1) - 1, best.shape[1])
    out.scatter_(1, place, best)
    out[:, -1] = NONE  # where everything that is left out was put
    return out[:, : max(1, int(kept.sum(1).max()))]


def exact(guessed: Tensor, units: Tensor) -> Tensor:
    """(batch,) whether two sets of rows filled up with NONE are the same."""
    width = max(guessed.shape[1], units.shape[1])
    a, b = (torch.nn.functional.pad(t, (0, width - t.shape[1]), value=NONE) for t in (guessed, units))
    return (a == b).all(1)


def nats(logits: Tensor, said: Spoken) -> Tensor:
    """(row,) −ln p of the units of every trained row, φ being symbol 0, in float64: torch's float32 CTC loses digits."""
    own = slice(said.trained)
    log_probs = logits[own].double().log_softmax(-1).transpose(0, 1)
    counts = (said.units[own] != NONE).sum(1)
    return ctc_loss(log_probs, said.units[own].clamp(min=1), said.steps[own], counts, reduction="none")


def marked(logits: Tensor, said: Spoken, blank: int | None) -> Tensor:
    """Share of the exam of which every unit is right, reading the best symbol of every step."""
    exam = slice(said.trained, None)
    guessed = transcripts(logits[exam].argmax(-1), said.steps[exam], blank)
    return exact(guessed, said.units[exam]).float().mean()


def evenly(units: Tensor, steps: Tensor, width: int) -> Tensor:
    """(batch, width) the symbol of every step if all symbols of a row last equally long; NONE in the padding."""
    count = (units != NONE).sum(1, keepdim=True)
    at = torch.arange(width)
    share = (at * count).div(steps[:, None], rounding_mode="floor")
    frames = units.gather(1, share.clamp(max=units.shape[1] - 1))
    return torch.where(at < steps[:, None], frames, NONE)


STRETCHES = (1.0, 0.78, 1.28, 0.88, 1.14)  # an octave is 2: other throats and other tempi at once


@cache
def varied(name: str, split: str, blank: bool, version: int) -> Set:
    """The split spoken by other throats in other rooms: stretched, in noise of 10 to 35 dB, with up to 0.15 s around it."""
    own = heard(name, split, blank)
    if version == 0:
        return own
    chance = np.random.default_rng(version)
    heard_so = []
    for u in own.spoken:
        loud = resampled(u.samples, RATE, round(RATE * STRETCHES[version]))
        around = chance.integers(0, RATE * 15 // 100, 2)
        noise = chance.standard_normal(len(loud) + around.sum(), dtype=np.float32)
        noise *= u.samples.std() * 10 ** (-chance.uniform(10, 35) / 20)
        noise[around[0] : around[0] + len(loud)] += loud
        heard_so.append(torch.from_numpy(noise))
    heads = features_of(heard_so)
    return own._replace(x=pad_sequence(heads, True), steps=torch.tensor([len(h) for h in heads]))


@dataclass(frozen=True)
class Speech(Checked):
    """Utterances of a pack by many synthetic voices; every batch ends with an exam by voices that are never trained on."""

    reading: str = choice("CTC", ("CTC", "trimming"), "Way from frames to symbols")
    noise: float = setting(0.0, 0.0, 2.0, "Noise on the input", help="Standard deviation; the input has 1")
    versions: int = setting(
        1, 1, 5, "Versions of every training utterance", help="1: as synthesised; more: also stretched and in noise"
    )
    exam: int = setting(16, 1, 64, "Utterances of unseen voices that are marked at every step")

    pack = "haobang"

    @property
    def blank(self) -> int | None:
        """Number of φ, or None where there is none."""
        return 0 if self.reading == "CTC" else None

    @property
    def symbols(self) -> tuple[str, ...]:
        """What the outputs stand for."""
        return ((PHI,) if self.reading == "CTC" else ()) + alphabet(self.pack)

    @property
    def inputs(self) -> int:
        return WIDTH

    @property
    def outputs(self) -> int:
        return len(self.symbols)

    def split(self, name: str) -> Set:
        """ "train", "unseen" or "longer"."""
        return heard(self.pack, name, self.blank is not None)

    def sample(self, dice: Generator, size: int) -> Batch:
        version = int(torch.randint(self.versions, (), generator=dice))
        train, unseen = varied(self.pack, "train", self.blank is not None, version), self.split("unseen")
        mine = torch.randint(len(train.steps), (size,), generator=dice)
        exam = torch.randint(len(unseen.steps), (self.exam,), generator=dice)
        steps = torch.cat([train.steps[mine], unseen.steps[exam]])
        longest = int(steps.max())
        x = torch.cat([_cut(train.x[mine], longest), _cut(unseen.x[exam], longest)])
        if self.noise:
            x[:size] += self.noise * torch.randn(x[:size].shape, generator=dice)
        units = pad_sequence([*train.units[mine], *unseen.units[exam]], True, NONE)
        return Batch(x, Spoken(steps, units, size))

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Nats an utterance (CTC) or a step (trimming), over the trained rows."""
        said: Spoken = batch.y
        own = slice(said.trained)
        if self.blank is None:
            wanted = evenly(said.units[own], said.steps[own], logits.shape[1])
            return cross_entropy(logits[own].flatten(0, 1), wanted.flatten(), ignore_index=NONE)
        return nats(logits, said).mean().to(logits.dtype)

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        """Share of the exam's utterances of which every symbol is right, reading the best symbol of every step."""
        return marked(logits, batch.y, self.blank)


def _cut(x: Tensor, longest: int) -> Tensor:
    return x[:, :longest] if x.shape[1] >= longest else torch.nn.functional.pad(x, (0, 0, 0, longest - x.shape[1]))
