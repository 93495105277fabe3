"""Nets in one direction and in both, side by side over one text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CATEGORICAL, TRUTH, Trace, axes, heat, line
from rnnviz.records.foresight import Foresight, Reading
from rnnviz.records.frames import Frames

HUES = (CATEGORICAL[4], CATEGORICAL[2], CATEGORICAL[0])  # one layer, several, both ways
Colours = Mapping[str, str]


def colours(runs: Sequence[str]) -> dict[str, str]:
    return dict(zip(runs, HUES, strict=True))


def _letters(text: str, **more: Any) -> dict[str, Any]:
    shown = {"tickvals": list(range(len(text))), "ticktext": list(text), "tickangle": 0, "showgrid": False}
    return shown | {"range": [-0.5, len(text) - 0.5], "zeroline": False, **more}


def answers(seen: Mapping[str, Reading], text: str, classes: Sequence[str]) -> Spec:
    """The text, what is right, and what each net says; wrong answers are marked, uncounted ones pale."""
    first, at, hues = next(iter(seen.values())), np.arange(len(text)), colours(list(seen))
    truth = [classes[int(k)] if a else "" for k, a in zip(first.right, first.asked, strict=True)]
    rows: list[tuple[str, Sequence[str], Sequence[str]]] = [("reads", list(text), [BLANK] * len(text))]
    rows.append(("right", truth, [TRUTH] * len(text)))
    for name, one in seen.items():
        wrong = one.asked & (one.said != one.right)
        words = [f"<b>✗{classes[int(k)]}</b>" if w else classes[int(k)] for k, w in zip(one.said, wrong, strict=True)]
        words = [word if a else "" for word, a in zip(words, one.asked, strict=True)]
        rows.append((name, words, [ACCENT if w else hues[name] for w in wrong]))
    data: list[Trace] = []
    for height, (name, words, hue) in enumerate(rows):
        place = {"x": at, "y": np.full(len(text), -height), "text": words, "hoverinfo": "skip", "name": name}
        data.append({"type": "scatter", "mode": "text", "textfont": {"size": 19, "color": hue}, **place})
    up = {"tickvals": [-k for k in range(len(rows))], "ticktext": [name for name, *_ in rows], "showgrid": False}
    up |= {"range": [-len(rows) + 0.5, 0.5], "zeroline": False}
    return {
        "data": data,
        "layout": axes("time step", "", xaxis=_letters(text, tickvals=[]), yaxis=up, showlegend=False),
    }


def _beside(count: int, gap: float = 0.06) -> list[tuple[str, list[float]]]:
    """Suffix of the axes and their share of the width, for so many maps side by side."""
    width = (1 - gap * (count - 1)) / count
    return [("" if k == 0 else str(k + 1), [k * (width + gap), k * (width + gap) + width]) for k in range(count)]


def hearing(seen: Mapping[str, Reading], text: str) -> Spec:
    """Which symbols (across) each answer (downwards) depends on, a map for each net; above the diagonal lies the future."""
    data, layout = [], axes("", "")
    for (own, domain), (name, one) in zip(_beside(len(seen)), seen.items(), strict=True):
        loudest = float(one.reach.max()) or 1.0
        shown = one.reach / loudest
        cells = heat(shown, "influence (largest of each net = 1)", zmin=0.0, zmax=1.0, xgap=1, ygap=1)
        cells |= {"xaxis": f"x{own}", "yaxis": f"y{own}", "showscale": domain[1] > 0.99}
        data.append(cells | {"hovertemplate": "answer at %{y}, symbol at %{x}: %{z:.2f}<extra></extra>"})
        now = {"x": [-0.5, len(text) - 0.5], "y": [-0.5, len(text) - 0.5], "mode": "lines", "type": "scatter"}
        now |= {"line": {"color": ACCENT, "width": 1.5, "dash": "dot"}, "hoverinfo": "skip", "showlegend": False}
        data.append(now | {"xaxis": f"x{own}", "yaxis": f"y{own}"})
        title = {"text": f"{name}: symbol heard"}
        layout[f"xaxis{own}"] = _letters(text, domain=domain, anchor=f"y{own}", title=title)
        down = _letters(text, anchor=f"x{own}", range=[len(text) - 0.5, -0.5])
        layout[f"yaxis{own}"] = down | {"title": {"text": "answer at" if not own else ""}}
    return {"data": data, "layout": layout | {"showlegend": False}}


def learning(frames: Mapping[str, Frames], past: float, until: int) -> Spec:
    """Share of right answers over training, and the most that can be had without the future."""
    hues = colours(list(frames))
    data = [line([0, until], [past, past], "all that the past can tell", TRUTH, width=7, opacity=0.45)]
    data += [line(f.step, f.score, name, hues[name]) for name, f in frames.items()]
    span, share = {"range": [0, until]}, {"range": [-0.02, 1.05]}
    return {"data": data, "layout": axes("training step", "share right", xaxis=span, yaxis=share, showlegend=True)}


def delays(seen: Mapping[str, Foresight], past: float) -> Spec:
    """Share of right answers against how many symbols after the step have been heard; at 0 nobody knows the future."""
    hues = colours(list(seen))
    first = next(iter(seen.values()))
    ends = [first.heard[0], first.heard[-1]]
    data = [line(ends, [past, past], "all that the past can tell", TRUTH, width=7, opacity=0.45)]
    for name, one in seen.items():
        data.append(line(one.heard, one.share, name, hues[name], mode="lines+markers", connectgaps=True))
    across, share = {"dtick": 1, "range": [ends[0] - 0.2, ends[1] + 0.2]}, {"range": [-0.02, 1.05]}
    layout = axes("symbols heard after the one that is asked about", "share right", xaxis=across, yaxis=share)
    return {"data": data, "layout": layout | {"showlegend": True}}


def layers(seen: Mapping[str, Reading], text: str) -> Spec:
    """Every layer's states, units × time, in the order in which the nets stand."""
    maps = [(f"{name}<br>{part}", values) for name, one in seen.items() for part, values in one.layers.items()]
    data, layout = [], axes("", "")
    for (own, domain), (name, values) in zip(_beside(len(maps), 0.03), maps, strict=True):
        order = np.argsort(np.abs(np.diff(values, axis=0)).sum(0))  # quiet units at the bottom
        cells = heat(values.T[order], "hidden state", diverging=True, zmin=-1.0, zmax=1.0)
        data.append(cells | {"xaxis": f"x{own}", "yaxis": f"y{own}", "showscale": domain[1] > 0.99})
        data[-1]["hovertemplate"] = "%{x}: %{z:.2f}<extra></extra>"
        small = {"tickfont": {"size": 11 if len(text) < 20 else 8}}
        layout[f"xaxis{own}"] = _letters(text, domain=domain, anchor=f"y{own}", title={"text": name}) | small
        up = {"anchor": f"x{own}", "showticklabels": False, "showgrid": False, "zeroline": False}
        layout[f"yaxis{own}"] = up | {"title": {"text": "unit" if not own else ""}}
    return {"data": data, "layout": layout | {"showlegend": False}}


def price(seen: Mapping[str, Reading], text: str) -> Spec:
    """The walk that u and d make, and below it whose answers for the next day are right (dot) or wrong (cross)."""
    walk = np.concatenate([[0], np.cumsum([1 if c == "u" else -1 for c in text])])
    data = [line(np.arange(len(walk)), walk, "price", BLANK, width=3, mode="lines+markers")]
    hues, low = colours(list(seen)), float(walk.min())
    for k, (name, one) in enumerate(seen.items(), 1):
        days = np.flatnonzero(one.asked)
        good = one.said[days] == one.right[days]
        marks = {"symbol": ["circle" if g else "x" for g in good], "size": 9}
        marks |= {"color": [hues[name] if g else ACCENT for g in good]}
        place = {"x": days + 1, "y": np.full(len(days), low - 0.9 * k), "marker": marks, "name": name}
        data.append({"type": "scatter", "mode": "markers", **place})
    layout = axes("day (below: who knew the next day's move; ✗ wrong)", "price, in moves")
    return {"data": data, "layout": layout | {"showlegend": True}}
