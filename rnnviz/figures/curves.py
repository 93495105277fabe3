"""Scalars against training steps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CLIPPED, RAW, Trace, axes, decades, line
from rnnviz.records.frames import Frames


def _level(value: float, until: int) -> Trace:
    """A dotted horizontal, named in the legend."""
    return line([0, until], [value, value], f"threshold {value:g}", BLANK, dash="dot", hoverinfo="skip")


def losses(runs: Mapping[str, Frames], colours: Mapping[str, str], until: int, *, top: float | None = None) -> Spec:
    """Cross-entropy of every run; `top` cuts the axis where a ruined run would dwarf the others."""
    data = [line(f.step, f.loss, name, colours[name]) for name, f in runs.items()]
    reach = {"range": [0, top]} if top else {"rangemode": "tozero"}
    return {
        "data": data,
        "layout": axes(
            "training step", "cross-entropy (nats)", xaxis={"range": [0, until]}, yaxis=reach, showlegend=True
        ),
    }


def _norm_curves(data: list[Trace], until: int, limit: float | None) -> Spec:
    shown = [*data, *([_level(limit, until)] if limit else [])]
    up = decades(*(trace["y"] for trace in shown))
    layout = axes("training step", "gradient norm", xaxis={"range": [0, until]}, yaxis=up)
    return {"data": shown, "layout": layout | {"showlegend": True}}


def norms(runs: Mapping[str, Frames], colours: Mapping[str, str], until: int, *, limit: float | None) -> Spec:
    """Norm of the raw gradient on a log axis, with the threshold where there is one."""
    data = [line(f.step, np.maximum(f.gradient, 1e-12), name, colours[name]) for name, f in runs.items()]
    return _norm_curves(data, until, limit)


def cut(frames: Frames, until: int, *, limit: float | None) -> Spec:
    """What clipping took away: the norm before and after, on the same steps."""
    data = [
        line(frames.step, np.maximum(frames.gradient, 1e-12), "before clipping", RAW),
        line(frames.step, np.maximum(frames.applied, 1e-12), "after clipping", CLIPPED),
    ]
    return _norm_curves(data, until, limit)


def angles(frames: Frames, until: int) -> Spec:
    """Degrees by which clipping turned the gradient: 0 for norm clipping."""
    return {
        "data": [line(frames.step, frames.angle, "angle", ACCENT)],
        "layout": axes("training step", "angle (degrees)", xaxis={"range": [0, until]}, yaxis={"range": [-3, 90]}),
    }


def spread(runs: Mapping[str, Frames], colours: Mapping[str, str], *, limit: float | None) -> Spec:
    """How often a gradient norm of each size occurred; bins are equal on a log axis."""
    edges = np.linspace(-3, 8, 56)
    data = []
    for name, frames in runs.items():
        sizes = np.log10(np.clip(frames.gradient[np.isfinite(frames.gradient)], 1e-3, 1e8))
        count = np.histogram(sizes, edges)[0]
        data.append(
            {
                "type": "bar",
                "x": (edges[:-1] + edges[1:]) / 2,
                "y": count,
                "name": name,
                "marker": {"color": colours[name]},
                "opacity": 0.75,
            }
        )
    ticks = {"tickvals": list(range(-2, 9, 2)), "ticktext": [f"10<sup>{e}</sup>" for e in range(-2, 9, 2)]}
    layout = axes("gradient norm", "steps", xaxis=ticks, barmode="overlay", bargap=0.02, showlegend=True)
    if limit:
        at = float(np.log10(limit))
        layout["shapes"] = [
            {
                "type": "line",
                "x0": at,
                "x1": at,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": {"color": BLANK, "dash": "dot", "width": 2},
            }
        ]
    return {"data": data, "layout": layout}
