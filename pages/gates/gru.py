"""The GRU: two gates instead of three, because the old must go for the new to come."""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import coupling as draw
from rnnviz.figures.numerals import percent
from rnnviz.figures.scene import Panel, Scene
from rnnviz.film import Still
from rnnviz.measure.coupling import beyond, blocks, coupled, judged, rivals
from rnnviz.nets.gru import Gru
from rnnviz.records.coupling import SHARES, Beyond, Coupling
from rnnviz.records.judgement import judge
from rnnviz.rules import Adam
from rnnviz.tasks.symbols import Counting, FlipFlop, Quote
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play

# --- what it trains
UNTIL = 400
TASKS = {
    "quotation marks": (Quote(), 'abc"cab"a"bb"ccc"ab"a'),
    "flip-flop with reset": (FlipFlop(), "..s....r...s.s.....r.r...s.."),
    "aⁿbⁿ": (Counting(), "aaabbbabaaaaabbbbbaabb"),
}
BASE = Experiment(
    Quote(), Gru(hidden=10, keep=2.0), Adam(rate=0.05, clip=1.0, schedule="one-cycle", over=UNTIL), batch=32
)
CHANGING = {"quotation marks": '"', "flip-flop with reset": "sr"}  # symbols at which the old has to go
UNITS, NUMBERS = "as many units", "as many parameters"

# --- what it asks
exhibit("gates/gru")
left, right = st.columns([1, 2])
with left:
    chosen = ask.pick("task", list(TASKS), label="What has to be remembered")
task, example = TASKS[chosen]
with right:
    typed = ask.symbols(f"typed.{list(TASKS).index(chosen)}", task, example)
exp = presets(
    BASE.change("task", task),
    {
        "ten units": {},
        "two units": {"net.hidden": 2},
        "born forgetful": {"net.keep": -2.0},
        "born remembering": {"net.keep": 4.0},
    },
)
exp = controls(exp, "net.hidden", "net.keep", "rule.rate", "task.length")
left, right = st.columns(2)
with left:
    shown = ask.pick("share", list(SHARES.values()), label="In the maps of all units", default=SHARES["kept"])
with right:
    fair = ask.pick("fair", (UNITS, NUMBERS), label="The LSTM beside it has")


# --- what it shows
def scene(step: int, runs: dict[str, Still], chosen: str, typed: str, shown: str) -> Scene:
    task, text = TASKS[chosen][0], "".join(typed.split())
    seen = {cell: coupled(run.exp, run.state, typed) for cell, run in runs.items()}
    share = next(name for name, words in SHARES.items() if words == shown)
    on = {cell: beyond(run.exp, run.state) for cell, run in runs.items()}
    frames = {cell: run.frames for cell, run in runs.items()}
    panels = (
        Panel(
            "What stays and what enters, in the unit of each cell that remembers best",
            draw.strips(seen, text, task.classes),
            "Share of the old that stays and of the new that enters over your text, with the answers of the three cells",
            wide=True,
            height=400,
        ),
        Panel(
            "All units, all steps: the GRU's two shares are one",
            draw.plane(seen),
            "Share that stays against share that enters; the GRU's points lie on the line where they sum to 1",
        ),
        Panel(
            f"What they hold, and {task.holds}",
            draw.memories(seen, text, task.holds),
            f"Memory of each cell's best unit beside {task.holds}",
        ),
        Panel(f"All units: {shown}", draw.maps(seen, share, text), f"{shown}, units by time, of each cell", wide=True),
        Panel("Learning", draw.learning(frames, UNTIL), "Share of right answers over training, of each cell"),
        Panel("Beyond what was trained", draw.farther(on), "Share of right answers where training never went"),
        Panel(
            "What they cost",
            draw.costs({cell: blocks(run.exp) for cell, run in runs.items()}),
            "Number of parameters of each cell, by block",
            wide=True,
            height=230,
        ),
    )
    pairs = [judged(run.exp, run.state, typed) for run in runs.values()]
    ours, theirs = ([float(v) for pair in pairs for v in pair[k].ravel()] for k in range(2))
    verdict = judge("gates of all three, found after the pass, against a plain loop in float64", ours, theirs, 1e-4)
    numbers = {
        f"{cell}_{name}": getattr(one, name) for cell, one in seen.items() for name in (*SHARES, "order", "corr")
    }
    return Scene(panels, verdict, says(chosen, text, seen, on), numbers)


def says(chosen: str, text: str, seen: dict[str, Coupling], on: dict[str, Beyond]) -> str:
    right = "Right on your text: " + ", ".join(
        f"{c} {percent((one.said == one.right).mean())}" for c, one in seen.items()
    )
    gru, marks = seen["GRU"], CHANGING.get(chosen, "")
    if not marks:
        far = ", ".join(f"{cell} up to {one.reach}" for cell, one in on.items())
        return f"{right}. Trained up to n = {on['GRU'].trained}, they count right: {far}."
    at = [symbol in marks for symbol in text]
    if all(at) or not any(at):
        return f"{right}."
    there, elsewhere = (gru.kept[[a is which for a in at], 0].mean() for which in (True, False))
    return (
        f"{right}. In the GRU's best unit {percent(there)} of the old stays at {' or '.join(marks)} and {percent(elsewhere)} elsewhere; "
        "the new takes the place of what goes."
    )


play(scene, rivals(exp, same_size=fair == NUMBERS), until=UNTIL, every=4, looks=(chosen, typed, shown))

# --- what to make of it
notes("gru")
