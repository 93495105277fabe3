"""Attention: which input does a translator look at while it writes?"""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import attention
from rnnviz.figures.numerals import percent
from rnnviz.figures.scene import Panel, Scene
from rnnviz.figures.theme import CATEGORICAL
from rnnviz.film import Still
from rnnviz.measure.decode import exact, judged, translate
from rnnviz.nets.seq2seq import Seq2Seq
from rnnviz.records.judgement import judge
from rnnviz.records.translation import Translation
from rnnviz.rules import Adam
from rnnviz.tasks.dates import Dates
from rnnviz.tasks.own_pairs import OwnPairs, read_own
from rnnviz.tasks.phrases import Phrases
from rnnviz.tasks.reversal import Reversal
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play
from rnnviz.ui.upload import upload

# --- what it trains
UNTIL = 400
ENGLISH, DATES, BACK = "English → Chinese", "dates → yyyy-mm-dd", "letters backwards"
TASKS = {ENGLISH: Phrases(), DATES: Dates(), BACK: Reversal()}
TYPED = {
    ENGLISH: "two small children read three new books in the park every morning",
    DATES: "the 21st of november 2026",
    BACK: "abcdefghijkl",
}
BASE = Experiment(Phrases(), Seq2Seq(hidden=32), Adam(rate=0.02, schedule="decay", over=UNTIL), batch=32)
ON, OFF, CHAIN = "with attention", "fixed vector", "never shown ==="
COLOURS = {ON: CATEGORICAL[0], OFF: CATEGORICAL[1], CHAIN: CATEGORICAL[3]}

# --- what it asks
exhibit("attention/alignment")
left, middle, right = st.columns([4, 4, 8], vertical_alignment="bottom")
with left:
    task = ask.pick("task", list(TASKS), label="What is translated")
with middle, st.popover("Your own pairs", icon=":material/upload_file:"):
    lines = upload(
        "One pair a line: source, tab, target",
        ("tsv", "txt"),
        read_own,
        help="10 pairs at least, 60 symbols a side at most",
    )
chosen, example = (OwnPairs(lines=lines), lines.split("\t")[0]) if lines else (TASKS[task], TYPED[task])
with right:
    key = "typed.own" if lines else f"typed.{list(TASKS).index(task)}"
    typed = ask.text(key, example, longest=120, label="Your own input", reads=chosen.tokens)
exp = presets(
    BASE.change("task", chosen),
    {
        "look, or remember": {},
        "a wider vector": {"net.hidden": 96},
        "a narrow vector": {"net.hidden": 12},
        "read it backwards": {"net.reverse": True},
        "tanh units": {"net.cell": "rnn", "rule.rate": 0.005},
    },
)
exp = controls(exp, "net.hidden", "net.reverse", "net.cell", "rule.rate")
left, middle, right = st.columns(3)
with left:
    rival = ask.pick("rival", (OFF, CHAIN), label="Beside it: the same net, but")
with middle:
    row = ask.number("row", 6, 1, 30, label="Watch output no.")
with right:
    force = ask.number("force", 0, 0, 28, label="… and make it look at input no.", help="0: where it wants to")


# --- what it shows
def scene(step: int, runs: dict[str, Still], typed: str, row: int, force: int) -> Scene:
    seen = {name: translate(still.exp, still.state, typed) for name, still in runs.items()}
    held = {name: exact(still.exp, still.state) for name, still in runs.items()}
    mine, first = runs[ON], seen[ON]
    forced = (
        translate(mine.exp, mine.state, typed, force=(row - 1, force - 1)) if 0 < force <= len(first.source) else None
    )
    looked = forced or first
    row = min(row, len(looked.output)) - 1
    rows = seen | ({"forced to look": forced} if forced else {})
    rings = " (rings: the right word)" if first.expected else ""
    panels = (
        Panel(
            "What they write",
            attention.written(rows, first.expected),
            alt_of(seen),
            wide=True,
            height=120 + 48 * len(rows),
        ),
        Panel(
            f"Where it looks{rings}",
            attention.alignment(looked, forced=row),
            "Attention weights, output against input symbols",
            height=520,
        ),
        Panel(
            "All of a sentence right",
            attention.learning(
                {n: s.frames for n, s in runs.items()}, {n: h[0] for n, h in held.items()}, COLOURS, step, UNTIL
            ),
            "Share of sequences without an error over training",
            height=520,
        ),
        Panel(
            f"One row of the map: output symbol {row + 1}",
            attention.distribution(looked, row, COLOURS[ON]),
            "Attention of one output symbol over the input",
        ),
        Panel(
            "Attention that lies on the true input",
            attention.agreement(looked, COLOURS[ON]),
            "Share of attention on the true input for each output symbol",
        ),
    )
    ours, theirs = judged(mine.exp, mine.state, first)
    verdict = judge("logits and attention in one fused call against a plain loop in float64", ours, theirs, 1e-5)
    numbers = {
        "attention": first.attention,
        "log_prob": first.log_prob,
        "true_alignment": first.truth,
        "score": mine.frames.score,
    }
    return Scene(panels, verdict, told(seen, held, forced), numbers)


def alt_of(seen: dict[str, Translation]) -> str:
    return "; ".join(f"{name}: {t.written}" for name, t in seen.items())


def told(seen: dict[str, Translation], held: dict[str, tuple[float, float]], forced: Translation | None) -> str:
    first = seen[ON]
    if forced:
        change = (
            "and writes the same"
            if forced.output == first.output
            else f"and writes {forced.written} instead of {first.written}"
        )
        return f"One row of the attention is now yours: it looks where you say {change}. All that comes after follows from that."
    shares = " and ".join(f"{name} {percent(right)}" for name, (right, _) in held.items())
    looks = (
        f" {percent(held[ON][1])} of the attention lies on the word that is being translated."
        if held[ON][1] == held[ON][1]
        else ""
    )
    endless = (
        " Nobody showed the other net a ===, so none is asked of it; but it goes on and on, like a chain letter."
        if CHAIN in seen and not seen[CHAIN].stopped
        else ""
    )
    return f"Of inputs never trained on (up to 64), written without one error: {shares}.{looks}{endless}"


other = exp.change("net.attention", False) if rival == OFF else exp.change("task.stop", False)
play(scene, {ON: exp, rival: other}, until=UNTIL, every=4, looks=(typed, row, force))

# --- what to make of it
notes("alignment")
