"""Spelling by ear: letters learnt from sound by CTC, and words that were never heard before."""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import speech
from rnnviz.figures import spelling as draw
from rnnviz.figures.numerals import percent
from rnnviz.figures.scene import Panel, Scene
from rnnviz.film import Still
from rnnviz.measure import recognise, spell
from rnnviz.measure.ctc import lattice
from rnnviz.nets.simple import Lstm
from rnnviz.records.judgement import judge
from rnnviz.rules import Adam
from rnnviz.tasks.spelling import NEW, Spelling, letters
from rnnviz.tasks.wav import Sound
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play
from rnnviz.ui.sound import listen, own_recording

# --- what it trains
RULE = Adam(rate=0.008, clip=5.0, schedule="decay", over=500)
BASE = Experiment(Spelling(), Lstm(hidden=128, bidirectional=True), RULE, batch=32)

# --- what it asks
exhibit("speech/spelling")
exp = presets(
    BASE,
    {
        "ten digits": {},
        "76 words": {"task.said": "words", "task.versions": 3, "rule.rate": 0.005, "rule.over": 1000},
        "hears no future": {"net.bidirectional": False},
        "no masks, one version": {"task.masks": False, "task.versions": 1},
    },
)
exp = controls(exp, "task.said", "net.hidden", "net.bidirectional", "task.versions", "rule.rate")
said, until = spell.settings(exp)
left, middle, right = st.columns([2, 1, 2], vertical_alignment="bottom")
with left:
    text = ask.pick(
        f"text.{said}", spell.texts(said), label="Spoken", default={"digits": "seven", "words": NEW[0]}[said]
    )
with middle:
    voice = ask.pick("by", recognise.voices("unseen"), label="Unseen voice")
with right:
    spoken = spell.utterance(said, text, voice)
    listen(recognise.sound(spoken), f"{text}, said by “{spoken.speaker}”")
with st.expander("Your own voice: record it or upload it", icon=":material/mic:"):
    recording = own_recording()
    own = recognise.speech_of(recording) if recording else None
    if own:
        listen(own, "What the net will hear of you: the speech, without the silence around it")


# --- what it shows
def scene(step: int, runs: dict[str, Still], text: str, voice: str, own: Sound | None) -> Scene:
    (still,) = runs.values()
    said, until = spell.settings(still.exp)
    utterance = spell.utterance(said, text, voice)
    spoken = own or utterance
    sounds, read = recognise.sounds(spoken), recognise.reading(still.exp, still.state, spoken)
    wanted = "" if own else letters(utterance)
    marks, words = spell.marks(still.exp, still.state), spell.vocabulary(said)
    guesses, known = recognise.likeliest(read), spell.lexicon(read, words)
    panels = (
        Panel(
            "Your recording: brighter is louder" if own else f"What is said: {text}",
            speech.spectrogram(sounds),
            "Spectrogram of the utterance" if own else f"Spectrogram of {text}, with the times of its words",
            wide=True,
            height=250,
        ),
        Panel(
            f"What the net writes: {read.greedy or 'nothing yet'}",
            draw.letters(read, sounds),
            f"Probability of every letter over time; read as {read.greedy or 'nothing'}",
            wide=True,
            height=430,
        ),
        Panel(
            "The likeliest spellings: prefix beam search",
            draw.rivals(guesses, wanted, "probability"),
            f"Likeliest spellings: {', '.join(guesses)}",
        ),
        Panel(
            f"If it must be one of {len(words)} words",
            draw.rivals(known, wanted, "probability among these words"),
            f"Likeliest words of the lexicon: {', '.join(list(known)[:5])}",
        ),
        Panel(
            "Unseen voices, every letter right",
            draw.progress(still.frames, marks, until),
            "Share of exactly spelt utterances over training",
        ),
        Panel("Loss", draw.loss(still.frames, until), "Training loss on a log axis"),
    )
    fits = spell.roomy(read, (wanted or next(iter(known)), *known))
    label = read.numbers(tuple(fits))
    sums = lattice(read.log_probs, label)
    nats, slope = recognise.torch_ctc(read.log_probs, label)
    ours, theirs = [-sums.log_prob, *sums.gradient.ravel()], [nats, *slope.ravel()]
    verdict = judge("−log p and its gradient, from γ, against torch's CTC and autograd", ours, theirs, 1e-6)
    numbers = {"log_probs": read.log_probs, "gamma": sums.gamma, "exact": marks.share}
    short = "" if fits == wanted or own else f" The sound is too short for its letters: {len(read.log_probs)} steps."
    return Scene(panels, verdict, says(text, read.greedy, known, marks, own is not None) + short, numbers)


def says(text: str, greedy: str, known: dict, marks, mine: bool) -> str:
    new = " It was never trained on this word." if text in NEW and not mine else ""
    shares = "; ".join(
        f"{percent(share)} of {count} {draw.NAMES[split]}"
        for split, share, count in zip(marks.splits, marks.share, marks.count, strict=True)
    )
    what = "Of your recording" if mine else f"Of {text}"
    return f"{what} the net makes {greedy or 'nothing'}; the likeliest word is {next(iter(known))}.{new} By unseen voices it spells {shares}."


play(scene, {"spelling": exp}, until=until, every=4, looks=(text, voice, own))

# --- what to make of it
notes("spelling")
