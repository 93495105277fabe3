"""Runs as text: what goes out comes back, nothing is executed, and what a visitor typed stays with the visitor."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from rnnviz.experiment import Experiment
from rnnviz.film import Film
from rnnviz.measure.replay import last_losses
from rnnviz.nets.irnn import Irnn
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.nets.unit import Unit
from rnnviz.rules import Adam, Sgd
from rnnviz.tasks.characters import Characters
from rnnviz.tasks.own_pairs import OwnPairs
from rnnviz.tasks.recall import Recall
from rnnviz.tasks.target import Target
from rnnviz.ui.house import SHELF, VIEWS
from rnnviz.ui.reel import Reel
from rnnviz.ui.runs import ancestry, differences, on_the_shelf
from rnnviz.ui.view import View
from rnnviz.ui.written import PARTS, name_of, read, written

BASE = Experiment(Recall(lag=3), Rnn(4), Sgd(rate=0.5), batch=4)
CUT = Reel(BASE.change("rule.clip", 0.1), Reel(BASE), 5)

rates = st.floats(1e-4, 10.0)
nets = st.one_of(st.builds(Rnn, st.integers(1, 256)), st.builds(Irnn, scale=st.floats(0, 2)), st.builds(Lstm))
experiments = st.builds(
    Experiment,
    st.builds(Recall, st.integers(1, 200)),
    nets,
    st.one_of(st.builds(Sgd, rates), st.builds(Adam, rates)),
    st.integers(1, 1024),
    st.integers(0, 9999),
)


@given(st.lists(experiments, min_size=1, max_size=3), st.integers(0, 99999))
def test_what_is_written_is_read(line, at) -> None:
    reel = Reel(line[0])
    for exp in line[1:]:
        reel = Reel(exp, reel, at)
    assert read(written(reel)) == reel
    assert read(written(reel)).key == reel.key
    assert name_of(reel)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Recall()",
        "Recall(), Rnn(), Sgd(), Sgd()",
        "Recall(lag=999), Rnn(), Sgd()",
        "Recall(lag=[1]), Rnn(), Sgd()",
        "Recall(lag=open('x')), Rnn(), Sgd()",
        "__import__('os').system('true'), Rnn(), Sgd()",
        "Recall(), Rnn(), Sgd(rate=(lambda: 1)())",
        "Recall(), Rnn(), Sgd(), **{}",
        "Recall(), Rnn(), Sgd()) + print(1",
        "Recall(), Rnn(), Sgd() @5",
        "OwnPairs(), Rnn(), Sgd()",
        "Characters(words='a visitor’s own words'), Rnn(), Sgd()",
        "Recall(), Rnn(), Sgd(), task=1",
        "(" * 400 + ")" * 400,
        "x" * 5000,
    ],
)
def test_anything_else_is_refused(text) -> None:
    with pytest.raises(ValueError, match=r"no run|characters|outside|somebody's own"):
        read(text)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text) -> None:
    with contextlib.suppress(ValueError):
        read(text)


def test_only_settings_are_shown_to_others() -> None:
    SHELF.clear()
    VIEWS.clear()
    open_to_all = [Reel(BASE), CUT, Reel(Experiment(Characters(), Rnn(4), Sgd()))]
    own = [
        Reel(Experiment(Characters(words=3 * "my own diary, line by line. "), Rnn(4), Sgd())),
        Reel(Experiment(OwnPairs(), Rnn(4), Sgd())),
    ]
    reels = {str(i): reel for i, reel in enumerate([*open_to_all, *own])}
    for reel in reels.values():
        film = reel.opened(Film.of(BASE).forward(5))
        SHELF.put(film.key, film, film.nbytes)
    VIEWS.add(View("pages/training/clipping.py", lambda: None, reels, (), 10, 1))  # type: ignore[arg-type]
    found = on_the_shelf()
    assert set(found) == {written(reel) for reel in open_to_all}
    assert all(name.startswith("Clipping: ") for name in found.values())
    assert "diary" not in repr(found)
    SHELF.clear()
    assert not on_the_shelf()


def test_differences_and_ancestry() -> None:
    runs = {"A": Reel(BASE), "B": CUT, "C": Reel(BASE.change("net", Lstm(4)))}
    assert differences(runs) == (
        ("Clip the gradient at", "off", "0.1", "off"),
        ("Net", "Rnn hidden 4", "Rnn hidden 4", "Lstm hidden 4"),
    )
    assert ancestry(runs) == (("A", 0, -1), ("B", 5, 0), ("C", 0, -1))
    assert ancestry({"B": CUT}) == (("", 0, -1), ("B", 5, 0))


@pytest.mark.parametrize("reel", [Reel(BASE), CUT, Reel(Experiment(Target(), Unit(), Sgd(clip=1.0), batch=1))])
def test_a_run_of_a_link_is_the_film_replayed_from_any_keyframe(reel) -> None:
    again = read(written(reel))
    parent = Film.of(again.parent.exp).forward(again.at) if again.parent else None
    film = again.opened(parent).forward(9).forward(8).forward(7)
    before = film.at(film.step - 1)
    near = max((k for k in film.keyframes if k.step < before.step), key=lambda k: k.step)
    replay = Film(film.exp, near, film.frames[: near.step - film.first], (near,)).forward(film.step - near.step)
    assert replay.frames.loss[-1] == film.frames.loss[-1]
    ours, theirs = last_losses(film.still(film.step))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_the_link_opens_its_runs() -> None:
    SHELF.clear()
    VIEWS.clear()
    app = AppTest.from_file("../app.py", default_timeout=120)
    app.query_params["run"] = [written(Reel(BASE)), written(CUT), "nonsense"]
    app.run().switch_page("pages/lab/compare.py").run()
    assert not app.exception
    (view,) = VIEWS.all()
    assert list(view.reels.values()) == [Reel(BASE), CUT]


def test_names_of_parts_are_unique() -> None:
    assert all(PARTS[name].__name__ == name for name in PARTS)


@pytest.mark.slow
def test_clipping_saves_a_net_from_the_start_but_not_after_its_ruin() -> None:
    good = 0
    for seed in range(10):
        exp = Experiment(Characters(), Rnn(hidden=48, spread=1.5), Sgd(rate=2.0), batch=16, seed=seed)
        free = Film.of(exp).forward(40)
        late = free.fork(exp.change("rule.clip", 0.5), 40).forward(200)
        early = Film.of(exp.change("rule.clip", 0.5)).forward(240)
        ends = [f.frames.loss[-20:].mean() for f in (free.forward(200), late, early)]
        good += ends[0] > 2 and ends[1] > 2 and ends[2] < 1
    assert good >= 9
