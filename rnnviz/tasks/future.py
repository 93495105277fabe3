"""Questions whose answer lies ahead: a later symbol, the marker that settles an earlier one, tomorrow's price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor, nn

from rnnviz.settings import setting
from rnnviz.tasks.spec import Batch, mean_of
from rnnviz.tasks.symbols import Symbols

NONE = -100  # no answer is asked for here


@dataclass(frozen=True)
class Future(Symbols):
    """Base: x is one-hot (batch, time, symbol), y a class (batch, time), or NONE where the answer lies beyond the end."""

    length: int = setting(15, 8, 60, "Sequence length")

    asks: ClassVar[str]  # the question at every step, in words

    @property
    def past(self) -> float:
        """The largest share of right answers that can be had without the future."""
        raise NotImplementedError

    def counts(self, y: Tensor) -> Tensor:
        """The steps whose answers are counted."""
        return y != NONE

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return nn.functional.cross_entropy(logits.flatten(0, 1), batch.y.flatten(), ignore_index=NONE)

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        return mean_of(logits.argmax(-1) == batch.y, self.counts(batch.y))


@dataclass(frozen=True)
class Ahead(Future):
    """Which symbol comes `ahead` steps later? The symbols are independent of one another."""

    ahead: int = setting(2, 0, 6, "How far ahead", help="0: the symbol itself")

    alphabet = "abcd"
    classes = ("a", "b", "c", "d")
    asks = "which symbol comes later"

    @property
    def past(self) -> float:
        return 1 / len(self.alphabet) if self.ahead else 1.0

    def draw(self, dice: Generator, size: int) -> Tensor:
        return torch.randint(len(self.alphabet), (size, self.length), generator=dice)

    def marks(self, numbers: Tensor) -> Tensor:
        return _later(numbers, self.ahead)


@dataclass(frozen=True)
class Settled(Future):
    """x may mean two things. The next marker settles it, + or −; dots say nothing."""

    markers: float = setting(0.25, 0.1, 0.6, "Share of markers")

    alphabet = "x.+-"
    classes = ("·", "+", "−")
    asks = "what each x means"

    @property
    def past(self) -> float:
        return 0.5

    def draw(self, dice: Generator, size: int) -> Tensor:
        chance = torch.rand(2, size, self.length, generator=dice)
        chance[0, :, -1] = 0.0  # the last symbol settles what is still open
        return torch.where(chance[0] < self.markers, 2, 0) + (chance[1] < 0.5).long()

    def marks(self, numbers: Tensor) -> Tensor:
        """1 or 2 at an x, by the next marker; 0 elsewhere."""
        steps = torch.arange(numbers.shape[1]).expand_as(numbers)
        never = numbers.shape[1]
        following = torch.where(numbers >= 2, steps, never).flip(1).cummin(1).values.flip(1)
        marker = numbers.gather(1, following.clamp(max=never - 1))
        return torch.where(numbers == 0, marker - 1, 0)

    def counts(self, y: Tensor) -> Tensor:
        return y > 0

    def fault(self, text: str) -> str | None:
        at = text.rfind("x")
        if at > max(text.rfind("+"), text.rfind("-")):
            return f"symbol {at + 1}, an x, is never settled; expected a + or - after it"
        return None


@dataclass(frozen=True)
class Tomorrow(Future):
    """Does the price rise tomorrow? u and d are today's move, up or down; a random walk unless moves go on."""

    goes_on: float = setting(0.5, 0.0, 1.0, "Chance that the price moves on as today", help="0.5: a random walk")

    alphabet = "du"
    classes = ("d", "u")
    asks = "where the price goes tomorrow"

    @property
    def past(self) -> float:
        return max(self.goes_on, 1 - self.goes_on)

    def draw(self, dice: Generator, size: int) -> Tensor:
        first = torch.randint(2, (size, 1), generator=dice)
        turns = (torch.rand(size, self.length - 1, generator=dice) >= self.goes_on).long()
        return torch.cat([first, turns], 1).cumsum(1) % 2

    def marks(self, numbers: Tensor) -> Tensor:
        return _later(numbers, 1)


def _later(numbers: Tensor, ahead: int) -> Tensor:
    beyond = torch.full_like(numbers[:, :ahead], NONE)
    return torch.cat([numbers[:, ahead:], beyond], 1)
