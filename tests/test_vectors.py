"""Vectors of words: files read or refused by line, planes against slower ways to the same numbers, and kinds found by guessing."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA as SklearnPCA
from sklearn.manifold import trustworthiness as reference

from rnnviz.experiment import Experiment
from rnnviz.film import Film, forward
from rnnviz.measure.projection import pca, trustworthiness
from rnnviz.measure.vectors import (
    AXIS,
    EMBEDDING,
    ORDER,
    OUT,
    PCA,
    SOURCES,
    STATES,
    Map,
    anchor,
    axis,
    by_distances,
    cosines,
    faithful,
    known_or,
    learnt,
    near,
    pictured,
    purity,
)
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.records.vectors import Vectors
from rnnviz.rules import Adam
from rnnviz.tasks.next_word import FIRST, KINDS, OTHER, NextWord, kind, unseen, vocabulary
from rnnviz.tasks.pairs import PAD, STOP
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.spec import dice
from rnnviz.tasks.vectors import MOST, Own, read_vectors

SEEDS = st.integers(0, 10**6)
FIVE = "".join(f"w{i}\t{i}\t{-i}\n" for i in range(5))


def saved(array: np.ndarray, **how) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **how)
    return stream.getvalue()


def cloud(seed: int, n: int = 12, d: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d)) * [3, 2, 1, 0.5, 0.1]


# --- files


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("between", "head"), [("\t", ""), ("\t", "word\tx\ty\tz\n"), (" ", ""), (" ", "7 3\n")])
def test_what_is_written_is_read(seed, between, head) -> None:
    rows = np.random.default_rng(seed).normal(size=(7, 3))
    lines = [between.join([f"词{i}", *map(repr, map(float, row))]) for i, row in enumerate(rows)]
    own = read_vectors((head + "\n".join(lines)).encode(), "mine.tsv")
    assert own.words == tuple(f"词{i}" for i in range(7))
    np.testing.assert_array_equal(own.rows, rows)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<i2", "u1", "<f2"])
def test_a_matrix_is_read_as_numpy_reads_it(dtype, order) -> None:
    array = np.asarray(np.random.default_rng(0).integers(0, 90, (9, 4)), dtype=dtype, order=order)
    own = read_vectors(saved(array), "mine.npy")
    np.testing.assert_array_equal(own.rows, array.astype(float))
    assert own.words[:2] == ("row 1", "row 2")


def test_only_the_first_vectors_of_a_long_file_are_read() -> None:
    lines = "".join(f"w{i}\t{i}\n" for i in range(MOST + 50))
    assert len(read_vectors(lines.encode(), "x").words) == MOST
    assert len(read_vectors(b"word\tx\n" + lines.encode(), "x").words) == MOST
    assert len(read_vectors(saved(np.zeros((MOST + 9, 2))), "x").words) == MOST


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (FIVE + "w7\t1\n", 6, "has 1 numbers; expected 2"),
        (FIVE + "w7\t1\tx\n", 6, "“x”; expected a finite number"),
        (FIVE + "w7\t1\tnan\n", 6, "expected a finite number"),
        (FIVE + "w7\t1\t1e300\n", 6, "expected a finite number"),
        (FIVE + "\nw3\t1\t2\n", 7, "“w3” for the second time"),
        (FIVE + "\t1\t2\n", 6, "a word of 0 characters"),
        ("w\t" + "1\t" * 1025 + "\n", 1, "expected 1 to 1024"),
        ("a\nb\nc\n", 1, "expected 1 to 1024"),
        ("a\t1\nb\t2\n", None, "2 vectors; expected at least 5"),
        ("word\tx\n", None, "0 vectors"),
        ("", None, "empty"),
    ],
)
def test_a_refused_file_names_its_line(content, line, says) -> None:
    with pytest.raises(Unreadable, match=r"mine\.tsv") as refusal:
        read_vectors(content.encode(), "mine.tsv")
    assert refusal.value.line == line
    assert says in str(refusal.value)


def test_a_matrix_that_lies_is_refused() -> None:
    good = saved(np.zeros((9, 4)))
    header = good.index(b"(9, 4)")
    huge = good[:header] + b"(9999999999, 4)" + good[header + 15 :]
    pickled = saved(np.array([[{}, 1]], dtype=object), allow_pickle=True)
    for content in (good[:-1], good + b"x", huge, pickled, saved(np.zeros(9)), saved(np.zeros((9, 0))), good[:7]):
        with pytest.raises(Unreadable, match=r"mine\.npy"):
            read_vectors(content, "mine.npy")
    for odd in (np.array([["a"] * 2] * 9), np.zeros((9, 2), dtype=complex), np.zeros((9, 2), dtype="M8[s]")):
        with pytest.raises(Unreadable):
            read_vectors(saved(odd), "mine.npy")
    holes = np.zeros((9, 2))
    holes[3, 1] = np.inf
    with pytest.raises(Unreadable, match="row 4"):
        read_vectors(saved(holes), "mine.npy")


@settings(max_examples=150)
@given(
    content=st.binary(max_size=200)
    | st.text(alphabet="ab1.-e \t\n\r\x00é", max_size=200).map(str.encode)
    | st.binary(max_size=200).map(lambda tail: saved(np.zeros((2, 2)))[:60] + tail)
    | st.text(alphabet="{}()'descr:<f8, 0123456789shape\n", max_size=90).map(
        lambda text: b"\x93NUMPY\x01\x00\x5a\x00" + text.ljust(90).encode()
    )
)
@example(b"\x93NUMPY")
@example(b"\x93NUMPY\x03\x00")
def test_any_bytes_are_read_or_refused(content) -> None:
    try:
        own = read_vectors(content, "mine")
    except Unreadable:
        return
    assert isinstance(own, Own)
    assert np.isfinite(own.rows).all()
    assert len(own.words) == len(own.rows) == len(set(own.words)) >= 5


# --- the task


def test_every_word_is_followed_by_the_next_one() -> None:
    task = NextWord()
    batch = task.sample(dice(0, 0), 40)
    assert (batch.x[:, 0] == STOP).all()
    for x, y in zip(batch.x.tolist(), batch.y.tolist(), strict=True):
        end = y.index(STOP)
        assert x[1 : end + 1] == y[:end]
        assert set(y[end + 1 :]) <= {PAD}
    logits = torch.nn.functional.one_hot(batch.y, task.outputs).float()
    assert float(task.score(logits, batch)) == 1
    loss = -torch.log_softmax(logits, -1).gather(-1, batch.y[..., None])[..., 0][batch.y != PAD].mean()
    assert float(task.loss(logits, batch)) == pytest.approx(float(loss), rel=1e-5)


def test_every_word_has_one_kind_and_is_heard() -> None:
    words = [w for group in KINDS.values() for w in group]
    assert len(words) == len(set(words))
    assert set(words) <= set(vocabulary())
    assert {kind(w) for w in vocabulary()} == set(ORDER)
    counts = torch.bincount(unseen().x.flatten(), minlength=FIRST + len(vocabulary()))
    assert int(counts[FIRST:].min()) > 0


@pytest.mark.parametrize("net", [Rnn(5, embedding=4), Lstm(5, embedding=4)], ids=["rnn", "lstm"])
def test_what_was_learnt_is_averaged_word_by_word(net) -> None:
    still = Film.of(Experiment(NextWord(), net, Adam(rate=0.01))).forward(3).still(3)
    batch = unseen()
    with torch.no_grad():
        hidden = forward(still.exp, still.state.params, batch).states["hidden"]
    seen = learnt(still, STATES)
    for at in (0, 11, len(vocabulary()) - 1):
        alone = hidden[batch.x == FIRST + at].mean(0)
        np.testing.assert_allclose(seen.rows[at], alone.numpy(), atol=1e-6)
    np.testing.assert_array_equal(learnt(still, OUT).rows[0], still.state.params["out.weight"][FIRST].numpy())
    np.testing.assert_array_equal(learnt(still, EMBEDDING).rows[-1], still.state.params["embed.weight"][-1].numpy())


# --- planes


@settings(max_examples=10)
@given(seed=SEEDS)
def test_main_directions_are_those_of_power_iteration_and_of_scikit_learn(seed) -> None:
    rows = cloud(seed, 30)
    seen = pictured(Vectors(("w",) * 30, rows, ("k",) * 30), PCA, "", "")
    covariance = np.cov(rows.T, bias=True)
    for at in range(2):
        v = np.ones(5)
        for _ in range(800):
            v = covariance @ v
            v /= np.linalg.norm(v)
        value = v @ covariance @ v
        assert seen.found.share[at] == pytest.approx(value / np.trace(np.cov(rows.T, bias=True)), abs=1e-6)
        assert abs(seen.found.axes[at] @ v) == pytest.approx(1, abs=1e-4)
        covariance = covariance - value * np.outer(v, v)
    theirs = SklearnPCA(2).fit(rows)
    np.testing.assert_allclose(seen.found.share, theirs.explained_variance_ratio_, rtol=1e-9)
    np.testing.assert_allclose(*seen.checked, atol=1e-9)


@settings(max_examples=40)
@given(seed=SEEDS, ends=st.lists(st.integers(0, 11), min_size=2, max_size=2, unique=True))
def test_an_axis_goes_from_one_word_to_the_other(seed, ends) -> None:
    rows = cloud(seed)
    one, other = ends
    found = axis(rows, one, other)
    along = found.points[:, 0] - found.points[one, 0]
    assert along[other] == pytest.approx(np.linalg.norm(rows[other] - rows[one]))
    assert found.points[one, 1] == pytest.approx(found.points[other, 1])  # they differ along the axis only
    np.testing.assert_allclose(along, by_distances(rows, one, other), atol=1e-9)
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(2), atol=1e-9)
    rest = rows - rows.mean(0)
    rest = rest - np.outer(rest @ found.axes[0], found.axes[0])
    assert (found.points[:, 1] ** 2).sum() == pytest.approx(np.linalg.svd(rest, compute_uv=False)[0] ** 2)


def test_two_equal_vectors_have_no_axis_and_the_main_directions_are_shown() -> None:
    rows = cloud(3)
    rows[1] = rows[0]
    with pytest.raises(ValueError, match="the same"):
        axis(rows, 0, 1)
    vectors = Vectors(tuple("abcdefghijkl"), rows, ("k",) * 12)
    np.testing.assert_array_equal(pictured(vectors, AXIS, "a", "b").found.points, pca(rows).points)
    np.testing.assert_array_equal(pictured(vectors, AXIS, "a", "?").found.points, pca(rows).points)
    assert pictured(vectors, AXIS, "a", "c").titles[0].startswith("a ←")


@settings(max_examples=25)
@given(seed=SEEDS, k=st.integers(1, 5))
def test_trust_and_continuity_are_those_of_scikit_learn_and_of_counting(seed, k) -> None:
    rows = cloud(seed)
    points = rows[:, [4, 2]]
    trust, continuity = faithful(rows, points, (k,))
    assert trust[0] == pytest.approx(reference(rows, points, n_neighbors=k), abs=1e-12)
    assert continuity[0] == pytest.approx(reference(points, rows, n_neighbors=k), abs=1e-12)
    n, lost = len(rows), 0
    for i in range(n):
        truth = sorted((j for j in range(n) if j != i), key=lambda j: np.linalg.norm(rows[i] - rows[j]))
        shown = sorted((j for j in range(n) if j != i), key=lambda j: np.linalg.norm(points[i] - points[j]))
        lost += sum(max(0, truth.index(j) + 1 - k) for j in shown[:k])
    assert trust[0] == pytest.approx(1 - 2 * lost / (n * k * (2 * n - 3 * k - 1)))
    assert trustworthiness(rows, rows, k) == 1


@settings(max_examples=25)
@given(seed=SEEDS)
def test_neighbours_point_the_same_way_however_long_they_are(seed) -> None:
    rows = cloud(seed)
    words = tuple("abcdefghijkl")
    kinds = tuple(np.random.default_rng(seed).choice(["x", "y", OTHER], 12))
    vectors = Vectors(words, rows, kinds)
    found = near(vectors, "c", most=11)
    slow = {w: r @ rows[2] / np.linalg.norm(r) / np.linalg.norm(rows[2]) for w, r in zip(words, rows, strict=True)}
    assert list(found.words) == sorted((w for w in words if w != "c"), key=lambda w: -slow[w])
    np.testing.assert_allclose(found.cosine, [slow[w] for w in found.words], atol=1e-12)
    stretched = Vectors(words, rows * np.random.default_rng(seed).uniform(0.1, 9, (12, 1)), kinds)
    assert near(stretched, "c", most=11).words == found.words
    known = [i for i in range(12) if kinds[i] != OTHER]
    if len(known) > 1:
        nearest = [next(w for w in near(vectors, words[i], 11).words if kinds[words.index(w)] != OTHER) for i in known]
        pure = [kinds[words.index(w)] == kinds[i] for i, w in zip(known, nearest, strict=True)]
        assert purity(vectors) == pytest.approx(np.mean(pure))


def test_a_vector_of_zeros_is_near_nothing() -> None:
    rows = cloud(0)
    rows[4] = 0
    assert (cosines(rows)[4] == 0).all()


def test_a_ruined_net_is_still_drawn() -> None:
    vectors = Vectors(vocabulary(), np.full((len(vocabulary()), 3), np.nan), tuple(map(kind, vocabulary())))
    for plane in (PCA, AXIS):
        assert np.isnan(pictured(vectors, plane, "student", "book", anchor()).found.points).all()
    near(vectors, "student")
    purity(vectors)
    with pytest.raises(ValueError, match="numbers"):
        Map.of(vectors.rows)


def test_turned_pictures_of_neighbouring_frames_lie_closer() -> None:
    film = Film.of(Experiment(NextWord(), Rnn(24, embedding=16), Adam(rate=0.01))).forward(40)
    stills = [learnt(film.still(step), STATES).rows for step in range(20, 41, 5)]
    turned, fallen = ([pca(rows, like=like).points for rows in stills] for like in (anchor(), None))
    moves = [sum(float(((b - a) ** 2).sum()) for a, b in pairwise(p)) for p in (turned, fallen)]
    assert moves[0] <= moves[1]
    for a, b in zip(turned, fallen, strict=True):
        np.testing.assert_allclose(np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1), atol=1e-9)


def test_words_typed_are_found_or_said_to_be_missing() -> None:
    assert known_or(" Dog ", ("dog", "cat"), "cat") == ("dog", "")
    assert known_or("Dog", ("dog", "Dog"), "cat") == ("Dog", "")
    found, why = known_or("unicorn", ("dog", "cat"), "cat")
    assert found == "cat"
    assert "unicorn" in why


def test_a_map_in_pieces_is_the_same_map() -> None:
    rows = cloud(5)
    whole, pieces = Map.of(rows, 3).forward(6), Map.of(rows, 3).forward(2).forward(4)
    np.testing.assert_array_equal(whole.still(6).near.points, pieces.still(6).near.points)
    np.testing.assert_array_equal(whole.still(3).rows, rows)
    assert whole.key == Map.of(rows, 3).key != Map.of(rows + 1, 3).key


@pytest.mark.slow
@pytest.mark.parametrize("net", [Rnn(24, embedding=16), Lstm(24, embedding=16)], ids=["rnn", "lstm"])
def test_kinds_of_words_are_found_though_nobody_names_them(net) -> None:
    kept = []
    for seed in range(10):
        film = Film.of(Experiment(NextWord(), net, Adam(rate=0.01), seed=seed)).forward(300)
        before, after = ({s: purity(learnt(film.still(n), s)) for s in SOURCES} for n in (0, 300))
        kept.append(
            after[STATES] >= 0.9 and after[OUT] >= 0.95 and before[STATES] <= 0.5 and after[EMBEDDING] < after[STATES]
        )
    assert sum(kept) >= 9, kept
