"""One spoken word at a time, and what the decoder must say from its one vector: the same take, or another voice's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from rnnviz.settings import Checked, choice, setting
from rnnviz.tasks.audio import BANDS, STACK, WIDTH
from rnnviz.tasks.spec import Batch
from rnnviz.tasks.speech import Set, heard

PACK = "words"
KINDS = ("auto-encoder", "denoising", "correspondence")
EXAMINED = 1 / 12  # share of the steps at which all unseen voices are encoded: it costs as much as the step itself


class Listened(NamedTuple):
    """What the net is called with."""

    source: Tensor  # (clip, step, WIDTH) as the encoder hears them
    steps: Tensor  # (clip,) inputs of every clip before the padding
    frames: int  # so many steps the decoder says
    exam: Tensor  # (clip, step, WIDTH) clips of unseen voices, or none at all at most steps
    exam_steps: Tensor  # (clip,)


class Wanted(NamedTuple):
    """What the decoder should say, and what the clips of the exam are."""

    frames: Tensor  # (clip, step, WIDTH)
    steps: Tensor  # (clip,)
    words: Tensor  # (clip,) of the exam: number of the word


def clips(split: str) -> Set:
    """ "train" or "unseen": every word once by every voice; `units` (clip, 1) is the number of the word."""
    return heard(PACK, split, False)


@cache
def takes() -> tuple[Tensor, Tensor]:
    """(word, take) the training clips of every word, and (clip,) which of its word's takes a clip is."""
    word = clips("train").units[:, 0]
    table = torch.stack([torch.nonzero(word == w)[:, 0] for w in range(int(word.max()) + 1)])
    place = torch.empty_like(word)
    place[table] = torch.arange(table.shape[1])
    return table, place


def shifted(x: Tensor, by: Tensor) -> Tensor:
    """Clips (clip, step, WIDTH) so many mel bands (clip,) higher, as from a shorter throat; the last band is repeated."""
    bands = (torch.arange(BANDS) - by[:, None]).clamp(0, BANDS - 1)
    apart = x.unflatten(2, (STACK, BANDS))
    return apart.gather(3, bands[:, None, None].expand_as(apart)).flatten(2)


def average_precision(codes: Tensor, words: Tensor) -> Tensor:
    """Mean average precision: every code (clip, unit) asks for the others of its word, by cosine.

    Raises IndexError for a word that only one clip says.
    """
    unit = torch.nn.functional.normalize(codes.double(), dim=1)
    near = (unit @ unit.T).fill_diagonal_(-torch.inf)
    right = words[near.argsort(1, descending=True)[:, :-1]] == words[:, None]
    if not bool(right.any(1).all()):
        raise IndexError("a word that is said once has nothing to find")
    rank = torch.arange(1, right.shape[1] + 1)
    return ((right.cumsum(1) / rank * right).sum(1) / right.sum(1)).mean()


@dataclass(frozen=True)
class SpokenWords(Checked):
    """Sequence-to-sequence auto-encoder of words (Chung et al. 2016); denoising; correspondence (Kamper 2019)."""

    kind: str = choice(
        "correspondence",
        KINDS,
        "What the decoder says",
        help="auto-encoder: the clip itself; denoising: the clip without noise; correspondence: another voice's take of the word",
    )
    noise: float = setting(
        0.0, 0.0, 2.0, "Noise on the input", help="Standard deviation; the input has 1. The auto-encoder gets none"
    )
    throats: int = setting(
        2,
        0,
        4,
        "Vocal-tract shift (mel bands)",
        help="The encoder hears every clip up to so many bands higher or lower, as from another throat",
    )

    @property
    def inputs(self) -> int:
        return WIDTH

    @property
    def outputs(self) -> int:
        return WIDTH

    def sample(self, dice: Generator, size: int) -> Batch:
        train, unseen = clips("train"), clips("unseen")
        mine = torch.randint(len(train.steps), (size,), generator=dice)
        said = self._another(mine, dice) if self.kind == "correspondence" else mine
        x, y = (train.x[rows, : int(train.steps[rows].max())] for rows in (mine, said))
        if self.throats:
            x = shifted(x, torch.randint(-self.throats, self.throats + 1, (size,), generator=dice))
        if self.noise and self.kind != "auto-encoder":
            x = x + self.noise * torch.randn(x.shape, generator=dice)
        asked = slice(None) if float(torch.rand((), generator=dice)) < EXAMINED else slice(0)
        listened = Listened(x, train.steps[mine], y.shape[1], unseen.x[asked], unseen.steps[asked])
        return Batch(listened, Wanted(y, train.steps[said], unseen.units[asked, 0]))

    def _another(self, mine: Tensor, dice: Generator) -> Tensor:
        """For every clip another voice's take of its word."""
        table, place = takes()
        count = table.shape[1]
        further = torch.randint(1, count, mine.shape, generator=dice)
        return table[clips("train").units[mine, 0], (place[mine] + further) % count]

    def loss(self, logits: Any, batch: Batch) -> Tensor:
        """Nats a number: half the squared error, a Gaussian of variance 1 but for its constant. `logits` is the net's `Said`."""
        wanted: Wanted = batch.y
        inside = (torch.arange(wanted.frames.shape[1]) < wanted.steps[:, None])[..., None]
        return 0.5 * ((logits.frames - wanted.frames).square() * inside).sum() / (inside.sum() * WIDTH)

    def score(self, logits: Any, batch: Batch) -> Tensor:
        """Mean average precision over the unseen voices; NaN at the steps without an exam."""
        words = batch.y.words
        return average_precision(logits.exam, words) if len(words) else torch.tensor(torch.nan)
