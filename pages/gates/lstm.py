"""Inside an LSTM: which gate opens when, and what is written in the cell?"""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import gates as draw
from rnnviz.figures.numerals import percent, short
from rnnviz.figures.scene import Panel, Scene
from rnnviz.figures.theme import CATEGORICAL
from rnnviz.film import Still
from rnnviz.measure.gates import CLAMPS, backwards, gates_at_symbols, judged, looked, marked
from rnnviz.nets.simple import Lstm
from rnnviz.records.gates import NAMES, Look
from rnnviz.records.judgement import judge
from rnnviz.rules import Adam
from rnnviz.tasks.symbols import Brackets, Counting, FlipFlop, Quote
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play

# --- what it trains
UNTIL = 400
TASKS = {
    "bracket depth": (Brackets(), "a(a(aa(a)a)(a((a)))a)aa(a)"),
    "quotation marks": (Quote(), 'abc"cab"a"bb"ccc"ab"a'),
    "flip-flop with reset": (FlipFlop(), "..s....r...s.s.....r.r...s.."),
    "aⁿbⁿ": (Counting(), "aaabbbabaaaaabbbbbaabb"),
}
BASE = Experiment(Brackets(), Lstm(hidden=10), Adam(rate=0.05, clip=1.0, schedule="one-cycle", over=UNTIL), batch=32)
NOTHING = "nothing"
FREE, HELD = "as it is", "with the gate held"
COLOURS = {FREE: CATEGORICAL[0], HELD: CATEGORICAL[1]}

# --- what it asks
exhibit("gates/lstm")
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
        "born forgetful": {"net.forget": -2.0},
        "born remembering": {"net.forget": 4.0},
    },
)
exp = controls(exp, "net.hidden", "net.forget", "rule.rate", "task.length")
left, middle, right, last = st.columns(4)
with left:
    gate = ask.pick("gate", list(NAMES.values()), label="Colour the text by", default=NAMES["c"])
with middle:
    rank = ask.number("unit", 1, 1, 10, label="Unit, best memory first")
with right:
    clamp = ask.pick("clamp", (NOTHING, *CLAMPS), label="Hold in all units")
with last:
    level = ask.number("level", 1.0, 0.0, 1.0, label="at (0 shut, 1 open)")


# --- what it shows
def scene(
    step: int, runs: dict[str, Still], chosen: str, typed: str, gate: str, rank: int, clamp: str, level: float
) -> Scene:
    (still,) = runs.values()
    exp, state, task = still.exp, still.state, TASKS[chosen][0]
    seen = looked(exp, state, typed)
    letter = next(k for k, name in NAMES.items() if name == gate)
    row = min(rank, len(seen.order)) - 1
    unit = int(seen.order[row])
    held = {} if clamp == NOTHING else {clamp: level}
    batch = task.batch(task.numbers(typed))
    back = {FREE: backwards(exp, state.params, batch)}
    if held:
        back[HELD] = backwards(exp, state.params, batch, held)
    loss, score = marked(exp, state, held)
    map_of = letter if letter != "c" else "f"
    panels = (
        Panel(
            f"Your text, coloured by the {gate} of unit {unit}",
            draw.text(seen, letter, row, task.classes),
            f"{seen.text}: {int((seen.said == seen.right).sum())} of {len(seen.text)} answers right",
            wide=True,
            height=230,
        ),
        Panel(
            f"What unit {unit} holds, and {task.holds}",
            draw.memory(seen, row, task.holds),
            f"Cell of unit {unit} over the text beside {task.holds}, correlation {seen.corr[row]:.2f}",
        ),
        Panel(
            f"Gates of unit {unit} at every symbol",
            draw.symbols(gates_at_symbols(exp, state, unit), task.alphabet, unit),
            "Mean input, forget and output gate at every symbol",
        ),
        Panel(
            f"All units: {NAMES[map_of]}", draw.gate_map(seen, map_of), f"{NAMES[map_of]} of all units over the text"
        ),
        Panel("All units: cell c", draw.gate_map(seen, "c"), "Cells of all units over the text"),
        Panel(
            "What the last answer still owes to the past",
            draw.survival(back, COLOURS, seen.text),
            "Norm of the gradient of the last step's loss, back through cell and output",
        ),
        Panel(
            "Learning",
            draw.learning(still.frames, (HELD, score) if held else None, step, UNTIL),
            "Share of right answers over training",
        ),
    )
    ours, theirs = judged(exp, state, batch.x)
    verdict = judge("gates replayed after the fused pass against a plain loop in float64", ours, theirs, 1e-5)
    numbers = draw.everything(seen.gates) | {"unit": seen.order, "correlation": seen.corr, "held": seen.held}
    return Scene(
        panels, verdict, says(seen, row, task.holds, f"{clamp} gate at {level:g}" if held else "", loss, score), numbers
    )


def says(seen: Look, row: int, holds: str, held: str, loss: float, score: float) -> str:
    right = f"{percent((seen.said == seen.right).mean())} of your text is answered right"
    if held:
        return f"With the {held} in all units the same weights get {percent(score)} right, at a loss of {loss:.2f} nats; without it {right}."
    if seen.corr[row] != seen.corr[row]:
        return f"{right}; the memory stands still."
    unit, corr = seen.order[row], seen.corr[row]
    return f"{right}. The cell of unit {unit} follows {holds} with a correlation of {short(corr)}, over a batch of training data."


play(scene, {"LSTM": exp}, until=UNTIL, every=5, looks=(chosen, typed, gate, rank, clamp, level))

# --- what to make of it
notes("lstm")
