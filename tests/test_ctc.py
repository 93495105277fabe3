"""The CTC lattice against listing every path, torch, finite differences, published numbers and a plain recursion."""

import json
import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import ctc_loss

from rnnviz.measure import ctc
from rnnviz.measure.ctc import alignments, backward, collapse, counted, forward, lattice, listed
from rnnviz.semiring import LOG, MAX

VECTORS = Path(__file__).parents[2] / "shared" / "data" / "ctc_oracles"


def softened(logits):
    return logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)


def drawn(seed, frames, symbols, scale=1.0):
    return softened(scale * np.random.default_rng(seed).normal(size=(frames, symbols)))


def by_torch(logits, labels, blank=0):
    """Loss and its gradient with respect to the logits."""
    leaf = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([len(logits)]), torch.tensor([len(labels)])
    targets = torch.tensor([list(labels)], dtype=torch.long)
    loss = ctc_loss(leaf.log_softmax(1)[:, None], targets, *lengths, blank=blank, reduction="sum")
    loss.backward()
    return loss.item(), np.asarray(leaf.grad)


def plainly(table, labels, blank=0):
    """log α and log β written out, one cell after the other."""
    z = [blank, *(k for y in labels for k in (y, blank))]
    frames, last = len(table), len(z) - 1

    def into(s):
        return [s] + [s - 1] * (s > 0) + [s - 2] * (s > 1 and z[s] not in (blank, z[s - 2]))

    alpha, beta = np.full((2, frames, len(z)), -np.inf)
    alpha[0, :2] = table[0, z[:2]]
    beta[-1, -2:] = 0
    for t in range(1, frames):
        for s in range(len(z)):
            alpha[t, s] = np.logaddexp.reduce([alpha[t - 1, b] for b in into(s)]) + table[t, z[s]]
    for t in range(frames - 1, 0, -1):
        for s in range(len(z)):
            for b in into(s):
                beta[t - 1, b] = np.logaddexp(beta[t - 1, b], beta[t, s] + table[t, z[s]])
    return alpha, beta, np.logaddexp.reduce(alpha[-1, max(0, last - 1) :])


def close(ours, theirs, tolerance=1e-9):
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


LABELS = st.lists(st.integers(1, 3), max_size=5)


@given(seed=st.integers(0, 10**6), labels=LABELS, spare=st.integers(0, 12), scale=st.sampled_from([0.1, 1, 8, 60, 900]))
@settings(max_examples=150)
def test_both_ways_of_computing_are_the_plain_recursion(seed, labels, spare, scale):
    frames = max(1, len(labels) + ctc.repeats(labels) + spare)
    table = drawn(seed, frames, 4, scale)
    alpha, beta, log_p = plainly(table, labels)
    ours = lattice(table, labels)
    close(ours.log_alpha, alpha)
    close(ours.log_beta, beta)
    close(ours.log_prob, log_p)
    close(ours.gamma.sum(axis=1), 1)
    close(forward(LOG, ours.emissions, ours.skips), alpha)
    close(backward(LOG, ours.emissions, ours.skips), beta)
    assert collapse(ours.path) == tuple(labels)
    close(table[np.arange(frames), ours.path].sum(), ours.best)


@given(seed=st.integers(0, 10**6), labels=LABELS, zeros=st.floats(0, 0.7))
@settings(max_examples=80)
def test_zero_probabilities_are_probabilities(seed, labels, zeros):
    dice = np.random.default_rng(seed)
    weights = dice.random((9 + len(labels), 4)) * (dice.random((9 + len(labels), 4)) > zeros)
    weights[weights.sum(axis=1) == 0, 0] = 1
    with np.errstate(divide="ignore"):
        table = np.log(weights / weights.sum(axis=1, keepdims=True))
    with np.errstate(invalid="ignore"):
        alpha, beta, log_p = plainly(table, labels)
    ours = lattice(table, labels)
    close(ours.log_alpha, alpha)
    close(ours.log_beta, beta)
    close(ours.log_prob, log_p)
    if log_p == -np.inf:
        assert (ours.path == -1).all()
        assert ours.best == -np.inf
        assert not ours.gamma.any()
        assert np.isnan(ours.gradient).all()
    else:
        close(ours.gamma.sum(axis=1), 1)
        assert collapse(ours.path) == tuple(labels)


@pytest.mark.parametrize("symbols", [2, 3])
@pytest.mark.parametrize("frames", range(1, 7))
def test_every_labelling_is_the_sum_of_its_paths_and_all_together_are_certain(frames, symbols):
    table = drawn(frames, frames, symbols)
    every = listed(table)
    for labels, p in every.items():
        assert math.exp(lattice(table, labels).log_prob) == pytest.approx(p, rel=1e-12)
    assert sum(math.exp(lattice(table, labels).log_prob) for labels in every) == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize("labels", [(), (1,), (1, 2), (1, 1), (2, 1, 2), (1, 1, 1)])
def test_best_path_gamma_and_count_by_listing(labels):
    table = drawn(5, 6, 3)
    paths = [p for p in product(range(3), repeat=6) if collapse(p) == labels]
    weights = np.array([math.exp(sum(table[t, k] for t, k in enumerate(p))) for p in paths])
    ours = lattice(table, labels)
    assert tuple(ours.path) == paths[weights.argmax()]
    assert ours.count == len(paths) == counted(6, labels)
    occupied = np.zeros((6, 3))
    for path, weight in zip(paths, weights, strict=True):
        occupied[np.arange(6), path] += weight / weights.sum()
    close(np.exp(table) - ours.gradient, occupied, 1e-12)


@pytest.mark.parametrize(
    ("frames", "length", "symbols"), [(200, 30, 32), (1200, 30, 32), (1200, 200, 32), (1000, 40, 5)]
)
@pytest.mark.parametrize("scale", [1, 10, 60])
def test_long_ones_are_torchs_in_float64(frames, length, symbols, scale):
    logits = scale * np.random.default_rng(frames).normal(size=(frames, symbols))
    labels = np.random.default_rng(length).integers(1, symbols, length)
    loss, gradient = by_torch(logits, labels)
    ours = lattice(softened(logits), labels)
    assert -ours.log_prob == pytest.approx(loss, rel=1e-11)
    np.testing.assert_allclose(ours.gradient, gradient, atol=1e-9)


def test_the_gradient_is_the_slope_of_the_loss():
    logits, labels, step = np.random.default_rng(3).normal(size=(8, 4)), (1, 1, 3), 1e-5
    ours = lattice(softened(logits), labels).gradient
    for t, k in product(range(8), range(4)):
        moved = np.zeros_like(logits)
        moved[t, k] = step
        up, down = (lattice(softened(logits + sign * moved), labels).log_prob for sign in (1, -1))
        assert ours[t, k] == pytest.approx((down - up) / (2 * step), abs=1e-8)


@pytest.mark.parametrize("blank", [0, 2, 4])
def test_any_symbol_may_be_the_blank(blank):
    logits = np.random.default_rng(blank).normal(size=(12, 5))
    labels = [k for k in (1, 3, 3, 0) if k != blank]
    loss, gradient = by_torch(logits, labels, blank)
    ours = lattice(softened(logits), labels, blank)
    assert -ours.log_prob == pytest.approx(loss, rel=1e-12)
    close(ours.gradient, gradient, 1e-12)


@given(labels=st.lists(st.integers(1, 3), max_size=12), frames=st.integers(1, 40))
def test_the_number_of_alignments_has_a_closed_form(labels, frames):
    assert counted(frames, labels) == alignments(frames, labels)
    assert (alignments(frames, labels) > 0) == (frames >= len(labels) + ctc.repeats(labels))


def test_known_numbers_of_alignments():
    assert [alignments(6, [1, 2]), alignments(8, [1, 2, 2]), alignments(12, [8, 5, 12, 12, 15])] == [70, 210, 8008]
    many = alignments(100, [1 + i % 2 for i in range(50)])
    assert many == counted(100, [1 + i % 2 for i in range(50)])
    assert f"{many:.2e}" == "2.01e+40"


def test_max_gives_the_route_and_a_lattice_cannot_be_written_to():
    ours = lattice(drawn(1, 30, 4), (1, 2, 2))
    best = forward(MAX, ours.emissions, ours.skips)[-1, -2:].max()
    assert ours.best == best <= ours.log_prob
    with pytest.raises(ValueError, match="read-only"):
        ours.gamma[0, 0] = 1


def test_what_cannot_be_is_refused_in_words():
    table = drawn(0, 4, 3)
    with pytest.raises(ValueError, match=r"T = 4 .* U = 3 labels with r = 2 .* T ≥ U \+ r = 5"):
        lattice(table, (1, 1, 1))
    with pytest.raises(ValueError, match="label 3 is not one of the symbols 0 to 2"):
        lattice(table, (1, 3))
    with pytest.raises(ValueError, match=r"label 0 .* blank 0"):
        lattice(table, (0,))
    with pytest.raises(ValueError, match="blank = 7"):
        lattice(table, (1,), blank=7)
    with pytest.raises(ValueError, match="shape"):
        lattice(table[0], (1,))
    with pytest.raises(ValueError, match="shape"):
        lattice(table[:0], ())
    for wrong in (np.nan, np.inf, 3.0):
        spoilt = table.copy()
        spoilt[2, 1] = wrong
        with pytest.raises(ValueError, match="frame 2"):
            lattice(spoilt, (1,))


def test_collapse_merges_first_and_drops_afterwards():
    assert collapse([1, 1, 0, 1, 2, 2, 0, 0]) == (1, 1, 2)
    assert collapse([]) == collapse([0, 0]) == ()


def test_a_lattice_keeps_the_callers_table():
    table = drawn(0, 5, 3)
    kept = table.copy()
    lattice(table, (1,))
    table[0] = 0
    assert (lattice(kept, (1,)).log_probs == kept).all()


@pytest.fixture(scope="module")
def vectors():
    if not (VECTORS / "vectors.json").exists():
        pytest.skip("the published vectors are not on this machine")
    return json.loads((VECTORS / "vectors.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["warp_ctc_small", "graves0"])
def test_published_losses_and_gradients(vectors, name):
    case = vectors[name]
    table = softened(np.array(case["logits"])) if "logits" in case else np.log(case["probs"])
    ours = lattice(table, case["labels"], case["blank"])
    assert -ours.log_prob == pytest.approx(case["loss"], abs=2 * case["tol"])
    np.testing.assert_allclose(ours.gradient, case["grad_wrt_logits"], atol=case["tol"])


def handwriting(vectors):
    """Table of a real line of handwriting, blank last; logits as they left the net."""
    rows = (VECTORS / vectors["CTCDecoder_line"]["file"]).read_text().split()
    return softened(np.array([[float(v) for v in row.rstrip(";").split(";")] for row in rows]))


def test_a_line_of_handwriting(vectors):
    case = vectors["CTCDecoder_line"]
    table = handwriting(vectors)
    for text, nll in case["nll"].items():
        labels = [case["chars"].index(c) for c in text]
        assert -lattice(table, labels, table.shape[1] - 1).log_prob == pytest.approx(nll, abs=1e-6)
