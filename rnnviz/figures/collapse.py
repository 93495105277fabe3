"""An alignment collapsing, the alignments of a label as a picture, and their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CATEGORICAL, CLIPPED, RAW, Trace, axes, line
from rnnviz.records.collapse import KEPT, MERGED, SILENT, Collapse, Ways

ROWS = ("φ left out", "repeats merged", "frames")  # from below


def strip(found: Collapse, symbols: Sequence[str], frames: int) -> Spec:
    """Three rows over the frames: all symbols, one for every run, what is said; the first `frames` have been read."""
    time = np.arange(1, len(found.path) + 1)
    read = time <= frames
    starts = np.r_[True, found.path[1:] != found.path[:-1]]
    data = [
        _cells(time[~read], np.full((~read).sum(), 2), found.path[~read], symbols, opacity=0.25),
        _cells(time[read], np.full(read.sum(), 2), found.path[read], symbols),
        _cells(time[read & starts], np.full((read & starts).sum(), 1), found.path[read & starts], symbols),
    ]
    said = read & (found.fates == KEPT)
    data.append(_cells(time[said], np.zeros(said.sum()), found.path[said], symbols))
    size = _size(len(time))
    for trace in data:
        trace["marker"]["size"], trace["textfont"]["size"] = size, round(0.55 * size)
    up = {"tickvals": [0, 1, 2], "ticktext": list(ROWS), "range": [-0.6, 2.6], "zeroline": False, "showgrid": False}
    across = {"range": [0.3, len(time) + 0.7], "dtick": 1 if len(time) <= 24 else 4, "zeroline": False}
    return {"data": data, "layout": axes("frame", "", xaxis=across, yaxis=up, showlegend=False, shapes=_now(frames))}


def _now(frames: int) -> list[dict[str, Any]]:
    if not frames:
        return []
    box = {"type": "rect", "x0": frames - 0.5, "x1": frames + 0.5, "y0": -0.5, "y1": 2.5}
    return [box | {"line": {"color": ACCENT, "width": 2}}]


def _size(frames: int) -> int:
    """Pixels of a cell, so that they do not touch on a page of common width."""
    return int(min(34, max(14, 800 / frames)))


def _cells(x: Any, y: Any, path: np.ndarray, symbols: Sequence[str], opacity: float = 1.0) -> Trace:
    marker = {"symbol": "square", "color": [colour(k) for k in path.tolist()], "opacity": opacity}
    names = [symbols[k] for k in path.tolist()]
    trace: Trace = {"type": "scatter", "mode": "markers+text", "x": x, "y": y, "text": names, "marker": marker}
    return trace | {"textfont": {"color": "#FFFFFF"}, "hovertemplate": "frame %{x}: %{text}<extra></extra>"}


def colour(symbol: int) -> str:
    """φ is grey; the others have a hue each."""
    return BLANK if symbol == 0 else CATEGORICAL[(symbol - 1) % len(CATEGORICAL)]


def listing(paths: np.ndarray, symbols: Sequence[str], total: int) -> Spec:
    """A row for each alignment (alignment, time), in the hues of their symbols."""
    rows, frames = paths.shape
    edges = np.repeat(np.arange(len(symbols) + 1) / len(symbols), 2)[1:-1]  # a hue from edge to edge, no blend
    hues = [colour(k // 2) for k in range(2 * len(symbols))]
    cells = {"type": "heatmap", "x": np.arange(1, frames + 1), "z": paths[::-1], "zmin": -0.5, "xgap": 2, "ygap": 2}
    cells |= {
        "zmax": len(symbols) - 0.5,
        "showscale": False,
        "colorscale": [list(pair) for pair in zip(edges, hues, strict=True)],
    }
    cells |= {
        "text": [[symbols[k] for k in row] for row in paths[::-1].tolist()],
        "hovertemplate": "%{text}<extra></extra>",
    }
    cells |= {"texttemplate": "%{text}" if frames <= 24 else "", "textfont": {"color": "#FFFFFF"}}
    across = {"range": [0.3, frames + 0.7], "dtick": 1 if frames <= 24 else 4, "zeroline": False}
    up = {"showticklabels": False, "zeroline": False, "showgrid": False}
    name = f"{rows} of {total:,} alignments" if rows < total else f"all {total:,} alignments"
    return {"data": [cells], "layout": axes("frame", name, xaxis=across, yaxis=up, showlegend=False)}


def counts(ways: Ways, frames: int) -> Spec:
    """The number of alignments over the number of frames, with φ and without; 0 has no place on the axis."""
    data = [
        line(ways.frames, np.where(ways.with_phi > 0, ways.with_phi, np.nan), "with φ", CLIPPED),
        line(ways.frames, np.where(ways.without > 0, ways.without, np.nan), "without φ: trimming", RAW),
    ]
    data += [
        {"type": "scatter", "mode": "markers", "x": [frames], "y": [row[frames - 1]], "showlegend": False}
        | {"marker": {"size": 11, "color": hue}, "hovertemplate": "%{x} frames: %{y:.4g}<extra></extra>"}
        for row, hue in ((ways.with_phi, CLIPPED), (ways.without, RAW))
        if row[frames - 1] > 0
    ]
    return {"data": data, "layout": axes("frames", "alignments of the label", yaxis={"type": "log", "dtick": 2})}


def told(found: Collapse, symbols: Sequence[str], frames: int) -> str:
    """What happened to the frame that was read last, in words."""
    if not frames:
        return "Nothing has been read yet"
    name = symbols[found.path[frames - 1]]
    fate = {KEPT: "is new and is said", MERGED: "repeats the frame before and is merged", SILENT: "says nothing"}
    return f"Frame {frames}, {name}, {fate[int(found.fates[frames - 1])]}"
