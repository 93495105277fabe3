"""Prefix beam search against listing every path, published answers and itself, narrower."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.measure.beam import greedy, prefix_beam
from rnnviz.measure.ctc import lattice, listed

VECTORS = Path(__file__).parents[2] / "shared" / "data" / "ctc_oracles"


def softened(logits):
    return logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)


@given(
    seed=st.integers(0, 10**6),
    frames=st.integers(1, 6),
    symbols=st.integers(2, 4),
    scale=st.sampled_from([0.3, 2, 40, 600]),
)
@settings(max_examples=60)
def test_a_wide_beam_is_exact(seed, frames, symbols, scale):
    table = softened(scale * np.random.default_rng(seed).normal(size=(frames, symbols)))
    blank = seed % symbols
    found = prefix_beam(table, 10**6, blank)
    every = listed(table, blank)
    assert len({labels for labels, _ in found}) == len(found) == len(every)
    assert [p for _, p in found] == sorted((p for _, p in found), reverse=True)
    for labels, log_p in found:
        assert np.exp(log_p) == pytest.approx(every[labels], rel=1e-9, abs=1e-300)
        assert log_p == pytest.approx(lattice(table, labels, blank).log_prob, rel=1e-9, abs=1e-12)


@given(seed=st.integers(0, 10**6), beam=st.integers(1, 12))
@settings(max_examples=60)
def test_a_narrow_beam_never_overestimates_and_names_nobody_twice(seed, beam):
    table = softened(2 * np.random.default_rng(seed).normal(size=(25, 5)))
    found = prefix_beam(table, beam)
    assert 1 <= len(found) <= beam
    assert len({labels for labels, _ in found}) == len(found)
    for labels, log_p in found:
        assert log_p <= lattice(table, labels).log_prob + 1e-9


def test_the_greedy_guess_is_not_the_most_probable_labelling():
    table = np.log([[0.6, 0.4], [0.6, 0.4]])
    labels, log_p = greedy(table)
    assert labels == ()
    assert np.exp(log_p) == pytest.approx(0.36)
    best, p = prefix_beam(table, 3)[0]
    assert best == (1,)
    assert np.exp(p) == pytest.approx(0.64)


def test_impossible_labellings_are_not_named():
    with np.errstate(divide="ignore"):
        table = np.log([[0.4, 0, 0.6], [0.4, 0, 0.6]])
    assert [labels for labels, _ in prefix_beam(table, 10, 2)] == [(0,), ()]


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="beam = 0"):
        prefix_beam(np.log([[0.5, 0.5]]), 0)
    with pytest.raises(ValueError, match="frame 0"):
        greedy([[1.0, 2.0]])


@pytest.fixture(scope="module")
def vectors():
    if not (VECTORS / "vectors.json").exists():
        pytest.skip("the published vectors are not on this machine")
    return json.loads((VECTORS / "vectors.json").read_text(encoding="utf-8"))


def test_a_published_table_has_the_labellings_that_listing_gives(vectors):
    case = vectors["ctcdecode_seq1"]
    table = softened(np.log(case["probs"]))
    words = ["".join(case["vocab"][k] for k in labels) for labels, _ in prefix_beam(table, 4000, case["blank"])[:5]]
    assert words == [text for text, _ in case["exact_top5"]]
    assert "".join(case["vocab"][k] for k in greedy(table, case["blank"])[0]) == case["greedy"]


def test_a_line_of_handwriting(vectors):
    case = vectors["CTCDecoder_line"]
    rows = (VECTORS / case["file"]).read_text().split()
    table = softened(np.array([[float(v) for v in row.rstrip(";").split(";")] for row in rows]))
    spelt = lambda guess: "".join(case["chars"][k] for k in guess[0])  # noqa: E731
    blank = table.shape[1] - 1
    assert spelt(greedy(table, blank)) == case["decoders"]["best_path"]
    assert spelt(prefix_beam(table, 25, blank)[0]) == case["decoders"]["beam25"]
