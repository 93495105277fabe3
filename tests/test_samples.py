"""Formats: every sample is read by the reader it belongs to, every page with an upload is named, refusals show their line."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from rnnviz.catalogue import EXHIBITS
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.samples import FORMATS, checked, travel
from rnnviz.tasks.slots import SLOTS, slots_of

PAGES = Path(__file__).parents[1] / "pages"


@pytest.mark.parametrize("form", FORMATS, ids=lambda f: f.file)
def test_every_sample_can_be_read(form) -> None:
    assert "can be read" in checked(form, form.sample(), form.file)


def test_every_page_that_takes_a_file_is_named() -> None:
    takes = {
        e.name
        for e in EXHIBITS
        if re.search(r"upload\(|own_recording\(|pasted\(", (PAGES.parent / e.path).read_text(encoding="utf-8"))
    }
    named = {name for form in FORMATS for name in form.exhibits}
    assert takes == named, "name the page and its format in rnnviz/tasks/samples.py"


def test_travel_requests_are_different_and_tagged_by_the_grammar() -> None:
    assert len(set(travel())) == 600
    for sentence in travel():
        words, tags = zip(*sentence, strict=True)
        assert [t.rpartition("-")[2] for t in tags] == ["O" if s == 0 else SLOTS[s] for s in slots_of(words)]
        assert all(t.startswith("B-") for t in tags if t.endswith(("destination", "departure")))
        assert [t for t in tags if t.endswith("time")] in ([], ["B-time", "I-time"])


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("slots.txt", "play:O <=> A\nplay jazz <=> A\n", "line 2: .*has no tag.*The line reads: “play jazz <=> A”"),
        ("columns.iob", "play\tO\nplay\n", "line 2: one column.*The line reads: “play”"),
        ("treebank.conllu", "1\ta\ta\tNAME\t_\t_\t_\t_\t_\t_\n", "line 1: “NAME” in column 4"),
        ("pairs.tsv", "one\teno\ntwo owt\n", "line 2: expected a source and a target.*reads: “two owt”"),
        ("table.csv", "φ,a\n0.5,0.5\n0.5,x\n", "line 3: .*The line reads: “0.5,x”"),
    ],
)
def test_a_refusal_names_the_line_and_shows_it(file, content, said) -> None:
    form = next(f for f in FORMATS if f.file == file)
    with pytest.raises(Unreadable, match=said):
        checked(form, content.encode(), file)


@pytest.mark.parametrize("form", FORMATS, ids=lambda f: f.file)
@given(content=st.binary(max_size=300) | st.text(alphabet="ab:\t O-B<=>\n1,.", max_size=300).map(str.encode))
@example(content=b"")
@example(content=b"\xff\xfe")
@example(content=b"\x85\x1c a\n\n\n")
@settings(max_examples=40)
def test_whatever_the_file_it_is_read_or_refused(form, content) -> None:
    try:
        said = checked(form, content, "mine.txt")
    except Unreadable as refusal:
        said = str(refusal)
    assert re.match("mine.txt|your table", said)


def test_a_file_is_checked_on_the_page() -> None:
    app = AppTest.from_file(str(PAGES.parent / "app.py"), default_timeout=120).run()
    app.switch_page("pages/lab/own_data.py").run()
    box = app.file_uploader[2]
    box.set_value(("mine.txt", b"play:O jazz <=> Play\n", "text/plain"))
    app.run()
    assert "mine.txt, line 1: " in app.error[0].value
    assert "The line reads: “play:O jazz <=> Play”" in app.error[0].value
    app.file_uploader[2].set_value(("mine.txt", FORMATS[0].sample(), "text/plain"))
    app.run()
    assert not app.error
    assert "600 sentences" in app.success[0].value


def test_an_uploaded_file_is_what_the_tagger_learns_from() -> None:
    app = AppTest.from_file(str(PAGES.parent / "app.py"), default_timeout=120).run()
    app.switch_page("pages/lab/own_data.py").run()
    app.file_uploader[0].set_value(("tree.conllu", next(f for f in FORMATS if "CoNLL-U" in f.title).sample(), ""))
    app.run()
    assert not app.exception
    assert any("Your file: 65 sentences to learn from, 7 to judge by" in c.value for c in app.caption)
