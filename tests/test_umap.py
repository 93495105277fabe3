"""UMAP: its graph, its curve and its forces against their definitions, and what the picture keeps."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from streamlit.testing.v1 import AppTest

from rnnviz.measure.projection import pca, trustworthiness
from rnnviz.measure.umap import NEAR, NEIGHBOURS, SPREAD, Umap, crossed, curve, graph, pull, push, widths
from rnnviz.ui.house import SHELF, TRAINER, VIEWS


def blobs(groups: int = 4, each: int = 20, seed: int = 0) -> np.ndarray:
    dice = np.random.default_rng(seed)
    return np.concatenate([dice.normal(size=(each, 12)) + 8 * centre for centre in dice.normal(size=(groups, 12))])


@given(st.integers(0, 1000), st.integers(6, 40))
def test_degrees_are_those_of_the_paper_point_by_point(seed, points) -> None:
    codes = np.random.default_rng(seed).normal(size=(points, 5))
    wanted = min(NEIGHBOURS, points - 1)
    directed = np.zeros((points, points))
    for i in range(points):
        far = {j: math.dist(codes[i], codes[j]) for j in range(points) if j != i}
        nearest = sorted(far, key=lambda j: far[j])[: wanted - 1]
        beyond = np.array([far[j] - far[nearest[0]] for j in nearest])
        low, high = 1e-6, 1e6
        for _ in range(200):
            middle = math.sqrt(low * high)
            small = np.exp(-beyond / middle).sum() < math.log2(wanted)
            low, high = (middle, high) if small else (low, middle)
        directed[i, nearest] = np.exp(-beyond / high)
    either = directed + directed.T - directed * directed.T
    np.testing.assert_allclose(graph(codes), either, atol=1e-5)


def test_every_point_has_as_many_neighbours_as_every_other() -> None:
    far = np.sort(np.random.default_rng(1).uniform(0.5, 3, size=(30, 14)), 1)
    sigma = widths(far, 3.9)
    sums = np.exp(-(far - far[:, :1]) / sigma[:, None]).sum(1)
    np.testing.assert_allclose(sums, 3.9, atol=1e-9)


def test_the_curve_is_the_nearest_of_its_kind() -> None:
    d = np.linspace(0, 3 * SPREAD, 300)
    wanted = np.where(d < NEAR, 1, np.exp(-(d - NEAR) / SPREAD))

    def error(a: float, b: float) -> float:
        return float(((1 / (1 + a * d ** (2 * b)) - wanted) ** 2).sum())

    a, b = curve()
    assert all(error(a, b) < error(a + da, b + db) for da, db in ((1e-3, 0), (-1e-3, 0), (0, 1e-3), (0, -1e-3)))


@given(st.floats(0.05, 20))
def test_forces_are_slopes(d) -> None:
    a, b = curve()

    def near(d: float) -> float:
        return 1 / (1 + a * d ** (2 * b))

    h = 1e-5 * d
    drawn = (math.log(near(d + h)) - math.log(near(d - h))) / (2 * h)
    driven = (math.log(1 - near(d + h)) - math.log(1 - near(d - h))) / (2 * h)
    squared = np.array([d**2])
    assert pull(squared)[0] * d == pytest.approx(drawn, rel=1e-4)
    assert push(squared)[0] * d * (1 + 1e-3 / d**2) == pytest.approx(driven, rel=1e-4)


def test_the_cost_is_that_of_every_pair_and_nothing_for_equal_graphs() -> None:
    film = Umap.of(blobs(2, 6)).forward(3)
    a, b = curve()
    points, total = film.path[-1], 0.0
    for i in range(len(points)):
        for j in range(i):
            v, w = film.degrees[i, j], 1 / (1 + a * math.dist(points[i], points[j]) ** (2 * b))
            total += (v * math.log(v / w) if v else 0) + ((1 - v) * math.log((1 - v) / (1 - w)) if v < 1 else 0)
    assert film.costs[-1] == pytest.approx(total / len(points), rel=1e-9)
    squared = np.repeat(np.random.default_rng(0).uniform(0.1, 4, 15), 2)
    assert crossed(1 / (1 + a * squared**b), squared) == pytest.approx(0, abs=1e-12)


def test_a_film_in_pieces_is_the_film_at_once() -> None:
    codes = blobs()
    whole, pieces = Umap.of(codes).forward(30), Umap.of(codes).forward(11).forward(19)
    np.testing.assert_array_equal(whole.path, pieces.path)
    assert whole.costs == pieces.costs
    assert whole.key == pieces.key != Umap.of(codes[::-1]).key
    seen = pieces.still(11)
    assert seen.judged().agrees
    assert len(seen.reported) == 11
    assert seen.cost == pytest.approx(whole.costs[10])


def test_neighbours_of_digits_are_kept_far_better_than_by_pca() -> None:
    codes = load_digits().data[:300]
    film = Umap.of(codes).forward(400)
    points = film.path[-1]
    assert trustworthiness(codes, points) > 0.97 > 0.9 > trustworthiness(codes, pca(codes).points)
    np.testing.assert_array_equal(film.forward(3).path[-1], points)  # after the last epoch nothing moves


def test_too_few_and_no_numbers_are_refused_and_doubles_are_not() -> None:
    for codes in (np.ones((4, 3)), np.full((9, 3), np.nan)):
        with pytest.raises(ValueError, match="at least 5 points that are numbers"):
            Umap.of(codes)
    assert np.isfinite(Umap.of(np.ones((8, 3))).forward(5).path[-1]).all()
    twice = np.repeat(blobs(2, 5), 2, 0)
    assert np.isfinite(Umap.of(twice).forward(20).costs).all()


def test_the_page_draws_it() -> None:
    SHELF.clear()
    VIEWS.clear()
    app = AppTest.from_file("../app.py", default_timeout=120)
    app.query_params["at"] = "20"
    app.query_params["by"] = "UMAP"
    app.run().switch_page("pages/lab/projections.py").run()
    assert not app.exception
    below = VIEWS.all()[-1]
    assert "Neighbours by UMAP" in TRAINER.frame(below, 10).text
