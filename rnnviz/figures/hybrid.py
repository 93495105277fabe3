"""What a net and a hidden Markov model hear: states over time, words over time, and shares over training."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.speech import MARGIN, STIFF
from rnnviz.figures.theme import ACCENT, BLANK, CLIPPED, TRUTH, axes, heat, line
from rnnviz.records.hybrid import Listened, Marks, Rounds, Span
from rnnviz.records.utterance import Sounds

Colours = Mapping[str, str]  # way -> its colour


def states(heard: Listened, truth: tuple[Span, ...], sounds: Sounds) -> Spec:
    """Probability of every state at every frame, the best path through them, and where the words truly begin and end."""
    rows = np.arange(len(heard.states))
    data = [
        heat(heard.probs.T, "P(y|x)", x=heard.seconds.astype(np.float32), y=rows, zmin=0, zmax=1, showscale=False),
        line(heard.seconds, heard.path, "best path", ACCENT, width=3, text=[heard.states[s] for s in heard.path]),
    ]
    walls = [
        {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": {"color": TRUTH, "width": 2}}
        for at in sorted({edge for span in truth for edge in (span.begin, span.end)})
    ]
    each = (len(rows) - 1) // 10
    middles = [0, *(1 + each * (w + 0.5) - 0.5 for w in range((len(rows) - 1) // each))]
    names = [name.rpartition(" ")[0] or name for name in (heard.states[0], *heard.states[1::each])]
    up = {"tickvals": middles, "ticktext": names, "range": [-0.5, len(rows) - 0.5], **STIFF}
    layout = axes("time (s)", "", xaxis={"range": [0, sounds.seconds]}, yaxis=up, shapes=walls, margin=MARGIN)
    return {"data": data, "layout": layout | {"showlegend": False}}


def words(heard: Listened, truth: str, names: Mapping[str, str], sounds: Sounds) -> Spec:
    """Who hears which word when; a word is orange where the truth has another one at that time."""
    bars = []
    for way, name in names.items():
        spans = heard.read[way]
        colours = [TRUTH if way == truth else CLIPPED if _is_there(s, heard.read[truth]) else ACCENT for s in spans]
        bars.append(
            {
                "type": "bar",
                "orientation": "h",
                "base": [s.begin for s in spans],
                "x": [s.end - s.begin for s in spans],
                "y": [name] * len(spans),
                "text": [s.word if s.end - s.begin > 0.06 else "" for s in spans],
                "hovertext": [f"{s.word}, {s.begin:.2f} to {s.end:.2f} s" for s in spans],
                "hoverinfo": "text",
                "textposition": "inside",
                "insidetextanchor": "middle",
                "textangle": 0,
                "constraintext": "none",
                "textfont": {"size": 15},
                "marker": {"color": colours, "line": {"width": 1.5, "color": "white"}},
            }
        )
    up = {"categoryorder": "array", "categoryarray": list(names.values())[::-1], "type": "category", **STIFF}
    layout = axes(
        "time (s)", "", xaxis={"range": [0, sounds.seconds]}, yaxis=up, barmode="overlay", bargap=0.25, margin=MARGIN
    )
    return {"data": bars, "layout": layout | {"showlegend": False}}


def _is_there(span: Span, truth: tuple[Span, ...]) -> bool:
    """Whether the true word in the middle of this one is the same."""
    middle = (span.begin + span.end) / 2
    return any(t.word == span.word and t.begin <= middle < t.end for t in truth)


def progress(
    marks: Marks, rounds: Rounds, least: int, ways: tuple[str, str, str], colours: Colours, until: int
) -> Spec:
    """Share of the strings that are exactly right, over training; dotted: the net aligned anew."""
    curves = (marks.exact[:, 0, least - 1], marks.exact[:, 1, least - 1], marks.trimmed)
    more = {"mode": "lines+markers"}
    data = [line(marks.step, share, way, colours[way], **more) for way, share in zip(ways, curves, strict=True)]
    layout = axes(
        "training step",
        "exactly right",
        xaxis={"range": [0, until * 1.02]},
        yaxis={"range": [-0.03, 1.05]},
        shapes=[_wall(float(at)) for at in rounds.step[1:]],
        showlegend=True,
    )
    return {"data": data, "layout": layout}


def _wall(at: float) -> dict[str, object]:
    dotted = {"color": BLANK, "dash": "dot", "width": 2}
    return {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": dotted}


def constraint(marks: Marks, least: int, ways: tuple[str, str], colours: Colours) -> Spec:
    """Share that is exactly right at this step, by how many frames each state must last."""
    frames = np.arange(1, marks.exact.shape[2] + 1)
    data = [
        line(frames, marks.exact[-1, i], way, colours[way], mode="lines+markers", marker={"size": 9})
        for i, way in enumerate(ways)
    ]
    layout = axes(
        "least frames in a state (10 ms each)",
        "exactly right",
        xaxis={"tickvals": frames.tolist()},
        yaxis={"range": [-0.03, 1.05]},
        shapes=[_wall(float(least))],
        showlegend=True,
    )
    return {"data": data, "layout": layout}


def drift(rounds: Rounds) -> Spec:
    """How far the words that the net is trained on begin from where they truly begin, round after round."""
    names = ["flat start", *(f"realigned {n}" for n in range(1, len(rounds.step)))]
    data = [
        {"type": "bar", "x": names, "y": values, "name": name, "marker": {"color": colour}}
        for name, values, colour in (("mean", rounds.mean, BLANK), ("median", rounds.apart, CLIPPED))
    ]
    return {
        "data": data,
        "layout": axes("what the net was trained on", "off by (ms)", barmode="group", showlegend=True),
    }


def priors(rounds: Rounds, digits: tuple[str, ...]) -> Spec:
    """How often the net is shown each digit: P(y), summed over its states."""
    share = [rounds.prior[0], *rounds.prior[1:].reshape(len(digits), -1).sum(1)]
    bars = {"type": "bar", "x": ["silence", *digits], "y": share, "marker": {"color": BLANK}}
    return {"data": [bars], "layout": axes("", "share of the training frames, P(y)", yaxis={"rangemode": "tozero"})}


def people(right: Mapping[str, float]) -> Spec:
    """Share of each speaker's single digits that are understood; dotted: guessing."""
    bars = {"type": "bar", "x": list(right), "y": list(right.values()), "marker": {"color": CLIPPED}}
    guess = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0.1, "y1": 0.1}
    layout = axes("speaker", "digits understood", xaxis={"type": "category"}, yaxis={"range": [0, 1.05]})
    return {
        "data": [bars],
        "layout": layout | {"shapes": [guess | {"line": {"color": BLANK, "dash": "dot", "width": 2}}]},
    }
