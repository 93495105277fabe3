"""The head of every exhibit: title, question, and what the lecture claims."""

from __future__ import annotations

import streamlit as st

from rnnviz.catalogue import Exhibit, find

_HERE = "rnnviz:exhibit"


def exhibit(name: str) -> Exhibit:
    """Draw the head of the exhibit `name` ("training/clipping") and remember that this is the page."""
    this = find(name)
    st.session_state[_HERE] = name
    st.title(this.title)
    st.markdown(f"**{this.asks}**")
    if this.claim:
        st.caption(f"{this.claim} — {this.source}")
    return this
