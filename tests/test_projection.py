"""Projections held against numpy's SVD, scikit-learn and openTSNE's own numbers."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.measure.projection import Tsne, checked, divergence, pca, trustworthiness, turn

DICE = np.random.default_rng(7)
CLUSTERS = np.concatenate([DICE.normal(size=(12, 20)) + 8 * DICE.normal(size=20) for _ in range(4)])


@settings(max_examples=60)
@given(points=st.integers(2, 40), units=st.integers(2, 40), seed=st.integers(0, 999), k=st.integers(1, 3))
def test_gram_matrix_gives_the_plane_of_the_svd(points, units, seed, k) -> None:
    codes = np.random.default_rng(seed).normal(size=(points, units)) * np.linspace(1, 3, units)
    found = pca(codes, k)
    ours, theirs = checked(codes, found)
    np.testing.assert_allclose(ours, theirs, atol=1e-8)
    squared = np.linalg.svd(codes - codes.mean(0), compute_uv=False) ** 2
    share = np.zeros(k)
    share[: len(squared)] = (squared / squared.sum())[:k]
    np.testing.assert_allclose(found.share, share, atol=1e-10)
    np.testing.assert_allclose(found.points, found.place(codes), atol=1e-10)


@pytest.mark.parametrize("k", [2, 3])
def test_codes_without_directions_lie_on_one_point(k) -> None:
    alike = pca(np.ones((6, 4)), k)
    assert not alike.points.any()
    line = pca(np.outer(np.arange(5.0), [3, 4, 0]), k)
    np.testing.assert_allclose(np.abs(line.points[:, 0]), [10, 5, 0, 5, 10])
    np.testing.assert_allclose(line.share, [1, *[0] * (k - 1)])


def test_a_ruined_net_has_codes_that_are_nowhere() -> None:
    codes = np.full((4, 3), np.inf)
    assert np.isnan(pca(codes).points).all()
    assert all(np.isnan(side).all() for side in checked(codes, pca(codes)))


def test_axes_keep_their_sign_when_the_codes_are_mirrored_or_reordered() -> None:
    found = pca(CLUSTERS)
    again = pca(CLUSTERS[::-1])
    np.testing.assert_allclose(found.axes, again.axes, atol=1e-10)


@settings(max_examples=30)
@given(angle=st.floats(0, 7), mirrored=st.booleans())
def test_a_picture_is_turned_to_lie_as_the_one_before(angle, mirrored) -> None:
    before = pca(CLUSTERS)
    spun = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([1, 1 - 2 * mirrored])
    np.testing.assert_allclose(
        before.points @ spun @ turn(before.points @ spun, before.points), before.points, atol=1e-9
    )
    after = pca(CLUSTERS + 0.05 * np.random.default_rng(1).normal(size=CLUSTERS.shape), like=before.points @ spun)
    assert np.abs(after.points - before.points @ spun).max() < 0.5
    assert after.share.sum() == pytest.approx(pca(CLUSTERS).share.sum(), abs=0.01)
    np.testing.assert_allclose(after.axes @ after.axes.T, np.eye(2), atol=1e-9)


@pytest.mark.parametrize("k", [1, 5, 20])
def test_trustworthiness_is_scikit_learns(k) -> None:
    from sklearn.manifold import trustworthiness as theirs

    for points in (pca(CLUSTERS).points, DICE.normal(size=(48, 2))):
        assert trustworthiness(CLUSTERS, points, k) == pytest.approx(theirs(CLUSTERS, points, n_neighbors=k))
    large = DICE.normal(size=(90, 5))
    assert trustworthiness(large, large[:, :2], k) == pytest.approx(theirs(large, large[:, :2], n_neighbors=k))
    with pytest.raises(ValueError, match="fewer than half"):
        trustworthiness(CLUSTERS, CLUSTERS, 24)


def test_tsne_in_pieces_is_tsne_at_once() -> None:
    first = Tsne.of(CLUSTERS, 8)
    once, pieces = first.forward(130), first.forward(40).forward(70).forward(20)
    assert once.key == pieces.key == first.key
    assert (once.step, first.step) == (130, 0)
    np.testing.assert_array_equal(np.stack(once.path), np.stack(pieces.path))
    np.testing.assert_array_equal(once.still(40).points, first.forward(40).still(40).points)


def test_tsne_draws_neighbours_together() -> None:
    film = Tsne.of(CLUSTERS, 8).forward(250)
    begun, done = film.still(0), film.still(250)
    assert begun.exaggerated
    assert not done.exaggerated
    assert done.divergence < 0.5 * begun.divergence
    assert (len(begun.reported), len(done.reported)) == (0, 250)
    assert done.reported[-1] == pytest.approx(done.divergence, abs=1e-5)
    assert film.still(60).divergence == pytest.approx(done.reported[59], abs=1e-5)  # exaggeration taken out again
    assert done.trust > 0.9
    assert trustworthiness(CLUSTERS, done.points, 5) > 0.95
    group = np.arange(48) // 12
    nearest = ((done.points[:, None] - done.points[None]) ** 2).sum(-1) + np.diag([np.inf] * 48)
    assert (group[nearest.argmin(1)] == group).all()


def test_divergence_is_the_one_that_opentsne_reports() -> None:
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN

    affinities = PerplexityBasedNN(CLUSTERS, 8, method="exact", n_jobs=1, random_state=0)
    attraction: Any = affinities.P
    start = pca(CLUSTERS).points
    theirs = TSNEEmbedding(start.copy(), affinities, negative_gradient_method="bh", theta=0.0, n_jobs=1, random_state=0)
    theirs = theirs.optimize(20, exaggeration=None)
    ours = divergence(attraction.toarray(), np.array(theirs))
    assert ours == pytest.approx(theirs.kl_divergence, abs=1e-6)


@pytest.mark.parametrize("codes", [np.zeros((4, 3)), np.full((9, 3), np.nan), np.full((9, 3), np.inf)])
def test_tsne_refuses_what_has_no_neighbourhoods(codes) -> None:
    with pytest.raises(ValueError, match="at least 5 points"):
        Tsne.of(codes)


def test_tsne_of_points_all_alike_stands() -> None:
    assert np.isfinite(Tsne.of(np.ones((9, 3))).forward(5).path[-1]).all()
