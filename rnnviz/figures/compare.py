"""Two runs in one picture: what a changed setting did from the step at which it was changed."""

from __future__ import annotations

from rnnviz.figures.scene import Panel
from rnnviz.figures.theme import ACCENT, BLANK, CLIPPED, axes, line
from rnnviz.records.frames import Frames


def side_by_side(name: str, one: Frames, other_name: str, other: Frames, at: int) -> Panel:
    """Loss of a run and of its fork over the steps, with the fork's step marked."""
    mark = {
        "type": "line",
        "x0": at,
        "x1": at,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": BLANK, "dash": "dot"},
    }
    figure = {
        "data": [line(one.step, one.loss, name, CLIPPED), line(other.step, other.loss, other_name, ACCENT)],
        "layout": axes("training step", "loss (nats)", shapes=[mark], showlegend=True),
    }
    return Panel("The run and its fork", figure, f"Loss of {name} and of {other_name}, parted at step {at}", wide=True)
