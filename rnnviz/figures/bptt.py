"""The gradient of a shared matrix as a sum, and what truncation leaves of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CLIPPED, TRUTH, Trace, axes, heat, line
from rnnviz.records.bptt import Sight, Unfolding


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
    names = [f"t = {t + 1}" for t in range(steps)] + ["<b>sum<br>so far</b>", "<b>auto-<br>grad</b>"]
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
        _bars(at, whole, "whole", ACCENT, faint),
        _bars(at, kept, f"seen by a window of {window}", TRUTH, faint),
    ]
    seen_at_all = np.log10(np.append(whole[whole > 1e-30], 1e-30 if not whole.any() else whole.max()))
    top, bottom = float(seen_at_all.max()), float(seen_at_all.min())
    up = {"type": "log", "exponentformat": "power", "dtick": 1 if top - bottom < 6 else 2}
    up["range"] = [min(bottom - 0.3, top - 2), top + 0.2]  # two decades at least: bars have no foot on such an axis
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
