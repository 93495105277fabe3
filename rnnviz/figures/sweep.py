"""A grid of nets as a phase diagram, and one of its cells beside its own film."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CLIPPED, RAW, TRUTH, Trace, axes, decades, heat, line
from rnnviz.records.frames import Frames
from rnnviz.records.sweep import Axis, Phase

RUINED = "no longer a number"


def score(phase: Phase, chosen: int) -> Spec:
    """Recent share of right answers in every cell; cells that lost their numbers have a colour of their own."""
    return _map(phase, phase.recent, "share right, last 20 steps", chosen, zmin=0.0, zmax=1.0)


def gradient(phase: Phase, chosen: int) -> Spec:
    """Median gradient norm of every cell over the steps so far, in powers of ten."""
    with np.errstate(all="ignore"):
        typical = np.log10(np.median(np.maximum(phase.gradient, 1e-12), axis=0)) if len(phase.step) else phase.recent
    ticks = list(range(-12, 13, 2))
    bar = {"tickvals": ticks, "ticktext": [f"10<sup>{t}</sup>" for t in ticks]}
    return _map(phase, typical, "median gradient norm", chosen, bar=bar)


def _map(phase: Phase, values: np.ndarray, name: str, chosen: int, bar: Any = None, **more: Any) -> Spec:
    z = np.where(phase.diverged | ~np.isfinite(values), np.nan, values)
    x, y = phase.across.places, phase.up.places
    cells = heat(phase.grid(z), name, x=x, y=y, hovertemplate="%{x:.3g}, %{y:.3g}: %{z:.3g}<extra></extra>", **more)
    cells["colorbar"] |= bar or {}
    gone = {
        "type": "heatmap",
        "z": phase.grid(np.where(phase.diverged, 1.0, np.nan)),
        "x": x,
        "y": y,
        "colorscale": [[0, ACCENT], [1, ACCENT]],
        "showscale": False,
        "hovertemplate": f"%{{x:.3g}}, %{{y:.3g}}: {RUINED}<extra></extra>",
    }
    data = [cells, gone, _mark(x, y, chosen)]
    if phase.diverged.any():
        data.append(_key(ACCENT, RUINED))
    layout = axes(phase.across.label, phase.up.label, xaxis=_ticks(phase.across), yaxis=_ticks(phase.up))
    return {"data": data, "layout": layout | {"showlegend": True}}


def _mark(x: np.ndarray, y: np.ndarray, chosen: int) -> Trace:
    row, column = divmod(chosen, len(x))
    ring = {"symbol": "square", "size": 15, "color": "rgba(0,0,0,0)", "line": {"color": TRUTH, "width": 4}}
    place = {"x": [float(x[column])], "y": [float(y[row])]}
    return {"type": "scatter", "mode": "markers", **place, "marker": ring, "name": "the run below", "hoverinfo": "skip"}


def _key(colour: str, name: str) -> Trace:
    marker = {"symbol": "square", "size": 12, "color": colour}
    return {"type": "scatter", "mode": "markers", "x": [None], "y": [None], "marker": marker, "name": name}


def _ticks(axis: Axis) -> dict[str, Any]:
    """The whole grid and no more; the place of "off" is named."""
    places = axis.places
    if not axis.log:
        half = (places[1] - places[0]) / 2, (places[-1] - places[-2]) / 2
        return {"range": [places[0] - half[0], places[-1] + half[1]]}
    decades = np.log10(places)
    half = (decades[1] - decades[0]) / 2
    ends = int(np.ceil(decades[0])), int(np.floor(decades[-2] if axis.off else decades[-1]))
    shown = [10.0**e for e in range(ends[0], ends[1] + 1)]
    words = [f"{v:g}" for v in shown]
    if axis.off:
        shown, words = [*shown, float(places[-1])], [*words, "off"]
    return {"type": "log", "range": [decades[0] - half, decades[-1] + half], "tickvals": shown, "ticktext": words}


def census(phase: Phase, until: int) -> Spec:
    """How many cells are solved, and how many are no longer numbers, over the steps."""
    recent = _running(phase.score)
    data = [line(phase.step, (recent >= 0.95).sum(1), "solved", CLIPPED, width=3)]
    gone = (~np.isfinite(phase.loss)).sum(1)
    if gone.any():
        data.append(line(phase.step, gone, RUINED, ACCENT, width=3))
    cells = phase.score.shape[1]
    layout = axes("training step", "cells", xaxis={"range": [0, until]}, yaxis={"range": [-0.02 * cells, 1.02 * cells]})
    return {"data": data, "layout": layout | {"showlegend": True}}


def _running(score: np.ndarray, width: int = 20) -> np.ndarray:
    """Mean over the last `width` steps at every step, (step, cell)."""
    total = np.cumsum(np.vstack([np.zeros((1, score.shape[1])), score]), 0)
    steps = np.arange(1, len(total))
    before = np.maximum(steps - width, 0)
    return (total[steps] - total[before]) / (steps - before)[:, None]


def losses(frames: Frames, phase: Phase, chosen: int, chance: float, until: int) -> Spec:
    """Loss of the film, and on top of it what the sweep wrote down for the same cell."""
    every = slice(None, None, max(1, until // 50))
    dots = line(phase.step[every], phase.loss[every, chosen], "as the sweep had it", ACCENT, mode="markers")
    data = [
        line(frames.step, frames.loss, "film", CLIPPED),
        dots | {"marker": {"size": 6, "color": ACCENT}},
        line([0, until], [chance, chance], "guessing", BLANK, dash="dot", hoverinfo="skip"),
    ]
    high = float(np.nanmax(frames.loss, initial=0.0, where=np.isfinite(frames.loss)))
    up = {"type": "log", "exponentformat": "power"} if high > 20 else {"rangemode": "tozero"}
    layout = axes("training step", "cross-entropy (nats)", xaxis={"range": [0, until]}, yaxis=up)
    return {"data": data, "layout": layout | {"showlegend": True}}


def norms(frames: Frames, limit: float | None, until: int) -> Spec:
    """Gradient norm of the film before and after clipping, on a log axis."""
    data = [line(frames.step, np.maximum(frames.gradient, 1e-12), "before clipping", RAW)]
    if limit:
        data.append(line(frames.step, np.maximum(frames.applied, 1e-12), "after clipping", CLIPPED))
        data.append(line([0, until], [limit, limit], f"threshold {limit:.3g}", BLANK, dash="dot", hoverinfo="skip"))
    up = decades(*(trace["y"] for trace in data))
    layout = axes("training step", "gradient norm", xaxis={"range": [0, until]}, yaxis=up)
    return {"data": data, "layout": layout | {"showlegend": True}}
