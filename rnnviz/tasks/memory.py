"""The lecture's memory: add a number, forget the sum, tell it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from rnnviz.settings import Checked, setting
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.spec import Batch

VALUES = (0.2, 0.4, 0.6, 0.8, 1.0)
LONGEST = 40  # steps of a typed table
TOLERANCE = 0.1  # half the distance between two values


@dataclass(frozen=True)
class Memory(Checked):
    """x₁: a number. x₂: 1 adds it to the memory, −1 sets the memory to 0, 0 leaves it. x₃ = 1: y is the memory, else 0."""

    length: int = setting(16, 4, 40, "Sequence length")
    writes: float = setting(0.3, 0.05, 0.6, "Share of steps that write")
    resets: float = setting(0.15, 0.0, 0.35, "Share of steps that reset")
    asks: float = setting(0.4, 0.05, 0.95, "Share of steps that ask")

    inputs = 3
    outputs = 1

    def sample(self, dice: Generator, size: int) -> Batch:
        chance = torch.rand(3, size, self.length, generator=dice)
        value = torch.tensor(VALUES)[(chance[0] * len(VALUES)).long()]
        order = (chance[1] < self.writes).float() - (chance[1] > 1 - self.resets).float()
        x = torch.stack([value, order, (chance[2] < self.asks).float()], -1)
        return Batch(x, remembered(x)[1])

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Mean squared error, not nats."""
        return (logits[..., 0] - batch.y).square().mean()

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        """Share of the outputs nearer than 0.1 to what was asked for."""
        return ((logits[..., 0] - batch.y).abs() < TOLERANCE).float().mean()


def remembered(x: Tensor) -> tuple[Tensor, Tensor]:
    """What a perfect memory holds and says, by the plain program: two tensors (batch, time) for x (batch, time, 3)."""
    held, kept = torch.zeros_like(x[:, 0, 0]), []
    for value, order in zip(x[..., 0].unbind(1), x[..., 1].unbind(1), strict=True):
        held = torch.where(order < 0, torch.zeros_like(held), torch.where(order > 0, held + value, held))
        kept.append(held)
    memory = torch.stack(kept, 1)
    return memory, memory * x[..., 2]


def table(values: str, orders: str, asks: str) -> Tensor:
    """Three typed rows as x (1, time, 3). Raises Unreadable that names the row, the column and what was expected."""
    rows = [_row("x₁", values, -2.0, 2.0, None), _row("x₂", orders, -1, 1, (-1, 0, 1)), _row("x₃", asks, 0, 1, (0, 1))]
    sizes = [len(row) for row in rows]
    if len(set(sizes)) > 1:
        raise Unreadable("your table", "x₁, x₂ and x₃ have {}, {} and {} numbers; expected equally many".format(*sizes))
    return torch.tensor(rows).T[None]


def _row(name: str, typed: str, low: float, high: float, allowed: tuple[int, ...] | None) -> list[float]:
    words = typed.replace(",", " ").replace("−", "-").split()
    if not 0 < len(words) <= LONGEST:
        raise Unreadable(f"row {name}", f"{len(words)} numbers; expected 1 to {LONGEST}, with spaces between them")
    expected = f"one of {', '.join(map(str, allowed))}" if allowed else f"a number from {low:g} to {high:g}"
    row = []
    for at, word in enumerate(words, 1):
        try:
            number = float(word)
        except ValueError:
            number = float("nan")
        if not low <= number <= high or (allowed and number not in allowed):
            raise Unreadable(f"row {name}, number {at}", f"“{word[:12]}”; expected {expected}")
        row.append(number)
    return row
