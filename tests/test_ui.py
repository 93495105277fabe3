"""The live screen without a browser: wire, shelf, trainer, views, forks of a link, scripts."""

import base64
import json
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.experiment import Experiment
from rnnviz.figures.scene import Panel, Scene
from rnnviz.film import Film
from rnnviz.nets.simple import Rnn
from rnnviz.records.judgement import judge
from rnnviz.rules import Adam, Sgd
from rnnviz.tasks.characters import Characters
from rnnviz.ui.controls import stops
from rnnviz.ui.forks import _parsed
from rnnviz.ui.reel import Reel, reel
from rnnviz.ui.script import script
from rnnviz.ui.server import _question
from rnnviz.ui.shelf import Shelf
from rnnviz.ui.trainer import Pull, Trainer
from rnnviz.ui.view import Fork, View, Views
from rnnviz.ui.wire import Encoded, encode
from rnnviz.ui.workers import Workers

SMALL = Experiment(Characters(length=8), Rnn(hidden=6), Sgd(), batch=4)


@dataclass(frozen=True)
class Broken(Sgd):
    """A rule that throws."""

    def update(self, grads, memory, step):
        raise ArithmeticError("no rule")


def loss_scene(step, runs, *looks):
    data = [{"type": "scatter", "y": still.frames.loss, "name": name} for name, still in runs.items()]
    return Scene(
        (Panel("Loss", {"data": data, "layout": {}}, alt="loss"),), judge("a against b", 1.0, 1.0, 0), f"step {step}"
    )


def view(until=40, **runs):
    return View("page", loss_scene, {k: reel(v) for k, v in (runs or {"a": SMALL}).items()}, (), until, 5)


def revived(encoded: Encoded):
    blobs = {k: json.loads(v) for k, v in encoded.blobs.items()}

    def walk(value):
        if isinstance(value, list):
            return [walk(v) for v in value]
        if isinstance(value, dict):
            if "$" not in value:
                return {k: walk(v) for k, v in value.items()}
            blob = blobs[value["$"]]
            flat = np.frombuffer(base64.b64decode(blob["bdata"]), dtype="<" + blob["dtype"])
            return flat.reshape([int(n) for n in blob["shape"].split(",")]) if "shape" in blob else flat
        return value

    return walk(json.loads(encoded.text))


def plot(z):
    return Scene((Panel("p", {"data": [{"z": z}], "layout": {}}, alt="p"),))


@settings(max_examples=40)
@given(
    kind=st.sampled_from(["float32", "float64", "int8", "uint8", "int16", "int64", "bool"]),
    shape=st.sampled_from([(0,), (3,), (100,), (20, 30), (3, 4, 5)]),
)
def test_arrays_come_out_of_the_wire_as_they_went_in(kind, shape) -> None:
    array = (np.random.default_rng(0).normal(size=shape) * 50).astype(kind)
    z = np.asarray(revived(encode(plot(array)))["panels"][0]["figure"]["data"][0]["z"])
    np.testing.assert_array_equal(z.reshape(shape).astype(float), array.astype(float))


def test_numbers_that_json_does_not_have_become_nothing() -> None:
    text = encode(plot([1.0, float("nan"), np.float64("inf")])).text
    assert json.loads(text)["panels"][0]["figure"]["data"][0]["z"] == [1.0, None, None]


def test_an_array_that_stays_is_sent_once() -> None:
    still, moving = np.arange(100.0), np.arange(50.0)
    first = encode(plot([still, moving]))
    second = encode(plot([still, moving + 1]))
    assert len(json.loads(first.message())["blobs"]) == 2
    assert len(json.loads(second.message(frozenset(first.blobs)))["blobs"]) == 1


def test_the_shelf_stays_within_its_room_and_keeps_what_is_used() -> None:
    shelf = Shelf(room=100)
    for i in range(10):
        shelf.put(i, str(i), 20)
        shelf.get(0)
    assert shelf.size <= 100
    assert shelf.get(0) == "0"
    assert shelf.get(1) is None
    shelf.put(0, "again", 30)
    assert shelf.size <= 110


def test_a_frame_is_made_once_for_everybody() -> None:
    trainer, drawn = Trainer(Shelf()), []

    def scene(step, runs):
        drawn.append(step)
        return plot(runs["a"].frames.loss)

    mine, yours = (View("page", scene, {"a": reel(SMALL)}, (), 40, 5) for _ in "ab")
    assert mine.token != yours.token
    assert trainer.frame(mine, 20) is trainer.frame(yours, 20)
    assert drawn == [20]


def test_who_looks_elsewhere_at_a_film_that_has_run_on_trains_nothing_again(monkeypatch) -> None:
    trainer = Trainer(Shelf())
    here = view(until=400)
    there = replace(here, looks=("another",))
    ahead = [trainer.frame(here, step) for step in range(0, 401, 5)]
    trained = []
    monkeypatch.setattr("rnnviz.film.advance", lambda *asked: trained.append(asked))
    assert [trainer.frame(there, step).text for step in range(0, 401, 5)] == [frame.text for frame in ahead]
    assert not trained


def test_slices_lead_to_the_same_frame_as_one_long_training() -> None:
    exp = SMALL.change("batch", 64)
    trainer = Trainer(Shelf())
    turns = 0
    while not isinstance(trainer.turn(view(a=exp), 400), Encoded):
        turns += 1
    assert turns > 1
    film = trainer.shelf.get(exp.key)
    np.testing.assert_array_equal(film.frames.loss, Film.of(exp).forward(400).frames.loss)


def test_a_run_that_throws_hurts_nobody_else() -> None:
    trainer, said = Trainer(Shelf()), {}

    def broken(step, runs):
        raise RuntimeError("the scene is broken")

    bad = View("page", broken, {"a": reel(SMALL)}, (), 40, 5)
    trainer.ask(Pull(bad, 5, lambda a: said.setdefault("bad", a)))
    trainer.ask(Pull(view(), 40, lambda a: said.setdefault("good", a)))
    end = time.monotonic() + 20
    while len(said) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert said["bad"] == "RuntimeError: the scene is broken"
    assert isinstance(said["good"], (Encoded, tuple))


def test_nothing_runs_for_a_browser_that_has_gone() -> None:
    trainer, said = Trainer(Shelf()), []
    endless = view(until=10**6, a=SMALL.change("batch", 1024))
    pull = Pull(endless, 10**6, said.append)
    trainer.ask(pull)
    end = time.monotonic() + 20
    while not trainer.slices and time.monotonic() < end:
        time.sleep(0.01)
    pull.gone = True
    time.sleep(0.3)
    before = trainer.slices
    time.sleep(0.3)
    assert before > 0
    assert trainer.slices == before


def test_a_fork_is_drawn_beside_its_run_and_parts_at_its_step() -> None:
    exp = SMALL.change("rule.rate", 1.0)
    fork = Fork("a", Reel(exp, Reel(SMALL), 10), "a, faster")
    forked = View("page", loss_scene, {"a": reel(SMALL)}, (), 40, 5, (fork,))
    trainer = Trainer(Shelf())
    early = revived(trainer.frame(forked, 5))["panels"][0]["figure"]["data"]
    late = revived(trainer.frame(forked, 40))["panels"]
    assert [p["title"] for p in late] == ["The run and its fork", "Loss", "Loss · a, faster"]
    assert len(early[0]["y"]) == len(early[1]["y"]) == 5
    one, other = (np.asarray(t["y"]) for t in late[0]["figure"]["data"])
    np.testing.assert_array_equal(one[:10], other[:10])
    assert not np.allclose(one[12:], other[12:])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0~x~rule.rate~1",
        "9~5~rule.rate~1",
        "0~5~rule.rate~-1",
        "0~5~net~1",
        "0~99~rule.rate~1",
        "0~5~rule.rate~nan",
        "~~~",
        "0~5~task.nothing~1",
    ],
)
def test_a_fork_in_the_link_that_makes_no_sense_is_left_out(text) -> None:
    assert _parsed(text, {"a": reel(SMALL)}, 40) is None


def test_a_fork_in_the_link_is_the_fork() -> None:
    fork = _parsed("0~5~rule.rate~1.0", {"a": reel(SMALL)}, 40)
    assert fork is not None
    assert fork.reel.exp.rule.rate == 1.0
    assert fork.words == "a, Learning rate = 1 from step 5"


@given(st.text(max_size=50))
def test_whatever_a_browser_sends_is_a_question_or_nothing(text) -> None:
    assert _question(text) is None or isinstance(_question(text), tuple)


def test_questions_are_understood() -> None:
    assert _question('{"id": 1, "view": "x", "step": 5}') == (1, "x", 5)
    assert _question('{"id": 1, "view": "x", "step": 1e999}') is None
    assert _question("[]") is None


def test_views_are_bounded_and_replaced() -> None:
    views = Views()
    first, second = view(), view()
    views.add(first)
    views.add(second, instead=first.token)
    assert views.get(first.token) is None
    assert views.all() == [second]


def test_every_stop_of_a_slider_is_legal() -> None:
    from rnnviz.settings import Range, declarations

    for spec in (Sgd(), Adam(), Rnn(), Characters()):
        for name, declared in declarations(spec).items():
            if isinstance(declared, Range):
                positions = stops(declared, getattr(spec, name))
                assert getattr(spec, name) in positions
                assert positions[0] == declared.low
                assert positions[-1] == declared.high
                assert all(declared.fault(p) is None for p in positions)


def test_the_script_alone_gives_the_same_numbers(tmp_path: Path) -> None:
    parent = Reel(SMALL.change("rule", Adam(clip=0.5)))
    fork = Reel(parent.exp.change("rule.rate", 0.05), parent, 7)
    (tmp_path / "run.py").write_text(script("Title", "run", {"a run": parent, "its fork": fork}, 12), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", "run.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    film = Film.of(parent.exp).forward(12)
    forked = Film.of(parent.exp).forward(7).fork(fork.exp, 7).forward(5)
    assert (tmp_path / "run.a_run.csv").read_text() == film.frames.csv()
    assert (tmp_path / "run.its_fork.csv").read_text() == forked.frames.csv()


def test_workers_give_the_same_frame_as_the_trainer_itself() -> None:
    same_elsewhere(Workers.here(1))


def test_a_cluster_gives_the_same_frame_as_the_trainer_itself() -> None:
    distributed = pytest.importorskip("distributed", reason="Dask's distributed is not installed")
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        same_elsewhere(Workers.there(cluster.scheduler_address))


def test_a_scheduler_that_is_not_there_is_told(monkeypatch) -> None:
    monkeypatch.setattr("rnnviz.ui.workers.SOON", 1)
    monkeypatch.setenv("RNNVIZ_SCHEDULER", "tcp://127.0.0.1:9")
    with pytest.raises(
        RuntimeError, match=r"RNNVIZ_SCHEDULER=tcp://127.0.0.1:9: .*expected the address of a Dask scheduler"
    ):
        Workers.wanted()


def test_without_a_word_in_the_environment_the_trainer_trains(monkeypatch) -> None:
    for name in ("RNNVIZ_SCHEDULER", "RNNVIZ_WORKERS"):
        monkeypatch.delenv(name, raising=False)
    assert Workers.wanted() is None


def same_elsewhere(workers: Workers) -> None:
    try:
        elsewhere, here = Trainer(Shelf(), workers), Trainer(Shelf())
        assert elsewhere.frame(view(), 40).text == here.frame(view(), 40).text
        bad = view(a=Experiment(Characters(length=8), Rnn(hidden=6), Broken(), batch=4))
        with pytest.raises(RuntimeError, match="no rule"):
            elsewhere.frame(bad, 5)
        assert elsewhere.frame(view(), 20).text == here.frame(view(), 20).text
    finally:
        workers.close()
