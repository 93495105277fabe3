"""Hundreds of nets at once: where in the plane of two settings does training work?"""

import math

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import sweep as draw
from rnnviz.figures.numerals import short
from rnnviz.figures.scene import Panel, Scene
from rnnviz.film import Film, Still
from rnnviz.nets.irnn import Irnn
from rnnviz.nets.simple import Rnn
from rnnviz.records.judgement import judge
from rnnviz.records.sweep import Axis, Phase, spaced
from rnnviz.rules import OFF, Adam, Sgd
from rnnviz.sweep import Grid, Sweep, side
from rnnviz.tasks.recall import Recall
from rnnviz.ui.controls import controls, preset_of, presets, worded
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play

# --- what it trains
BASE = Experiment(Recall(lag=15), Rnn(hidden=24, spread=1.5), Sgd(rate=3.0, clip=0.1), batch=16)
RHO = {"net.spread": 1.2, "task.lag": 20, "rule": Adam(rate=0.01, clip=1.0)}
IDENTITY = {"net": Irnn(hidden=24), "task.lag": 40, "rule": Adam(rate=0.001, clip=1.0)}
DIAGRAMS = {
    "rate × threshold": ({}, ("rule.rate", "rule.clip")),
    "the same, harder": ({"net.spread": 2.0, "task.lag": 25, "task.noise": 0.5}, ("rule.rate", "rule.clip")),
    "lag × spectral radius": (RHO, ("task.lag", "net.spread")),
    "lag × identity": (IDENTITY, ("task.lag", "net.scale")),
    "rate × seed": ({"rule.rate": 1.0, "rule.clip": 1.0}, ("rule.rate", "seed")),
}
UNTIL, CHECKED = 200, 6
SWEEP, FILM = "all nets", "the chosen net"
MAP, STEEP = "How often it is right: click a cell", "How long its gradient is: click a cell"

# --- what it asks
exhibit("lab/sweep")
exp = presets(BASE, {name: changes for name, (changes, _) in DIAGRAMS.items()})
paths = DIAGRAMS[preset_of(DIAGRAMS)][1]
exp = controls(exp, "rule.rate", "rule.clip", paths[1] if paths[1] == "net.scale" else "net.spread", "task.lag")
n = side(exp)
AXES = {
    "rule.rate": Axis("rule.rate", "learning rate", spaced(0.01, 10, n, log=True), log=True),
    "rule.clip": Axis("rule.clip", "threshold of clipping", (*spaced(0.01, 100, n - 1, log=True), OFF), True, off=True),
    "task.lag": Axis("task.lag", "lag T (steps)", (2, 4, 7, 10, 13, 16, 20, 25, 30, 35, 40, 50, 60, 70, 80)),
    "net.spread": Axis("net.spread", "spectral radius ρ at birth", spaced(0.1, 2.0, 20)),
    "net.scale": Axis("net.scale", "identity times, at birth", spaced(0.8, 1.18, 20)),
    "seed": Axis("seed", "seed", tuple(range(2 * n // 3))),
}
grid = Grid(exp, AXES[paths[0]], AXES[paths[1]])
chosen = grid.nearest(exp)
checked = tuple((len(grid) - 1) * k // (CHECKED - 1) for k in range(CHECKED))


# --- what it shows
def scene(step: int, runs: dict, chosen: int, checked: tuple[int, ...]) -> Scene:
    phase: Phase = runs[SWEEP]
    alone = [runs[f"cell {i}"].frames.loss for i in checked]
    panels = (
        Panel(
            MAP, draw.score(phase, chosen), f"Share right, {phase.across.label} against {phase.up.label}", height=500
        ),
        Panel(STEEP, draw.gradient(phase, chosen), "Median gradient norm in the same plane", height=500),
        Panel("How many nets have solved it", draw.census(phase, UNTIL), "Cells solved over training", True, 260),
    )
    numbers = {"across": phase.across.places, "up": phase.up.places} | {
        k: getattr(phase, k) for k in ("loss", "score", "gradient")
    }
    verdict = judge(
        f"losses of {len(alone)} cells from corner to corner, against films of one net each",
        [loss for i, own in zip(checked, alone, strict=True) for loss in phase.loss[: len(own), i]],
        [loss for own in alone for loss in own],
        1e-5,
    )
    return Scene(panels, verdict, told(phase), numbers)


def told(phase: Phase) -> str:
    cells, solved = phase.loss.shape[1], int(phase.solved.sum())
    if not len(phase.step):
        return f"{cells} nets with the same task, about to be trained at once; each cell has its own two settings."
    ruined = f", {int(phase.diverged.sum())} are no longer numbers" if phase.diverged.any() else ""
    says = f"{solved} of {cells} nets have solved it{ruined}."
    if phase.up.off:
        rows = phase.grid(phase.solved)
        says += f" Without clipping {int(rows[-1].sum())} of {rows.shape[1]} rates work; with a threshold of your choice {int(rows[:-1].any(0).sum())}."
    return says


def opened(step: int, runs: dict, chosen: int) -> Scene:
    still: Still = runs[FILM]
    phase: Phase = runs[SWEEP]
    limit = still.exp.rule.clip if still.exp.rule.clip < OFF else None
    chance = math.log(still.exp.task.outputs)
    panels = (
        Panel(
            "Its loss", draw.losses(still.frames, phase, chosen, chance, UNTIL), "Loss of the chosen net over training"
        ),
        Panel("Its gradient", draw.norms(still.frames, limit, UNTIL), "Gradient norm of the chosen net over training"),
    )
    steps = len(still.frames)
    verdict = judge(
        "loss of this cell in the sweep against the film of one net",
        phase.loss[:steps, chosen],
        still.frames.loss,
        1e-5,
    )
    frames = still.frames
    now = f"It stands at {short(frames.loss[-1])} nats" if steps else f"Guessing costs {chance:.2f} nats"
    gone = f"; at step {frames.diverged} it stopped being a number" if frames.diverged is not None else ""
    return Scene(panels, verdict, f"{now}{gone}.", {"loss": frames.loss, "gradient": frames.gradient})


sweep, film = Sweep.of(grid), grid.cell(chosen)
films = {f"cell {i}": Film.of(grid.cell(i)) for i in checked}
play(
    scene,
    {SWEEP: sweep, **films},
    until=UNTIL,
    every=2,
    looks=(chosen, checked),
    picks={MAP: paths, STEEP: paths},
)
st.subheader("The chosen net: " + " · ".join(worded(film, path) for path in paths))
play(opened, {FILM: film, SWEEP: sweep}, until=UNTIL, every=2, looks=(chosen,), key="film")

# --- what to make of it
notes("sweep")
