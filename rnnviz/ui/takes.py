"""A visitor's own recordings of the digits, kept for the visit and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from rnnviz.tasks.corpus.plans import DIGITS
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.recordings import LONGEST, NOBODY, Recordings, Take
from rnnviz.tasks.wav import Sound, read
from rnnviz.ui.upload import read_or_refused

MOST = 50  # takes: five of every digit
YOU = "you"
ROW, SINGLE = "all ten in a row", "one by one"
Kept = tuple[tuple[Take, ...], ...]  # what every recording gave


def own_takes(
    one: Callable[[Sound], Sound], row: Callable[[Sound], tuple[Sound, ...]], key: str = "takes"
) -> Recordings:
    """What the visitor has recorded, once there is one take of every digit; until then nothing.

    `row` cuts a recording of zero to nine, `one` tidies that of a single digit; asked for is the one recorded least often.
    Held in memory for the visit, at most MOST, no part of the link. What cannot be used is said and not kept.
    """
    kept: Kept = st.session_state.get(f"{key}:kept", ())
    takes = tuple(take for given in kept for take in given)
    counts = [sum(take.digit == digit for take in takes) for digit in range(len(DIGITS))]
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        way = st.radio("Record the digits", (ROW, SINGLE), horizontal=True, key=f"{key}:way")
        wanted = tuple(range(len(DIGITS))) if way == ROW else (counts.index(min(counts)),)
        fresh = _asked(wanted, one, row, len(takes), f"{key}:microphone:{way}:{st.session_state.get(f'{key}:turn', 0)}")
    if fresh:
        _put(key, (*kept, fresh))
        st.rerun()
    with right:
        st.button("Take back the last", key=f"{key}:back", on_click=_put, args=(key, kept[:-1]), disabled=not kept)
        st.button("Forget all", key=f"{key}:none", on_click=_put, args=(key, ()), disabled=not kept)
    return Recordings(takes) if min(counts) else NOBODY


def _asked(
    digits: tuple[int, ...],
    one: Callable[[Sound], Sound],
    row: Callable[[Sound], tuple[Sound, ...]],
    many: int,
    key: str,
) -> tuple[Take, ...] | None:
    """A microphone, and the takes that were just recorded with it; a new `key` is a fresh microphone."""
    if many + len(digits) > MOST:
        st.caption(f"{many} takes are kept, and that is all there is room for.")
        return None
    words = " ".join(DIGITS[digit] for digit in digits)
    pause = ", half a second of silence after each" if len(digits) > 1 else ""
    given = st.audio_input(f"Say **{words}**{pause}. {_told(many)}", sample_rate=16000, key=key)
    if given is None:
        return None

    def heard(content: bytes, name: str) -> tuple[Take, ...]:
        sounds = row(read(content, name)) if len(digits) > 1 else (one(read(content, name)),)
        if (longest := max(sound.seconds for sound in sounds)) > LONGEST:
            raise Unreadable(name, f"a word of {longest:.1f} s; expected digits of at most {LONGEST:.0f} s")
        return tuple(Take(digit, YOU, sound) for digit, sound in zip(digits, sounds, strict=True))

    return read_or_refused(heard, given.getvalue(), given.name)


def _told(many: int) -> str:
    if many < len(DIGITS):
        return f"{many} of {len(DIGITS)}: with one take of every digit the net learns your voice."
    if many < 2 * len(DIGITS):
        return f"{many} takes. A second one of a digit is the exam, a third one is learnt from too."
    return f"{many} takes, at most {MOST}."


def _put(key: str, kept: Kept) -> None:
    st.session_state[f"{key}:kept"] = kept
    st.session_state[f"{key}:turn"] = st.session_state.get(f"{key}:turn", 0) + 1  # another name is another microphone
