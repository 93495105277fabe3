"""The first page: what this is, the lecture's map, and a card for every exhibit."""

from __future__ import annotations

from itertools import groupby

import streamlit as st

from rnnviz.catalogue import EXHIBITS, Exhibit, find
from rnnviz.ui.screen import warm

INTRO = (
    "Train small recurrent networks here, in the browser, and look inside while they learn. "
    "Every picture is computed now, by a net that you can pause, rewind, fork and break. "
    "The exhibits follow one lecture: *RNN, part II* by Hung-yi Lee (李宏毅, 機器學習)."
)
BEGIN = (
    ("training/cliff", "see why one step of training can ruin a net"),
    ("gates/memory_cell", "watch a cell learn to remember"),
    ("speech/ctc_training", "let a net learn to hear 好棒棒"),
)
COLUMNS = 3


def gallery() -> None:
    """Cards in chapters, as many as there are exhibits."""
    st.title("RNNViz")
    st.markdown(INTRO)
    st.markdown("**Where to begin**, in this order:")
    for name, words in BEGIN:
        st.page_link(find(name).path, label=f"**{find(name).title}**: {words}", icon=f":material/{find(name).icon}:")
    for chapter, group in groupby(EXHIBITS[1:], key=lambda e: e.chapter):
        st.subheader(chapter)
        cards = list(group)
        for row in range(0, len(cards), COLUMNS):
            for column, exhibit in zip(st.columns(COLUMNS), cards[row : row + COLUMNS], strict=False):
                with column:
                    _card(exhibit)
    warm()


def _card(exhibit: Exhibit) -> None:
    with st.container(border=True, height="stretch"):
        st.page_link(exhibit.path, label=f"**{exhibit.title}**", icon=f":material/{exhibit.icon}:")
        st.markdown(exhibit.asks)
        st.caption(exhibit.claim)
