"""A net drawn once per time step, and the errors on their way back."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnviz.figures.numerals import percent, short
from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CATEGORICAL, CLIPPED, TRUTH, Trace, axes, heat
from rnnviz.records.bptt import Unfolding

FORTH, BACK = CLIPPED, ACCENT  # values on their way forward, errors on their way back


def unrolled(seen: Unfolding, forth: int, back: int, cut: int | None) -> Spec:
    """States up to step `forth` beside the errors of the last `back` steps; `cut`: where a window ends, or None."""
    steps, units = seen.h.shape
    done = np.arange(steps) < forth
    come = np.arange(steps) >= steps - back
    arriving = seen.arriving()
    data = [
        _columns(np.where(done[:, None], seen.h, np.nan), 0.0, 1.0, "h", "hidden state h"),
        _columns(
            np.where(come[:, None], arriving, np.nan), 0.36, float(np.abs(arriving).max()) or 1.0, "∂L/∂h", "error"
        ),
        _texts(np.arange(1, steps + 1), -1.7, seen.words, 20),
        *_said(seen, done, units),
    ]
    sizes = np.linalg.norm(arriving, axis=1)
    told = [short(size) if flag else "" for size, flag in zip(sizes, come, strict=True)]
    data.append(_texts(np.arange(1, steps + 1) + 0.36, units + 0.05, told, 13, BACK))
    layout = axes(
        "time step t",
        "",
        xaxis={"range": [0.4, steps + 0.9], "dtick": 1, "showgrid": False, "zeroline": False},
        yaxis=_rows(units),
    )
    arrows = [_arrow(t, -1.25, t, -0.62, FORTH if t <= forth else BLANK) for t in range(1, steps + 1)]
    for t in range(1, steps):
        arrows.append(_arrow(t + 0.56, units * 0.72, t + 0.82, units * 0.72, FORTH if t < forth else BLANK))
        width = 1 + 4 * float(np.clip(1 + np.log10(max(sizes[t - 1] / max(sizes.max(), 1e-300), 1e-9)) / 3, 0, 1))
        arrows.append(_arrow(t + 0.82, units * 0.2, t + 0.56, units * 0.2, BACK if come[t - 1] else BLANK, width))
    arrows += [
        _arrow(t + 1, units - 0.4, t + 1, units + 0.35, FORTH)
        for t in map(int, np.flatnonzero((seen.right >= 0) & done))
    ]
    shapes = [_cut(cut, units)] if cut else []
    return {"data": data, "layout": layout | {"showlegend": False, "annotations": arrows, "shapes": shapes}}


def _rows(units: int) -> dict[str, Any]:
    return {
        "range": [-2.3, units + 2.2],
        "tickvals": [-1.7, (units - 1) / 2, units + 0.9],
        "ticktext": ["reads", f"{units} units", "says"],
        "showgrid": False,
        "zeroline": False,
    }


def _columns(values: np.ndarray, offset: float, reach: float, name: str, said: str) -> Trace:
    """values (time, unit) as thin columns at t + offset, with gaps between them."""
    steps, units = values.shape
    z = np.full((units, 2 * steps), np.nan)
    z[:, ::2] = values.T
    at = np.arange(1, steps + 1) + offset
    edges = np.stack([at - 0.16, at + 0.16], 1).ravel()
    trace = heat(z, name, x=np.append(edges, edges[-1] + 0.5), y=np.arange(units), diverging=True, showscale=False)
    where = f"{said}, unit %{{y}}: %{{z:.3g}}<extra></extra>"
    return trace | {"zmin": -reach, "zmax": reach, "ygap": 1, "hovertemplate": where, "hoverongaps": False}


def _said(seen: Unfolding, done: np.ndarray, units: int) -> list[Trace]:
    """What the net says at marked steps, right or wrong by colour, and what that costs."""
    at = np.flatnonzero((seen.right >= 0) & done)
    best = seen.probs.argmax(1)
    colours = [CATEGORICAL[2] if best[t] == seen.right[t] else ACCENT for t in at]
    crowded = len(at) > 1
    words = [
        f"{seen.classes[best[t]]}" if crowded else f"says {seen.classes[best[t]]}, {percent(seen.probs[t, best[t]])}"
        for t in at
    ]
    cost = [f"{seen.loss[t]:.2f}" if crowded else f"L = {seen.loss[t]:.2f}" for t in at]
    return [
        _texts(at + 1, units + 0.95, words, 17, colours)
        | {"textposition": "middle center" if crowded else "middle left"},
        _texts(at + 1, units + 1.75, cost, 14) | {"textposition": "middle center" if crowded else "middle left"},
    ]


def _texts(x: Any, y: float, words: Any, size: int, colour: Any = None) -> Trace:
    font = {"size": size} | ({"color": colour} if colour is not None else {})
    trace: Trace = {
        "type": "scatter",
        "mode": "text",
        "x": np.asarray(x),
        "y": np.full(len(words), y),
        "hoverinfo": "skip",
    }
    return trace | {"text": list(words), "textfont": font}


def _arrow(x0: float, y0: float, x1: float, y1: float, colour: str, width: float = 2.0) -> dict[str, Any]:
    place = {"x": float(x1), "y": float(y1), "ax": float(x0), "ay": float(y0)}
    axes_of = {"xref": "x", "yref": "y", "axref": "x", "ayref": "y"}
    look = {"arrowcolor": colour, "arrowwidth": width, "arrowsize": 0.8, "opacity": 0.35 if colour == BLANK else 1.0}
    return place | axes_of | look | {"showarrow": True, "arrowhead": 2, "text": ""}


def _cut(before: int, units: int) -> dict[str, Any]:
    stroke = {"color": TRUTH, "width": 3, "dash": "dash"}
    at = {"x0": before + 0.69, "x1": before + 0.69, "y0": -2.2, "y1": units + 1.2}
    note = {"text": "the window ends here", "font": {"size": 14, "color": TRUTH}, "textposition": "end", "textangle": 0}
    return {"type": "line", **at, "line": stroke, "label": note}
