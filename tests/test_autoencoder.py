"""Sentences to a vector and back: what the encoder–decoder keeps, what it loses, and what lies between two codes."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from rnnviz.experiment import Experiment
from rnnviz.figures.scene import Scene
from rnnviz.film import Film, Still
from rnnviz.measure.codes import anchor, coded, codes_of, sorted_out, words_apart, written
from rnnviz.measure.decode import exact, plainly
from rnnviz.nets.seq2seq import Seq2Seq
from rnnviz.rules import Adam
from rnnviz.tasks.lines import Line
from rnnviz.tasks.pairs import PAD, STOP
from rnnviz.tasks.phrases import Phrases
from rnnviz.tasks.sentences import HEARD, HELD, PAIR, SENTENCES, Marked, Sentences, grammatical, held_out, parts
from rnnviz.tasks.spec import Batch, dice
from rnnviz.ui.downloads import stills
from rnnviz.ui.house import SHELF, VIEWS
from rnnviz.ui.wire import encode

BASE = Experiment(Sentences(), Seq2Seq(hidden=32, embedding=16, attention=False), Adam(rate=1e-2), batch=32)
TASK = Sentences()
ROOT = Path(__file__).parents[1]


def still(exp: Experiment, steps: int) -> Still:
    return Film.of(exp).forward(steps).still(steps)


@pytest.fixture(scope="module")
def young() -> Still:
    return still(BASE, 120)


def test_nothing_held_out_is_trained_on() -> None:
    corpus = TASK.corpus
    read = [" ".join(corpus.reads.words(row)) for row in corpus.source.tolist()]
    assert len(set(read)) == len(read) == SENTENCES
    assert tuple(read[corpus.trained :]) == held_out()
    assert held_out()[:2] == PAIR
    assert len(held_out()) == HELD
    assert set(read) <= grammatical()
    batch = TASK.sample(dice(0, 0), 24)
    seen = [" ".join(corpus.reads.words(row)) for row in batch.x.source.tolist()]
    assert [s in held_out() for s in seen] == batch.y.held.tolist() == [False] * 24 + [True] * HEARD


def test_the_pair_is_one_bag_of_words() -> None:
    assert words_apart(*PAIR) == 0
    assert Counter(PAIR[0].split()) == Counter(PAIR[1].split())
    assert words_apart("a virus watching a fever", "a fever watching the doctor") == 4
    assert [parts(s) for s in PAIR] == [
        ("white blood cells", "destroying", "an infection"),
        ("an infection", "destroying", "white blood cells"),
    ]
    assert [
        parts(s) for s in ("", "good morning", "a virus", "a virus helping", "a virus helping a fever at night")
    ] == [
        ("", "", ""),
        ("", "", ""),
        ("a virus", "", ""),
        ("a virus", "helping", ""),
        ("a virus", "helping", "a fever"),
    ]


def test_learns_from_the_one_and_is_marked_by_the_other() -> None:
    batch = TASK.sample(dice(3), 8)
    logits = torch.randn(*batch.y.target.shape, TASK.outputs, generator=dice(1)).requires_grad_()
    (gradient,) = torch.autograd.grad(TASK.loss(logits, batch), logits)
    assert gradient[8:].abs().sum() == 0
    assert gradient[:8].abs().sum() > 0
    right = torch.nn.functional.one_hot(batch.y.target, TASK.outputs).float()
    assert TASK.score(right, batch) == 1
    right[0] = 0  # what it learns from does not count
    assert TASK.score(right, batch) == 1
    right[8] = 0
    assert TASK.score(right, batch) == 1 - 1 / HEARD
    alone = Batch(batch.x, batch.y.target[:8])
    plain = torch.nn.functional.cross_entropy(logits[:8].flatten(0, 1), alone.y.flatten(), ignore_index=PAD)
    assert torch.isclose(TASK.loss(logits, batch), plain)
    assert isinstance(batch.y, Marked)


def test_greedy_writing_is_the_plain_loop(young) -> None:
    seen, _ = coded(young, held_out()[:6], *PAIR)
    lexicon = TASK.corpus.reads
    for read, said in zip(seen.read, seen.written, strict=True):
        words = said.removesuffix(" …").split()
        numbers = [lexicon.number[w] for w in words] + [STOP] * (not said.endswith("…"))
        logits, _ = plainly(BASE, young.state, lexicon.numbers(read.split()), [STOP, *numbers[:-1]])
        assert logits.argmax(-1).tolist() == numbers


def test_written_exactly_is_what_teacher_forcing_says(young) -> None:
    seen, _ = coded(young, held_out(), *PAIR)
    assert seen.right.mean() == pytest.approx(exact(BASE, young.state, HELD)[0], abs=1e-6)


def test_the_ends_of_the_way_are_the_two_sentences(young) -> None:
    seen, way = coded(young, PAIR, *PAIR, points=5)
    np.testing.assert_allclose(way.codes[[0, -1]], seen.codes, atol=1e-5)
    assert (way.written[0], way.written[-1]) == seen.written
    np.testing.assert_allclose(way.codes[2], seen.codes.mean(0), atol=1e-5)
    assert list(way.share) == [0, 0.25, 0.5, 0.75, 1]


def test_codes_do_not_depend_on_their_company(young) -> None:
    alone, together = codes_of(young, PAIR[:1]), codes_of(young, held_out()[:50])
    np.testing.assert_allclose(alone[0], together[0], atol=1e-5)
    assert written(young, torch.as_tensor(alone))[0] == written(young, torch.as_tensor(together))[0]


def test_any_vector_is_written_down_and_ends(young) -> None:
    far = torch.randn(20, 64, generator=dice(5)) * 100
    assert all(len(line.split()) <= 15 for line in written(young, far))


def test_lines_with_unknown_words_are_refused_and_the_others_kept() -> None:
    lines = [Line(1, "A virus chasing THE DOCTOR."), Line(4, "a unicorn chasing the doctor"), Line(5, "the " * 20)]
    known, refused = sorted_out(TASK, [*lines, Line(6, "a fever")], "mine.txt")
    assert known == ("a virus chasing the doctor", "a fever")
    assert refused == (
        "mine.txt, line 4: “unicorn” is not known here",
        "mine.txt, line 5: 20 words; expected 1 to 12",
    )


def test_other_nets_have_no_codes(young) -> None:
    attentive = BASE.change("net.attention", True)
    for exp in (attentive, BASE.change("task", Phrases())):
        with pytest.raises(TypeError, match="auto-encoders"):
            codes_of(Still(exp, young.state, young.frames), PAIR)


def test_the_anchor_is_the_same_for_every_net() -> None:
    sentences = held_out()[:30]
    assert anchor(TASK, sentences) is anchor(Sentences(), sentences)
    assert anchor(TASK, sentences).shape == (30, 2)


@pytest.fixture
def app():
    SHELF.clear()
    VIEWS.clear()
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)


def opened(app: AppTest, **address: str) -> AppTest:
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    return app.switch_page("pages/sequences/text_autoencoder.py").run()


def frame_of(step: int, until: int) -> Scene:
    (view,) = [v for v in VIEWS.all() if v.until == until]
    return view.draw(step, stills(view, step))


def test_the_pair_is_joined_by_an_arrow_with_both_distances(app) -> None:
    assert not opened(app).exception
    scene = frame_of(10, 600)
    arrow, told = scene.panels[0].figure["layout"]["annotations"]
    assert (arrow["ax"], arrow["ay"]) == pytest.approx(tuple(scene.numbers["points"][0]))
    assert (arrow["x"], arrow["y"]) == pytest.approx(tuple(scene.numbers["points"][1]))
    apart = np.linalg.norm(scene.numbers["codes"][0] - scene.numbers["codes"][1])
    assert f"bags of words 0 apart, codes {apart:.1f}" in told["text"]
    assert scene.judge is not None
    assert scene.judge.agrees
    stars = next(t for t in scene.panels[0].figure["data"] if t.get("name") == "your own")
    assert stars["text"] == ["two soldiers following two soldiers"]


def test_t_sne_begins_from_the_paused_step(app) -> None:
    assert not opened(app, at="15").exception
    assert len(VIEWS.all()) == 2
    scene = frame_of(20, 400)
    assert scene.judge is not None
    assert scene.judge.agrees
    assert len(scene.numbers["points"]) == 201


def test_a_file_is_drawn_and_its_bad_lines_are_named(app) -> None:
    opened(app)
    content = b"the spider chasing a virus\n\nthe spider reading a book\n"
    app.file_uploader[0].upload("mine.txt", content, "text/plain").run()
    assert not app.exception
    assert [w.value for w in app.warning] == ["your file, line 3: “reading” is not known here"]
    stars = next(t for t in frame_of(0, 600).panels[0].figure["data"] if t.get("name") == "your own")
    assert stars["text"] == ["two soldiers following two soldiers", "the spider chasing a virus"]


@pytest.mark.parametrize("ruin", [float("nan"), float("inf"), 1e30])
def test_a_ruined_net_is_drawn_too(app, ruin) -> None:
    opened(app)
    (view,) = VIEWS.all()
    (label, healthy), *_ = stills(view, 5).items()
    params = {k: torch.full_like(p, ruin) for k, p in healthy.state.params.items()}
    state = replace(healthy.state, params=params)
    assert encode(view.draw(5, {label: replace(healthy, state=state)})).text


@pytest.mark.slow
def test_order_survives_in_nine_of_ten_seeds() -> None:
    kept = 0
    for seed in range(10):
        seen, _ = coded(still(BASE.change("seed", seed), 600), held_out(), *PAIR)
        between = np.median([seen.apart(i, i + 1) for i in range(2, 100)])
        kept += bool(seen.right.mean() > 0.9 and seen.right[:2].all() and seen.apart(0, 1) > 0.4 * between)
    assert kept >= 9


@pytest.mark.slow
def test_eight_units_forget_what_but_not_how_in_nine_of_ten_seeds() -> None:
    small = BASE.change("net.hidden", 8)
    shown = 0
    for seed in range(10):
        seen, _ = coded(still(small.change("seed", seed), 600), held_out(), *PAIR)
        shown += bool(seen.right.mean() < 0.1 and seen.sound.mean() > 0.75)
    assert shown >= 9
