"""The visitor's own voice on a page."""

from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

from rnnviz.tasks.corpus.packs import pack
from rnnviz.tasks.wav import Sound
from rnnviz.ui.house import TRAINER, VIEWS

TONE = Sound.of(0.5 * np.sin(np.arange(8000)))


def page() -> None:
    import streamlit as st

    from rnnviz.ui.sound import listen, own_recording

    found = own_recording()
    st.write(f"heard {found!r}")
    if found:
        listen(found, "you")


def after(*given: bytes) -> AppTest:
    app = AppTest.from_function(page).run()
    for content in given:
        app.file_uploader[0].set_value(("me.wav", content, "audio/wav"))
        app.run()
    assert not app.exception
    return app


def test_nothing_given_is_nothing_heard() -> None:
    assert after().markdown[0].value == "heard None"


def test_what_cannot_be_read_is_said_and_the_page_goes_on() -> None:
    app = after(b"not at all")
    assert "me.wav: not a WAV file" in app.error[0].value
    assert app.markdown[0].value == "heard None"
    app = after(b"not at all", TONE.wav())
    assert not app.error


def test_a_recording_is_heard_and_can_be_listened_to() -> None:
    app = after(TONE.wav())
    assert app.markdown[0].value.startswith("heard Sound(")
    assert app.caption[0].value == "you"


def test_the_page_draws_what_the_net_makes_of_a_visitor() -> None:
    VIEWS.clear()
    app = AppTest.from_file(str(Path(__file__).parents[1] / "app.py"), default_timeout=60).run()
    app.switch_page("pages/speech/ctc_training.py").run()
    spoken = next(u for u in pack("haobang") if u.split == "unseen")
    app.file_uploader[0].set_value(("me.wav", Sound.of(spoken.samples).wav(), "audio/wav"))
    app.run()
    assert not app.exception
    (view,) = VIEWS.all()
    frame = TRAINER.frame(view, 0)
    assert "Your recording" in frame.text
    assert "Of your recording it makes" in frame.text
    app.file_uploader[0].set_value(("me.wav", b"RIFF", "audio/wav"))
    app.run()
    assert not app.exception
    assert "not a WAV file" in app.error[0].value
