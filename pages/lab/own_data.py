"""Your own data: a tagger learns from your file while you watch; what each exhibit reads, and what is wrong with a file."""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import curves
from rnnviz.figures import tagging as draw
from rnnviz.figures.numerals import percent
from rnnviz.figures.scene import Panel, Scene
from rnnviz.figures.theme import CATEGORICAL
from rnnviz.measure.taught import Sitting, Taught, judged, lesson, read
from rnnviz.nets.tagger import Tagger
from rnnviz.records.judgement import judge
from rnnviz.records.tagging import Lesson
from rnnviz.rules import Adam
from rnnviz.tasks.labelled import read_tagged, typed_words
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.samples import slot_lines
from rnnviz.tasks.tagged import Corpus, Tagging, steps_for
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.formats import formats
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play
from rnnviz.ui.upload import upload

ENDINGS = ("txt", "iob", "conll", "bio", "tsv", "conllu")
ERRORS, ALL = "those with a mistake", "any"

# --- what it asks
exhibit("lab/own_data")
left, right = st.columns(2)
with left:
    given = upload(
        "Sentences to learn from: slots, chunks or parts of speech",
        ENDINGS,
        read_tagged,
        help="SNIPS lines, IOB columns or CoNLL-U; a file without an ending needs one, for example .txt",
    )
with right:
    held = upload("Sentences to judge by; without them, every tenth of yours", ENDINGS, read_tagged)
with st.expander("Which files the exhibits read, and what is wrong with yours", icon=":material/fact_check:"):
    formats()

train = given or read_tagged(slot_lines(), "sample")
corpus = Corpus.split(train, held if given else None)
until = steps_for(len(corpus.train)) if given else 60  # the sample is soon learnt
gap = until // 30
BASE = Experiment(Tagging(corpus), Tagger(), Adam(rate=0.01, clip=5.0, schedule="decay", over=until), batch=32)
exp = presets(
    BASE,
    {
        "both directions": {},
        "only forwards": {"net.bidirectional": False},
        "eight units": {"net.hidden": 8},
        "no word is hidden": {"task.hide": 0.0},
    },
)
exp = controls(exp, "net.hidden", "net.bidirectional", "rule.rate", "task.hide")
if given:
    judges = "of the second file" if held else "held out of it, every tenth"
    st.caption(f"Your file: {len(corpus.train):,} sentences to learn from, {len(corpus.held):,} to judge by, {judges}.")
else:
    st.caption(
        "No file yet: this is a sample of 600 travel requests made by rule, every tenth held out. It can be downloaded above."
    )
example = " ".join(min(corpus.held, key=lambda s: abs(len(s.words) - 9)).words)
left, right = st.columns([2, 1])
with left:
    typed = ask.text("typed", "", longest=200, label="Your own sentence (empty: one of those to judge by)")
with right:
    shown = ask.pick("shown", (ERRORS, ALL), label="Show, of the sentences never trained on")
try:
    words = typed_words(typed if typed.strip() else example)
except Unreadable as error:
    st.warning(str(error))
    words = typed_words("play")


# --- what it shows
def scene(step: int, runs: dict[str, Sitting], words: tuple[str, ...], shown: str, until: int) -> Scene:
    (sitting,) = runs.values()
    seen, mine = lesson(sitting), read(sitting, words)
    curve, whole = seen.curve, seen.chunks.overall
    seconds = float(curve.seconds[-1]) * until / seen.step if seen.step else 1.0
    which = shown if shown == ALL or (seen.said != seen.wanted).any() else "no mistake is left"
    alt = f"F1 {whole.f1[0]:.3f} after {seen.step} steps and {curve.seconds[-1]:.1f} seconds"
    panels = (
        Panel("F1 over steps", draw.marks(curve, "step", until, 0.9), alt),
        Panel("F1 over seconds", draw.marks(curve, "seconds", seconds, 0.9), alt),
        Panel(
            f"Sentences never trained on: {which}",
            draw.sentences(seen, 6, wrong=shown == ERRORS),
            "Sentences with the tags that the net gives to their words",
            wide=True,
            height=310,
        ),
        Panel(
            "By type",
            draw.table(seen.chunks),
            f"Precision {whole.precision[0]:.3f}, recall {whole.recall[0]:.3f}",
            height=480,
        ),
        Panel(
            "Which type is taken for which", draw.confusion(seen), "Confusion matrix of the words' types", height=480
        ),
        Panel(
            "A sentence word by word",
            draw.typed(mine),
            ", ".join(f"{w}: {t}" for w, t in zip(mine.words, mine.said, strict=True)),
        ),
        Panel(
            "Cross-entropy in training",
            curves.losses({"tagger": seen.frames}, {"tagger": CATEGORICAL[0]}, until),
            "Cross-entropy over training",
        ),
    )
    ours, theirs = judged(seen)
    verdict = judge(
        "precision, recall and F1 by comparing spans against conlleval's count word by word", ours, theirs, 1e-12
    )
    numbers = {"step": curve.step, "seconds": curve.seconds, "f1": curve.f1, "words_right": curve.words}
    numbers |= {
        "wanted": seen.chunks.wanted,
        "found": seen.chunks.found,
        "right": seen.chunks.right,
        "type": seen.chunks.types,
    }
    return Scene(panels, verdict, says(seen), numbers)


def says(seen: Lesson) -> str:
    whole, curve = seen.chunks.overall, seen.curve
    opening = (
        f"After {seen.step} steps and {curve.seconds[-1]:.1f} s of one core: F1 {whole.f1[0]:.3f} on "
        f"{len(seen.sentences):,} sentences never trained on ({whole.right[0]:,} of {whole.wanted[0]:,} chunks, "
        f"{whole.found[0] - whole.right[0]:,} false ones); {percent(curve.words[-1])} of the words are right."
    )
    reached = curve.f1 >= 0.9
    if not reached.any():
        return opening
    at = int(reached.argmax())
    return f"{opening} F1 0.90 was reached at step {curve.step[at]:.0f}, after {curve.seconds[at]:.1f} s."


play(scene, {"tagger": Taught(exp, gap)}, until=until, every=gap, looks=(words, shown, until))

# --- what to make of it
notes("own_data")
