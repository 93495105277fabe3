"""Speech to letters: digits, and words of which some are never in training."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn.utils.rnn import pad_sequence

from rnnviz.settings import Checked, choice, setting, switch
from rnnviz.tasks.audio import BANDS, RATE, STACK, WIDTH, features_of
from rnnviz.tasks.corpus.packs import Utterance, pack
from rnnviz.tasks.spec import Batch
from rnnviz.tasks.speech import NONE, PHI, STRETCHES, Spoken, marked, nats
from rnnviz.tasks.wav import resampled

NEW = ("near", "fame", "right", "pat", "show", "stand", "dime", "town")  # words that no net is trained on
WIDEST, LONGEST = 6, 3  # bands and steps that a mask may cover


class Takes(NamedTuple):
    """Utterances ready for the net, the shortest first."""

    x: tuple[Tensor, ...]  # (step, WIDTH) each
    letters: tuple[Tensor, ...]  # (letter,) numbers, φ is 0
    spoken: tuple[Utterance, ...]


def letters(spoken: Utterance) -> str:
    """What is to be written: the units without spaces, which nobody can hear."""
    return "".join(spoken.units)


@cache
def alphabet(name: str) -> tuple[str, ...]:
    """The letters of a pack, in order, without φ."""
    return tuple(sorted({c for u in pack(name) for c in letters(u)}))


@cache
def taken(name: str, split: str, version: int = 0) -> Takes:
    """A split of a pack: "train", "one" (unseen voices, one word that is trained on), "several" (strings), "new" words.

    Version 0 is as synthesised; others are stretched, pitch and tempo together. Takes too short for their letters are left out.
    """
    numbers = {c: i for i, c in enumerate(alphabet(name), 1)}
    chosen = [u for u in pack(name) if _is_in(u, split)]
    heads = features_of([torch.from_numpy(_stretched(u.samples, STRETCHES[version])) for u in chosen])
    wanted = [torch.tensor([numbers[c] for c in letters(u)]) for u in chosen]
    fit = [
        i for i, (x, y) in enumerate(zip(heads, wanted, strict=True)) if len(x) >= len(y) + int((y[1:] == y[:-1]).sum())
    ]
    order = sorted(fit, key=lambda i: len(heads[i]))
    return Takes(tuple(heads[i] for i in order), tuple(wanted[i] for i in order), tuple(chosen[i] for i in order))


def _is_in(u: Utterance, split: str) -> bool:
    new = u.text in NEW
    if split == "train":
        return u.split == "train" and not new
    if u.split != "unseen":
        return False
    return {"new": new, "one": not new and len(u.units) == 1, "several": len(u.units) > 1}[split]


def _stretched(samples: np.ndarray, factor: float) -> np.ndarray:
    return samples.copy() if factor == 1 else resampled(samples, RATE, round(RATE * factor))


@dataclass(frozen=True)
class Spelling(Checked):
    """Utterances written letter by letter, by CTC; every batch ends with an exam by voices that are never trained on."""

    said: str = choice("digits", ("digits", "words"), "What is said")
    versions: int = setting(
        5, 1, 5, "Versions of every training utterance", help="1: as synthesised; more: also stretched"
    )
    masks: bool = switch(True, "Masks", help="A few bands and a few steps of every batch are silenced")
    exam: int = setting(16, 1, 64, "Utterances of unseen voices that are marked at every step")

    blank = 0

    @property
    def symbols(self) -> tuple[str, ...]:
        """What the outputs stand for."""
        return (PHI, *alphabet(self.said))

    @property
    def inputs(self) -> int:
        return WIDTH

    @property
    def outputs(self) -> int:
        return len(self.symbols)

    def sample(self, dice: Generator, size: int) -> Batch:
        version = int(torch.randint(self.versions, (), generator=dice))
        train, unseen = taken(self.said, "train", version), taken(self.said, "one")
        first = int(torch.randint(max(1, len(train.x) - size + 1), (), generator=dice))  # neighbours are equally long
        exam = torch.randint(len(unseen.x), (self.exam,), generator=dice).tolist()
        heads = [*train.x[first : first + size], *(unseen.x[i] for i in exam)]
        wanted = [*train.letters[first : first + size], *(unseen.letters[i] for i in exam)]
        trained = len(heads) - self.exam
        x, steps = pad_sequence(heads, True), torch.tensor([len(h) for h in heads])
        if self.masks:
            _mask(x[:trained], dice)
        return Batch(x, Spoken(steps, pad_sequence(wanted, True, NONE), trained))

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Nats a letter, over the trained rows."""
        said: Spoken = batch.y
        counts = (said.units[: said.trained] != NONE).sum(1)
        return (nats(logits, said) / counts).mean().to(logits.dtype)

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        """Share of the exam's utterances of which every letter is right, reading the best symbol of every step."""
        return marked(logits, batch.y, self.blank)


def _mask(x: Tensor, dice: Generator) -> None:
    """Silence a few neighbouring bands, and a few steps, of all rows (Park et al. 2019), in place."""

    def draw(below: int) -> int:
        return int(torch.randint(below, (), generator=dice))

    bands = x.view(*x.shape[:2], STACK, BANDS)
    low = draw(BANDS - WIDEST)
    bands[..., low : low + draw(WIDEST + 1)] = 0
    first = draw(max(1, x.shape[1] - LONGEST))
    x[:, first : first + draw(LONGEST)] = 0
