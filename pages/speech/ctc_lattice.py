"""The CTC lattice: one label sequence as the sum of all its alignments, frame by frame."""

import math

import streamlit as st

from rnnviz.figures import lattice as draw
from rnnviz.figures.numerals import short
from rnnviz.figures.scene import Panel, Scene
from rnnviz.measure.passes import guesses, judged, log_probs, now, pass_of, passes, weighed
from rnnviz.records.lattice import Lattice
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.table import MOST_FRAMES, Table, pasted, spoken
from rnnviz.ui.controls import ask
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play

# --- where the probabilities come from
ONE, TWO, GREEDY, OWN = "好棒", "好棒棒", "greedy is wrong", "your own table"
EXAMPLE = "φ, a, b\n0.6, 0.4, 0\n0.2, 0.5, 0.3\n0.5, 0.1, 0.4\n0.3, 0.1, 0.6"
LABELS = {ONE: "好棒", TWO: "好棒棒", GREEDY: "a", OWN: "ab"}

# --- what it asks
exhibit("speech/ctc_lattice")
left, right = st.columns(2)
with left:
    source = ask.pick("table", tuple(LABELS), label="Probabilities of every frame", default=TWO)
with right:
    label = ask.text(
        f"label.{list(LABELS).index(source)}", LABELS[source], longest=20, label="Label: which alignments to sum"
    )
with st.sidebar:
    question = ask.pick(
        "question",
        ("all", "best", "count"),
        label="Question to the lattice",
        help="The same recursion with another + and ×: sum and product, maximum and product, or counting",
    )
    colour = ask.pick("colour", ("as the passes go", *"αβγ"), label="Colour of the nodes")


def table_by_rule(units: str) -> Table:
    with st.sidebar:
        frames = ask.number("frames", 8, 1, 40, label="Frames")
        sharpness = ask.number(
            "sharpness",
            1.0,
            0.0,
            6.0,
            label="Sharpness of the made-up net",
            help="0 is noise only; a trained net is sharp",
        )
        seed = ask.number("noise", 0, 0, 99, label="Seed of its noise")
    return spoken(units, frames, sharpness, seed)


def table_of_the_visitor() -> Table | None:
    text = ask.text(
        "own",
        EXAMPLE,
        longest=6000,
        area=True,
        label=f"Your table: a line a frame (at most {MOST_FRAMES}), a probability for φ and every symbol; names in the first line",
    )
    try:
        return pasted(text)
    except Unreadable as error:
        st.error(str(error))
        return None


TWO_FRAMES = Table(("φ", "a"), ((0.6, 0.4), (0.6, 0.4)))
table = table_of_the_visitor() if source == OWN else TWO_FRAMES if source == GREEDY else table_by_rule(source)


# --- what it shows
def scene(step: int, runs: dict, table: Table, label: str, question: str, colour: str) -> Scene:
    found = weighed(table, label)
    logs, (greedy, best) = log_probs(table), guesses(table)
    names = [table.spelt(labels) for labels, _ in best[:6]]
    typed = table.spelt(table.numbers(label)) if isinstance(found, Lattice) else label
    bars = draw.labellings(names, [math.exp(p) for _, p in best[:6]], typed, table.spelt(greedy[0]))
    alt = f"Bars: {', '.join(n or 'nothing' for n in names)}"
    rivals = Panel(
        "The likeliest labellings (prefix beam search)", bars, alt, wide=isinstance(found, Lattice), height=290
    )
    emit = Panel(
        "What the net says of every frame",
        draw.emissions(logs, table.symbols, now(step, table.frames)),
        f"Probabilities of {', '.join(table.symbols)} in {table.frames} frames",
    )
    if isinstance(found, str):
        return Scene((emit, rivals), says=found[0].upper() + found[1:] + ".")
    shown, lit = pass_of(step, table.frames, colour)
    asked = passes(found, question)
    over = step > 2 * table.frames
    alt = f"Lattice of {found.gamma.shape[1]} states and {table.frames} frames with {found.count} alignments, coloured by {shown}"
    panels = (
        Panel(
            draw.HEADLINES[question][shown],
            draw.nodes(found, asked, shown, lit, table.symbols, route=over or question == "best"),
            alt,
            wide=True,
            height=max(300, min(900, 170 + 34 * len(found.states))),
        ),
        emit,
        Panel(
            "The gradient, softmax − γ: orange will rise, blue will fall",
            draw.gradient(found, table.symbols),
            "Gradient of the loss with respect to every logit",
        ),
        rivals,
    )
    numbers = {
        "log_alpha": found.log_alpha,
        "log_beta": found.log_beta,
        "gamma": found.gamma,
        "gradient": found.gradient,
        "log_probs": logs,
    }
    return Scene(panels, judged(found), says(step, table, found, question, greedy), numbers)


VERBS = {"all": "adds up", "best": "takes the best of", "count": "adds up"}
TIMES = {
    "all": ", times its symbol's probability",
    "best": ", times its symbol's probability",
    "count": "",
}


def says(step: int, table: Table, found: Lattice, question: str, greedy: tuple) -> str:
    many = "1 alignment" if found.count == 1 else f"{found.count:,} alignments"
    if found.log_prob == -math.inf:
        return f"{many}, and each passes through a probability of 0: p = 0, and the loss is infinite."
    if 0 < step <= table.frames:
        return f"{many}. Forward, frame {step}: each node {VERBS[question]} what comes in{TIMES[question]}."
    if table.frames < step <= 2 * table.frames:
        return f"{many}. Backward, frame {now(step, table.frames)}: each node {VERBS[question]} what can follow{TIMES[question]}."
    path = "".join(table.symbols[k] for k in found.path)
    share = 100 * math.exp(found.best - found.log_prob)
    return (
        f"{many}, together p = {short(math.exp(found.log_prob), 3)} (ln p = {short(found.log_prob, 3)}). The best one, {path}, holds {share:.0f} % of it. "
        f"Greedy reads “{table.spelt(greedy[0])}” from one path of probability {short(math.exp(greedy[1]))}."
    )


if table is not None:
    play(scene, {}, until=2 * table.frames + 1, every=1, looks=(table, label, question, colour))

# --- what to make of it
notes("ctc_lattice")
