"""A net is described by a frozen spec and built into a *shape*: a module that is called with weights, never trained in place.

Every family of nets (a file beside this one) defines its specs and its modules and enters them in `build.NETS`.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple, Protocol

from torch import Tensor


class Net(Hashable, Protocol):
    """A frozen dataclass of plain settings."""


class Pass(NamedTuple):
    """What one forward pass hands out. Gates are found by replay, in `measure`, only when somebody looks."""

    logits: Tensor  # (batch, time, outputs)
    states: dict[str, Tensor]  # name -> (batch, time, unit); "hidden" always, "attention" and others by family
