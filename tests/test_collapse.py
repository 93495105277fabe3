"""Alignments collapsed, listed and counted, each held against the dumbest way there is."""

from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnviz.measure.collapse import read, recounted, some, trimmings, ways, without_phi
from rnnviz.measure.ctc import alignments, collapse
from rnnviz.records.collapse import KEPT, MERGED, SILENT

LABELS = st.lists(st.integers(1, 3), max_size=4).map(tuple)


@given(path=st.lists(st.integers(0, 3), max_size=12))
def test_reading_frame_by_frame_ends_where_the_map_does(path) -> None:
    found = read(path)
    assert found.said(len(path)) == collapse(path)
    for t in range(len(path)):
        assert found.said(t) == collapse(path[:t])


@given(path=st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_without_phi_repeats_are_lost_and_nothing_else(path) -> None:
    filled = without_phi(path)
    assert len(filled) == len(path)
    merged = tuple(k for k, _ in groupby(collapse(path)))
    assert collapse(filled) == merged


def test_the_lectures_example() -> None:
    hao, bang = 1, 2
    assert read([hao, hao, hao, bang, bang, bang, bang]).said(7) == (hao, bang)
    path = [hao, hao, 0, bang, 0, bang]
    assert read(path).said(6) == (hao, bang, bang)
    assert read(path).fates.tolist() == [KEPT, MERGED, SILENT, KEPT, SILENT, KEPT]
    assert collapse(without_phi(path)) == (hao, bang)


@given(labels=LABELS, frames=st.integers(1, 6))
def test_some_are_all_where_all_are_few(labels, frames) -> None:
    every = {path for path in product(range(4), repeat=frames) if collapse(path) == labels}
    found = some(frames, labels, 10_000)
    assert {tuple(row) for row in found.tolist()} == every
    assert len(found) == len(every) == alignments(frames, labels)
    spread = [tuple(row) for row in some(frames, labels, 5).tolist()]
    assert len(spread) == len(set(spread)) == min(5, len(every))
    assert set(spread) <= every


@given(labels=LABELS.filter(len), frames=st.integers(1, 6))
def test_trimmings_are_counted_right(labels, frames) -> None:
    many = sum(tuple(k for k, _ in groupby(path)) == labels for path in product(range(1, 4), repeat=frames))
    assert trimmings(frames, labels) == many


@given(labels=LABELS)
def test_closed_forms_equal_the_recursions(labels) -> None:
    one, two = ways(labels, 25), recounted(labels, 25)
    np.testing.assert_array_equal(one.with_phi, two.with_phi)
    np.testing.assert_array_equal(one.without, two.without)


@pytest.mark.parametrize(
    ("labels", "frames", "count"), [((1, 2), 6, 70), ((1, 2, 2), 8, 210), ((1, 2, 3, 3, 4), 12, 8008)]
)
def test_known_counts(labels, frames, count) -> None:
    assert ways(labels, frames).with_phi[-1] == count
    assert len(some(frames, labels, 10**6 if count < 300 else 24)) == (count if count < 300 else 24)
