"""Your own voice: a recogniser that knows one synthesiser mishears you; a few takes of every digit change that."""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import own_voice as figures
from rnnviz.figures import speech
from rnnviz.figures.numerals import percent
from rnnviz.figures.scene import Panel, Scene
from rnnviz.figures.spelling import letters
from rnnviz.film import Still
from rnnviz.measure import own_voice, recognise
from rnnviz.measure.ctc import lattice
from rnnviz.measure.own_voice import ADAPTING, EVERY, LEARNING, Adapted, Lesson, Speaker, parted
from rnnviz.nets.simple import Lstm
from rnnviz.records.judgement import judge
from rnnviz.records.own_voice import ByDigit, Marks
from rnnviz.rules import Adam
from rnnviz.tasks.corpus.plans import DIGITS
from rnnviz.tasks.disguised import DISGUISES, PLAIN, takes_of
from rnnviz.tasks.own_voice import OwnVoice
from rnnviz.tasks.recordings import NOBODY, Recordings, Take, unzipped
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play
from rnnviz.ui.reel import Reel, Sequel
from rnnviz.ui.sound import listen
from rnnviz.ui.takes import own_takes
from rnnviz.ui.upload import read_or_refused, upload

# --- what it trains
RULE = Adam(rate=0.01, clip=5.0, schedule="decay", over=LEARNING)
BASE = Experiment(OwnVoice(), Lstm(hidden=64, bidirectional=True), RULE)
BEFORE, AFTER = "unadapted", "adapted"

# --- what it asks
exhibit("speech/own_voice")
exp = presets(
    BASE,
    {"remember the others": {}, "nothing but your own takes": {"task.share": 1.0}, "a small net": {"net.hidden": 24}},
)
exp = controls(exp, "task.share", "net.hidden")
with st.expander("Your own voice: record digits, or upload a ZIP of recordings", icon=":material/mic:"):
    mine = own_takes(recognise.speech_of, own_voice.ten)
    given = upload("One digit a WAV file, named like 7_anna_0.wav: digit, speaker, take", ["zip"], unzipped)
people = Recordings(mine.takes + (given or NOBODY).takes)
left, middle, right = st.columns([2, 2, 3], vertical_alignment="bottom")
with left:
    name = (
        ask.pick("person", people.speakers, label="Speaker")
        if people.takes
        else ask.pick("by", recognise.voices("unseen"), label="Speaker, a voice of the synthesiser", default="paul")
    )
with middle:
    how = PLAIN if people.takes else ask.pick("how", DISGUISES, label="Heard as")
with right:
    count = ask.number("takes", 2, 1, 3, label="Takes of every digit to learn from")
speaker = parted(people if people.takes else takes_of(name, how), name, count)
left, middle, right = st.columns([2, 2, 3], vertical_alignment="bottom")
with left:
    take, unheard = speaker.take(ask.pick("digit", DIGITS, label="A recording to look at", default="seven"))
with middle:
    typed = ask.text("label", "", longest=40, label="Align with", help="Digits, like 7 8; empty: what was said")
with right:
    listen(take.sound, f"{DIGITS[take.digit]}, said by {name}, {'never learnt from' if unheard else 'learnt from'}")
label = read_or_refused(lambda _, text: own_voice.label(text, take), b"", typed) or (DIGITS[take.digit],)


# --- what it shows
def scene(step: int, runs: dict[str, Still | Adapted], speaker: Speaker, take: Take, label: tuple[str, ...]) -> Scene:
    base, now = runs[BEFORE], runs[AFTER]
    marks = now.marks if isinstance(now, Adapted) else None
    before, after = (own_voice.by_digit(still.exp, still.state, speaker) for still in (base, now))
    read = {name: own_voice.reading(still.exp, still.state, take, speaker) for name, still in runs.items()}
    sums = {name: lattice(one.log_probs, one.numbers(label)) for name, one in read.items()}
    heard, asked = own_voice.sounds(take), own_voice.sounds(take, label)
    called = {BEFORE: "the unadapted net", AFTER: "the adapted net" if marks else "the net to be adapted"}
    panels = [
        Panel(
            "Recordings that are never learnt from, misheard",
            figures.progress(base.frames, before, marks, LEARNING, LEARNING + ADAPTING),
            "Share of misheard recordings over training: this speaker and other voices",
        ),
        Panel(
            "This speaker, digit by digit",
            figures.digits(before, after if marks else None, DIGITS),
            "Share of misheard recordings of each digit, unadapted and adapted",
        ),
    ]
    for name, one in read.items():
        told = f"Probability of every digit over time, {called[name]}; read as {one.greedy or 'nothing'}"
        panels.append(Panel(f"What {called[name]} hears: {one.greedy or 'nothing'}", letters(one, heard), told))
    for name, one in sums.items():
        told = f"Posterior of every lattice state of {' '.join(label)} over time, and the best path; {called[name]}"
        shown = speech.alignment(one.gamma, one.route, read[name], asked)
        panels.append(
            Panel(f"γ of “{' '.join(label)}”, {called[name]}: −ln p = {-one.log_prob:.1f}", shown, told, height=260)
        )
    panels.append(
        Panel("The recording: brighter is louder", speech.spectrogram(heard), "Spectrogram", wide=True, height=230)
    )
    mine, emit = sums[AFTER], read[AFTER].log_probs
    nats, slope = recognise.torch_ctc(emit, read[AFTER].numbers(label))
    ours, theirs = [-mine.log_prob, *mine.gradient.ravel()], [nats, *slope.ravel()]
    verdict = judge("−log p and its gradient, from γ, against torch's CTC and autograd", ours, theirs, 1e-6)
    numbers = {"log_probs": emit, "gamma": mine.gamma, "unadapted": before.misheard, "adapted": after.misheard}
    return Scene(tuple(panels), verdict, says(speaker, before, after, marks), numbers)


def says(speaker: Speaker, before: ByDigit, after: ByDigit, marks: Marks | None) -> str:
    if not speaker.exam.takes:
        return f"All recordings of {speaker.name} are learnt from; those of one take more would be the exam."
    first = f"Of {before.count.sum():.0f} recordings of {speaker.name} the net that knows only the synthesiser mishears {percent(before.over)}"
    if marks is None:
        return f"{first}. At step {LEARNING} it begins to learn from {len(speaker.learn.takes)} others."
    return (
        f"{first}, adapted to {len(speaker.learn.takes)} others {percent(after.over)}. Of the other voices’ utterances it misheard "
        f"{percent(marks.others[0])} before, and now {percent(marks.others[-1])}."
    )


base, lesson = Lesson.after(exp, speaker)
runs = {BEFORE: base, AFTER: Sequel(lesson, Reel(base), LEARNING)}
play(scene, runs, until=LEARNING + ADAPTING, every=EVERY, looks=(speaker, take, label))

# --- what to make of it
notes("own_voice")
