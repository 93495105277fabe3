"""The memory cell: how does it learn to write, keep, read and forget?"""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import gates as draw
from rnnviz.figures.numerals import percent
from rnnviz.figures.scene import Panel, Scene
from rnnviz.film import Still
from rnnviz.measure.gates import COMMANDS, IDEAL, cell_by_loop, cell_over, habits
from rnnviz.nets.memory_cell import MemoryCell
from rnnviz.records.gates import Cell
from rnnviz.records.judgement import judge
from rnnviz.rules import Adam
from rnnviz.tasks.memory import Memory, table
from rnnviz.tasks.reading import Unreadable
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play

# --- what it trains
UNTIL = 900
BASE = Experiment(Memory(), MemoryCell(), Adam(rate=0.3, beta2=0.99, schedule="one-cycle", over=UNTIL), batch=32)
ROWS = (
    "0.6 0.4 0.8 0.2 1 0.6 0.4 1 0.2 0.8 0.6 0.4",
    "1 0 1 0 0 0 0 -1 0 1 0 0",
    "0 0 0 0 0 1 0 0 1 0 1 0",
)

# --- what it asks
exhibit("gates/memory_cell")
exp = presets(
    BASE,
    {
        "the lecture's cell": {},
        "born forgetful": {"net.forget": -2.0},
        "never asked to forget": {"task.resets": 0.0},
        "seldom asked": {"task.asks": 0.1},
    },
)
exp = controls(exp, "net.forget", "net.spread", "rule.rate", "task.resets", "task.asks")
first, second, third = st.columns(3)
with first:
    values = ask.text("x1", ROWS[0], longest=200, label="x₁: a number at every step")
with second:
    orders = ask.text("x2", ROWS[1], longest=200, label="x₂: 1 adds it, −1 resets, 0 keeps")
with third:
    asks = ask.text("x3", ROWS[2], longest=200, label="x₃: 1 asks for the memory")
near, far = st.columns(2)
with near:
    at = ask.number("at_step", 1, 1, 40, label="Disturb the memory at step")
with far:
    bump = ask.number("bump", 0.5, 0.1, 2.0, label="by")
try:
    table(values, orders, asks)
except Unreadable as error:
    st.warning(f"{error}. Until then you see the table that stood here first.")
    values, orders, asks = ROWS


# --- what it shows
def scene(step: int, runs: dict[str, Still], values: str, orders: str, asks: str, at: int, bump: float) -> Scene:
    (still,) = runs.values()
    params, x = still.state.params, table(values, orders, asks)
    seen, plain = cell_over(still.exp, params, x), cell_by_loop(params, x)
    at = min(at, len(plain)) - 1
    apart = cell_by_loop(params, x, at, bump) - plain
    learnt = habits(still.exp, params)
    panels = (
        Panel(
            "Your table, and what the cell makes of it",
            draw.table(seen, float(learnt[3, 2])),
            alt_of(seen),
            wide=True,
            height=380,
        ),
        Panel("The gates, step by step", draw.cell_gates(seen), "Input, forget and output gate at every step"),
        Panel(
            f"A bump of {bump:g} at step {at + 1}: what is left of it",
            draw.influence(apart, seen.f, at),
            "Difference that a disturbed memory makes later, with the forget gate",
        ),
        Panel(
            "What every command does to the gates",
            draw.habits(learnt, IDEAL, COMMANDS),
            "Gates at write, keep, reset and ask, learnt and by hand",
        ),
        Panel("Learning", draw.errors(still.frames, UNTIL), "Squared error and share of right outputs over training"),
    )
    verdict = judge("memory in closed form against the recursion in plain floats", seen.c, plain, 2e-5)
    numbers = {
        "c": seen.c,
        "y": seen.y,
        "i": seen.i,
        "f": seen.f,
        "o": seen.o,
        "held": seen.held,
        "wanted": seen.wanted,
    }
    return Scene(panels, verdict, says(seen, apart, at), numbers | {"left_of_the_bump": apart, "habits": learnt})


def alt_of(seen: Cell) -> str:
    return f"{seen.close} of {len(seen.y)} outputs within 0.1 of what the program by hand says"


def says(seen: Cell, apart, at: int) -> str:
    gone = next((t for t in range(at, len(apart)) if abs(apart[t]) < 0.1 * abs(apart[at])), None)
    if gone is None:
        fate = f"of the bump, {percent(apart[-1] / apart[at])} is still there at the end: no gate was shut"
    elif seen.f[gone] < 0.5:
        fate = f"the bump lives until step {gone + 1}, where the forget gate shuts (f = {seen.f[gone]:.2f})"
    else:
        fate = f"the bump has leaked away by step {gone + 1}, although no gate shut (f = {seen.f[gone]:.2f} there)"
    return f"{seen.close} of {len(seen.y)} outputs are right (within 0.1); {fate}."


play(scene, {"memory cell": exp}, until=UNTIL, every=10, looks=(values, orders, asks, at, bump))

# --- what to make of it
notes("memory_cell")
