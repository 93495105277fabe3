"""What can be played, and how it comes into being: a reel is the recipe of a film, cheap to name and to compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self

from rnnviz.experiment import Experiment
from rnnviz.film import Film


class Playable(Protocol):
    """A training, a t-SNE, a beam search: whatever goes forward step by step and can be looked at."""

    @property
    def key(self) -> str: ...
    @property
    def step(self) -> int: ...
    @property
    def over(self) -> bool: ...
    @property
    def nbytes(self) -> int: ...
    def forward(self, steps: int) -> Self: ...
    def still(self, step: int) -> Any: ...


@dataclass(frozen=True)
class Reel:
    """A training from birth or, with a parent, from step `at` of the parent under other settings."""

    exp: Experiment
    parent: Reel | None = None
    at: int = 0

    @property
    def key(self) -> str:
        return f"{self.parent.key}@{self.at}/{self.exp.key}" if self.parent else self.exp.key

    def opened(self, parent: Any) -> Film:
        """The film at its first step; `parent` is the parent's film, trained to `at` or beyond."""
        return parent.fork(self.exp, self.at) if self.parent else Film.of(self.exp)


@dataclass(frozen=True)
class Ready:
    """A playable that needs no opening."""

    playable: Any
    parent: Reel | None = None
    at: int = 0

    @property
    def key(self) -> str:
        return self.playable.key

    @property
    def exp(self) -> Experiment | None:
        """What a click in its picture changes, if it is about an experiment."""
        return getattr(self.playable, "exp", None)

    def opened(self, parent: Any) -> Any:
        return self.playable


@dataclass(frozen=True)
class Sequel(Ready):
    """A playable that goes on from step `at` of another film: `playable.opened(film)` begins it."""

    parent: Reel | None = None
    at: int = 0

    def opened(self, parent: Any) -> Any:
        return self.playable.opened(parent)


def reel(what: Any) -> Reel | Ready:
    """An experiment, a reel or a playable as a reel."""
    if isinstance(what, (Reel, Ready)):
        return what
    return Reel(what) if isinstance(what, Experiment) else Ready(what)
