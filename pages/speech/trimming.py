"""Trimming: frames are labelled one by one and repeats are merged; what can never be said without φ."""

import streamlit as st

from rnnviz.figures import collapse as draw
from rnnviz.figures.scene import Panel, Scene
from rnnviz.measure import collapse
from rnnviz.measure.ctc import alignments
from rnnviz.records.judgement import judge
from rnnviz.tasks.alignment import LONGEST_LABEL, LONGEST_PATH, Typed, typed
from rnnviz.tasks.reading import Unreadable
from rnnviz.ui.controls import ask
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play

# --- what it reads
EXAMPLES = {
    "the lecture's frames": ("好好好棒棒棒棒", "好棒"),
    "φ between two 棒": ("好好φ棒棒φ棒", "好棒棒"),
    "φ everywhere": ("φφ好φφ棒φφφ棒φ", "好棒棒"),
    "as tight as can be": ("好棒φ棒φ棒", "好棒棒棒"),
    "HELLO in 12 frames": ("HHφEEL_LLφOO", "HELLO"),
}
LISTED = 16  # alignments in the picture

# --- what it asks
exhibit("speech/trimming")
first, left, right = st.columns(3)
with first:
    example = ask.pick("example", tuple(EXAMPLES), label="Begin with", default="φ between two 棒")
number = list(EXAMPLES).index(example)
with left:
    path = ask.text(
        f"path.{number}",
        EXAMPLES[example][0],
        longest=LONGEST_PATH,
        label="Alignment: a symbol a frame (_ is φ)",
    )
with right:
    label = ask.text(f"label.{number}", EXAMPLES[example][1], longest=LONGEST_LABEL, label="Label: what should be said")
with st.sidebar:
    frames = ask.number(
        "frames", 8, 1, LONGEST_PATH, label="Frames to spell the label in", help="For the list and the count below"
    )


# --- what it shows
def scene(step: int, runs: dict, asked: Typed, frames: int) -> Scene:
    found = collapse.read(asked.path)
    filled = collapse.read(collapse.without_phi(asked.path))
    ways, again = (count(asked.label, LONGEST_PATH) for count in (collapse.ways, collapse.recounted))
    paths, total = collapse.some(frames, asked.label, LISTED), alignments(frames, asked.label)
    wanted = asked.spelt(asked.label)
    panels = (
        Panel(
            f"With φ: {asked.spelt(found.said(step)) or '…'}",
            draw.strip(found, asked.symbols, step),
            f"{draw.told(found, asked.symbols, step)}; said so far: {asked.spelt(found.said(step))}",
            wide=True,
            height=270,
        ),
        Panel(
            f"The same frames by a net without φ: {asked.spelt(filled.said(step)) or '…'}",
            draw.strip(filled, asked.symbols, step),
            f"Without φ, silent frames go on with the symbol before: {asked.spelt(filled.said(step))}",
            wide=True,
            height=270,
        ),
        Panel(
            f"What collapses to {wanted} in {frames} frames",
            draw.listing(paths, asked.symbols, total),
            f"{len(paths)} of {total} alignments of {wanted}",
            height=400,
        ),
        Panel(
            f"How many say {wanted}",
            draw.counts(ways, frames),
            f"Number of alignments of {wanted} over the number of frames, with φ and without",
            height=400,
        ),
    )
    verdict = judge(
        f"numbers of alignments in closed form against recursions, 1 to {LONGEST_PATH} frames",
        [ways.with_phi, ways.without],
        [again.with_phi, again.without],
        1e-12,
    )
    numbers = {"path": found.path, "fates": found.fates, "alignments": paths, "with_phi": ways.with_phi}
    return Scene(panels, verdict, says(step, asked, frames, total), numbers | {"without_phi": ways.without})


def says(step: int, asked: Typed, frames: int, total: int) -> str:
    found = collapse.read(asked.path)
    said, wanted = asked.spelt(found.said(step)), asked.spelt(asked.label)
    trimmed = asked.spelt(collapse.read(collapse.without_phi(asked.path)).said(step))
    few = collapse.trimmings(frames, asked.label)
    many = f"In {frames} frames {total:,} alignments say {wanted} with φ and {few:,} without."
    if step < len(asked.path):
        return f"{draw.told(found, asked.symbols, step)}. {many}"
    verb = "also say" if said == trimmed else "say only"
    return f"With φ the frames say {said or 'nothing'}; without it they {verb} {trimmed or 'nothing'}. {many}"


try:
    asked = typed(path, label)
except Unreadable as error:
    st.error(str(error))
else:
    play(scene, {}, until=len(asked.path), every=1, looks=(asked, frames))

# --- what to make of it
notes("trimming")
