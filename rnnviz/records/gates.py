"""What every gate of an LSTM did at every step, and what becomes of the past."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from rnnviz.records.seal import seal

NAMES = {
    "i": "input gate i",
    "f": "forget gate f",
    "o": "output gate o",
    "g": "candidate g",
    "c": "cell c",
    "h": "output h",
}


@dataclass(frozen=True)
class Gates:
    """One sequence as an LSTM reads it. i, f and o lie in 0..1, g and h in −1..1, c anywhere."""

    i: np.ndarray
    f: np.ndarray
    o: np.ndarray
    g: np.ndarray
    c: np.ndarray
    h: np.ndarray

    def __post_init__(self) -> None:
        seal(self, **{f.name: "time unit" for f in fields(self)})

    @property
    def stacked(self) -> np.ndarray:
        """(gate, time, unit) in the order i, f, o, g, c, h."""
        return np.stack([getattr(self, f.name) for f in fields(self)])

    def units(self, order: np.ndarray) -> Gates:
        """The same with the units in another order."""
        return Gates(*(getattr(self, f.name)[:, order] for f in fields(self)))


@dataclass(frozen=True)
class Backwards:
    """How much the loss at the last step still depends on every earlier one."""

    loss: float  # nats, at the last step
    c: np.ndarray  # (time) ‖∂L/∂c_t‖
    h: np.ndarray  # (time) ‖∂L/∂h_t‖

    def __post_init__(self) -> None:
        seal(self, c="time", h="time")


@dataclass(frozen=True)
class Look:
    """A typed text, what was to be remembered of it, and what the net did."""

    text: str
    held: np.ndarray  # (time) what a perfect memory holds
    right: np.ndarray  # (time) the right class
    said: np.ndarray  # (time) the net's class
    sure: np.ndarray  # (time) probability of the right class
    gates: Gates  # units in the order of `order`
    order: np.ndarray  # (unit) number of every unit in the net
    corr: np.ndarray  # (unit) correlation of its cell with `held`, NaN where either stands still

    def __post_init__(self) -> None:
        seal(self, held="time", right="time", said="time", sure="time", order="unit", corr="unit")


@dataclass(frozen=True)
class Cell:
    """The lecture's memory cell over one table; all arrays (time)."""

    x: np.ndarray  # (time, input)
    i: np.ndarray
    f: np.ndarray
    o: np.ndarray
    c: np.ndarray
    y: np.ndarray
    held: np.ndarray  # what a perfect memory holds
    wanted: np.ndarray  # the right output

    def __post_init__(self) -> None:
        seal(self, x="time input", **{f.name: "time" for f in fields(self) if f.name != "x"})

    @property
    def close(self) -> int:
        """Outputs within 0.1 of the right one."""
        return int((np.abs(self.y - self.wanted) < 0.1).sum())
