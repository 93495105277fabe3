"""A net tells a hidden Markov model what it hears: posteriors over priors, and structure on top."""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import hybrid as figures
from rnnviz.figures.curves import losses
from rnnviz.figures.scene import Panel, Scene
from rnnviz.figures.speech import spectrogram
from rnnviz.figures.theme import CATEGORICAL, CLIPPED, RAW
from rnnviz.measure import hybrid
from rnnviz.measure.hybrid import BARE, DIGITS, HMM, LEASTS, TRIM
from rnnviz.nets.framewise import Framewise
from rnnviz.records.judgement import judge
from rnnviz.rules import Adam
from rnnviz.tasks.frames import Frames
from rnnviz.tasks.recordings import Recordings, unzipped
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play
from rnnviz.ui.sound import listen
from rnnviz.ui.upload import upload

# --- what it trains
RULE = Adam(rate=0.003, clip=5.0, schedule="decay", over=400)
BASE = Experiment(Frames(), Framewise(), RULE, batch=512)
UNTIL = 400
COLOURS = {HMM: CLIPPED, BARE: CATEGORICAL[4], TRIM: RAW}
NAMES = {hybrid.TRUTH: "truth", HMM: "HMM", BARE: "no prior", TRIM: "trimming"}

# --- what it asks
exhibit("speech/hybrid")
exp = presets(
    BASE,
    {
        "“one” is heard too often": {},
        "all digits equally often": {"task.favourite": 1.0},
        "three states a digit": {"task.states": 3},
        "no augmentation": {"task.varied": "as they are"},
        "a small net": {"net.hidden": 16},
    },
)
exp = controls(exp, "task.favourite", "task.states", "task.varied", "net.hidden")
left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom")
with left:
    name = ask.pick(
        "spoken", tuple(hybrid.utterances()), label="Unseen voice", default="zero seven five seven five · paul"
    )
with middle:
    least = ask.number("least", 3, LEASTS[0], LEASTS[-1], label="Each state lasts at least … frames")
with right:
    listen(hybrid.sound(name), name)
with st.expander("Recordings of people: a ZIP of WAV files", icon=":material/folder_zip:"):
    own = upload("One digit a file, named like 7_anna_0.wav: digit, speaker, take", ["zip"], unzipped)


# --- what it shows
def scene(step: int, runs: dict[str, hybrid.Now], name: str, least: int, own: Recordings | None) -> Scene:
    (now,) = runs.values()
    sounds, heard = hybrid.sounds(name), hybrid.listened(now.exp, now.state, name, least)
    panels = (
        *people(now, own),
        Panel("What is said: brighter is louder", spectrogram(sounds), f"Spectrogram of {name}", wide=True, height=230),
        Panel(
            "What the net says of every 10 ms, and the best path",
            figures.states(heard, heard.read[hybrid.TRUTH], sounds),
            f"Probability of every state over time; the best path reads {heard.text(HMM)}",
            wide=True,
            height=400,
        ),
        Panel(
            "Three ways of reading the same net",
            figures.words(heard, hybrid.TRUTH, NAMES, sounds),
            "; ".join(f"{shown}: {heard.text(way)}" for way, shown in NAMES.items()),
            wide=True,
            height=270,
        ),
        Panel(
            "Strings of digits by unseen voices, exactly right",
            figures.progress(now.marks, now.rounds, least, (HMM, BARE, TRIM), COLOURS, UNTIL),
            "Share of exactly recognised strings over training, three ways of reading",
        ),
        Panel(
            "What the constraint is worth at this step",
            figures.constraint(now.marks, least, (HMM, BARE), COLOURS),
            "Share of exactly recognised strings by the least frames in a state",
        ),
        Panel(
            "How common the net takes each digit to be",
            figures.priors(now.rounds, DIGITS),
            "Priors of the digits",
        ),
        Panel(
            "Beginnings of words in training, against the truth",
            figures.drift(now.rounds),
            "Milliseconds between aligned and true beginnings, by round",
        ),
        Panel(
            "Loss of a frame",
            losses({HMM: now.frames}, COLOURS, UNTIL),
            "Cross-entropy over training",
            wide=True,
            height=240,
        ),
    )
    ours, theirs = ([*heard.scores[:, i], *heard.edges[i]] for i in (0, 1))
    verdict = judge("best paths: all words at once in one pass, against Viterbi over all arcs", ours, theirs, 1e-6)
    numbers = {"posteriors": heard.probs, "path": heard.path, "exact": now.marks.exact, "trimmed": now.marks.trimmed}
    return Scene(panels, verdict, says(heard, now, least), numbers)


def people(now: hybrid.Now, own: Recordings | None) -> tuple[Panel, ...]:
    if own is None:
        return ()
    right = hybrid.understood(now.exp, now.state, own)
    told = "; ".join(f"{who} {100 * share:.0f} %" for who, share in right.items())
    return (Panel("Your recordings, understood", figures.people(right), told, wide=True, height=240),)


def says(heard: hybrid.Listened, now: hybrid.Now, least: int) -> str:
    right, bare, trim = (100 * share for share in (*now.marks.exact[-1, :, least - 1], now.marks.trimmed[-1]))
    off = heard.apart(HMM, hybrid.TRUTH)
    near = f", its words beginning {off:.0f} ms from the truth on average" if off == off else ""
    return (
        f"Spoken: {heard.text(hybrid.TRUTH)}. The HMM hears {heard.text(HMM)}{near}; without dividing by the prior "
        f"{heard.text(BARE)}. Of 96 strings by unseen voices {right:.0f} % are exactly right, {bare:.0f} % without the "
        f"prior, {trim:.0f} % by trimming."
    )


play(scene, {"run": hybrid.Hybrid.of(exp)}, until=UNTIL, every=hybrid.EVERY // 2, looks=(name, least, own))

# --- what to make of it
notes("hybrid")
