"""A task is a pure function of (generator, batch size), and knows how it is marked."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple, Protocol

from torch import Generator, Tensor


class Batch(NamedTuple):
    x: Any  # what the net is called with: a tensor (batch, time, …) or a named tuple of them
    y: Any  # targets; only the task itself reads them


class Task(Hashable, Protocol):
    """A frozen dataclass of plain settings. Corpora are loaded inside `sample`, never stored in a field.

    Where there is a setting `exam`, so many rows at the end of every batch are only marked: the loss leaves them out.
    """

    @property
    def inputs(self) -> int:
        """Width of an input vector, or the number of input symbols."""
        ...

    @property
    def outputs(self) -> int:
        """Number of logits."""
        ...

    def sample(self, dice: Generator, size: int) -> Batch: ...

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Mean loss in nats; `logits` is (batch, time, outputs)."""
        ...

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        """The task's own mark of these logits, 0..1 (usually the share that is right)."""
        ...


def dice(*numbers: int) -> Generator:
    """A generator that depends on all of `numbers` and on nothing else."""
    state = 0x9E3779B97F4A7C15
    for n in numbers:  # splitmix64: neighbouring (seed, step) pairs must not give neighbouring streams
        state = (state ^ (n & 0xFFFFFFFFFFFFFFFF)) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        state = (state ^ (state >> 31)) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 29
    return Generator().manual_seed(state >> 1)


def mean_of(right: Tensor, mask: Tensor | None = None) -> Tensor:
    """Share of True, where `mask` (same shape) says what counts."""
    if mask is None:
        return right.float().mean()
    return (right & mask).sum() / mask.sum().clamp(min=1)
