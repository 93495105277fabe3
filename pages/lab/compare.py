"""Runs side by side: any that were trained here lately, in whatever exhibit."""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import comparison as draw
from rnnviz.figures.numerals import short
from rnnviz.figures.scene import Panel, Scene
from rnnviz.film import Still
from rnnviz.measure.replay import last_losses
from rnnviz.nets.irnn import Irnn
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.records.judgement import judge
from rnnviz.rules import Adam, Sgd
from rnnviz.tasks.characters import Characters
from rnnviz.tasks.recall import Recall
from rnnviz.ui.controls import ask
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play
from rnnviz.ui.reel import Reel
from rnnviz.ui.runs import ancestry, chosen_runs, differences

# --- what it trains
FREE = Reel(Experiment(Characters(), Rnn(hidden=48, spread=1.5), Sgd(rate=2.0), batch=16))
CUT = FREE.exp.change("rule.clip", 0.5)
LONG = Experiment(Recall(lag=30), Rnn(hidden=24), Adam(rate=0.01, clip=1.0), batch=16)
OFFERED = {
    "Clipping, the green curve: never clipped": FREE,
    "Clipping, the blue curve: clipped at 0.5": Reel(CUT),
    "The green curve, clipped from step 40 on": Reel(CUT, FREE, 40),
    "Recall over 30 steps: tanh RNN": Reel(LONG),
    "Recall over 30 steps: IRNN": Reel(LONG.change("net", Irnn(hidden=24)).change("rule.rate", 0.003)),
    "Recall over 30 steps: LSTM, forget bias 3": Reel(LONG.change("net", Lstm(hidden=24, forget=3.0))),
}

# --- what it asks
exhibit("lab/compare")
left, right = st.columns([4, 1])
with left:
    runs = chosen_runs(OFFERED)
with right:
    until = ask.number("steps", 240, 40, 600, label="Training steps")


# --- what it shows
def scene(step: int, runs: dict[str, Still], rows: tuple, lanes: tuple, until: int) -> Scene:
    frames = {name: still.frames for name, still in runs.items()}
    names = tuple(runs)
    panels = (
        Panel(
            "The runs, and where they parted",
            draw.tree(lanes, names, until, step),
            told(frames),
            True,
            60 + 70 * len(lanes),
        ),
        Panel("Loss", draw.curves(frames, "loss", "loss (nats)", until, log=True), "Loss of every run"),
        Panel("Score", draw.curves(frames, "score", "share right", until), "Score of every run"),
        Panel(
            "Gradient norm",
            draw.curves(frames, "gradient", "gradient norm", until, log=True),
            "Gradient norm of every run",
        ),
        Panel(
            "Settings that differ", draw.table(rows, names), f"{len(rows)} settings differ", True, 50 + 30 * len(rows)
        ),
    )
    both = [last_losses(still) for still in runs.values()]
    verdict = judge(
        "loss where each run stands: as trained, against a plain loop or float64",
        [a for a, _ in both],
        [b for _, b in both],
        1e-4,
    )
    numbers = {
        f"{kind} {name[0]}": getattr(f, kind) for name, f in frames.items() for kind in ("loss", "score", "gradient")
    }
    return Scene(panels, verdict, told(frames), numbers)


def told(frames: dict) -> str:
    stands = [f"{name[0]} at {short(f.loss[-1])} nats" for name, f in frames.items() if len(f)]
    return f"Now {', '.join(stands)}." if stands else f"{len(frames)} runs, about to start."


play(scene, dict(runs), until=until, every=4, looks=(differences(runs), ancestry(runs), until))

# --- what to make of it
notes("compare")
