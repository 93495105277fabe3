"""A visitor's own file: read, or refused in one sentence while everything else on the page stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from rnnviz.tasks.reading import LARGEST, Unreadable

Parsed = TypeVar("Parsed")


def upload(
    label: str, types: Sequence[str], read: Callable[[bytes, str], Parsed], *, help: str | None = None
) -> Parsed | None:
    """What `read(content, name)` makes of the file that the visitor gave; None without one or with an unreadable one."""
    file = st.file_uploader(label, list(types), help=help, max_upload_size=LARGEST // 1_000_000, key=f"upload:{label}")
    if file is None:
        return None
    return read_or_refused(read, file.getvalue(), file.name)


def read_or_refused(read: Callable[[bytes, str], Parsed], content: bytes, name: str) -> Parsed | None:
    """What `read` makes of `content`, or None and a sentence on the page."""
    try:
        return read(content, name)
    except Unreadable as refusal:
        st.error(str(refusal), icon=":material/error:")
        return None
