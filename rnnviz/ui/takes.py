"""A visitor's own recordings, one digit after the other, kept for the visit and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from rnnviz.tasks.corpus.plans import DIGITS
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.recordings import LONGEST, NOBODY, Recordings, Take
from rnnviz.tasks.wav import Sound, read

MOST = 50  # recordings: five of every digit
YOU = "you"


def own_takes(tidy: Callable[[Sound], Sound], key: str = "takes") -> Recordings:
    """What the visitor has recorded, each `tidy`, once there is one take of every digit; until then nothing.

    Asks for the digit that is recorded least often. Held in memory for the visit, at most MOST, no part of the link. What
    cannot be used is said and not kept.
    """
    held: tuple[Take, ...] = st.session_state.get(f"{key}:held", ())
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    counts = [sum(take.digit == digit for take in held) for digit in range(len(DIGITS))]
    wanted = counts.index(min(counts))
    with left:
        if len(held) < MOST:
            number = st.session_state.get(f"{key}:number", 0)  # a fresh microphone after every take
            label = f"Say “**{DIGITS[wanted]}**”. {_told(len(held))}"
            given = st.audio_input(label, sample_rate=16000, key=f"{key}:microphone:{number}")
            if given is not None:
                _keep(held, wanted, given, tidy, key)
        else:
            st.caption(f"{MOST} recordings: that is all that is kept.")
    with right:
        st.button("Take back the last", key=f"{key}:back", on_click=_put, args=(key, held[:-1]), disabled=not held)
        st.button("Forget all", key=f"{key}:none", on_click=_put, args=(key, ()), disabled=not held)
    return Recordings(held) if min(counts) else NOBODY


def _told(many: int) -> str:
    if many < len(DIGITS):
        return f"{many} of {len(DIGITS)}: with one take of every digit, the net learns your voice."
    if many < 2 * len(DIGITS):
        return f"{many} recorded. A second take of a digit is the exam, a third one is learnt from too."
    return f"{many} recorded, at most {MOST}."


def _keep(held: tuple[Take, ...], digit: int, given: Any, tidy: Callable[[Sound], Sound], key: str) -> None:
    try:
        sound = tidy(read(given.getvalue(), given.name))
        if sound.seconds > LONGEST:
            raise Unreadable(
                "your recording", f"{sound.seconds:.1f} s of sound; expected one digit, at most {LONGEST:.0f} s"
            )
    except Unreadable as refused:
        st.warning(str(refused), icon=":material/mic_off:")
        return
    _put(key, (*held, Take(digit, YOU, sound)))
    st.rerun()


def _put(key: str, takes: tuple[Take, ...]) -> None:
    st.session_state[f"{key}:held"] = takes
    st.session_state[f"{key}:number"] = st.session_state.get(f"{key}:number", 0) + 1
