"""One pass of a recurrent net there and back, taken apart by time step and by the age of the errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnviz.records.seal import seal

MATRICES = {"W, hidden → hidden": "W", "U, input → hidden": "U", "V, hidden → output": "V"}


@dataclass(frozen=True)
class Unfolding:
    """A net drawn once per time step. `error[a, t]` is the part of ∂L/∂h_t that comes from the loss a steps later."""

    x: np.ndarray
    h: np.ndarray
    probs: np.ndarray  # what the net says at every step
    right: np.ndarray  # the right class, −1 at steps that are not marked
    loss: np.ndarray  # nats, each step's share of L; 0 where nothing is marked
    blame: np.ndarray  # ∂L/∂logits
    slope: np.ndarray  # tanh' at every unit
    error: np.ndarray
    words: tuple[str, ...]  # what is read at every step
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        seal(
            self,
            x="time input",
            h="time unit",
            probs="time output",
            right="time",
            loss="time",
            blame="time output",
            slope="time unit",
            error="age time unit",
        )

    def arriving(self, window: int | None = None) -> np.ndarray:
        """∂L/∂h_t (time, unit), of the errors that are younger than `window`."""
        return self.error[:window].sum(0)

    def contributions(self, which: str, window: int | None = None) -> np.ndarray:
        """What the use at each time step adds to ∂L/∂W, ∂L/∂U or ∂L/∂V: (time, row, column) for "W", "U" or "V"."""
        if which == "V":
            return self.blame[:, :, None] * self.h[:, None, :]
        heard = self.x if which == "U" else np.vstack([np.zeros_like(self.h[:1]), self.h[:-1]])
        return (self.arriving(window) * self.slope)[:, :, None] * heard[:, None, :]

    def gradient(self, which: str, window: int | None = None) -> np.ndarray:
        """The sum of the contributions, (row, column)."""
        return self.contributions(which, window).sum(0)


@dataclass(frozen=True)
class Sight:
    """How much of the gradient with respect to W and U each truncation window sees, over one batch."""

    window: np.ndarray  # 1 … T
    angle: np.ndarray  # degrees between the truncated and the whole gradient
    length: np.ndarray  # length of the truncated gradient over that of the whole

    def __post_init__(self) -> None:
        seal(self, window="window", angle="window", length="window")
