"""Sound on a page: a recording to listen to, and the visitor's own voice."""

from __future__ import annotations

import streamlit as st

from rnnviz.tasks.wav import LONGEST, Sound, read
from rnnviz.ui.upload import read_or_refused


def listen(sound: Sound, label: str, *, at_once: bool = False) -> None:
    """A player for a sound, with its name above it; `at_once` plays it as soon as it is there."""
    st.caption(label)
    st.audio(sound.wav(), format="audio/wav", autoplay=at_once)


def own_recording(key: str = "voice") -> Sound | None:
    """What the visitor recorded, else what was uploaded, or None. What cannot be read is said and the page goes on.

    The recording is held in memory only, and is no part of the link.
    """
    left, right = st.columns(2)
    recorded = left.audio_input("Record yourself", sample_rate=16000, key=f"{key}:microphone")
    uploaded = right.file_uploader(f"Or a WAV file, at most {LONGEST:.0f} s", type="wav", key=f"{key}:file")
    given = recorded or uploaded
    return read_or_refused(read, given.getvalue(), given.name) if given else None
