"""Projections: many numbers drawn as two. What does a net make of words, and how far can a picture of it be trusted?"""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import curves
from rnnviz.figures import vectors as draw
from rnnviz.figures.projection import crossed, divergence
from rnnviz.figures.scene import Panel, Scene
from rnnviz.figures.theme import CLIPPED
from rnnviz.film import Still
from rnnviz.measure.projection import pca
from rnnviz.measure.vectors import (
    AS_IT_FALLS,
    AXIS,
    ORDER,
    PCA,
    SOURCES,
    TSNE,
    TURNED,
    UMAP,
    Map,
    Mapped,
    anchor,
    faithful,
    known_or,
    learnt,
    near,
    pictured,
    purity,
)
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.records.judgement import judge
from rnnviz.records.vectors import Vectors
from rnnviz.rules import Adam
from rnnviz.tasks.next_word import NextWord, kind, vocabulary
from rnnviz.tasks.vectors import MOST, read_vectors
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play
from rnnviz.ui.stopped import stopped
from rnnviz.ui.upload import upload

# --- what it trains
BASE = Experiment(NextWord(), Rnn(hidden=24, embedding=16), Adam(rate=0.01), batch=32)
UNTIL, MAPPED = 300, 400
NET, MAP = "next-word net", "map"
LOST = {TSNE: divergence, UMAP: crossed}
KS = (2, 5, 10, 15, 20, 30)
UNKNOWN = "no kind known"

# --- what it asks
exhibit("lab/projections")
with st.sidebar:
    cell = ask.pick("cell", ("RNN", "LSTM"), label="Cell")
base = BASE if cell == "RNN" else BASE.change("net", Lstm(hidden=24, embedding=16))
left, right = st.columns(2)
with left:
    sizes = {"24 units": {}, "two units: nothing left out": {"net.hidden": 2}, "64 units": {"net.hidden": 64}}
    exp = presets(base, sizes)
exp = controls(exp, "net.hidden", "rule.rate")
with right, st.popover("Your own vectors, and the words of the net", icon=":material/upload_file:"):
    st.caption(f"Words: {' '.join(vocabulary())}")
    own = upload(
        f"A word and its numbers on each line, or a matrix; the first {MOST}",
        ("tsv", "txt", "vec", "npy"),
        read_vectors,
    )
words = own.words if own else vocabulary()
left, middle, right = st.columns(3)
with left:
    source = SOURCES[0] if own else ask.pick("of", SOURCES, label="What stands for a word")
    plane = ask.pick("plane", (PCA, AXIS), label="Plane")
with middle:
    typed = [
        ask.text("one", "student", longest=60, label="Axis from"),
        ask.text("other", "book", longest=60, label="to"),
    ]
with right:
    typed.append(ask.text("word", "teacher", longest=60, label="Neighbours of"))
    turned = TURNED if own else ask.pick("turned", (TURNED, AS_IT_FALLS), label="Every frame's PCA")
instead = (words[0], words[1], words[0]) if own else ("student", "book", "teacher")
chosen = [known_or(word, words, other) for word, other in zip(typed, instead, strict=True)]
one, other, word = (found for found, _ in chosen)
for refusal in [why for _, why in chosen if why and not own] + (["the axis needs two words"] if one == other else []):
    st.warning(refusal, icon=":material/warning:")


# --- what it shows
def scene(
    step: int, runs: dict[str, Still], source: str, plane: str, one: str, other: str, word: str, turned: str
) -> Scene:
    still = runs[NET]
    vectors = learnt(still, source)
    seen = pictured(vectors, plane, one, other, anchor() if turned == TURNED else None)
    trustworthy, continuous = faithful(vectors.rows, seen.found.points, KS)
    pure = purity(vectors)
    marks = (one, other) if plane == AXIS else (word,)
    panels = (
        Panel(
            f"What the net has made of {len(vectors.words)} words: {source}",
            draw.words(vectors, seen.found.points, ORDER, seen.titles, marks),
            f"Words in a plane, coloured by kind, after {step} steps",
            wide=True,
            height=600,
        ),
        neighbours(vectors, word),
        Panel(
            "How far to trust the picture", draw.trust(KS, trustworthy, continuous), "Trustworthiness and continuity"
        ),
        Panel("What the plane leaves out", draw.directions(pca(vectors.rows, 10).share), "Variance by direction"),
        Panel("Learning", curves.losses({NET: still.frames}, {NET: CLIPPED}, UNTIL, top=4.6), "Loss over training"),
    )
    says = (
        f"Nobody told the net what a verb is. {100 * pure:.0f} % of the words of the six kinds have a word of their own "
        f"kind nearest; the plane holds {100 * seen.found.share.sum():.0f} % of the variance, trustworthiness "
        f"{trustworthy[KS.index(10)]:.2f} at 10 neighbours."
    )
    numbers = {"words": list(vectors.words), "vectors": vectors.rows, "points": seen.found.points, "purity": pure}
    return Scene(panels, judge(seen.by, *seen.checked, 1e-6), says, numbers)


def mapped(
    step: int, runs: dict[str, Mapped], way: str, words: tuple[str, ...], plane: str, one: str, other: str, word: str
) -> Scene:
    rows, here = runs[MAP]
    theirs = words != vocabulary()
    vectors = Vectors(words, rows, tuple(UNKNOWN if theirs else kind(w) for w in words))
    order = (UNKNOWN,) if theirs else ORDER
    seen = pictured(vectors, plane, one, other)
    picture = draw.words(vectors, here.points, order, (f"{way} 1 (no unit)", f"{way} 2 (no unit)"), (word,))
    panels = [Panel(f"Neighbours by {way}", picture, f"{way} of {len(words)} words", wide=True, height=600)]
    if theirs:
        flat = draw.words(vectors, seen.found.points, order, seen.titles, (one, other) if plane == AXIS else (word,))
        panels = [Panel("Your vectors", flat, f"{len(words)} words in a plane", wide=True, height=600), *panels]
        panels.append(neighbours(vectors, word))
    panels.append(Panel(f"How much {way} loses", LOST[way](here.reported, MAPPED), f"What {way} loses, over its steps"))
    plain = faithful(rows, seen.found.points, (max(1, min(10, (len(rows) - 1) // 2)),))[0][0]
    says = f"Trustworthiness {here.trust:.2f} by {way}, {plain:.2f} in the plane. {here.told()}"
    verdict = here.judged() or judge(seen.by, *seen.checked, 1e-6)
    return Scene(tuple(panels), verdict, says, {"vectors": rows, "points": here.points, "plane": seen.found.points})


def neighbours(vectors: Vectors, word: str) -> Panel:
    found = near(vectors, word)
    return Panel(
        f"Nearest to “{word}”", draw.neighbours(found), f"Words nearest to {word}, by cosine: {', '.join(found.words)}"
    )


def map_of(words: tuple[str, ...], rows, key: str) -> None:
    way = ask.pick("by", (TSNE, UMAP), label="Who is near whom, by")
    try:
        film = Map.of(rows, way)
    except ValueError as refusal:
        st.info(f"{refusal}: this training has diverged.")
    else:
        play(mapped, {MAP: film}, until=MAPPED, every=5, looks=(way, words, plane, one, other, word), key=key)


if own:
    map_of(own.words, own.rows, "own")
else:
    at = play(scene, {NET: exp}, until=UNTIL, every=5, looks=(source, plane, one, other, word, turned))
    st.subheader("The same vectors by their neighbours")
    if at is None:
        st.caption("Pause the training, or let it end: t-SNE or UMAP then begins from the vectors of that very step.")
    else:
        map_of(words, learnt(stopped(exp, at), source).rows, "tsne")

# --- what to make of it
notes("projections")
