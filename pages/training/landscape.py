"""The landscape: the error surface of a trained RNN and a trained LSTM, and the path that training took over it."""

import math

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import landscape as draw
from rnnviz.figures.numerals import short
from rnnviz.figures.scene import Panel, Scene
from rnnviz.figures.theme import ACCENT, CLIPPED, RAW
from rnnviz.measure.landscape import GAP, Both, Hike, Hiker
from rnnviz.measure.terrain import PCA, PLANES, RANDOM, TWO, checked, plane, terrain
from rnnviz.records.judgement import judge
from rnnviz.records.landscape import Path, Terrain
from rnnviz.rules import Adam
from rnnviz.tasks.recall import Recall
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play

# --- what it trains
BASE = Experiment(Recall(lag=30), Both(), Adam(rate=0.01), batch=32)
UNTIL = 300
RNN, LSTM = "RNN", "LSTM"
COLOURS = {RNN: RAW, LSTM: CLIPPED}
FLAT, SHARE = 0.1, 0.94  # a slope that counts as none; a loss that is still as good as guessing, times chance
TOPS = {PCA: 2.0, RANDOM: 4.0, TWO: 2.0}  # nats; surfaces are cut there

# --- what it asks
exhibit("training/landscape")
exp = presets(
    BASE,
    {
        "flat and not flat": {},
        "an RNN that is not flat": {"net.spread": 1.0},
        "an LSTM that is flat": {"net.forget": 0.0},
        "a shorter way back": {"task.lag": 10},
    },
)
exp = controls(exp, "net.spread", "net.forget", "task.lag", "net.hidden", "rule.rate")
left, middle, right = st.columns([2, 1, 1])
with left:
    kind = ask.pick("plane", PLANES, label="Look at the surface along")
first, second = 1, 2
if kind == TWO:
    with middle:
        first = ask.number("first", 1, 1, 50, label="Weight, n-th steepest at birth")
    with right:
        second = ask.number("second", 2, 1, 50, label="and weight, n-th steepest")


# --- what it shows
def scene(step: int, runs: dict[str, Hiker], kind: str, first: int, second: int) -> Scene:
    seen = {name: terrain(hiker, plane(hiker, kind, first, second)) for name, hiker in runs.items()}
    paths = {name: hiker.path for name, hiker in runs.items()}
    chance, top = math.log(runs[RNN].exp.task.outputs), TOPS[kind]
    reliefs, maps = [], []
    for name, ground in seen.items():
        share = f"{100 * ground.share:.0f} %" if ground.share > 0.01 else f"{100 * ground.share:.1g} %"
        told = f"{share} of its path lies in this plane" if step else "at birth"
        alt = f"Loss of the {name} around its weights at step {step}; {told}; slopes from {ground.slope.min():.1g} to {ground.slope.max():.2g}"
        reliefs.append(
            Panel(f"{name}: the surface, coloured by its slope", draw.relief(ground, ACCENT, top), alt, height=390)
        )
        maps.append(Panel(f"{name} from above: {told}", draw.chart(ground, ACCENT, top), alt, height=400))
    panels = (
        *reliefs,
        *maps,
        Panel(
            "Slope on the way, along the recurrent weights",
            draw.slopes(paths, COLOURS, UNTIL, FLAT),
            "Gradient norm of the recurrent weights along both paths",
        ),
        Panel(
            "Largest curvature on the way",
            draw.curvatures(paths, COLOURS, UNTIL),
            "Largest eigenvalue of the Hessian along both paths",
        ),
        Panel("Loss on the way", draw.losses(paths, COLOURS, UNTIL, chance), "Loss along both paths"),
        Panel(
            "How much of the window is how steep",
            draw.shares(seen, COLOURS),
            "Share of the surface below each slope, for both nets",
        ),
    )
    ours, theirs = zip(*(checked(runs[name], ground) for name, ground in seen.items()), strict=True)
    verdict = judge(
        "surface by stacked weights and λ₁ by Lanczos, against the net run alone and differences of its gradient",
        ours,
        theirs,
        1e-3,
    )
    return Scene(panels, verdict, says(paths, chance), numbers(paths, seen))


def says(paths: dict[str, Path], chance: float) -> str:
    def told(name: str) -> str:
        path = paths[name]
        steps = GAP * round(path.flat(FLAT, SHARE * chance) * len(path))
        return (
            f"the {name} has spent {steps} steps on flat ground; its steepest slope is {short(path.slope.max())}, "
            f"its largest curvature {short(path.curvature.max())}"
        )

    if len(paths[RNN]) < 2:
        slopes = {name: path.slope[0] for name, path in paths.items()}
        return f"At birth, the slope along the recurrent weights is {short(slopes[RNN])} for the RNN and {short(slopes[LSTM])} for the LSTM."
    return f"So far {told(RNN)}; {told(LSTM)}."


def numbers(paths: dict[str, Path], seen: dict[str, Terrain]) -> dict:
    found = {
        f"{name} {key}": getattr(path, key) for name, path in paths.items() for key in ("loss", "slope", "curvature")
    }
    found |= {f"{name} surface": ground.ground.loss for name, ground in seen.items()}
    return found | {f"{name} path": ground.where for name, ground in seen.items()} | {"step": paths[RNN].step}


assert isinstance(exp.net, Both)
play(
    scene,
    {name: Hike.of(exp.change("net", net)) for name, net in zip((RNN, LSTM), exp.net.nets(), strict=True)},
    until=UNTIL,
    every=GAP,
    looks=(kind, first, second),
)

# --- what to make of it
notes("landscape")
