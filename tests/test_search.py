"""The search that writes everything down: against the fast one, against listing, and its own books."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.measure.beam import prefix_beam
from rnnviz.measure.ctc import listed
from rnnviz.measure.search import by_width, exact, judged, searched
from rnnviz.records.search import LONGER, SILENCE
from rnnviz.tasks.table import Table


def drawn(seed: int, frames: int, symbols: int) -> Table:
    weights = np.exp(2 * np.random.default_rng(seed).normal(size=(frames, symbols)))
    rows = weights / weights.sum(1, keepdims=True)
    return Table(("φ", *"abcdef"[: symbols - 1]), tuple(map(tuple, rows.tolist())))


TABLES = st.builds(drawn, st.integers(0, 10**6), st.integers(1, 6), st.integers(2, 4))


@given(table=TABLES, beam=st.integers(1, 9))
@settings(max_examples=40)
def test_both_searches_keep_the_same(table, beam) -> None:
    assert judged(table, beam).agrees
    fast = prefix_beam(np.log(table.rows), beam)
    last = searched(table, beam)[-1]
    assert {labels for labels, _ in fast} == set(last.prefixes)


@given(table=TABLES)
@settings(max_examples=40)
def test_a_wide_beam_loses_nothing(table) -> None:
    beams = searched(table, 10**6)
    every = listed(np.log(table.rows))
    assert all(beam.dropped == -math.inf for beam in beams)
    assert {p: pytest.approx(every[p]) for p in every} == dict(
        zip(beams[-1].prefixes, np.exp(beams[-1].total).tolist(), strict=True)
    )
    assert exact(table)[0][1] == pytest.approx(beams[-1].total[0])


@given(table=TABLES, beam=st.integers(1, 6))
@settings(max_examples=40)
def test_what_comes_in_is_what_stands_and_what_fell_out(table, beam) -> None:
    beams = searched(table, beam)
    for before, after in itertools.pairwise(beams):
        for k in range(len(after.prefixes)):
            mine = after.arcs[:, 1] == k
            assert np.logaddexp.reduce(after.amounts[mine]) == pytest.approx(after.total[k])
        kept = np.exp(after.total).sum() + math.exp(after.dropped)
        assert kept == pytest.approx(np.exp(before.total).sum())  # probability is neither made nor lost
        for origin, k, how in after.arcs.tolist():
            grown = len(after.prefixes[k]) - len(before.prefixes[origin])
            assert grown == (how == LONGER)
            assert how != SILENCE or before.prefixes[origin] == after.prefixes[k]


def test_width_one_is_not_greedy_and_width_three_is_right() -> None:
    table = Table(("φ", "a"), ((0.6, 0.4), (0.6, 0.4)))
    found, best = by_width(table, 3)
    assert best[-1] == (1,)
    assert found[-1] == pytest.approx(0.64)
    assert (np.diff(found) >= -1e-12).all()


def test_a_beam_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="beam = 0"):
        searched(drawn(0, 2, 2), 0)
