"""The frame around every page: title and navigation, nothing else."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from rnnviz.catalogue import EXHIBITS, MENUS

ICON = Path(__file__).parent / "icon.svg"
LOOK = """<style>
.stMainBlockContainer{padding:3.5rem 3rem 4rem}
.stMainBlockContainer>.stVerticalBlock{gap:.7rem}
.stMainBlockContainer h1{padding:.25rem 0 .4rem}
</style>"""


def in_a_visit() -> bool:
    """Whether a visitor's page is being run, rather than the server started."""
    return get_script_run_ctx(suppress_warning=True) is not None


def draw() -> None:
    """Title, a menu for each chapter above the page, and the page that the address names; the sidebar is for controls."""
    st.set_page_config(page_title="RNNViz", page_icon=str(ICON), layout="wide")
    st.html(LOOK)  # a projector has no room to spare
    chapters = {
        "" if chapter == EXHIBITS[0].chapter else MENUS.get(chapter, chapter): [
            st.Page(
                e.path,
                title=e.title,
                icon=f":material/{e.icon}:",
                default=e is EXHIBITS[0],
                url_path=e.name.rpartition("/")[2],
            )
            for e in group
        ]
        for chapter, group in groupby(EXHIBITS, key=lambda e: e.chapter)
    }
    st.navigation(chapters, position="top").run()
