"""Gated cells side by side: what stays, what enters, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, CATEGORICAL, CELLS, TRUTH, Trace, axes, heat, line
from rnnviz.records.coupling import LETTERS, SHARES, Beyond, Coupling
from rnnviz.records.frames import Frames

BLOCKS = {"r": 3, "z": 1, "n": 4, "i": 2, "f": 0, "g": 4, "o": 5}  # every block's hue among CATEGORICAL
STRONGEST = 2.0  # colours of a memory end there


def _letters(text: str, **more: Any) -> dict[str, Any]:
    shown = {"tickvals": list(range(len(text))), "ticktext": list(text), "tickangle": 0, "showgrid": False}
    return shown | {"range": [-0.5, len(text) - 0.5], "zeroline": False, **more}


def strips(seen: Mapping[str, Coupling], text: str, classes: Sequence[str]) -> Spec:
    """For each cell's best unit a row of what stays and a row of what enters; above them the answers, wrong ones marked."""
    rows, names = [], []
    for cell, one in seen.items():
        for share in ("kept", "entered"):
            rows.append(getattr(one, share)[:, 0])
            words = "stays" if share == "kept" else "enters"
            names.append(f"{cell}: {LETTERS[cell][share]} {words}")
    first = next(iter(seen.values()))
    data: list[Trace] = [heat(np.stack(rows), "share", zmin=0.0, zmax=1.0, xgap=1)]
    data[0]["hovertemplate"] = "%{y}, step %{x}: %{z:.2f}<extra></extra>"
    short = list(classes) if max(map(len, classes)) <= 2 else [c[0] for c in classes]
    heights = [-1.0, *(-2.0 - k for k in range(len(seen)))]
    said = [
        (first.right, TRUTH, "right answer"),
        *((one.said, CELLS[cell], f"{cell} says") for cell, one in seen.items()),
    ]
    for height, (answers, colour, name) in zip(heights, said, strict=True):
        wrong = answers != first.right
        marks = [f"<b>✗{short[k]}</b>" if w else short[k] for k, w in zip(answers, wrong, strict=True)]
        at = {"x": np.arange(len(text)), "y": np.full(len(text), height), "text": marks}
        data.append({"type": "scatter", "mode": "text", "hoverinfo": "skip", "name": name, **at})
        data[-1]["textfont"] = {"size": 15, "color": [ACCENT if w else colour for w in wrong]}
    up = {
        "tickvals": [*heights, *range(len(rows))],
        "ticktext": [*(name for _, _, name in said), *names],
        "range": [len(rows) - 0.5, min(heights) - 0.6],
        "showgrid": False,
        "zeroline": False,
    }
    return {"data": data, "layout": axes("symbol read", "", xaxis=_letters(text), yaxis=up, showlegend=False)}


def plane(seen: Mapping[str, Coupling]) -> Spec:
    """Every unit at every step as a point: what stays across, what enters upwards. The GRU cannot leave the line."""
    bound = line([0, 1], [1, 0], "stays + enters = 1", TRUTH, width=7, opacity=0.45, hoverinfo="skip")
    data = [bound]
    for cell, one in reversed(list(seen.items())):
        marker = {"color": CELLS[cell], "size": 7, "opacity": 0.55}
        points = {"x": one.kept.ravel().astype(np.float32), "y": one.entered.ravel().astype(np.float32)}
        data.append({"type": "scatter", "mode": "markers", "name": cell, "marker": marker, **points})
    reach = {"range": [-0.04, 1.04], "dtick": 0.25, "zeroline": False}
    layout = axes("share of the old that stays", "share of the new that enters", xaxis=reach, yaxis=dict(reach))
    return {"data": data, "layout": layout | {"showlegend": True}}


def memories(seen: Mapping[str, Coupling], text: str, holds: str) -> Spec:
    """The memory of each cell's best unit, turned the right way up, over what is to be held (right-hand axis)."""
    first = next(iter(seen.values()))
    at = np.arange(len(text))
    data = [line(at, first.held.astype(float), f"{holds} (right axis)", TRUTH, width=7, opacity=0.45, yaxis="y2")]
    for cell, one in seen.items():
        up = -1.0 if one.corr[0] < 0 else 1.0
        data.append(line(at, up * one.memory[:, 0], f"{cell}: {LETTERS[cell]['memory']}", CELLS[cell], width=2.5))
    layout = axes("symbol read", "memory of the best unit", xaxis=_letters(text), showlegend=True)
    top = max(1.0, float(first.held.max()))
    right = {
        "overlaying": "y",
        "side": "right",
        "range": [-0.08 * top, 1.08 * top],
        "showgrid": False,
        "zeroline": False,
    }
    right |= {"tickvals": list(range(int(top) + 1)), "title": {"text": holds}}
    return {"data": data, "layout": layout | {"yaxis2": right}}


def maps(seen: Mapping[str, Coupling], share: str, text: str) -> Spec:
    """One share in all units × time, a map for each cell; the unit that remembers best on top."""
    signed, reach = share in ("candidate", "memory"), STRONGEST if share == "memory" else 1.0
    data, layout = [], axes("", "")
    many, gap = len(seen), 0.05
    width = (1 - gap * (many - 1)) / many
    for k, (cell, one) in enumerate(seen.items()):
        own = "" if k == 0 else str(k + 1)
        values = getattr(one, share).T
        cells = heat(values, SHARES[share], diverging=signed, zmin=-reach if signed else 0.0, zmax=reach)
        data.append(cells | {"xaxis": f"x{own}", "yaxis": f"y{own}", "showscale": k == many - 1})
        data[-1]["hovertemplate"] = f"{cell}, row %{{y}}, step %{{x}}: %{{z:.2f}}<extra></extra>"
        left = k * (width + gap)
        name = f"{cell}: {LETTERS[cell][share]}"
        tight = {"tickfont": {"size": 11 if len(text) <= 30 else 8}}
        layout[f"xaxis{own}"] = (
            _letters(text, domain=[left, left + width], anchor=f"y{own}", title={"text": name}) | tight
        )
        units = {"tickvals": list(range(len(one.order))), "ticktext": [str(u) for u in one.order]}
        title = {"text": "unit (best memory on top)" if k == 0 else ""}
        layout[f"yaxis{own}"] = units | {
            "autorange": "reversed",
            "anchor": f"x{own}",
            "title": title,
            "showgrid": False,
        }
    return {"data": data, "layout": layout}


def learning(frames: Mapping[str, Frames], until: int) -> Spec:
    """Share of right answers over training, for every cell."""
    data = [line(f.step, f.score, cell, CELLS[cell]) for cell, f in frames.items()]
    span, share = {"range": [0, until]}, {"range": [-0.02, 1.05]}
    return {"data": data, "layout": axes("training step", "share right", xaxis=span, yaxis=share, showlegend=True)}


def farther(runs: Mapping[str, Beyond]) -> Spec:
    """Share of right answers where training never went; the pale band is what it showed."""
    one = next(iter(runs.values()))
    words = one.place.startswith("n")
    data = []
    for k, (cell, run) in enumerate(runs.items()):
        share = run.share if words else np.convolve(np.pad(run.share, 2, mode="edge"), np.full(5, 0.2), "valid")
        lift = 0.012 * (1 - k)  # so that none hides another
        marks = {"mode": "lines+markers", "marker": {"size": 6}} if words else {}
        data.append(line(run.at, share + lift, cell, CELLS[cell], **marks))
    band = {"type": "rect", "xref": "x", "yref": "paper", "x0": one.at[0], "x1": one.trained, "y0": 0, "y1": 1}
    band |= {"fillcolor": TRUTH, "opacity": 0.15, "line": {"width": 0}, "layer": "below"}
    layout = axes(one.place, "share right", xaxis={"range": [one.at[0], one.at[-1]]}, yaxis={"range": [-0.05, 1.08]})
    middle = (one.at[0] + one.trained) / 2
    note = {"x": middle, "y": 0.5, "xref": "x", "yref": "paper", "text": "trained", "showarrow": False}
    return {"data": data, "layout": layout | {"shapes": [band], "annotations": [note], "showlegend": True}}


def costs(counts: Mapping[str, Mapping[str, int]]) -> Spec:
    """How many numbers each cell learns, block by block."""
    data: list[Trace] = []
    for cell, blocks in counts.items():
        for name, many in blocks.items():
            colour = CATEGORICAL[BLOCKS[name]] if name in BLOCKS else "#8C8C8C"
            bar = {"type": "bar", "orientation": "h", "x": [many], "y": [f"{cell}, {sum(blocks.values())}"]}
            bar |= {"marker": {"color": colour, "line": {"width": 1, "color": "rgba(128,128,128,0.5)"}}}
            data.append(bar | {"text": [name], "textposition": "inside", "insidetextanchor": "middle", "textangle": 0})
            data[-1]["hovertemplate"] = f"{cell}, {name}: {many}<extra></extra>"
    layout = axes("numbers that are learnt (weights and biases)", "", yaxis={"autorange": "reversed"})
    return {"data": data, "layout": layout | {"barmode": "stack", "showlegend": False}}
