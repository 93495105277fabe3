"""The page's lattice: three questions against the record, its drawing against the definition, and its pace."""

from itertools import pairwise, product

import numpy as np
import pytest

from rnnviz.figures import lattice as draw
from rnnviz.measure import ctc
from rnnviz.measure.ctc import collapse
from rnnviz.measure.passes import guesses, judged, passes, weighed
from rnnviz.records.lattice import Lattice
from rnnviz.tasks.table import Table, pasted, spoken

TABLE = spoken("好棒棒", 8, 1.0, 0)


def found_in(table, label):
    found = weighed(table, label)
    assert isinstance(found, Lattice)
    return found


def test_three_questions():
    found = found_in(TABLE, "好棒棒")
    every, best, count = (passes(found, q) for q in ("all", "best", "count"))
    np.testing.assert_allclose(every.through, found.gamma, atol=1e-12)
    np.testing.assert_allclose(every.behind, found.log_beta, atol=1e-12)
    assert best.total == pytest.approx(found.best)
    np.testing.assert_allclose(best.through[np.arange(8), found.route], 1)
    assert best.through.max() == pytest.approx(1)
    assert found.count == 210
    assert np.exp(count.total) == pytest.approx(210)
    np.testing.assert_allclose(count.through.sum(axis=1), 1)


@pytest.mark.parametrize("label", ["", "好", "好棒", "好棒棒", "棒棒棒"])
@pytest.mark.parametrize("frames", [5, 7])
def test_exactly_the_arcs_of_some_alignment_are_drawn(label, frames):
    found = found_in(spoken("好棒", frames, 1.0, 3), label)
    times, states = draw._steps(found)
    arcs = {(int(t), int(a), int(b)) for (t, _), (a, b) in zip(times, states, strict=True)}
    wanted, labels, last = set(), tuple(found.labels), len(found.states) - 1
    for walk in product(range(last + 1), repeat=frames):
        legal = walk[0] <= 1 and walk[-1] >= last - 1 and all(0 <= b - a <= 2 for a, b in pairwise(walk))
        legal = legal and all(b - a < 2 or found.skips[b] for a, b in pairwise(walk))
        if legal:
            assert collapse(found.states[list(walk)]) == labels
            wanted |= {(t, a, b) for t, (a, b) in enumerate(pairwise(walk))}
    assert arcs == wanted


def test_a_node_tells_the_sum_that_made_it():
    table = Table(("φ", "a"), ((0.6, 0.4), (0.6, 0.4)))
    found = found_in(table, "a")
    ahead = draw._sums(found, passes(found, "all"), draw.AHEAD, table.symbols)
    assert ahead[1][1] == "frame 2, state 2: a<br>(0.4 + 0.6) · p = 0.4 → 0.4"
    assert ahead[0][2].endswith("(0) · p = 0.6 → 0")
    through = draw._sums(found, passes(found, "all"), draw.THROUGH, table.symbols)
    assert through[0][1].endswith("0.4 · 1 / 0.64 = 0.625")
    (words, p), best = guesses(table)
    assert (words, round(np.exp(p), 6)) == ((), 0.36)
    assert best[0][0] == (1,)


def test_what_has_no_alignment_is_said():
    assert "T = 8 frames are too few for U = 6 labels with r = 5" in str(weighed(TABLE, "棒棒棒棒棒棒"))
    assert "is not a symbol" in str(weighed(TABLE, "bad"))


@pytest.mark.parametrize(
    "table", [TABLE, spoken("好棒", 40, 6.0, 1), pasted("0.4 0.6\n1 0\n0 1"), pasted("0.4 0.6 0\n" * 9)]
)
def test_the_judge_agrees(table):
    label = table.symbols[1]
    assert judged(found_in(table, label)).agrees


def test_a_broken_recursion_turns_the_judge_red(monkeypatch):
    right = ctc.extended

    def leaping(labels, blank):  # jumps over the φ between two equal labels, as no alignment may
        states, skips = right(labels, blank)
        return states, skips | (states != blank)

    table = spoken("好棒棒", 9, 1.0, 123)
    monkeypatch.setattr(ctc, "extended", leaping)
    assert not judged(found_in(table, "好棒棒")).agrees


@pytest.mark.parametrize("question", ["all", "best", "count"])
@pytest.mark.parametrize("shown", ["α", "β", "γ"])
def test_a_step_is_drawn_in_few_strokes(question, shown):
    table = spoken("好棒棒", 40, 2.0, 0)
    found = found_in(table, "好棒好棒好棒好棒好棒好棒")
    spec = draw.nodes(found, passes(found, question), shown, slice(0, 20), table.symbols, route=True)
    assert len(spec["data"]) <= 5


def test_by_default_no_single_alignment_stands_for_the_label():
    shares = [
        np.exp(f.best - f.log_prob) for f in (found_in(spoken("好棒棒", 8, 1.0, seed), "好棒棒") for seed in range(100))
    ]
    assert np.mean(np.array(shares) < 0.5) >= 0.9
