"""Gates over a text or a table, and what they do to the past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnviz.figures.numerals import percent
from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CATEGORICAL, TRUTH, Trace, axes, heat, line
from rnnviz.records.frames import Frames
from rnnviz.records.gates import NAMES, Backwards, Cell, Gates, Look

COLOURS = {"i": CATEGORICAL[2], "f": CATEGORICAL[0], "o": CATEGORICAL[4]}
MEMORY = ACCENT
STRONGEST = 3.0  # tanh c is all but ±1 there, and a counting unit goes much farther


def _letters(text: str, **more: Any) -> dict[str, Any]:
    """An axis of time steps that shows the symbols read there."""
    shown = {"tickvals": list(range(len(text))), "ticktext": list(text), "tickangle": 0, "showgrid": False}
    return shown | {"range": [-0.5, len(text) - 0.5], "zeroline": False, **more}


def text(seen: Look, gate: str, row: int, classes: Sequence[str]) -> Spec:
    """The typed text coloured by one unit, above it what the net says and what is right; wrong answers are marked."""
    values, many = getattr(seen.gates, gate)[:, row], len(seen.text)
    more: dict[str, Any] = {"zmin": 0.0, "zmax": 1.0} if gate in "ifo" else {}
    cells = heat(
        values[None],
        f"{gate}, unit {seen.order[row]}",
        x=np.arange(many),
        y=[0],
        diverging=gate not in "ifo",
        text=[list(seen.text)],
        texttemplate="%{text}",
        textfont={"size": 22},
        xgap=1,
        hovertemplate="%{text}: %{z:.3f}<extra></extra>",
        **more,
    )
    short: list[str] = list(classes) if max(map(len, classes)) <= 2 else [c[0] for c in classes]
    wrong = seen.said != seen.right
    says = _words([short[k] for k in seen.said], 1, [ACCENT if w else CATEGORICAL[0] for w in wrong], "the net says")
    right = _words([short[k] for k in seen.right], 2, [TRUTH] * many, "right")
    rows = {"tickvals": [0, 1, 2], "ticktext": ["reads", "net says", "right"], "range": [-0.6, 2.5], "showgrid": False}
    layout = axes("time step", "", xaxis=_letters("", range=[-0.5, many - 0.5]) | {"tickvals": []}, yaxis=rows)
    return {"data": [cells, says, right], "layout": layout | {"showlegend": False}}


def _words(words: Sequence[str], height: float, colours: Sequence[str], name: str) -> Trace:
    at: Trace = {"type": "scatter", "mode": "text", "x": np.arange(len(words)), "y": np.full(len(words), height)}
    return at | {
        "text": list(words),
        "textfont": {"size": 18, "color": list(colours)},
        "name": name,
        "hoverinfo": "skip",
    }


def gate_map(seen: Look, gate: str) -> Spec:
    """One gate, units × time; the unit that remembers best on top. Gates run from 0 to 1, g, c and h around 0."""
    rows = [f"{unit}" for unit in seen.order]
    signed = gate in "gch"
    reach = STRONGEST if gate == "c" else 1.0
    values = getattr(seen.gates, gate).T
    cells = heat(
        values,
        f"{NAMES[gate]} (colours end at ±{STRONGEST:g})" if gate == "c" else NAMES[gate],
        diverging=signed,
        zmin=-reach if signed else 0.0,
        zmax=reach,
        hovertemplate="unit in row %{y}, step %{x}: %{z:.3f}<extra></extra>",
    )
    up = {"tickvals": list(range(len(rows))), "ticktext": rows, "autorange": "reversed", "showgrid": False}
    return {
        "data": [cells],
        "layout": axes("symbol read", "unit (best memory on top)", xaxis=_letters(seen.text), yaxis=up),
    }


def memory(seen: Look, row: int, holds: str) -> Spec:
    """One unit's cell and forget gate over the text, and what a perfect memory holds, scaled to the cell."""
    gates, held = seen.gates, seen.held.astype(float)
    c = gates.c[:, row]
    at = np.arange(len(seen.text))
    slope, offset = np.polyfit(held, c, 1) if np.ptp(held) > 0 else (0.0, float(c.mean()))
    data = [
        line(at, slope * held + offset, f"{holds}, scaled", TRUTH, width=7, opacity=0.45),
        line(at, c, f"cell c, unit {seen.order[row]}", MEMORY, width=3, mode="lines+markers"),
        line(at, gates.f[:, row], "forget gate f", COLOURS["f"], dash="dot"),
    ]
    layout = axes("symbol read", "value", xaxis=_letters(seen.text))
    return {"data": data, "layout": layout | {"showlegend": True}}


def symbols(values: np.ndarray, alphabet: str, unit: int) -> Spec:
    """Mean i, f and o of one unit at every symbol of the alphabet; values (symbol, gate)."""
    data = [
        {"type": "bar", "x": list(alphabet), "y": values[:, k], "name": NAMES[g], "marker": {"color": COLOURS[g]}}
        | {"text": [f"{v:.2f}" for v in values[:, k]], "textposition": "outside", "cliponaxis": False}
        for k, g in enumerate("ifo")
    ]
    layout = axes(f"symbol read (unit {unit})", "mean opening", yaxis={"range": [0, 1.12]}, xaxis={"type": "category"})
    return {"data": data, "layout": layout | {"barmode": "group", "showlegend": True}}


def survival(runs: Mapping[str, Backwards], colours: Mapping[str, str], seen: str) -> Spec:
    """How the last step's loss still depends on every earlier cell (solid) and output (dotted)."""
    data = []
    for name, back in runs.items():
        at = np.arange(len(back.c))
        data.append(line(at, np.maximum(back.c, 1e-12), f"{name}: through c", colours[name], width=3))
        data.append(line(at, np.maximum(back.h, 1e-12), f"{name}: through h", colours[name], dash="dot", width=1.5))
    up = {"type": "log", "exponentformat": "power", "nticks": 6}
    return {
        "data": data,
        "layout": axes("symbol read", "‖∂L/∂c‖, ‖∂L/∂h‖", xaxis=_letters(seen), yaxis=up, showlegend=True),
    }


def learning(frames: Frames, clamped: tuple[str, float] | None, step: int, until: int) -> Spec:
    """Share of right answers over training, and now with a gate held."""
    data = [line(frames.step, frames.score, "as it is", CATEGORICAL[0])]
    if clamped:
        name, score = clamped
        dot = {"size": 14, "color": ACCENT, "symbol": "diamond"}
        label = {
            "text": [f" {percent(score)}"],
            "textposition": "middle right",
            "textfont": {"size": 15, "color": ACCENT},
        }
        point = {"type": "scatter", "mode": "markers+text", "x": [step], "y": [score], "marker": dot, **label}
        data.append(point | {"name": name, "cliponaxis": False})
    layout = axes("training step", "share right", xaxis={"range": [0, until]}, yaxis={"range": [-0.02, 1.05]})
    return {"data": data, "layout": layout | {"showlegend": True}}


# --- the lecture's memory cell


def table(seen: Cell, scale: float) -> Spec:
    """The lecture's table: x₁, x₂, x₃ over time, underneath the cell's memory and output beside the right ones.

    A cell may keep its memory in any unit of measure: `scale`, its output gate when asked, turns c into that of x₁.
    """
    steps = len(seen.c)
    rows = {
        "x₁ number": seen.x[:, 0],
        "x₂ write / reset": seen.x[:, 1],
        "x₃ ask": seen.x[:, 2],
        "memory, by hand": seen.held,
        f"cell c × {scale:.2f}": scale * seen.c,
        "y, by hand": seen.wanted,
        "y of the cell": seen.y,
    }
    shade = np.zeros((len(rows), steps))
    order = seen.x[:, 1]
    shade[1] = np.sign(order)
    shade[2] = (seen.x[:, 2] > 0) * 0.5
    shade[4:5] = np.where(np.abs(scale * seen.c - seen.held) < 0.1, 0, -0.6)
    shade[6:7] = np.where(np.abs(seen.y - seen.wanted) < 0.1, 0, -0.6)
    time = np.arange(1, steps + 1)
    words = {  # a scatter, because a heat map would choose its letters' colour for white paper
        "type": "scatter",
        "mode": "text",
        "x": np.tile(time, len(rows)),
        "y": np.repeat(np.arange(len(rows)), steps),
        "text": [_number(v, k) for k, row in enumerate(rows.values()) for v in row],
        "textfont": {"size": 17},
        "hoverinfo": "skip",
    }
    cells = {
        "type": "heatmap",
        "z": shade.astype(np.float32),
        "zmin": -1,
        "zmax": 1,
        "colorscale": TINTS,
        "xgap": 1,
        "ygap": 3,
        "showscale": False,
        "hoverinfo": "skip",
        "x": time,
    }
    up = {"tickvals": list(range(len(rows))), "ticktext": list(rows), "autorange": "reversed", "showgrid": False}
    across = {"dtick": 1, "showgrid": False, "tickangle": 0, "zeroline": False}
    return {"data": [cells, words], "layout": axes("time step", "", xaxis=across, yaxis=up | {"zeroline": False})}


TINTS = [[0.0, "rgba(213,94,0,0.55)"], [0.5, "rgba(128,128,128,0.06)"], [1.0, "rgba(0,158,115,0.55)"]]


def _number(value: float, row: int) -> str:
    """Commands as whole numbers with their sign, all else with one or two digits."""
    if row in (1, 2):
        return f"{value:g}".replace("-", "−") if value else "·"
    return f"{value:.2g}".replace("-", "−") if row in (0, 3, 5) else f"{value:.2f}".replace("-", "−")


def cell_gates(seen: Cell) -> Spec:
    """Three gates over time, open upwards, with the commands as marks on the axis."""
    at = np.arange(1, len(seen.c) + 1)
    data = [
        {"type": "bar", "x": at, "y": getattr(seen, g), "name": NAMES[g], "marker": {"color": COLOURS[g]}}
        for g in "ifo"
    ]
    words = [_command(row) for row in seen.x]
    across = {"tickvals": at, "ticktext": words, "tickangle": -45}
    layout = axes("command", "opening (0 shut, 1 open)", xaxis=across, yaxis={"range": [0, 1.05]})
    return {"data": data, "layout": layout | {"barmode": "group", "showlegend": True}}


def _command(row: np.ndarray) -> str:
    verb = "write" if row[1] > 0 else "reset" if row[1] < 0 else "keep"
    return f"{verb}, ask" if row[2] > 0 else verb


def influence(apart: np.ndarray, forget: np.ndarray, at: int) -> Spec:
    """What a bump at step `at` still changes in the memory later on; the bars are the forget gate."""
    steps = np.arange(1, len(apart) + 1)
    shut = {
        "type": "bar",
        "x": steps,
        "y": forget,
        "name": "forget gate f",
        "marker": {"color": COLOURS["f"]},
        "opacity": 0.25,
    }
    rest = line(steps[at:], apart[at:], "what is left of the bump", MEMORY, width=4, mode="lines+markers")
    layout = axes("time step", "difference in the memory", xaxis={"dtick": 1}, yaxis={"rangemode": "tozero"})
    return {"data": [shut, rest], "layout": layout | {"showlegend": True}}


def habits(learnt: np.ndarray, ideal: np.ndarray, commands: Sequence[str]) -> Spec:
    """Gates at every command, (command, gate): bars as learnt, lines as one would set them by hand (NaN: no matter)."""
    data: list[Trace] = []
    for k, g in enumerate("ifo"):
        bars = {
            "type": "bar",
            "x": list(commands),
            "y": learnt[:, k],
            "name": NAMES[g],
            "marker": {"color": COLOURS[g]},
        }
        data.append(bars | {"text": [f"{v:.2f}" for v in learnt[:, k]], "textposition": "outside", "offsetgroup": g})
    marks: Trace = {"type": "scatter", "mode": "markers", "name": "by hand", "hoverinfo": "skip", "x": [], "y": []}
    for k in range(3):
        for n in range(len(commands)):
            if not np.isnan(ideal[n, k]):
                marks["x"].append(n + (k - 1) * 0.267)
                marks["y"].append(float(ideal[n, k]))
    marks["marker"] = {"symbol": "line-ew-open", "size": 26, "color": TRUTH, "line": {"width": 4, "color": TRUTH}}
    marks["xaxis"] = "x2"
    data.append(marks)
    layout = axes(
        "command", "opening (0 shut, 1 open)", yaxis={"range": [-0.03, 1.14]}, barmode="group", showlegend=True
    )
    over = {"overlaying": "x", "range": [-0.5, len(commands) - 0.5], "visible": False}
    return {"data": data, "layout": layout | {"bargap": 0.2, "xaxis2": over}}


def errors(frames: Frames, until: int) -> Spec:
    """Squared error over training on a log axis, with the share of right outputs."""
    data = [
        line(frames.step, np.maximum(frames.loss, 1e-9), "squared error", CATEGORICAL[0]),
        line(frames.step, frames.score, "share right", BLANK, yaxis="y2", width=1.5),
    ]
    up = {"type": "log", "exponentformat": "power", "dtick": 1}
    layout = axes("training step", "squared error", xaxis={"range": [0, until]}, yaxis=up, showlegend=True)
    side = {"title": {"text": "share right"}, "overlaying": "y", "side": "right", "range": [0, 1.05], "showgrid": False}
    return {"data": data, "layout": layout | {"yaxis2": side | {"tickmode": "array", "tickvals": [0, 0.5, 1]}}}


def everything(gates: Gates) -> dict[str, np.ndarray]:
    """For the download: name -> (time, unit)."""
    return {f"gate_{name}": getattr(gates, name) for name in NAMES}
