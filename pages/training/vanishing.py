"""Vanishing gradients: what is left of an error after so many steps back, for every cell, at birth and while it learns."""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import vanishing as draw
from rnnviz.figures.numerals import short
from rnnviz.figures.scene import Panel, Scene
from rnnviz.measure.births import NAMES, Births, runs_of
from rnnviz.measure.cells import PATHS
from rnnviz.measure.vanishing import Watch, activations, at_birth, here, judged, spectrum
from rnnviz.records.judgement import judge
from rnnviz.records.vanishing import Spectrum, Survival
from rnnviz.rules import Adam
from rnnviz.tasks.recall import Recall
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play

# --- what it trains
UNTIL, EVERY = 200, 5
BASE = Experiment(Recall(lag=30), Births(), Adam(rate=0.01, clip=1.0), batch=32)
SHOWN = ("tanh RNN", "IRNN", "LSTM", "GRU")
DIARY = "diary"
GATES = {"LSTM": "forget gate alone", "LSTM of 1997": "cell alone, f = 1", "GRU": "update gate alone"}
GATES |= {"Clockwork": "asleep all the way", "SCRN": "α alone"}

# --- what it asks
exhibit("training/vanishing")
exp = presets(
    BASE,
    {
        "as they come": {},
        "vanish": {"net.spread": 0.5, "net.scale": 0.9, "net.forget": 0.0},
        "keep": {"net.spread": 1.0, "net.scale": 1.0, "net.forget": 3.0},
        "explode": {"net.spread": 2.0, "net.scale": 1.1, "net.forget": 6.0},
        "100 steps": {"task.lag": 100},
    },
)
exp = controls(exp, "net.spread", "net.scale", "net.forget", "task.lag", "net.hidden", "rule.rate")
names = ask.several("cells", NAMES, label="Cells", default=SHOWN) or SHOWN
with st.sidebar:
    chosen = ask.pick("cell", names, label="Look closer at")
runs = runs_of(exp, names)


# --- what it shows
def scene(step: int, runs: dict, chosen: str) -> Scene:
    diary = runs[DIARY]
    stills = {name: still for name, still in runs.items() if name != DIARY}
    now = {name: here(still.exp, still.state) for name, still in stills.items()}
    birth = {name: at_birth(still.exp) for name, still in stills.items()}
    one, task, memory = stills[chosen], stills[chosen].exp.task, PATHS[type(stills[chosen].exp.net)]
    matrix = spectrum(one.exp, one.state.params)
    across = activations(compared(one.exp), 24)
    panels = (
        Panel(
            "What is left of the error, step by step back (dotted: at birth)",
            draw.fading(now, birth),
            "; ".join(f"{name}: {short(found.left[-1])} left at the far end" for name, found in now.items()),
            wide=True,
            height=400,
        ),
        Panel(
            f"{chosen}: the same over training",
            draw.diary(diary, UNTIL),
            f"Share of the error left at every distance for {chosen}, over training",
        ),
        Panel(
            "Who learns to name what came first",
            draw.scores({name: still.frames for name, still in stills.items()}, UNTIL, 1 / task.outputs),
            "Share of right answers over training",
        ),
        Panel(
            f"{chosen}: which way it came",
            draw.paths(now[chosen], memory, GATES.get(chosen, ""), matrix.bound),
            f"Error of {chosen} through memory and output, and through the gate alone or a plain net's bound",
        ),
        Panel(
            f"{chosen}: W{'' if memory == 'h' and chosen not in GATES else ' of the candidate'}",
            draw.spectrum(matrix),
            f"Largest eigenvalue {matrix.radius:.2f}, largest singular value {matrix.singular[0]:.2f}",
        ),
        Panel(
            "The activation is not the culprit: the same W, three activations, at birth",
            draw.activations(across),
            "Share left at the far end over ρ, for tanh, ReLU and logistic function",
            wide=True,
        ),
    )
    verdict = judge(
        f"log₁₀ of ‖∂L/∂h‖{'' if memory == 'h' else f' and ‖∂L/∂{memory}‖'} of {chosen}, step by step against autograd",
        *judged(one.exp, one.state, now[chosen]),
        1e-6,
    )
    numbers = {name: found.left for name, found in now.items()} | {"diary": diary.left, "singular": matrix.singular}
    return Scene(panels, verdict, says(now, chosen, matrix), numbers)


def compared(exp: Experiment) -> Experiment:
    """The task of the picture over ρ: 76 passes, so none of them longer than 50 steps."""
    assert isinstance(exp.task, Recall)
    return BASE.change("task.lag", min(exp.task.lag, 50)).change("seed", exp.seed)


def says(now: dict[str, Survival], chosen: str, matrix: Spectrum) -> str:
    far = len(now[chosen].left) - 1
    shares = {name: float(found.left[-1]) for name, found in now.items()}
    told = ", ".join(
        f"{name} {short(share)}" if share == share else f"{name}: no error at all" for name, share in shares.items()
    )
    opening = f"Left after {far} steps back: {told}."
    if matrix.bound == matrix.bound:
        must = "so it must vanish" if matrix.bound < 1 else "so it may explode, but need not"
        return f"{opening} {chosen}: γσ₁ = {matrix.bound:.2f}, {must}; the largest |eigenvalue| is {matrix.radius:.2f}."
    return opening


play(scene, {**runs, DIARY: Watch.of(runs[chosen], EVERY)}, until=UNTIL, every=EVERY, looks=(chosen,))

# --- what to make of it
notes("vanishing")
