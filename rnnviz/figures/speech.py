"""Speech and how a net reads it: all pictures of one utterance share their axis of seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CATEGORICAL, RAW, TRUTH, axes, heat, line
from rnnviz.records.frames import Frames
from rnnviz.records.utterance import Exam, Reading, Sounds

COLOURS = {"φ": BLANK, "好": CATEGORICAL[0], "棒": ACCENT}
MARGIN, STIFF = {"l": 72, "r": 14, "t": 12, "b": 48}, {"automargin": False}  # seconds stand below seconds


def colour_of(symbol: str) -> str:
    return COLOURS.get(symbol, RAW)


def _seconds(sounds: Sounds) -> dict[str, Any]:
    return {"range": [0, sounds.seconds]}


def _truth(sounds: Sounds, low: float, high: float, **where: Any) -> dict[str, Any]:
    """The synthesiser's own times as coloured spans between `low` and `high` of the height, each with its unit."""
    shapes, names = [], []
    for unit, (begin, end) in zip(sounds.units, sounds.marks, strict=True):
        span = {"type": "rect", "x0": begin, "x1": end, "yref": "paper", "y0": low, "y1": high}
        shapes.append(span | {"fillcolor": colour_of(unit), "opacity": 0.28, "line": {"width": 1}})
        name = {
            "x": (begin + end) / 2,
            "yref": "paper",
            "y": (low + high) / 2,
            "text": unit,
            "showarrow": False,
            "yanchor": "middle",
        }
        names.append(name | {"font": {"size": 15}})
    return {"shapes": shapes, "annotations": names} | where


def spectrogram(sounds: Sounds) -> Spec:
    """Energy in mel bands over time, and over it what is spoken when, where that is known."""
    times = (np.arange(len(sounds.energies)) + 0.5) * sounds.hop
    rows = np.arange(len(sounds.hertz))
    trace = heat(sounds.energies.T, "log energy", x=times.astype(np.float32), y=rows, showscale=False)
    ticks = np.searchsorted(sounds.hertz, [250, 500, 1000, 2000, 3500])
    up = {"tickvals": ticks.tolist(), "ticktext": ["250", "500", "1000", "2000", "3500"], "domain": [0, 0.86], **STIFF}
    truth = _truth(sounds, 0.88, 1.0) if sounds.units else {}
    layout = axes(
        "time (s)", "frequency (Hz, mel)", xaxis=_seconds(sounds), yaxis=up, showlegend=False, margin=MARGIN, **truth
    )
    return {"data": [trace], "layout": layout}


def posteriors(reading: Reading, sounds: Sounds) -> Spec:
    """Probability of every symbol at every step; the truth lies as a band under the curves."""
    data = [
        line(reading.middles, reading.probs[:, k], symbol, colour_of(symbol), width=2 if symbol == "φ" else 3)
        for k, symbol in enumerate(reading.symbols)
    ]
    truth = _truth(sounds, 0.0, 0.1) if sounds.units else {}
    up = {"range": [-0.14 if sounds.units else -0.02, 1.02], "tickvals": [0, 0.5, 1], **STIFF}
    return {
        "data": data,
        "layout": axes(
            "time (s)", "probability", xaxis=_seconds(sounds), yaxis=up, showlegend=True, margin=MARGIN, **truth
        ),
    }


def alignment(gamma: np.ndarray, route: np.ndarray, reading: Reading, sounds: Sounds) -> Spec:
    """γ of the lattice (step, state): where the sum of all alignments lies; and the best single one."""
    states = ["φ"] * gamma.shape[1]
    states[1::2] = sounds.units
    rows = np.arange(len(states))
    data = [
        heat(gamma.T, "γ", x=reading.middles.astype(np.float32), y=rows, zmin=0, zmax=1),
        line(reading.middles, np.where(route < 0, np.nan, route), "best alignment", TRUTH, width=2, dash="dot"),
    ]
    up = {"tickvals": rows.tolist(), "ticktext": states, "range": [-0.5, len(states) - 0.5]}
    layout = axes("time (s)", "state of the lattice", xaxis=_seconds(sounds), yaxis=up, showlegend=False)
    return {"data": data, "layout": layout}


def transcripts(found: Mapping[str, float], said: str) -> Spec:
    """The likeliest transcripts and their probabilities, the best on top; the true one in the colour of references."""
    names = [name or "(nothing)" for name in found][::-1]
    values = list(found.values())[::-1]
    bar = {
        "type": "bar",
        "orientation": "h",
        "x": values,
        "y": names,
        "marker": {"color": [TRUTH if name == said else BLANK for name in names]},
        "text": [f"{v:.3f}" for v in values],
        "textposition": "outside",
        "textangle": 0,
    }
    return {
        "data": [bar],
        "layout": axes("probability", "transcript", xaxis={"range": [0, 1.12]}, yaxis={"type": "category"}),
    }


def losses(runs: Mapping[str, Frames], colours: Mapping[str, str], until: int) -> Spec:
    """Both losses on a log axis; they count different things and only their fall can be compared."""
    data = [line(f.step, np.maximum(f.loss, 1e-6), name, colours[name]) for name, f in runs.items()]
    up = {"type": "log", "exponentformat": "power", "dtick": 1}
    layout = axes("training step", "loss (nats)", xaxis={"range": [0, until]}, yaxis=up, showlegend=True)
    return {"data": data, "layout": layout}


def _recent(values: np.ndarray, width: int = 5) -> np.ndarray:
    """Mean of the last few values at every step."""
    total = np.cumsum(np.r_[0.0, values])
    ends = np.arange(1, len(values) + 1)
    begins = np.maximum(0, ends - width)
    return (total[ends] - total[begins]) / (ends - begins)


def progress(runs: Mapping[str, Frames], exams: Mapping[str, Exam], colours: Mapping[str, str], until: int) -> Spec:
    """Share of unseen voices' utterances that are exactly right: a few at every step (curve), all of them now (dot)."""
    data = []
    for name, frames in runs.items():
        data.append(line(frames.step, _recent(frames.score), name, colours[name]))
        now = {
            "type": "scatter",
            "mode": "markers",
            "x": [len(frames.step)],
            "y": [exams[name].over()],
            "name": f"{name}, all now",
        }
        data.append(now | {"marker": {"color": colours[name], "size": 11}, "showlegend": False})
    layout = axes(
        "training step",
        "exactly right",
        xaxis={"range": [0, until * 1.02]},
        yaxis={"range": [-0.03, 1.05]},
        showlegend=True,
    )
    return {"data": data, "layout": layout}


def by_phrase(exams: Mapping[str, Exam], colours: Mapping[str, str]) -> Spec:
    """Share of the utterances of each phrase that are exactly right; phrases with a repeat stand on the right."""
    data, layout = [], axes("phrase", "exactly right", yaxis={"range": [0, 1.18]}, barmode="group", showlegend=True)
    for name, exam in exams.items():
        order = np.argsort(exam.repeats, kind="stable")
        phrases = [exam.phrase[i] for i in order]
        data.append(
            {"type": "bar", "x": phrases, "y": exam.share[order], "name": name, "marker": {"color": colours[name]}}
        )
        wall = float((~exam.repeats).sum()) - 0.5
        split = {"type": "line", "x0": wall, "x1": wall, "yref": "paper", "y0": 0, "y1": 1}
        layout["shapes"] = [split | {"line": {"color": BLANK, "dash": "dot", "width": 2}}]
        layout["annotations"] = [
            {
                "x": wall,
                "y": 1.1,
                "text": "with a repeat →",
                "showarrow": False,
                "xanchor": "left",
            }
        ]
    return {"data": data, "layout": layout}
