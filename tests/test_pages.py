"""Every page run as Streamlit runs it, with its sliders at both ends."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from rnnviz.catalogue import EXHIBITS
from rnnviz.ui.house import SHELF, TRAINER, VIEWS

ROOT = Path(__file__).parents[1]
NAMES = [e.name for e in EXHIBITS]


def fresh() -> AppTest:
    SHELF.clear()
    VIEWS.clear()
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)


@pytest.fixture
def app():
    return fresh()


def opened(app: AppTest, name: str) -> AppTest:
    app.run()
    app.switch_page(f"pages/{name}.py").run()
    return app


# With all sliders at their upper ends its net of 256 tanh units is chaotic: after twenty symbols no digit of float64 is left
# that two ways of summing share, and the chip says so.
CHAOTIC = {"attention/alignment"}


def drawn(app: AppTest, turns: int = 2, judged: bool = True) -> None:
    """The page stands, every screen on it draws its first frames, and their judges agree."""
    assert not app.exception, app.exception
    for view in VIEWS.all():
        for step in range(0, min(view.until, turns * view.every) + 1, view.every):
            verdict = json.loads(TRAINER.frame(view, step).text)["judge"]
            assert verdict is None or verdict["agrees"] or not judged, (view.page, step, verdict)


def test_catalogue_and_folder_agree() -> None:
    on_disk = {str(p.relative_to(ROOT / "pages").with_suffix("")) for p in (ROOT / "pages").rglob("*.py")}
    assert on_disk == set(NAMES)
    assert not list((ROOT / "pages").glob("*.py")), "pages live in chapters: a page directly in pages/ hides app.py"


@pytest.mark.parametrize("name", NAMES)
def test_page_stands_as_it_opens_and_with_its_sliders_at_both_ends(app, name) -> None:
    opened(app, name)
    drawn(app)
    assert app.title[0].value == next(e.title for e in EXHIBITS if e.name == name)
    for end in (0, -1):
        for slider in app.select_slider:
            slider.set_value(slider.options[end])
        for slider in app.slider:
            slider.set_value(slider.max if end else slider.min)
        for box in app.selectbox:
            box.select_index(len(box.options) - 1 if end else 0)
        for toggle in app.toggle:
            toggle.set_value(bool(end))
        app.run()
        drawn(app, turns=1, judged=not (end and name in CHAOTIC))
        for slider in app.select_slider:
            assert slider.format_func(slider.value) == slider.options[end]


def pages_with(kind: str) -> list[str]:
    """Pages that ask for something of this kind, read from their sources."""
    return [n for n in NAMES[1:] if kind in (ROOT / f"pages/{n}.py").read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", pages_with("ask.text") + pages_with("ask.symbols"))
def test_whatever_is_typed_the_page_stands(app, name) -> None:
    opened(app, name)
    if not [*app.text_input, *app.text_area]:  # they come with the last choice of the first menu
        app.selectbox[0].select_index(len(app.selectbox[0].options) - 1).run()

    @settings(max_examples=6)
    @given(text=st.text(max_size=300))
    @example("")
    @example("\x00\ufeff☃")
    @example("nan " * 2000)
    @example("<script>alert(1)</script>")
    @example("  \n ")
    def typed(text) -> None:
        boxes = [*app.text_input, *app.text_area]
        assert boxes
        for box in boxes:
            box.set_value(text[: box.proto.max_chars or None])
        app.run()
        drawn(app, turns=1)

    typed()


@pytest.mark.parametrize("name", ["gates/lstm", "training/slots", "attention/alignment"])
def test_a_text_that_cannot_be_read_is_answered_and_the_example_goes_on(app, name) -> None:
    opened(app, name)
    box = app.text_input[0]
    example = box.value
    box.set_value("☃ ☃").run()
    assert "☃" in app.warning[0].value
    assert app.warning[0].value.endswith(f"Until then you see: {example}")
    drawn(app, turns=1)


UNREADABLE = [
    b"",
    b"\x00\xff" * 40,
    "词".encode("utf-16"),
    b"RIFF\x00\x00\x00\x00WAVE",
    b"nan\tnan\tnan\n" * 400,
    b"a" * 5_100_000,
]


@pytest.mark.parametrize("name", pages_with("upload(") + pages_with("own_recording("))
def test_whatever_is_uploaded_the_page_stands(app, name) -> None:
    opened(app, name)
    assert app.file_uploader

    @settings(max_examples=4)
    @given(content=st.sampled_from(UNREADABLE) | st.binary(max_size=400))
    @example(UNREADABLE[0])
    @example(UNREADABLE[-1])
    def uploaded(content) -> None:
        for box in app.file_uploader:
            box.set_value(("mine" + box.proto.type[0], content, "application/octet-stream"))
        app.run()
        drawn(app, turns=1)
        if content in (UNREADABLE[0], UNREADABLE[-1]):
            assert [*app.error, *app.warning], "nothing says what was wrong with the file"

    uploaded()


@pytest.mark.parametrize("name", pages_with("own_recording("))
def test_a_recording_of_a_moment_is_heard_or_refused(app, name) -> None:
    opened(app, name)
    (box,) = app.file_uploader
    for seconds in (0.06, 0.11):
        sound, file = np.random.default_rng(0).normal(0, 0.2, int(16000 * seconds)), io.BytesIO()
        soundfile.write(file, sound, 16000, format="WAV")
        box.set_value(("moment.wav", file.getvalue(), "audio/wav"))
        app.run()
        drawn(app, turns=1)


def test_a_scene_that_throws_leaves_its_page_standing() -> None:
    def page():
        import streamlit as st

        from rnnviz.ui.player import play

        def scene(step, runs):
            raise ArithmeticError("this scene is broken")

        st.title("Before")
        play(scene, {}, until=5)
        st.caption("After")

    VIEWS.clear()
    app = AppTest.from_function(page, default_timeout=30).run()
    assert not app.exception
    assert app.caption[-1].value in ("After", "One figure as SVG: the camera at its upper right.")
    with pytest.raises(RuntimeError, match="ArithmeticError: this scene is broken"):
        TRAINER.frame(VIEWS.all()[0], 0)


def test_the_address_sets_the_slider(app) -> None:
    app.query_params["rule.rate"] = "0.5"
    opened(app, "training/clipping")
    assert app.select_slider(key="rule.rate").value == 0.5


def test_the_address_turns_a_switch_off(app) -> None:
    app.query_params["net.bidirectional"] = "false"
    opened(app, "speech/spelling")
    assert app.toggle(key="net.bidirectional").value is False
    next(b for b in app.button if b.label == "ten digits").click().run()
    assert app.toggle(key="net.bidirectional").value is True


def test_the_address_opens_the_paused_picture_with_its_fork(app) -> None:
    app.query_params["at"] = "20"
    app.query_params["fork"] = "1~10~rule.clip~20"
    opened(app, "training/clipping")
    (view,) = VIEWS.all()
    assert view.forks[0].reel.exp.rule.clip == 20
    assert not app.exception


def test_another_rate_is_another_film_and_another_seed_too(app) -> None:
    opened(app, "training/clipping")
    before = VIEWS.all()[0].identity
    app.select_slider(key="rule.rate").set_value(0.5).run()
    after = VIEWS.all()
    assert [v.identity == before for v in after] == [False]
    next(b for b in app.button if b.label == "Another seed").click().run()
    assert VIEWS.all()[0].originals["with clipping"].exp.seed == 1


def test_a_preset_moves_the_sliders(app) -> None:
    opened(app, "training/clipping")
    next(b for b in app.button if b.label == "too late a clip").click().run()
    assert app.select_slider(key="rule.clip").value == 20.0
    assert not app.exception
