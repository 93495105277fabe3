"""A race of cells: scores against steps and against seconds, who leads, and what is asked."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rnnviz.figures.numerals import percent
from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import BLANK, CELLS, Trace, axes, heat, line
from rnnviz.records.frames import Frames
from rnnviz.records.race import Question, Standing

STYLE = {  # a hue for each family; within it, what starts better is drawn solid
    "tanh RNN, ρ = 0.6": (CELLS["RNN"], "dot"),
    "tanh RNN, ρ = 1": (CELLS["RNN"], "solid"),
    "IRNN": (CELLS["IRNN"], "solid"),
    "IRNN as published": (CELLS["IRNN"], "dot"),
    "LSTM, forget bias 0": (CELLS["LSTM"], "dot"),
    "LSTM, forget bias 1": (CELLS["LSTM"], "dash"),
    "LSTM, forget bias 3": (CELLS["LSTM"], "solid"),
    "LSTM of 1997": (CELLS["LSTM of 1997"], "solid"),
    "GRU, keep bias 0": (CELLS["GRU"], "dot"),
    "GRU, keep bias 3": (CELLS["GRU"], "solid"),
    "Clockwork": (CELLS["Clockwork"], "dashdot"),
    "SCRN": (CELLS["SCRN"], "dashdot"),
}
FALL = [-4, 1]  # powers of ten; what lies below is no longer a matter of learning
BLOCK = 10  # batches to a point of the loss


def _curve(x: np.ndarray, y: np.ndarray, name: str) -> Trace:
    colour, dash = STYLE[name]
    return line(x, y, name, colour, dash=dash, width=2.5)


def _level(value: float, until: float, name: str) -> Trace:
    return line([0, until], [value, value], name, BLANK, dash="dot", width=1, hoverinfo="skip")


def scores(curves: Mapping[str, np.ndarray], standing: Standing, until: int) -> Spec:
    """Mean score of the last 20 batches against training steps."""
    data = [_curve(np.arange(1, len(y) + 1), y, name) for name, y in curves.items()]
    return {"data": [*data, *_levels(standing, until)], "layout": _layout("training step", until)}


def scores_in_time(curves: Mapping[str, np.ndarray], standing: Standing, until: int) -> Spec:
    """The same against seconds of computing: steps times what one step takes."""
    seconds = dict(zip(standing.names, standing.seconds, strict=True))
    data = [_curve(np.arange(1, len(y) + 1) * seconds[name], y, name) for name, y in curves.items()]
    reach = until * float(standing.seconds.max())
    layout = _layout("seconds of computing", reach)
    return {"data": [*data, *_levels(standing, reach)], "layout": layout | {"showlegend": False}}


def _levels(standing: Standing, until: float) -> list[Trace]:
    return [_level(standing.chance, until, "guessing"), _level(standing.level, until, "solved")]


def _layout(x: str, until: float) -> dict:
    return axes(x, "share right", xaxis={"range": [0, until]}, yaxis={"range": [0, 1.03]}, showlegend=True)


def losses(frames: Mapping[str, Frames], unit: str, until: int) -> Spec:
    """Loss on a log axis, ten batches a point."""
    data = []
    for name, f in frames.items():
        blocks = slice(len(f) // BLOCK * BLOCK)
        data.append(_curve(_mean(f.step[blocks]) + 0.5, _mean(f.loss[blocks]), name))
    layout = axes(
        "training step",
        f"loss ({unit})",
        xaxis={"range": [0, until]},
        yaxis={"type": "log", "range": FALL, "dtick": 1, "exponentformat": "power"},
    )
    return {"data": data, "layout": layout | {"showlegend": False}}


def _mean(values: np.ndarray) -> np.ndarray:
    return values.reshape(-1, BLOCK).mean(1)


def podium(standing: Standing) -> Spec:
    """Score of every cell now, the best on top, with its size and its price."""
    order = standing.order[::-1]
    names = [standing.names[k] for k in order]
    costs = [f"{standing.parameters[k]:,} numbers · {1e3 * standing.seconds[k]:.1f} ms a step" for k in order]
    score = np.nan_to_num(standing.score[order], nan=standing.chance)
    bars: Trace = {
        "type": "bar",
        "orientation": "h",
        "x": score,
        "y": [f"{name}<br><span style='font-size:12px'>{cost}</span>" for name, cost in zip(names, costs, strict=True)],
        "text": [_told(value, float(standing.solved[k])) for value, k in zip(score, order, strict=True)],
        "textposition": "outside",
        "marker": {"color": [STYLE[name][0] for name in names]},
        "hoverinfo": "y+x",
        "cliponaxis": False,
    }
    at = {"x0": standing.chance, "x1": standing.chance, "yref": "paper", "y0": 0, "y1": 1}
    shapes = [{"type": "line", **at, "line": {"color": BLANK, "dash": "dot", "width": 2}}]
    across = {"range": [0, 1.45], "tickvals": [0, 0.25, 0.5, 0.75, 1]}
    layout = axes(
        "share right now",
        "",
        xaxis=across,
        yaxis={"automargin": True, "ticksuffix": "  "},
    )
    return {"data": [bars], "layout": layout | {"shapes": shapes, "showlegend": False, "bargap": 0.3}}


def _told(score: float, solved: float) -> str:
    return percent(score) if np.isnan(solved) else f"✓ step {solved:.0f}"


def question(asked: Question, image: bool) -> Spec:
    """One sequence: a row an input, a column a step; or the picture that is read line by line."""
    if image:
        trace = heat(asked.x, "ink")
        down = {"autorange": "reversed", "scaleanchor": "x", "showticklabels": False}
        layout = axes("read from left to right", "line by line", xaxis={"showticklabels": False}, yaxis=down)
    else:
        trace = heat(asked.x.T, "input", y=list(asked.rows))
        layout = axes("time step t", "input", yaxis={"autorange": "reversed", "type": "category"})
    return {"data": [trace], "layout": layout}
