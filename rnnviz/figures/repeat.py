"""One linear unit on logarithmic axes: zero, infinity and what is no number are gaps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import BLANK, TRUTH, Trace, axes, line
from rnnviz.records.repeat import Growth, Terrain, Trail

TINIEST, LARGEST = 1e-30, 1e30  # beyond, a curve is cut


def over_time(
    runs: Mapping[str, Growth], colours: Mapping[str, str], slide: tuple[Growth, ...], *, slope: bool = False
) -> Spec:
    """|y_t| or |∂y_t/∂w| of the weights on the slide (dotted) and of every run as it stands (solid)."""
    data = []
    for found in slide:
        data.append(_curve(found, slope, name=f"w = {found.w:g}", colour=BLANK, dash="dot", width=2, showlegend=False))
    for name, found in runs.items():
        data.append(_curve(found, slope, name=name, colour=colours[name], width=4))
    layout = axes("time step t", "|∂y<sub>t</sub>/∂w|" if slope else "|y<sub>t</sub>|", yaxis=_decades(-8, 12))
    notes = [_label(found, slope) for found in slide]
    return {"data": data, "layout": layout | {"showlegend": True, "annotations": notes}}


def _label(found: Growth, slope: bool) -> dict[str, Any]:
    """The weight, written where its curve leaves the picture."""
    values = np.abs(found.slope if slope else found.y)
    inside = np.flatnonzero((values > 1e-7) & (values < 1e11))
    at = int(inside[-1]) if len(inside) else 0
    place = {"x": at + 1, "y": float(np.log10(values[at] or 1.0)), "showarrow": False, "font": {"size": 13}}
    side = {"xanchor": "right", "yanchor": "bottom"} if at > len(values) / 2 else {"xanchor": "left", "yanchor": "top"}
    return place | side | {"text": f"w = {found.w:g}"}


def _curve(found: Growth, slope: bool, **look: Any) -> Trace:
    values = _drawable(found.slope if slope else found.y)
    return line(np.arange(1, len(values) + 1), values, **look)


def steepness(land: Terrain, runs: Mapping[str, Trail], colours: Mapping[str, str]) -> Spec:
    """|∂E/∂w| over w, and where the runs stand on it."""
    data = [line(land.w, _drawable(land.slope), "|∂E/∂w|", TRUTH, width=3)]
    data += [_dot(found.w[-1], found.slope, name, colours[name]) for name, found in runs.items()]
    return {"data": data, "layout": _over_w(land, "slope |∂E/∂w|", -8, 22)}


def rates(land: Terrain, runs: Mapping[str, Trail], colours: Mapping[str, str], own: float) -> Spec:
    """The learning rate that would land on the best w in one step, and the one rate that there is."""
    data = [
        line(land.w, _drawable(land.rate), "rate that would be right", TRUTH, width=3),
        line([land.w[0], land.w[-1]], [own, own], f"your rate, {own:g}", BLANK, dash="dash"),
    ]
    data += [_dot(found.w[-1], found.needed, name, colours[name]) for name, found in runs.items()]
    return {"data": data, "layout": _over_w(land, "learning rate", -24, 8)}


def weights(runs: Mapping[str, Trail], colours: Mapping[str, str], best: float, until: int) -> Spec:
    """w of every run over training; a run that was thrown out of the picture leaves it."""
    starts = [float(found.w[0]) for found in runs.values()]
    apart = max(0.002, *(1.3 * abs(w - best) for w in starts))
    data = [line([0, until], [best, best], f"best, {best:.5g}", BLANK, dash="dot")]
    data += [
        line(np.arange(len(found.w)), np.clip(found.w, -1e3, 1e3), name, colours[name], width=3)
        for name, found in runs.items()
    ]
    up = {"range": [best - apart, best + apart]}
    return {
        "data": data,
        "layout": axes("training step", "weight w", xaxis={"range": [0, until]}, yaxis=up, showlegend=True),
    }


def errors(runs: Mapping[str, Trail], colours: Mapping[str, str], until: int) -> Spec:
    """E of every run over training."""
    data = [
        line(np.arange(len(found.w)), _drawable(found.error), name, colours[name], width=3, mode="lines+markers")
        | {"marker": {"size": 4}}
        for name, found in runs.items()
    ]
    layout = axes(
        "training step", "E = (y<sub>T</sub> − target)²", xaxis={"range": [0, until]}, yaxis=_decades(-31, 31)
    )
    return {"data": data, "layout": layout | {"showlegend": True}}


def _drawable(values: Any) -> np.ndarray:
    """Absolute values, NaN where a logarithmic axis has no place for them; inside what float32 holds."""
    size = np.abs(np.asarray(values, dtype=float))
    return np.where((size >= TINIEST) & (size <= LARGEST), size, np.nan)


def _decades(low: int, high: int) -> dict[str, Any]:
    return {"type": "log", "exponentformat": "power", "range": [low, high], "nticks": 8}


def _over_w(land: Terrain, title: str, low: int, high: int) -> dict[str, Any]:
    across = {"range": [float(land.w[0]), float(land.w[-1])]}
    return axes("weight w", title, xaxis=across, yaxis=_decades(low, high), showlegend=True)


def _dot(w: float, height: float, name: str, colour: str) -> Trace:
    seen = 0 < height < np.inf
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [float(w)] if seen else [None],
        "y": [float(height)] if seen else [None],
        "name": name,
        "marker": {"size": 13, "color": colour, "line": {"color": "#FFFFFF", "width": 2}},
    }
