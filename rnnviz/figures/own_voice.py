"""One speaker and all others, before a recogniser adapts and after."""

from __future__ import annotations

import numpy as np

from rnnviz.figures.scene import Spec
from rnnviz.figures.theme import ACCENT, BLANK, CLIPPED, RAW, Trace, axes, line
from rnnviz.records.frames import Frames
from rnnviz.records.own_voice import ByDigit, Marks

WINDOW = 20  # steps over which the running exam is averaged
BEFORE, AFTER = RAW, ACCENT  # the speaker, heard by the unadapted and by the adapted net


def _dot(step: float, share: float, name: str, colour: str) -> Trace:
    marker = {"color": colour, "size": 11, "line": {"width": 1}}
    dot = {"type": "scatter", "mode": "markers", "x": [step], "y": [share], "name": name, "marker": marker}
    return dot | {"showlegend": False}


def progress(frames: Frames, now: ByDigit, marks: Marks | None, at: int, until: int) -> Spec:
    """Share misheard over the steps: `frames` of the unadapted net, its speaker's exam `now`, and `marks` from step `at` on."""
    seen = frames[:at] if marks is not None else frames
    sums = np.cumsum(np.r_[0.0, 1 - seen.score])
    ends = np.arange(1, len(seen) + 1)
    running = (sums[ends] - sums[np.maximum(0, ends - WINDOW)]) / np.minimum(ends, WINDOW)
    data = [line(seen.step, running, "other voices", CLIPPED, dash="dot")]
    if marks is None:
        data.append(_dot(len(frames), now.over, "this speaker, now", BEFORE))
    else:
        data += [
            line(marks.step, marks.others, "others, adapted", CLIPPED, width=3),
            line([at, until], [now.over] * 2, "this speaker, unadapted", BEFORE, dash="dash", width=3),
            line(marks.step, marks.own, "this speaker, adapted", AFTER, width=3),
            _dot(marks.step[-1], marks.own[-1], "this speaker, adapted net, now", AFTER),
        ]
    wall = {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1}
    note = {"x": at, "y": 1.0, "yref": "paper", "yanchor": "top", "xanchor": "right", "showarrow": False}
    layout = axes(
        "training step",
        "misheard (share)",
        xaxis={"range": [0, until * 1.02]},
        yaxis={"range": [-0.03, 1.05]},
        shapes=[wall | {"line": {"color": BLANK, "dash": "dot", "width": 2}}],
        annotations=[note | {"text": "own takes from here on "}],
        showlegend=True,
    )
    return {"data": data, "layout": layout}


def digits(before: ByDigit, after: ByDigit | None, names: tuple[str, ...]) -> Spec:
    """Share of the speaker's recordings of each digit that each net mishears; how many there are stands beside its name."""
    shown = [f"{name} ({count:.0f})" for name, count in zip(names, before.count, strict=True)]

    def bars(what: ByDigit, name: str, colour: str) -> Trace:
        return {"type": "bar", "x": shown, "y": what.misheard, "name": name, "marker": {"color": colour}}

    data = [bars(before, "unadapted", BEFORE)] + ([bars(after, "adapted", AFTER)] if after else [])
    layout = axes(
        "digit (recordings)",
        "misheard (share)",
        xaxis={"type": "category"},
        yaxis={"range": [0, 1.05]},
        barmode="group",
        showlegend=True,
    )
    return {"data": data, "layout": layout}
