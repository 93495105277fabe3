"""Symbols one after another, and one thing to be remembered of them: a bit, being inside, a depth, a count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor, nn

from rnnviz.settings import Checked, setting
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.spec import Batch

LONGEST = 60  # symbols of a typed text


@dataclass(frozen=True)
class Symbols(Checked):
    """Base of the tasks here: x is one-hot (batch, time, symbol), y a class at every step, (batch, time)."""

    length: int = setting(32, 8, 60, "Sequence length")

    alphabet: ClassVar[str]
    classes: ClassVar[tuple[str, ...]]
    holds: ClassVar[str]  # what a perfect memory holds, in words

    @property
    def inputs(self) -> int:
        return len(self.alphabet)

    @property
    def outputs(self) -> int:
        return len(self.classes)

    def draw(self, dice: Generator, size: int) -> Tensor:
        """Symbol numbers of `size` sequences, (batch, time)."""
        raise NotImplementedError

    def held(self, numbers: Tensor) -> Tensor:
        """What a perfect memory holds after every symbol, (batch, time) whole numbers."""
        raise NotImplementedError

    def marks(self, numbers: Tensor) -> Tensor:
        """The right class after every symbol, (batch, time)."""
        return self.held(numbers)

    def fault(self, text: str) -> str | None:
        """Why a text over the alphabet is no sequence of this task, or None."""
        return None

    def batch(self, numbers: Tensor) -> Batch:
        return Batch(nn.functional.one_hot(numbers, self.inputs).float(), self.marks(numbers))

    def sample(self, dice: Generator, size: int) -> Batch:
        return self.batch(self.draw(dice, size))

    def numbers(self, typed: str) -> Tensor:
        """A typed text as symbol numbers (1, time), spaces left out.

        Raises Unreadable naming the symbol and the alphabet, or what is wrong with the order.
        """
        text = "".join(typed.split())
        known = " ".join(self.alphabet)
        if not 0 < len(text) <= LONGEST:
            raise Unreadable("your text", f"{len(text)} symbols; expected 1 to {LONGEST} of {known}")
        for at, symbol in enumerate(text, 1):
            if symbol not in self.alphabet:
                raise Unreadable(
                    f"your text, symbol {at}", f"{_shown(symbol)} is not known here; the alphabet is {known}"
                )
        fault = self.fault(text)
        if fault:
            raise Unreadable("your text", fault)
        return torch.tensor([[self.alphabet.index(symbol) for symbol in text]])

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return nn.functional.cross_entropy(logits.flatten(0, 1), batch.y.flatten())

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        return (logits.argmax(-1) == batch.y).float().mean()


@dataclass(frozen=True)
class FlipFlop(Symbols):
    """s sets a bit, r resets it, a dot leaves it alone; which is it now? It starts at 0."""

    changes: float = setting(0.2, 0.05, 0.9, "Share of steps that set or reset")

    alphabet = ".sr"
    classes = ("0", "1")
    holds = "the bit"

    def draw(self, dice: Generator, size: int) -> Tensor:
        chance = torch.rand(size, self.length, generator=dice)
        return (chance < self.changes / 2).long() + 2 * (chance > 1 - self.changes / 2).long()

    def held(self, numbers: Tensor) -> Tensor:
        times = torch.arange(numbers.shape[1]).expand_as(numbers)
        last = torch.where(numbers > 0, times, -1).cummax(1).values
        return (numbers.gather(1, last.clamp(min=0)) == 1).long() * (last >= 0)


@dataclass(frozen=True)
class Quote(Symbols):
    """Is this symbol inside quotation marks? Every " turns the answer over; an opening one counts as inside."""

    quotes: float = setting(0.15, 0.05, 0.5, "Share of quotation marks")

    alphabet = 'abc"'
    classes = ("outside", "inside")
    holds = "being inside quotation marks"

    def draw(self, dice: Generator, size: int) -> Tensor:
        chance = torch.rand(2, size, self.length, generator=dice)
        return torch.where(chance[0] < self.quotes, 3, (chance[1] * 3).long())

    def held(self, numbers: Tensor) -> Tensor:
        return (numbers == 3).cumsum(1) % 2


@dataclass(frozen=True)
class Brackets(Symbols):
    """How many brackets are open?"""

    deepest: int = setting(6, 1, 9, "Deepest nesting")

    alphabet = "a()"
    holds = "the depth"

    @property
    def classes(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return tuple(map(str, range(self.deepest + 1)))

    def draw(self, dice: Generator, size: int) -> Tensor:
        chance = torch.rand(size, self.length, generator=dice).tolist()
        return torch.tensor([list(self._walk(row)) for row in chance])

    def _walk(self, row: list[float]) -> Iterator[int]:
        """A letter in one step of five, else up or down; at the ends the only way that there is."""
        depth = 0
        for chance in row:
            move = 0 if chance < 0.2 else 1 if depth == 0 or (chance < 0.6 and depth < self.deepest) else 2
            depth += (0, 1, -1)[move]
            yield move

    def held(self, numbers: Tensor) -> Tensor:
        return ((numbers == 1).long() - (numbers == 2).long()).cumsum(1)

    def fault(self, text: str) -> str | None:
        depth = 0
        for at, symbol in enumerate(text, 1):
            depth += (symbol == "(") - (symbol == ")")
            if depth < 0:
                return f"symbol {at} closes a bracket, but none is open"
            if depth > self.deepest:
                return f"symbol {at} opens bracket number {depth}; expected at most {self.deepest} open at once"
        return None


@dataclass(frozen=True)
class Counting(Symbols):
    """aⁿbⁿ, one word after another: is the word complete, as many b as a?"""

    largest: int = setting(6, 2, 12, "Largest n")

    alphabet = "ab"
    classes = ("not yet", "complete")
    holds = "the a's that still want a b"

    def draw(self, dice: Generator, size: int) -> Tensor:
        chance = torch.rand(size, self.length // 2 + 1, generator=dice)
        rows = (1 + (chance * self.largest).long()).tolist()
        return torch.tensor([[k for n in row for k in [0] * n + [1] * n][: self.length] for row in rows])

    def held(self, numbers: Tensor) -> Tensor:
        return (1 - 2 * numbers).cumsum(1)

    def marks(self, numbers: Tensor) -> Tensor:
        return (self.held(numbers) == 0).long()

    def fault(self, text: str) -> str | None:
        owed, before = 0, ""
        for at, symbol in enumerate(text, 1):
            if symbol == "b" and not owed:
                return f"symbol {at} is a b, but every a has its b already; expected an a"
            if symbol == "a" and before == "b" and owed:
                return f"symbol {at} is an a, but {owed} more b were expected first"
            owed, before = owed + (1 if symbol == "a" else -1), symbol
        return None

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        """Share of the b's that are judged right: an a never completes a word, which is no feat to know."""
        later = batch.x[..., 1] > 0
        return ((logits.argmax(-1) == batch.y) & later).sum() / later.sum().clamp(min=1)


def _shown(symbol: str) -> str:
    return f"“{symbol}”" if symbol.isprintable() else f"U+{ord(symbol):04X}"
