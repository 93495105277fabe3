"""What a page draws at one step: panels of plain Plotly JSON, the judge's verdict and a sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rnnviz.records.judgement import Judgement

Spec = dict[str, Any]  # {"data": [...], "layout": {...}}; numpy arrays as they are


@dataclass(frozen=True)
class Panel:
    """One figure. `alt` is read aloud in its place."""

    title: str
    figure: Spec
    alt: str
    wide: bool = False  # the whole width of the page instead of half
    height: int = 340  # pixels


@dataclass(frozen=True)
class Scene:
    """Everything that is on the screen at one step."""

    panels: tuple[Panel, ...]
    judge: Judgement | None = None
    says: str = ""  # one sentence on what is to be seen now
    numbers: dict[str, Any] = field(default_factory=dict)  # name -> array, for the download
