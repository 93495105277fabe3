"""Which files the exhibits read, a sample of each, and a place to have one checked."""

from __future__ import annotations

import streamlit as st

from rnnviz.catalogue import find
from rnnviz.tasks.samples import FORMATS, Format, checked
from rnnviz.ui.controls import ask
from rnnviz.ui.upload import upload


def formats() -> None:
    """A line a format with its sample, then a file of the visitor: read, or refused with the line that is wrong."""
    for form in FORMATS:
        what, where = st.columns([4, 1])
        readers = ", ".join(find(name).title for name in form.exhibits)
        what.markdown(f"**{form.title}**: {form.says}. Read by: {readers}.")
        where.download_button(form.file, form.sample, form.file, key=f"sample:{form.file}")
    title = ask.pick("format", [form.title for form in FORMATS], label="Check a file as")
    _check(next(form for form in FORMATS if form.title == title))


def _check(form: Format) -> None:
    endings = tuple(dict.fromkeys((form.file.rpartition(".")[2], "txt")))
    said = upload(f"A file to be checked: {form.title}", endings, lambda content, name: checked(form, content, name))
    if said:
        st.success(said, icon=":material/check:")
