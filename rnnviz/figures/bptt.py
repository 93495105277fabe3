"""A net drawn once per time step, the errors on their way back, and the gradient as a sum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CATEGORICAL, CLIPPED, TRUTH, Trace, axes, heat, line
from rnnviz.records.bptt import Sight, Unfolding

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
    told = [f"{size:.1e}" if flag else "" for size, flag in zip(sizes, come, strict=True)]
    data.append(_texts(np.arange(1, steps + 1) + 0.36, units + 0.05, told, 11, BACK))
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
        f"{seen.classes[best[t]]}" if crowded else f"says {seen.classes[best[t]]}, {seen.probs[t, best[t]]:.0%}"
        for t in at
    ]
    cost = [f"{seen.loss[t]:.2f}" if crowded else f"L = {seen.loss[t]:.2f}" for t in at]
    return [
        _texts(at + 1, units + 0.95, words, 17, colours)
        | {"textposition": "middle center" if crowded else "middle left"},
        _texts(at + 1, units + 1.75, cost, 12) | {"textposition": "middle center" if crowded else "middle left"},
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
    note = {"text": "the window ends here", "font": {"size": 12, "color": TRUTH}, "textposition": "end", "textangle": 0}
    return {"type": "line", **at, "line": stroke, "label": note}


def summed(seen: Unfolding, which: str, back: int, whole: np.ndarray) -> Spec:
    """The contribution of every step, their sum so far, and beside it the gradient by autograd."""
    parts = seen.contributions(which)
    steps, rows, columns = parts.shape
    come = np.arange(steps) >= steps - back
    blocks = [p if flag else np.full_like(p, np.nan) for p, flag in zip(parts, come, strict=True)]
    blocks += [parts[come].sum(0) if back else np.full_like(whole, np.nan), whole]
    gap = np.full((rows, 1), np.nan)
    z = np.hstack([piece for block in blocks for piece in (block, gap)])[:, :-1]
    middles = [(columns - 1) / 2 + k * (columns + 1) for k in range(len(blocks))]
    names = [f"t = {t + 1}" for t in range(steps)] + ["<b>sum so far</b>", "<b>autograd</b>"]
    reach = float(max(np.abs(parts).max(), np.abs(whole).max())) or 1.0
    cells = heat(z, "", diverging=True, zmin=-reach, zmax=reach, hoverongaps=False)
    cells |= {"hovertemplate": "%{z:.3g}<extra></extra>", "colorbar": {"thickness": 12, "exponentformat": "e"}}
    across = {"tickvals": middles, "ticktext": names, "showgrid": False, "zeroline": False, "tickangle": 0}
    up = {"autorange": "reversed", "showgrid": False, "showticklabels": False, "zeroline": False}
    kind = {"W": "W: to unit", "U": "U: to unit", "V": "V: to class"}[which]
    frames = [_frame(k * (columns + 1) - 0.5, columns, rows) for k in range(len(blocks))]
    return {"data": [cells], "layout": axes("use of the matrix at", kind, xaxis=across, yaxis=up, shapes=frames)}


def _frame(left: float, columns: int, rows: int) -> dict[str, Any]:
    place = {"x0": left, "x1": left + columns, "y0": -0.5, "y1": rows - 0.5}
    return {"type": "rect", **place, "line": {"color": BLANK, "width": 1}}


def sizes(seen: Unfolding, which: str, back: int, window: int) -> Spec:
    """Length of every step's contribution: what the window sees and what it misses; faint until the errors come by."""
    whole = np.linalg.norm(seen.contributions(which), axis=(1, 2))
    kept = np.linalg.norm(seen.contributions(which, window), axis=(1, 2))
    at = np.arange(1, len(whole) + 1)
    faint = np.where(at > len(at) - back, 1.0, 0.35)
    data = [
        _bars(at, whole, "whole", BACK, faint),
        _bars(at, kept, f"seen by a window of {window}", TRUTH, faint),
    ]
    up = {"type": "log", "exponentformat": "power", "nticks": 6}
    layout = axes("time step t", f"‖contribution to ∂L/∂{which}‖", xaxis={"dtick": 1}, yaxis=up)
    return {"data": data, "layout": layout | {"barmode": "group", "showlegend": True}}


def _bars(at: np.ndarray, height: np.ndarray, name: str, colour: str, faint: np.ndarray) -> Trace:
    shown = np.where(height > 1e-30, height, np.nan)
    return {"type": "bar", "x": at, "y": shown, "name": name, "marker": {"color": colour, "opacity": faint}}


def sight(found: Sight, window: int) -> Spec:
    """Angle and length of the truncated gradient against the window, over a batch."""
    at = min(window, len(found.window))
    data = [
        line(found.window, found.angle, "angle to the whole gradient", ACCENT, mode="lines+markers"),
        line(found.window, found.length, "its length, whole = 1", CLIPPED, mode="lines+markers", yaxis="y2"),
    ]
    layout = axes("truncation window (steps)", "angle (degrees)", xaxis={"dtick": 1}, yaxis={"range": [-3, 95]})
    stroke = {"color": TRUTH, "width": 2, "dash": "dash"}
    layout["shapes"] = [{"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": stroke}]
    top = max(1.1, 1.1 * float(np.nanmax(found.length, initial=1.0)))
    right = {
        "title": {"text": "relative length"},
        "overlaying": "y",
        "side": "right",
        "range": [-0.035 * top, top],
        "tickvals": [0, 0.5, 1],
    }
    return {"data": data, "layout": layout | {"yaxis2": right | {"showgrid": False}, "showlegend": True}}


def scores(runs: Mapping[str, Any], colours: Mapping[str, str], until: int, chance: float) -> Spec:
    """Share of right answers over training, smoothed over ten steps."""
    data = []
    for name, frames in runs.items():
        sums = np.concatenate([np.zeros(10), np.cumsum(frames.score)])
        mean = (sums[10:] - sums[:-10]) / np.minimum(np.arange(len(frames)) + 1, 10)
        data.append(line(frames.step, mean, name, colours[name], width=3))
    data.append(line([0, until], [chance, chance], "guessing", BLANK, dash="dot"))
    layout = axes("training step", "share right", xaxis={"range": [0, until]}, yaxis={"range": [-0.02, 1.05]})
    return {"data": data, "layout": layout | {"showlegend": True}}
