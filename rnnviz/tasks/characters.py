"""Next-character prediction on a short text: small enough to be learnt by heart, long enough to throw a net off the cliff."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy, one_hot

from rnnviz.settings import Checked, setting, text
from rnnviz.tasks.spec import Batch, mean_of

RIVER = (
    "the river runs past the mill and past the market, and the miller's children count the boats. one boat carries "
    "rice, one boat carries tea, and the last boat carries nothing but an old man and his song. the children know the "
    "song by now; they sing the second line before he does. when the rain comes, the river rises over the stones, the "
    "boats stay home, and the children sing both lines themselves. then the sun returns, the stones are dry again, and "
    "the first boat comes around the bend with rice."
)


@lru_cache(maxsize=64)
def encoded(words: str) -> tuple[str, Tensor]:
    """The alphabet of a text in order, and the text as numbers (length,)."""
    alphabet = "".join(sorted(set(words)))
    return alphabet, torch.tensor([alphabet.index(c) for c in words])


@dataclass(frozen=True)
class Characters(Checked):
    """P(x_{t+1} | x_1 … x_t): windows of `length` characters from a text, one-hot."""

    length: int = setting(50, 5, 100, "Characters in a window")
    words: str = text(RIVER, 2000, "Text")

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.words) < self.length + 2:
            raise ValueError(f"Characters.words has {len(self.words)} characters; wanted at least {self.length + 2}")

    @property
    def inputs(self) -> int:
        return len(encoded(self.words)[0])

    @property
    def outputs(self) -> int:
        return self.inputs

    def sample(self, dice: Generator, size: int) -> Batch:
        numbers = encoded(self.words)[1]
        begin = torch.randint(len(numbers) - self.length, (size, 1), generator=dice)
        window = numbers[begin + torch.arange(self.length + 1)]
        return Batch(one_hot(window[:, :-1], self.inputs).float(), window[:, 1:])

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return cross_entropy(logits.flatten(0, 1), batch.y.flatten())

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        return mean_of(logits.argmax(-1) == batch.y)
