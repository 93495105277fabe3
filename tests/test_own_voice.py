"""Adaptation to one speaker: what is learnt from and what is not, the lesson as a film, and people before and after."""

import contextlib
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from rnnviz.experiment import Experiment
from rnnviz.film import Film, State, forward, start
from rnnviz.measure import recognise
from rnnviz.measure.own_voice import (
    ADAPTING,
    ASKED,
    EVERY,
    LEARNING,
    Adapted,
    Lesson,
    Speaker,
    by_digit,
    label,
    parted,
    ten,
)
from rnnviz.nets.simple import Lstm
from rnnviz.rules import Adam
from rnnviz.tasks.audio import RATE, STACK
from rnnviz.tasks.corpus.packs import pack
from rnnviz.tasks.corpus.plans import DIGITS
from rnnviz.tasks.disguised import BAND, DISGUISES, PLAIN, TELEPHONE, disguised, takes_of
from rnnviz.tasks.own_voice import OwnVoice, ear_of, own, paced, room, stacked, voices
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.recordings import Recordings, Take, folder
from rnnviz.tasks.samples import spoken_digits
from rnnviz.tasks.spec import Batch, dice
from rnnviz.tasks.wav import Sound
from rnnviz.ui.house import TRAINER, VIEWS
from rnnviz.ui.reel import Reel, Sequel
from rnnviz.ui.shelf import Shelf
from rnnviz.ui.trainer import Trainer
from rnnviz.ui.wire import encode

FSDD = Path(__file__).parents[2] / "shared/data/fsdd/recordings"
RULE = Adam(rate=0.01, clip=5.0, schedule="decay", over=LEARNING)
RECIPE = Experiment(OwnVoice(), Lstm(hidden=64, bidirectional=True), RULE)
SMALL = RECIPE.change("net.hidden", 8).change("batch", 8)


def tone(number: int) -> Sound:
    return Sound.of(0.5 * np.sin(np.arange(2000) * (0.3 + number / 50)))


# --- who speaks


def test_a_telephone_lets_a_band_through_and_a_tape_is_longer():
    spoken = next(u for u in pack("digits") if u.split == "unseen").samples
    power = np.abs(np.fft.rfft(disguised(spoken, TELEPHONE))) ** 2
    hertz = np.fft.rfftfreq(len(spoken), 1 / RATE)
    inside = (hertz >= BAND[0]) & (hertz <= BAND[1])
    noise = 10 ** (-15 / 10) * (~inside).mean()  # its share of the noise, of all that is let through
    assert power[~inside].sum() / power[inside].sum() < 2 * noise
    assert disguised(spoken, PLAIN) is spoken
    for how, factor in (("slower and lower", 1.4), ("faster and higher", 0.7)):
        assert len(disguised(spoken, how)) == pytest.approx(factor * len(spoken), abs=1)


@pytest.mark.parametrize("how", DISGUISES)
def test_a_voice_says_every_digit_alone_and_then_in_strings(how):
    found = takes_of("paul", how).takes
    said = [u for u in pack("digits") if u.speaker == "paul" and u.split != "train"]
    assert [take.digit for take in found[:10]] == list(range(10))
    assert len(found) == sum(len(u.units) for u in said)
    assert np.bincount([take.digit for take in found]).min() >= 3
    with pytest.raises(KeyError, match="no unseen voice"):
        takes_of("nobody", how)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_nothing_is_both_learnt_from_and_examined(said, takes):
    people = Recordings(tuple(Take(digit, "anna", tone(number)) for number, digit in enumerate(said)))
    speaker = parted(people, "anna", takes)
    assert not set(speaker.learn.takes) & set(speaker.exam.takes)
    assert len(speaker.learn.takes) + len(speaker.exam.takes) == len(said)
    for digit in set(said):
        learnt = sum(take.digit == digit for take in speaker.learn.takes)
        assert learnt == min(takes, max(1, said.count(digit) - 1))
    take, unheard = speaker.take(DIGITS[said[0]])
    assert take.digit == said[0]
    assert unheard == (take in speaker.exam.takes) == (said.count(said[0]) > 1)


# --- what is trained on


@given(st.integers(3, 60), st.floats(0.5, 2.0))
@settings(max_examples=30, deadline=None)
def test_a_straight_line_stays_straight_at_another_pace(count, factor):
    ramp = torch.arange(count, dtype=torch.float32)[:, None]
    found = paced(ramp, factor)[:, 0]
    torch.testing.assert_close(found, torch.linspace(0, count - 1, max(STACK, round(count * factor))))
    assert torch.equal(paced(ramp, 1.0), ramp)


def test_an_ear_takes_away_what_all_takes_of_a_speaker_share():
    speaker = parted(takes_of("f3", TELEPHONE), "f3", 2)
    heard = torch.cat(own(speaker.learn).frames)
    torch.testing.assert_close(heard.mean(0), torch.zeros(40), atol=1e-3, rtol=0)
    torch.testing.assert_close(heard.std(0), torch.ones(40), atol=1e-2, rtol=0)
    first = own(speaker.exam, ear_of(speaker.learn), ASKED).frames[0]
    mean, scale = ear_of(speaker.learn)
    assert torch.equal(first, (room(speaker.exam.takes[0].sound.samples, ASKED) - mean) / scale)


@pytest.mark.parametrize("share", [0.25, 0.75, 1.0])
def test_a_batch_has_the_speaker_s_share_and_an_exam_that_is_not_learnt_from(share):
    learn = Recordings(tuple(Take(3, "anna", tone(number)) for number in range(4)))
    task = OwnVoice(share, takes=learn)
    batch = task.sample(dice(0, 3), 8)
    mine = round(8 * share)
    assert batch.y.units[8 - mine : 8, 0].tolist() == [4] * mine  # φ is 0, so “three” is 4
    logits = torch.randn(*batch.x.shape[:2], task.outputs, generator=dice(1)).requires_grad_()
    (slope,) = torch.autograd.grad(task.loss(logits, batch), logits)
    assert slope[:8].abs().sum() > 0
    assert not slope[8:].any()
    unseen, _ = voices("unseen")
    for row, steps in zip(batch.x[8:], batch.y.steps[8:].tolist(), strict=True):
        assert any(torch.equal(row[:steps], stacked(frames)) for frames in unseen.frames)


def test_voices_of_the_exam_are_not_trained_on():
    (_, train), (_, unseen) = voices("train"), voices("unseen")
    assert not {u.speaker for u in train} & {u.speaker for u in unseen}


# --- the lesson


@pytest.fixture(scope="module")
def begun():
    return Film.of(SMALL).forward(6)


@pytest.fixture(scope="module")
def speaker():
    return parted(takes_of("paul", TELEPHONE), "paul", 1)


def test_a_lesson_in_pieces_is_a_lesson_at_once(begun, speaker):
    _, lesson = Lesson.after(SMALL, speaker, at=6)
    whole, pieces = lesson.opened(begun).forward(12), lesson.opened(begun).forward(5).forward(7)
    assert whole.step == 18
    assert whole.key == lesson.key
    for name, tensor in begun.state.params.items():
        assert torch.equal(whole.still(6).state.params[name], tensor)
        assert torch.equal(whole.still(18).state.params[name], pieces.still(18).state.params[name])
    marks = pieces.still(18).marks
    np.testing.assert_array_equal(marks.step, range(6, 19, EVERY))
    np.testing.assert_array_equal(marks.own, whole.still(18).marks.own)
    assert whole.still(6 + EVERY - 1).marks.step.tolist() == [6]


def test_what_comes_first_is_the_same_for_everybody(speaker):
    another = parted(takes_of("paul", TELEPHONE), "paul", 2)
    bases, lessons = zip(
        Lesson.after(SMALL, speaker),
        Lesson.after(SMALL, another),
        Lesson.after(SMALL.change("task.share", 1.0), speaker),
        strict=True,
    )
    assert len({base.key for base in bases}) == 1
    assert len({lesson.key for lesson in lessons}) == 3
    with pytest.raises(TypeError, match="no speaker"):
        Lesson.after(replace(SMALL, task=Lstm()), speaker)  # type: ignore[arg-type]


def test_a_sequel_is_its_parent_before_it_begins(speaker):
    base, lesson = Lesson.after(SMALL, speaker, at=6)
    sequel, trainer = Sequel(lesson, Reel(base), 6), Trainer(Shelf())
    for step in (4, 6, 9):
        while (film := trainer._grown(sequel, step, time.perf_counter() + 60)) is None or film.step < step:
            pass
        still = trainer.still(sequel, step)
        assert isinstance(still, Adapted) == (step >= 6)
    assert trainer.still(sequel, 9).frames.step.tolist() == [0, 1, 2]


def test_the_exam_is_marked_recording_by_recording():
    speaker = parted(takes_of("paul", PLAIN), "paul", 1)
    params = start(RECIPE).params
    loud, phi = (
        3 * params["out.weight"],
        params["out.bias"] + torch.eye(11)[0],
    )  # says a few things, by chance some right
    state = State(0, params | {"out.weight": loud, "out.bias": phi}, {})
    found = by_digit(RECIPE, state, speaker)
    ear, wrong = ear_of(speaker.learn), np.zeros(10)
    for number, take in enumerate(speaker.exam.takes):
        x = stacked(ear.hear(room(take.sound.samples, ASKED + number)))
        best = forward(RECIPE, state.params, Batch(x[None], None)).logits[0].argmax(-1).tolist()
        read = [k for k, before in zip(best, [0, *best], strict=False) if k != before and k]
        wrong[take.digit] += read != [take.digit + 1]
    np.testing.assert_allclose(found.misheard * found.count, wrong)
    assert 0 < wrong.sum() < len(speaker.exam.takes)
    assert found.over == pytest.approx(wrong.sum() / len(speaker.exam.takes))
    nobody = Speaker("anna", speaker.learn, Recordings())
    assert np.isnan(by_digit(RECIPE, state, nobody).over)


# --- what is typed and recorded


def test_digits_are_typed_in_words_or_figures(speaker):
    take = speaker.learn.takes[0]
    assert label(" Seven 8,9".replace(",", " "), take) == label("789", take) == ("seven", "eight", "nine")
    assert label("  ", take) == ()
    for typed, told in (
        ("sevn", "“sevn” is not a digit"),
        ("7, 8", "“,” is not"),
        ("好", "“好” is not"),
        ("²", "is not"),
    ):
        with pytest.raises(Unreadable, match=told):
            label(typed, take)
    with pytest.raises(Unreadable, match="39 steps are needed, this recording has"):
        label("7" * 20, take)


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_whatever_is_typed_is_digits_or_refused(typed):
    with contextlib.suppress(Unreadable):
        assert set(label(typed, Take(0, "anna", tone(0)))) <= set(DIGITS)


def in_a_row(words: list[np.ndarray], pause: float, hiss: float = 1e-3) -> Sound:
    """Words with silence around them in a room that hisses."""
    silence = np.zeros(round(pause * RATE), np.float32)
    row = np.concatenate([silence, *(part for word in words for part in (word, silence))])
    return Sound.of(row + hiss * np.random.default_rng(0).standard_normal(len(row)))


def test_ten_digits_in_a_row_are_cut_in_their_pauses():
    words = [take.sound.samples for take in takes_of("paul", PLAIN).takes[:10]]
    found = ten(in_a_row(words, 0.4))
    for word, piece in zip(words, found, strict=True):
        assert piece.seconds == pytest.approx(recognise.speech_of(Sound.of(word)).seconds, abs=0.12)
        assert np.abs(piece.samples).max() == pytest.approx(0.8, abs=0.01)
    for some, pause in ((words[:9], 0.4), (words, 0.02)):
        with pytest.raises(Unreadable, match="words with pauses between them; expected ten"):
            ten(in_a_row(some, pause))


def test_a_visitor_is_asked_for_digits_and_may_take_them_back():
    def page():
        import streamlit as st

        from rnnviz.measure.own_voice import ten
        from rnnviz.measure.recognise import speech_of
        from rnnviz.ui.takes import own_takes

        st.text(str([take.digit for take in own_takes(speech_of, ten).takes]))

    app = AppTest.from_function(page).run()
    app.radio[0].set_value("one by one").run()
    for number in range(10):
        assert f"**{DIGITS[number]}**" in app.audio_input[0].label
        assert app.text[0].value == "[]"
        app.audio_input[0].set_value(("me.wav", tone(number).wav(), "audio/wav")).run()
    digits = "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert app.text[0].value == f"[{digits}]"
    app.audio_input[0].set_value(("me.wav", b"RIFF", "audio/wav")).run()
    assert "not a WAV file" in app.error[0].value
    app.radio[0].set_value("all ten in a row").run()
    row = in_a_row([tone(number).samples for number in range(10)], 0.4).wav()
    for turn in range(2, 6):
        app.audio_input[0].set_value(("me.wav", row, "audio/wav")).run()
        assert app.text[0].value == f"[{', '.join([digits] * turn)}]"
    assert not app.audio_input
    app.button(key="takes:back").click().run()
    assert app.text[0].value == f"[{', '.join([digits] * 4)}]"
    app.button(key="takes:none").click().run()
    assert app.text[0].value == "[]"
    assert not app.exception


def test_a_zip_without_an_exam_is_learnt_from_and_said_so(begun):
    VIEWS.clear()
    app = AppTest.from_file(str(Path(__file__).parents[1] / "app.py"), default_timeout=60).run()
    app.switch_page("pages/speech/own_voice.py").run()
    app.file_uploader[0].set_value(("digits.zip", spoken_digits(), "application/zip")).run()
    assert not app.exception
    (view,) = VIEWS.all()
    speaker = view.looks[0]
    assert isinstance(speaker, Speaker)
    assert (speaker.name, len(speaker.learn.takes), len(speaker.exam.takes)) == ("f3", 10, 0)
    assert app.selectbox(key="person").options == ["f3", "paul"]
    lesson = Lesson.after(SMALL, speaker, at=6)[1].opened(begun).forward(2)
    for after in (begun.still(6), lesson.still(8)):
        drawn = view.scene(8, {"unadapted": begun.still(6), "adapted": after}, *view.looks)
        assert drawn.says.startswith("All recordings of f3 are learnt from")
        assert drawn.judge is not None
        assert drawn.judge.agrees
        assert encode(drawn).nbytes


@pytest.mark.parametrize(
    ("typed", "told"), [("好bang", "“b” is a sign"), ("棒" * 9, "17 steps are needed"), ("☃", "“☃” is")]
)
def test_signs_that_cannot_be_aligned_are_refused_in_words(typed, told):
    with pytest.raises(Unreadable, match=told):
        recognise.said(typed, tone(0))
    assert recognise.said(" 好 棒\n", tone(0)) == ("好", "棒")
    assert recognise.said("", None) == ()


def test_the_alignments_of_a_visitor_s_phrase_are_drawn():
    VIEWS.clear()
    app = AppTest.from_file(str(Path(__file__).parents[1] / "app.py"), default_timeout=60).run()
    app.switch_page("pages/speech/ctc_training.py").run()
    spoken = next(u for u in pack("haobang") if u.split == "unseen" and u.text == "好棒棒")
    app.file_uploader[0].set_value(("me.wav", Sound.of(spoken.samples).wav(), "audio/wav"))
    app.text_input(key="said").set_value("好棒棒").run()
    assert not app.exception
    (view,) = VIEWS.all()
    TRAINER.frame(view, 0)
    drawn = view.draw(0, {label: TRAINER.still(reel, 0) for label, reel in view.reels.items()})
    panel = next(p for p in drawn.panels if p.title == "Where all alignments of your 好棒棒 lie (γ)")
    gamma = panel.figure["data"][0]["z"]
    assert gamma.shape[0] == 7
    np.testing.assert_allclose(gamma.sum(0), 1, atol=1e-5)
    assert panel.figure["layout"]["yaxis"]["ticktext"] == ["φ", "好", "φ", "棒", "φ", "棒", "φ"]
    app.text_input(key="said").set_value("nice").run()
    assert "“n” is a sign that this net does not know; expected 好 and 棒" in app.error[0].value


# --- the phenomenon


def after(film: Film, speaker: Speaker, at: int, steps: int) -> tuple[float, float, float]:
    """Misheard of the speaker before and after, and of the others after."""
    lesson = Lesson.after(film.exp, speaker, at)[1].opened(film).forward(steps)
    marks = lesson.still(lesson.step).marks
    return float(marks.own[0]), float(marks.own[-1]), float(marks.others[-1])


@pytest.mark.slow
def test_people_are_understood_after_one_or_two_takes():
    """Mean of four people, seeds 0 to 4: misheard .32 to .46 before, .095 to .126 after one take, .067 to .094 after two."""
    if not FSDD.is_dir():
        pytest.skip("shared/data/fsdd is not here")
    people, film = folder(FSDD), Film.of(RECIPE).forward(LEARNING)
    for takes, bar in ((1, 0.16), (2, 0.12)):
        found = np.array([after(film, parted(people, who, takes), LEARNING, ADAPTING) for who in people.speakers])
        before, now, others = found.mean(0)
        assert before >= 0.28, found
        assert now <= bar, found
        assert others <= 0.12, found
        assert (found[:, 1] < 0.6 * found[:, 0]).all(), found


@pytest.mark.slow
def test_a_voice_on_a_telephone_is_understood_in_nine_of_ten_seeds():
    """The default, shortened to 160 + 60 steps. In full, seeds 0 to 9: .53 to .85 before, .07 to .14 after."""
    good = 0
    for seed in range(10):
        film = Film.of(RECIPE.change("seed", seed).change("rule.over", 160)).forward(160)
        before, now, others = after(film, parted(takes_of("paul", TELEPHONE), "paul", 2), 160, 60)
        good += before >= 0.4 and now <= 0.65 * before and others <= 0.35
    assert good >= 9
