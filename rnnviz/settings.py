"""One declaration per tunable value: default, range, scale and the words beside its slider.

Slider, address bar, command line and validation all read the same declaration, so none can disagree.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Range:
    """A number between `low` and `high`, both included."""

    low: float
    high: float
    label: str
    help: str = ""
    log: bool = False
    marks: tuple[float, ...] = ()  # where a slider stops, if neither even nor logarithmic steps will do

    def fault(self, value: Any) -> str | None:
        """Why `value` is refused, or None."""
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if number and math.isfinite(value) and self.low <= value <= self.high:
            return None
        return f"is outside [{self.low:g}, {self.high:g}]"


@dataclass(frozen=True)
class Choice:
    """One of a few names."""

    options: tuple[str, ...]
    label: str
    help: str = ""

    def fault(self, value: Any) -> str | None:
        return None if value in self.options else f"is not one of {', '.join(self.options)}"


@dataclass(frozen=True)
class Switch:
    """On or off."""

    label: str
    help: str = ""

    def fault(self, value: Any) -> str | None:
        return None if isinstance(value, bool) else "is neither True nor False"


@dataclass(frozen=True)
class Text:
    """A line that the visitor may type."""

    longest: int
    label: str
    help: str = ""

    def fault(self, value: Any) -> str | None:
        if not isinstance(value, str):
            return "is not text"
        return None if len(value) <= self.longest else f"is longer than {self.longest} characters"


Declaration = Range | Choice | Switch | Text


def setting(
    default: float,
    low: float,
    high: float,
    label: str,
    *,
    help: str = "",
    log: bool = False,
    marks: tuple[float, ...] = (),
) -> Any:
    return _declare(default, Range(low, high, label, help, log, marks))


def choice(default: str, options: tuple[str, ...], label: str, *, help: str = "") -> Any:
    return _declare(default, Choice(options, label, help))


def switch(default: bool, label: str, *, help: str = "") -> Any:
    return _declare(default, Switch(label, help))


def text(default: str, longest: int, label: str, *, help: str = "") -> Any:
    return _declare(default, Text(longest, label, help))


def _declare(default: Any, declaration: Declaration) -> Any:
    return dataclasses.field(default=default, metadata={"declaration": declaration})


def declarations(spec: Any) -> dict[str, Declaration]:
    """Field name -> declaration, in the order in which the fields were written."""
    return {f.name: f.metadata["declaration"] for f in dataclasses.fields(spec) if "declaration" in f.metadata}


class Checked:
    """Base of every frozen spec: refuses values outside their declaration.

    Raises ValueError, for example `Sgd.rate = -1 is outside [0.0001, 10]`.
    """

    def __post_init__(self) -> None:
        for name, declaration in declarations(self).items():
            fault = declaration.fault(getattr(self, name))
            if fault:
                raise ValueError(f"{type(self).__name__}.{name} = {getattr(self, name)!r} {fault}")
