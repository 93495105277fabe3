"""Where a translator looks while it writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnviz.figures.numerals import percent
from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, TRUTH, axes, heat, line
from rnnviz.records.frames import Frames
from rnnviz.records.translation import Translation

FAINT = [[0.0, "rgba(0,114,178,0)"], [1.0, "rgba(0,114,178,0.35)"]]  # symbols have to be read on it, in light and dark


def _names(symbols: tuple[str, ...], **more: Any) -> dict[str, Any]:
    """An axis of positions that shows symbols: a symbol may occur twice, a position cannot."""
    shown = ["␣" if s == " " else s for s in symbols]
    return {"tickvals": list(range(len(shown))), "ticktext": shown, "tickangle": 0, "showgrid": False, **more}


def alignment(seen: Translation, *, forced: int | None = None) -> Spec:
    """Attention weights, output symbols downwards and input symbols across; rings mark the true alignment."""
    data = [
        heat(
            seen.attention,
            "attention weight",
            zmin=0,
            zmax=1,
            hovertemplate="output %{y} looks at input %{x}: %{z:.3f}<extra></extra>",
        )
    ]
    rows, columns = np.nonzero(seen.truth)
    if len(rows):
        ring = {"size": 11, "color": "rgba(0,0,0,0)", "line": {"color": TRUTH, "width": 2}}
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": columns,
                "y": rows,
                "name": "true alignment",
                "marker": ring,
                "hoverinfo": "skip",
            }
        )
    narrow = max(map(len, seen.source), default=1) == 1
    layout = axes(
        "input symbol",
        "output symbol",
        xaxis=_names(seen.source, tickangle=0 if narrow else -40),
        yaxis=_names(seen.output, autorange="reversed"),
    )
    if forced is not None and forced < len(seen.output):
        corners = {"x0": -0.5, "x1": len(seen.source) - 0.5, "y0": forced - 0.5, "y1": forced + 0.5}
        layout["shapes"] = [{"type": "rect", **corners, "line": {"color": ACCENT, "width": 3}}]
    return {"data": data, "layout": layout}


def nothing(words: str) -> Spec:
    """An empty picture that says why it is empty."""
    note = {
        "text": words,
        "x": 0.5,
        "y": 0.5,
        "xref": "paper",
        "yref": "paper",
        "showarrow": False,
        "font": {"size": 16},
    }
    off = {"visible": False}
    return {"data": [], "layout": {"annotations": [note], "xaxis": off, "yaxis": off}}


def distribution(seen: Translation, row: int, colour: str) -> Spec:
    """The attention of one output symbol over all input symbols; true ones in the reference colour."""
    row = min(row, len(seen.output) - 1)
    colours = [TRUTH if true else colour for true in seen.truth[row]]
    bars = {"type": "bar", "x": list(range(len(seen.source))), "y": seen.attention[row], "marker": {"color": colours}}
    bars["hovertemplate"] = "%{x}: %{y:.3f}<extra></extra>"
    layout = axes(
        f"input symbol, seen while writing “{seen.output[row]}”",
        "attention weight",
        xaxis=_names(seen.source, tickangle=0 if max(map(len, seen.source)) == 1 else -40),
        yaxis={"range": [0, 1.02]},
    )
    return {"data": [bars], "layout": layout | {"showlegend": False}}


def agreement(seen: Translation, colour: str) -> Spec:
    """How much of each output symbol's attention lies on the inputs that it translates; none where nothing is translated."""
    known = seen.truth.any(1)
    share = np.where(known, (seen.attention * seen.truth).sum(1) if seen.attention.size else 0.0, np.nan)
    bars = {"type": "bar", "x": list(range(len(seen.output))), "y": share, "marker": {"color": colour}}
    bars["hovertemplate"] = "%{y:.2f} of the attention is on the true input<extra></extra>"
    layout = axes(
        "output symbol",
        "attention on the true input",
        xaxis=_names(seen.output, range=[-0.6, len(seen.output) - 0.4]),
        yaxis={"range": [0, 1.02]},
    )
    return {"data": [bars], "layout": layout | {"showlegend": False}}


def written(rows: Mapping[str, Translation], expected: str) -> Spec:
    """What every net writes, one symbol a cell, coloured by the probability that the net gave it; the right output on top."""
    truth = (*expected, "===") if expected else ()
    widest = max([len(truth), *(len(t.output) for t in rows.values())])
    sure = np.full((len(rows) + 1, widest), np.nan)
    for at, seen in enumerate(rows.values(), 1):
        sure[at, : len(seen.output)] = np.exp(seen.log_prob)
    lines = [truth, *(t.output for t in rows.values())]
    cells = heat(sure, "probability", zmin=0, zmax=1, xgap=1, ygap=6, colorscale=FAINT, hoverinfo="skip")
    words = [
        _cell(symbol, x, y, wrong=y > 0 and bool(truth) and truth[x : x + 1] != (symbol,))
        for y, symbols in enumerate(lines)
        for x, symbol in enumerate(symbols)
    ]
    layout = axes(
        "output position",
        "",
        xaxis=_names(tuple(map(str, range(1, widest + 1))), range=[-0.5, widest - 0.5], zeroline=False),
        yaxis=_names(("right" if expected else "", *rows), autorange="reversed", zeroline=False),
    )
    return {"data": [cells], "layout": layout | {"annotations": words}}


def _cell(symbol: str, x: int, y: int, *, wrong: bool) -> dict[str, Any]:
    """A symbol as an annotation; what differs from the right output stands out by colour and by weight."""
    shown = "␣" if symbol == " " else symbol
    font = {"size": 11 if symbol == "===" else 19} | ({"color": ACCENT} if wrong else {})
    return {"x": x, "y": y, "text": f"<b>{shown}</b>" if wrong else shown, "showarrow": False, "font": font}


def learning(
    runs: Mapping[str, Frames], now: Mapping[str, float], colours: Mapping[str, str], step: int, until: int
) -> Spec:
    """Share of sequences without an error: of the training batches (mean of ten), and now of pairs never trained on."""
    data = []
    for name, frames in runs.items():
        curve = _running(frames.score, 10)
        data.append(line(frames.step, curve, f"{name}, training", colours[name], width=1.5))
        dot = {"size": 13, "color": colours[name], "symbol": "diamond"}
        label = {"text": [f" {percent(now[name])}"], "textposition": "middle right", "textfont": {"size": 15}}
        point = {"type": "scatter", "mode": "markers+text", "x": [step], "y": [now[name]], "marker": dot, **label}
        data.append(point | {"name": f"{name}, held out", "cliponaxis": False})
    layout = axes(
        "training step", "share without an error", xaxis={"range": [0, 1.12 * until]}, yaxis={"range": [-0.02, 1.05]}
    )
    return {"data": data, "layout": layout | {"showlegend": True}}


def _running(values: np.ndarray, width: int) -> np.ndarray:
    """Mean of the last `width` values, of fewer at the beginning."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(1, len(values) + 1)
    first = np.maximum(0, at - width)
    return (total[at] - total[first]) / (at - first)
