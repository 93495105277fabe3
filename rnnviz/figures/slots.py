"""The unrolled net with its learning target: a column a word, upwards from the word to its cross-entropy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnviz.figures.numerals import short
from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CATEGORICAL, TRUTH, Trace, axes, line
from rnnviz.records.frames import Frames
from rnnviz.records.slots import Filled

COLOURS = {
    "other": BLANK,
    "destination": CATEGORICAL[0],
    "departure": CATEGORICAL[1],
    "time": CATEGORICAL[2],
}
WORD, STATE, FOOT, TALL, REFERENCE, COST = 0.0, 1.0, 1.75, 1.5, 3.75, 4.5  # heights of what stands in a column
WIDE = 0.6


def unrolled(seen: Filled, *, forwards: bool, backwards: bool = False) -> Spec:
    """Word, hidden state, probabilities, reference and cross-entropy of every step; arrows where states depend on each other."""
    size = len(seen.words)
    notes = [note for t in range(size) for note in _column(seen, t)]
    for t in range(size - 1):
        if forwards:
            notes.append(_arrow(t + 0.16, STATE + 0.08 * backwards, t + 0.84, STATE + 0.08 * backwards))
        if backwards:
            notes.append(_arrow(t + 0.84, STATE - 0.08, t + 0.16, STATE - 0.08))
    notes.append(_text(size - 0.5, COST, f"<b>L = {short(seen.total)}</b>", size=17, anchor="left"))
    data = [_bars(seen, k) for k in range(len(seen.slots))]
    dots = {"size": 26, "color": "rgba(0,0,0,0)", "line": {"color": CATEGORICAL[5], "width": 2}}
    data.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": list(range(size)),
            "y": [STATE] * size,
            "marker": dots,
            "hoverinfo": "skip",
            "showlegend": False,
        }
    )
    ticks = {"tickvals": [WORD, STATE, FOOT + TALL / 2, REFERENCE, COST], "showgrid": False, "zeroline": False}
    names = ["word", "state", "output", "reference", "cross-<br>entropy"]
    layout = axes(
        "step t",
        "",
        xaxis={
            "range": [-0.6, size - 0.5 + max(1.6, 0.16 * size)],
            "tickvals": list(range(size)),
            "ticktext": [str(t + 1) for t in range(size)],
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={"range": [-0.35, COST + 0.4], "ticktext": names, **ticks},
        barmode="stack",
        annotations=notes,
        showlegend=True,
        legend={"orientation": "h", "y": 1.12, "traceorder": "normal"},
    )
    return {"data": data, "layout": layout}


def _bars(seen: Filled, slot: int) -> Trace:
    """One slot's probability at all steps, standing on the slots before it."""
    base = FOOT + TALL * np.concatenate([np.zeros((len(seen.words), 1)), seen.probs.cumsum(1)], 1)[:, slot]
    name = seen.slots[slot]
    return {
        "type": "bar",
        "x": list(range(len(seen.words))),
        "y": TALL * seen.probs[:, slot],
        "base": base,
        "width": WIDE,
        "name": name,
        "marker": {"color": COLOURS[name]},
        "customdata": seen.probs[:, slot],
        "hovertemplate": f"P({name}) = %{{customdata:.4f}}<extra></extra>",
    }


def _column(seen: Filled, t: int) -> list[dict[str, Any]]:
    """Arrows and words of one step."""
    wrong = seen.said[t] != seen.right[t]
    slot = seen.slots[seen.right[t]]
    cost = short(seen.cost[t]) if seen.cost[t] >= 0.001 else "<0.001"
    return [
        _text(t, WORD, f"<b>{seen.words[t]}</b>", size=14),
        _arrow(t, WORD + 0.22, t, STATE - 0.22),
        _arrow(t, STATE + 0.22, t, FOOT - 0.04),
        _text(t, REFERENCE, SHORT[slot], size=13, colour=TRUTH if slot != "other" else None),
        _text(t, COST, f"<b>{cost}</b>" if wrong else cost, size=14, colour=ACCENT if wrong else None),
    ]


SHORT = {"other": "other", "destination": "dest", "departure": "from", "time": "time"}


def _text(
    x: float, y: float, words: str, *, size: int, colour: str | None = None, anchor: str = "center"
) -> dict[str, Any]:
    font = {"size": size} | ({"color": colour} if colour else {})
    return {"x": x, "y": y, "text": words, "showarrow": False, "font": font, "xanchor": anchor}


def _arrow(x0: float, y0: float, x1: float, y1: float) -> dict[str, Any]:
    tail = {"ax": x0, "ay": y0, "axref": "x", "ayref": "y"}
    return {
        "x": x1,
        "y": y1,
        "text": "",
        "showarrow": True,
        "arrowhead": 2,
        "arrowwidth": 1.5,
        "arrowcolor": BLANK,
    } | tail


def learning(
    runs: Mapping[str, Frames], now: Mapping[str, float], colours: Mapping[str, str], step: int, until: int
) -> Spec:
    """Share of cities with the right slot: in the training batches, and now in sentences never trained on."""
    data = [line([0, until], [0.5, 0.5], "guessing", BLANK, dash="dot", hoverinfo="skip")]
    for name, frames in runs.items():
        data.append(line(frames.step, frames.score, name, colours[name], width=1.5))
        dot = {"size": 13, "color": colours[name], "symbol": "diamond"}
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [step],
                "y": [now[name]],
                "marker": dot,
                "name": f"{name}, unseen sentences",
                "showlegend": False,
                "cliponaxis": False,
            }
        )
    layout = axes(
        "training step", "cities with the right slot", xaxis={"range": [0, until]}, yaxis={"range": [-0.02, 1.05]}
    )
    return {"data": data, "layout": layout | {"showlegend": True}}


def kinds(shares: Mapping[str, np.ndarray], names: tuple[str, ...], colours: Mapping[str, str]) -> Spec:
    """Share of right slots by kind of word, a bar a net."""
    data = [
        {
            "type": "bar",
            "x": list(names),
            "y": share,
            "name": name,
            "marker": {"color": colours[name]},
            "text": [f"{s:.2f}" for s in share],
            "textposition": "outside",
            "cliponaxis": False,
        }
        for name, share in shares.items()
    ]
    layout = axes("kind of word", "share with the right slot", yaxis={"range": [0, 1.12]}, barmode="group")
    return {"data": data, "layout": layout | {"showlegend": True}}
