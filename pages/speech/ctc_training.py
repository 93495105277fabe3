"""CTC learns to hear: a recogniser trained without alignments, beside one that trims."""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import speech
from rnnviz.figures.scene import Panel, Scene
from rnnviz.figures.theme import CLIPPED, RAW
from rnnviz.figures.yours import yours
from rnnviz.film import Still
from rnnviz.measure import recognise
from rnnviz.measure.ctc import lattice
from rnnviz.nets.simple import Lstm
from rnnviz.records.judgement import judge
from rnnviz.rules import Adam
from rnnviz.tasks.speech import Speech
from rnnviz.tasks.wav import Sound
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play
from rnnviz.ui.sound import listen, own_recording
from rnnviz.ui.upload import read_or_refused

# --- what it trains
BASE = Experiment(Speech(), Lstm(hidden=64), Adam(rate=0.005, clip=5.0, schedule="decay", over=120))
PHI, TRIM = "with φ (CTC)", "trimming"
COLOURS = {PHI: CLIPPED, TRIM: RAW}

# --- what it asks
exhibit("speech/ctc_training")
exp = presets(
    BASE,
    {
        "好棒 and 好棒棒": {},
        "slowly, to see φ first": {"rule.rate": 0.002, "rule.over": 240},
        "prepare it for people": {"task.versions": 5, "rule.rate": 0.01, "rule.over": 300},
        "a small net": {"net.hidden": 16, "rule.rate": 0.01, "rule.over": 240},
    },
)
exp = controls(exp, "rule.rate", "net.hidden", "task.versions", "task.noise")
left, middle, right, ear = st.columns([2, 1, 1, 2], vertical_alignment="bottom")
with left:
    text = ask.pick("phrase", recognise.phrases("unseen", "longer"), label="Phrase", default="好棒棒")
with middle:
    voice = ask.pick("by", recognise.voices("unseen"), label="Unseen voice")
with right:
    way = ask.pick("way", ("joined", "apart"), label="Spoken")
with ear:
    listen(recognise.sound(recognise.utterance(text, voice, way)), f"{text}, said by “{voice}”")
with st.expander("Your own voice: record it or upload it", icon=":material/mic:"):
    recording = own_recording()
    own = recognise.speech_of(recording) if recording else None
    if own:
        listen(own, "What the net will hear of you: the speech, without the silence around it")
    typed = ask.text("said", "", longest=16, label="What you say, in 好 and 棒: shows where its alignments lie")
    said = read_or_refused(lambda _, text: recognise.said(text, own), b"", typed) or ()


# --- what it shows
def scene(
    step: int, runs: dict[str, Still], text: str, voice: str, way: str, own: Sound | None, said: tuple[str, ...]
) -> Scene:
    frames = {name: still.frames for name, still in runs.items()}
    exams = {name: recognise.exam(still.exp, still.state) for name, still in runs.items()}
    spoken = recognise.utterance(text, voice, way)
    sounds = recognise.sounds(spoken)
    read = {name: recognise.reading(still.exp, still.state, spoken) for name, still in runs.items()}
    emit, label = read[PHI].log_probs, read[PHI].numbers(spoken.units)
    sums = lattice(emit, label)
    until = length(runs[PHI].exp)
    panels = (
        *mine(runs[PHI], own, said),
        Panel(
            "What is said: brighter is louder",
            speech.spectrogram(sounds),
            f"Spectrogram of {text} with the times of its syllables",
            wide=True,
            height=260,
        ),
        Panel(
            "What the net with φ says of every 30 ms",
            speech.posteriors(read[PHI], sounds),
            f"Probabilities of φ, 好 and 棒 over time; read as {read[PHI].greedy}",
            wide=True,
            height=250,
        ),
        Panel(
            "What the trimming net says",
            speech.posteriors(read[TRIM], sounds),
            f"Probabilities of 好 and 棒 over time; read as {read[TRIM].greedy}",
            wide=True,
            height=250,
        ),
        Panel(
            "Where all alignments together lie (γ)",
            speech.alignment(sums.gamma, sums.route, read[PHI], sounds),
            "Posterior of every lattice state over time, and the best path",
        ),
        Panel(
            "What it may have been: prefix beam search",
            speech.transcripts(recognise.likeliest(read[PHI]), text),
            "The likeliest transcripts with their probabilities",
        ),
        Panel(
            "Unseen voices, exactly right",
            speech.progress(frames, exams, COLOURS, until),
            "Share of exactly recognised utterances over training, both nets",
        ),
        Panel(
            "Loss: an utterance (CTC), a step (trimming)",
            speech.losses(frames, COLOURS, until),
            "Training loss of both nets on a log axis",
        ),
        Panel(
            "Unseen voices, exactly right, phrase by phrase",
            speech.by_phrase(exams, COLOURS),
            "Share of exactly recognised utterances by phrase, both nets",
            wide=True,
            height=300,
        ),
    )
    nats, slope = recognise.torch_ctc(emit, label)
    ours = [-sums.log_prob, *sums.gradient.ravel()]
    verdict = judge(
        "−log p and its gradient, from γ, against torch's CTC and autograd", ours, [nats, *slope.ravel()], 1e-6
    )
    numbers = {"log_probs": emit, "gamma": sums.gamma, "trimming_log_probs": read[TRIM].log_probs}
    return Scene(panels, verdict, says(text, read, exams, heard(runs[PHI], own)), numbers)


def length(exp: Experiment) -> int:
    return exp.rule.over if isinstance(exp.rule, Adam) else 120


def mine(still: Still, own: Sound | None, said: tuple[str, ...]) -> tuple[Panel, ...]:
    if own is None:
        return ()
    sounds, read = recognise.sounds(own), recognise.reading(still.exp, still.state, own)
    if not said:
        return yours(sounds, read)
    sums = lattice(read.log_probs, read.numbers(said))
    return yours(sounds, read, said, sums.gamma, sums.route)


def heard(still: Still, own: Sound | None) -> str:
    if own is None:
        return ""
    return f" Of your recording it makes: {recognise.reading(still.exp, still.state, own).greedy or 'nothing'}."


def says(text: str, read: dict, exams: dict, mine: str) -> str:
    phi, trim = read[PHI], read[TRIM]
    right, wrong = 100 * exams[PHI].over(), 100 * exams[TRIM].over()
    twice = 100 * exams[TRIM].over(exams[TRIM].repeats)
    return (
        f"Spoken: {text}. The net with φ reads {phi.greedy or 'nothing'} (φ is likeliest at {100 * phi.silent:.0f} % of the steps), trimming "
        f"reads {trim.greedy}. Of the utterances by unseen voices {right:.0f} % are exactly right with φ and {wrong:.0f} % with trimming, which "
        f"gets {twice:.0f} % of the phrases with a repeat.{mine}"
    )


runs = {PHI: exp, TRIM: exp.change("task.reading", "trimming")}
play(scene, runs, until=length(exp), every=1 if length(exp) <= 150 else 2, looks=(text, voice, way, own, said))

# --- what to make of it
notes("ctc_training")
