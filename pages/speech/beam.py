"""Prefix beam search: from what a net says of every frame to what was said."""

import math

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import beam as draw
from rnnviz.figures.lattice import emissions
from rnnviz.figures.numerals import short
from rnnviz.figures.scene import Panel, Scene
from rnnviz.measure import recognise
from rnnviz.measure.passes import guesses, log_probs
from rnnviz.measure.search import by_width, exact, judged, searched
from rnnviz.nets.simple import Lstm
from rnnviz.rules import Adam
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.speech import Speech
from rnnviz.tasks.table import MOST_FRAMES, Table, pasted
from rnnviz.ui.controls import ask
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play

# --- where the probabilities come from
NET = Experiment(Speech(), Lstm(hidden=64), Adam(rate=0.005, clip=5.0, schedule="decay", over=120))
HEARD, GREEDY, LOST, OWN = "a net hears a voice", "greedy is wrong", "a narrow beam is wrong", "your own table"
TABLES = {
    GREEDY: Table(("φ", "a"), ((0.6, 0.4), (0.6, 0.4))),
    LOST: Table(
        ("φ", "a", "b"),
        ((0.19, 0.70, 0.11), (0.33, 0.17, 0.50), (0.08, 0.66, 0.26), (0.02, 0.21, 0.77), (0.39, 0.59, 0.02)),
    ),
}
EXAMPLE = "φ, a, b\n0.6, 0.4, 0\n0.2, 0.5, 0.3\n0.5, 0.1, 0.4\n0.3, 0.1, 0.6"
WIDE, WIDEST = 200, 16

# --- what it asks
exhibit("speech/beam")
first, left, right = st.columns(3)
with first:
    source = ask.pick("table", (HEARD, GREEDY, LOST, OWN), label="Probabilities of every frame")
with st.sidebar:
    width = ask.number(
        "width", 4, 1, WIDEST, label="Width of the beam", help="Prefixes that are kept after every frame"
    )


def heard() -> Table:
    with left:
        text = ask.pick("phrase", recognise.phrases("unseen", "longer"), label="Phrase", default="好棒棒")
    with right:
        voice = ask.pick("by", recognise.voices("unseen"), label="Unseen voice")
    with st.sidebar:
        trained = ask.number("trained", 24, 0, 60, label="Steps of training that the net has had")
        seed = ask.number("net", 0, 0, 9, label="Seed of the net")
    with st.spinner("A net learns to hear …"):
        return recognise.heard(NET.change("seed", seed), trained, recognise.utterance(text, voice, "joined"))


def own() -> Table | None:
    label = f"Your table: a line a frame (at most {MOST_FRAMES}), a probability for φ and every symbol; names in the first line"
    try:
        return pasted(ask.text("own", EXAMPLE, longest=6000, area=True, label=label))
    except Unreadable as error:
        st.error(str(error))
        return None


# --- what it shows
def scene(step: int, runs: dict, table: Table, width: int) -> Scene:
    beams, (greedy, wide), listed = searched(table, width), guesses(table, WIDE), exact(table)
    last, best = beams[-1], listed or tuple(wide)
    found = {table.spelt(p): math.exp(t) for p, t in zip(last.prefixes, last.total.tolist(), strict=True)}
    others = {table.spelt(labels): math.exp(t) for labels, t in best[:8]}
    reported, labels = by_width(table, WIDEST)
    panels = (
        Panel(
            "Prefixes in the beam",
            draw.tree(beams, step, table.spelt),
            f"After frame {step}: {', '.join(table.spelt(p) or 'nothing' for p in beams[step].prefixes[:5])}",
            wide=True,
            height=460,
        ),
        Panel(
            "Each prefix keeps two amounts",
            draw.halves(beams[step], table.spelt),
            "Share of the alignments that end in φ and of those that end in the last symbol, by prefix",
        ),
        Panel(
            "What the net says of every frame",
            emissions(log_probs(table), table.symbols, step or None),
            f"Probabilities of {', '.join(table.symbols)} in {table.frames} frames",
        ),
        Panel(
            "What was said?",
            draw.answers(found, others, table.spelt(greedy[0]), bool(listed)),
            f"Probabilities of {', '.join(others)}",
        ),
        Panel(
            "How wide must it be?",
            draw.widths(reported, [one == best[0][0] for one in labels], width),
            "Probability that a beam reports for its best labelling, over its width",
        ),
    )
    numbers = {"log_probs": log_probs(table), "total": last.total, "by_width": reported}
    return Scene(panels, judged(table, width), says(step, table, width), numbers)


def says(step: int, table: Table, width: int) -> str:
    beams, (greedy, wide) = searched(table, width), guesses(table, WIDE)
    now, alone = beams[step], "prefix" if width == 1 else "prefixes"
    if step < table.frames:
        lost = math.exp(now.dropped) if step else 0.0
        return f"After frame {step} the {width} likeliest {alone} stay; {short(lost)} of probability has just been dropped."
    best, p = table.spelt(beams[-1].prefixes[0]) or "nothing", math.exp(beams[-1].total[0])
    true = math.exp((exact(table) or tuple(wide))[0][1])
    return (
        f"Greedy reads {table.spelt(greedy[0]) or 'nothing'}, one path of probability {short(math.exp(greedy[1]))}. A beam of {width} finds "
        f"{best} and reports {short(p)}; over all its alignments the likeliest labelling has {short(true)}."
    )


table = heard() if source == HEARD else own() if source == OWN else TABLES[source]
if table is not None:
    play(scene, {}, until=table.frames, every=1, looks=(table, width))

# --- what to make of it
notes("beam")
