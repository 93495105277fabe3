"""Prose lies beside its page as Markdown, one file a language; each "## " section becomes an expander."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import streamlit as st

PAGES = Path(__file__).parents[2] / "pages"


@cache
def sections(path: Path) -> tuple[tuple[str, str], ...]:
    """(heading, text) of every section of a Markdown file."""
    parts = re.split(r"^## +(.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return tuple((parts[i].strip(), parts[i + 1].strip()) for i in range(1, len(parts), 2))


def notes(name: str, language: str = "en") -> None:
    """Draw the notes of the exhibit `name` ("training/clipping"), the first section open. English where `language` has none."""
    chapter = sorted(PAGES.glob(f"**/{name}.{language}.md")) or sorted(PAGES.glob(f"**/{name}.en.md"))
    for position, (heading, text) in enumerate(sections(chapter[0])):
        with st.expander(heading, expanded=position == 0):
            st.markdown(text)
