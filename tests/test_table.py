"""Tables of probabilities: pasted by visitors in whatever shape, and made by rule."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.table import MOST_FRAMES, Table, pasted, spoken


@given(
    st.one_of(
        st.text(max_size=400),
        st.text("0.159,;\t\n -+einfaNφ", max_size=400),
        st.binary(max_size=200).map(lambda b: b.decode("latin-1")),
    )
)
@settings(max_examples=400)
def test_whatever_is_pasted_becomes_a_table_or_a_sentence(text):
    try:
        table = pasted(text)
    except Unreadable as refused:
        assert refused.name == "your table"  # noqa: PT017  either outcome is right
        return
    assert 1 <= table.frames <= MOST_FRAMES
    assert all(len(row) == len(table.symbols) for row in table.rows)
    assert all(math.isclose(math.fsum(row), 1) and min(row) >= 0 for row in table.rows)


@pytest.mark.parametrize("between", [",", ";", "\t", " ", ", "])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_usual_ways_of_writing_numbers_are_read(between, end):
    table = pasted(end.join(between.join(row) for row in (["a", "φ", "b"], ["0.25", "0.5", "0.25"], ["0", "1", "0"])))
    assert table == Table(("a", "φ", "b"), ((0.25, 0.5, 0.25), (0.0, 1.0, 0.0)), blank=1)


def test_without_names_the_first_column_is_the_blank():
    assert pasted("0.5;0.3;0.2;") == Table(("φ", "a", "b"), ((0.5, 0.3, 0.2),))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("φ,a", "only names"),
        ("0.5,0.5\n0.5,nan", "line 2: column 2"),
        ("0.5,0.5\n1.5,-0.5", "line 2: column 1"),
        ("φ,a\n\n0.5,0.5\n0.5,0.5,0", "line 4: 3 numbers; expected 2"),
        ("0.5,0.5\n0.7,0.7", "line 2: the probabilities sum to 1.4"),
        ("0.5,0.5\nx,0.5", "line 2: column 1 is “x”"),
        ("1", "columns"),
        ("a,a\n0.5,0.5", "line 1: two columns"),
        ("0.5,0.5\n" * 65, "line 65: more than 64 frames"),
        (",".join(["0.02"] * 50), "50 columns"),
        ("0.5,0.5\0", "zero byte"),
        ("0.5,0.5\n" * 10_000, "at most 60,000"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text, message):
    with pytest.raises(Unreadable, match=message):
        pasted(text)


def test_labels_are_read_by_characters_or_by_pieces():
    table = Table(("φ", "好", "棒"), ((1.0, 0.0, 0.0),))
    assert table.numbers(" 好棒 棒") == (1, 2, 2)
    assert table.spelt((1, 2)) == "好棒"
    assert Table(("φ", "hao", "b"), ((1.0, 0.0, 0.0),)).numbers("hao b") == (1, 2)
    with pytest.raises(ValueError, match="“x” is not a symbol"):
        table.numbers("好x")
    with pytest.raises(ValueError, match="cannot be part of a label"):
        table.numbers("φ")


@given(
    units=st.text("好棒", min_size=1, max_size=5),
    frames=st.integers(1, 64),
    sharpness=st.floats(0, 6),
    seed=st.integers(0, 99),
)
def test_a_made_up_utterance_is_a_table_of_probabilities(units, frames, sharpness, seed):
    table = spoken(units, frames, sharpness, seed)
    assert table.frames == frames
    assert table == spoken(units, frames, sharpness, seed)
    assert all(math.isclose(math.fsum(row), 1) and min(row) > 0 for row in table.rows)
