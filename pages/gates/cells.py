"""The race: twelve recurrent nets on one task, with the same seed and the same data. Who remembers?"""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import race as draw
from rnnviz.figures.scene import Panel, Scene
from rnnviz.film import Still
from rnnviz.measure.question import asked
from rnnviz.measure.race import CELLS, best_rate, entrants, judged, prices, smoothed, standing
from rnnviz.nets.simple import Lstm
from rnnviz.records.judgement import judge
from rnnviz.records.race import Standing
from rnnviz.rules import Adam
from rnnviz.tasks.adding import Adding
from rnnviz.tasks.copy import Copy
from rnnviz.tasks.digits import Digits
from rnnviz.tasks.echo import Echo
from rnnviz.tasks.order import Order
from rnnviz.tasks.recall import Recall
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play

# --- what it trains
TASKS = {  # name -> task, its settings, steps of training, presets
    "recall the first symbol": (
        Recall(lag=50),
        ("task.lag", "task.noise"),
        300,
        {"lag 50": {}, "lag 20": {"task.lag": 20}, "lag 100": {"task.lag": 100}},
    ),
    "add two of many numbers": (
        Adding(),
        ("task.numbers",),
        800,
        {"30 numbers": {}, "60 numbers": {"task.numbers": 60}},
    ),
    "temporal order": (Order(), ("task.length",), 400, {"20 symbols": {}, "60 symbols": {"task.length": 60}}),
    "copy": (Copy(), ("task.pause", "task.width"), 600, {"pause 10": {}, "pause 30": {"task.pause": 30}}),
    "echo": (Echo(delay=8), ("task.delay",), 400, {"delay 8": {}, "delay 20": {"task.delay": 20}}),
    "digits, pixel by pixel": (Digits(), (), 600, {"64 steps": {}}),
}
EVERY = 5
UNITWISE, SIZEWISE = "hidden units", "learnt numbers"
UNITS = ("8", "16", "32", "64")
BEST = "each cell its best"
ALIKE = {f"{rate:g} for all": rate for rate in (0.001, 0.003, 0.01, 0.03)}
RACING = (
    "tanh RNN, ρ = 0.6",
    "IRNN",
    "LSTM, forget bias 0",
    "LSTM, forget bias 3",
    "LSTM of 1997",
    "GRU, keep bias 0",
    "GRU, keep bias 3",
    "Clockwork",
)

# --- what it asks
exhibit("gates/cells")
left, middle, right, last = st.columns([3, 3, 2, 2])
with left:
    chosen = ask.pick("task", list(TASKS), label="What they have to learn")
with middle:
    rate = ask.pick("rates", (BEST, *ALIKE), label="Learning rate of Adam")
with right:
    units = ask.pick("units", UNITS, label="Hidden units", default="32")
with last:
    fair = ask.pick("fair", (UNITWISE, SIZEWISE), label="Equal for all", help="Numbers: of an LSTM with so many units")
names = ask.several("cells", tuple(CELLS), label="Who runs", default=RACING) or RACING
task, paths, until, sizes = TASKS[chosen]
base = Experiment(task, Lstm(), Adam(clip=0.1), batch=32)
exp = presets(base, sizes)
exp = controls(exp, *paths, "rule.clip")
rates = {name: ALIKE.get(rate, best_rate(task, name)) for name in names}
runs = entrants(exp, int(units), rates, same_size=fair == SIZEWISE)


# --- what it shows
def scene(step: int, runs: dict[str, Still], chosen: str, seconds: tuple[float, ...]) -> Scene:
    until = TASKS[chosen][2]
    frames = {name: still.frames for name, still in runs.items()}
    curves = {name: smoothed(f.score) for name, f in frames.items()}
    stand, first = standing(runs, seconds), next(iter(runs.values())).exp
    one, squared = asked(first), isinstance(first.task, Adding)
    panels = (
        Panel(
            "Share right, mean of 20 batches: the same data for all",
            draw.scores(curves, stand, until),
            f"Share right against training steps. {told(stand)}",
            wide=True,
            height=400,
        ),
        Panel(
            "The same against computing time",
            draw.scores_in_time(curves, stand, until),
            "Share right against seconds of computing, at the measured price of a step",
        ),
        Panel(
            "How they stand, who solved it first on top",
            draw.podium(stand),
            f"Share right of every cell. {told(stand)}",
            height=120 + 40 * len(runs),
        ),
        Panel(
            f"One question: {one.answer}",
            draw.question(one, isinstance(first.task, Digits)),
            f"Input over time; {one.answer}",
        ),
        Panel(
            "Loss",
            draw.losses(frames, "squared error" if squared else "nats", until),
            "Loss of every cell over training",
        ),
    )
    name = list(runs)[step // EVERY % len(runs)]
    verdict = judge(f"{name}: its fast pass against a plain loop in float64", *judged(runs[name]), 1e-4)
    numbers = {"parameters": stand.parameters, "seconds_a_step": stand.seconds, "solved_at": stand.solved}
    return Scene(panels, verdict, told(stand), numbers | {f"score {name}": f.score for name, f in frames.items()})


def told(stand: Standing) -> str:
    ranked = [int(k) for k in stand.order]
    solved = [f"{stand.names[k]} (step {stand.solved[k]:.0f})" for k in ranked if stand.solved[k] == stand.solved[k]]
    behind = [k for k in ranked if stand.solved[k] != stand.solved[k]]
    guessing = [stand.names[k] for k in behind if not stand.score[k] > stand.chance + 0.1]
    parts = ["Solved by " + ", ".join(solved) if solved else "Nobody has solved it yet"]
    if guessing:
        parts.append("still guessing: " + ", ".join(guessing))
    return "; ".join(parts) + "."


play(scene, runs, until=until, every=EVERY, looks=(chosen, prices(runs.values())))

# --- what to make of it
notes("cells")
