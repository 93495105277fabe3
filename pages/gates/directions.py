"""Deep or in both directions: what helps when the answer lies ahead?"""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import foresight as draw
from rnnviz.figures.numerals import percent
from rnnviz.figures.scene import Panel, Scene
from rnnviz.film import Still
from rnnviz.measure.foresight import asked, foresight, judged, read, rivals
from rnnviz.nets.deep import Deep
from rnnviz.records.foresight import Foresight
from rnnviz.records.judgement import judge
from rnnviz.rules import Adam
from rnnviz.tasks.future import Ahead, Settled, Tomorrow
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play

# --- what it trains
UNTIL = 200
TASKS = {
    "an ambiguous symbol, settled by the next marker": (Settled(), "x.x+xx..-x-.x.+"),
    "a symbol that comes later": (Ahead(), "abcdabcaddcbbad"),
    "tomorrow's price": (Tomorrow(), "uuduudddudduudu"),
}
BASE = Experiment(Settled(), Deep(hidden=32, layers=2), Adam(rate=0.01, clip=1.0), batch=32)

# --- what it asks
exhibit("gates/directions")
left, right = st.columns(2)
with left:
    chosen = ask.pick("task", list(TASKS), label="What is asked for")
    task, example = TASKS[chosen]
    if isinstance(task, Ahead):
        task = Ahead(ahead=ask.number("ahead", 2, 0, 6, label="How many symbols later"))
    if isinstance(task, Tomorrow):
        task = Tomorrow(goes_on=ask.number("goes_on", 0.5, 0.0, 1.0, label="Chance that the price moves on as today"))
with right:
    typed = ask.symbols(f"typed.{list(TASKS).index(chosen)}", task, example)
exp = presets(
    BASE.change("task", task),
    {
        "two layers or two directions": {},
        "four layers": {"net.layers": 4},
        "few units": {"net.hidden": 4},
        "LSTM": {"net.cell": "lstm"},
    },
)
exp = controls(exp, "net.layers", "net.hidden", "net.cell", "rule.rate", "task.length")


# --- what it shows
def scene(step: int, runs: dict[str, Still], chosen: str, typed: str) -> Scene:
    task = asked(next(iter(runs.values())).exp)
    text = "".join(typed.split())
    seen = {name: read(run.exp, run.state, typed) for name, run in runs.items()}
    ahead = {name: foresight(run.exp, run.state) for name, run in runs.items()}
    frames = {name: run.frames for name, run in runs.items()}
    panels = (
        Panel(
            f"Your text, and {task.asks}",
            draw.answers(seen, text, task.classes),
            "Your text, the right answers and those of each net; wrong ones are marked",
            wide=True,
            height=250,
        ),
        Panel(
            "Which symbols each answer depends on: right of the dotted line lies the future",
            draw.hearing(seen, text),
            "Influence of every symbol on every answer; only the net in both directions hears the future",
            wide=True,
            height=380,
        ),
        Panel("Learning", draw.learning(frames, task.past, UNTIL), "Share of right answers over training of each net"),
        Panel(
            "How much of the future they have to hear",
            draw.delays(ahead, task.past),
            "Share of right answers against the number of symbols heard beyond the one that is asked about",
        ),
        Panel(
            "Layer by layer, and direction by direction",
            draw.layers(seen, text),
            "Hidden states of every layer of each net over your text, units by time",
            wide=True,
            height=380,
        ),
    )
    if chosen == "tomorrow's price":
        panels += (Panel("The price", draw.price(seen, text), "The price and who knew its next move", wide=True),)
    pairs = [judged(run.exp, run.state, typed) for run in runs.values()]
    ours, theirs = ([float(v) for pair in pairs for v in pair[k].ravel()] for k in range(2))
    verdict = judge("logits and states of all three against a plain loop in float64", ours, theirs, 1e-4)
    numbers = {f"reach {name}": one.reach for name, one in seen.items()}
    numbers |= {f"share by symbols heard {name}": one.share for name, one in ahead.items()}
    return Scene(panels, verdict, says(ahead, frames), numbers)


def says(ahead: dict[str, Foresight], frames: dict) -> str:
    last = {name: f.score[-10:].mean() for name, f in frames.items() if len(f)}
    if not last:
        return (
            "Three nets before their first step: one layer, more layers, and one layer that reads in both directions."
        )
    shares = ", ".join(f"{name} {percent(share)}" for name, share in last.items())
    live = list(ahead.values())[-1].share[0]
    return (
        f"Right, with the whole text at hand: {shares}. "
        f"Live, with nothing heard beyond now, the net in both directions gets {percent(live)}."
    )


play(scene, rivals(exp), until=UNTIL, every=2, looks=(chosen, typed))

# --- what to make of it
notes("directions")
