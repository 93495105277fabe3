"""Palette, axes and the two commonest traces. One hue per concept on every page; colour-blind safe (Okabe & Ito 2008).

Text, paper and grid colours are left open here: the screen fills them in for light and dark.
"""

from __future__ import annotations

from typing import Any

import numpy as np

RAW = "#009E73"  # the lecture's green: as it comes, unclipped
CLIPPED = "#0072B2"  # the lecture's blue: clipped
BLANK = "#8C8C8C"  # φ, padding, what does not count
ACCENT = "#D55E00"  # what you should look at
TRUTH = "#CC79A7"  # references: labels, closed forms, bounds
CATEGORICAL = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B87A00", "#3A7CA5"]
CELLS = {  # a hue for each family of recurrent cells, wherever several are compared
    "RNN": RAW,
    "IRNN": ACCENT,
    "LSTM": CLIPPED,
    "LSTM of 1997": "#5D3A9B",
    "GRU": CATEGORICAL[4],
    "Clockwork": CATEGORICAL[5],
    "SCRN": BLANK,
}
ON_DARK = {  # the same hues, light enough for black paper; the screen puts them in
    "#0072B2": "#56B4E9",
    "#D55E00": "#FF8A3D",
    "#009E73": "#2EC79A",
    "#CC79A7": "#E8A5CB",
    "#B87A00": "#E3AE45",
    "#3A7CA5": "#8CC3E4",
    "#5D3A9B": "#B39DF0",
}
SEQUENTIAL = "Cividis"  # magnitudes and probabilities
DIVERGING = [[0.0, "#B2560D"], [0.25, "#E6A86B"], [0.5, "#F4F4F4"], [0.75, "#7FB3D5"], [1.0, "#0B5394"]]  # around 0

Trace = dict[str, Any]


def axes(x: str, y: str, **layout: Any) -> dict[str, Any]:
    """A layout whose axes are named; `xaxis` and `yaxis` given besides are merged into them."""
    across = {"title": {"text": x}, **layout.pop("xaxis", {})}
    up = {"title": {"text": y}, **layout.pop("yaxis", {})}
    return {"xaxis": across, "yaxis": up, **layout}


def line(x: Any, y: Any, name: str, colour: str, **more: Any) -> Trace:
    """A curve. Keywords go to the trace; `width` and `dash` to its line."""
    stroke = {"color": colour, "width": more.pop("width", 2)}
    if "dash" in more:
        stroke["dash"] = more.pop("dash")
    return {"type": "scatter", "mode": "lines", "x": thin(x), "y": thin(y), "name": name, "line": stroke, **more}


def decades(*curves: Any) -> dict[str, Any]:
    """A log axis from a power of ten below all that is above 0 and finite to one above it."""
    values = np.concatenate([np.ravel(np.asarray(c, float)) for c in curves]) if curves else np.ones(1)
    powers = np.log10(values[np.isfinite(values) & (values > 0)])
    low, high = (np.floor(powers.min()), np.ceil(powers.max())) if len(powers) else (-1.0, 1.0)
    high = max(high, low + 1)
    step = max(1, round((high - low) / 6))
    return {"type": "log", "exponentformat": "power", "dtick": step, "range": [float(low), float(high)]}


def heat(z: Any, name: str, *, x: Any = None, y: Any = None, diverging: bool = False, **more: Any) -> Trace:
    """A matrix as colours: rows upwards, `name` beside the colour bar; diverging ones are centred on 0."""
    z = thin(z)
    trace: Trace = {"type": "heatmap", "z": z, "colorscale": DIVERGING if diverging else SEQUENTIAL}
    if diverging and "zmax" not in more:
        reach = float(np.nanmax(np.abs(z), initial=0.0)) or 1.0
        trace |= {"zmin": -reach, "zmax": reach}
    for key, value in (("x", x), ("y", y)):
        if value is not None:
            trace[key] = value
    return trace | {"colorbar": {"title": {"text": name, "side": "right"}, "thickness": 12}, **more}


def thin(values: Any) -> np.ndarray:
    """float32 is more than a screen can show, and half the bytes; other kinds stay."""
    array = np.asarray(values)
    return array.astype(np.float32) if array.dtype == np.float64 else array
