"""Encoder, decoder and attention against plain arithmetic, and what the lecture claims of them over seeds."""

import itertools

import numpy as np
import pytest
import torch

from rnnviz.experiment import Experiment
from rnnviz.film import State, advance, forward, start
from rnnviz.measure.decode import exact, generate, judged, plainly, stopping, translate, unseen_truth
from rnnviz.nets.seq2seq import Seq2Seq
from rnnviz.records.judgement import judge
from rnnviz.rules import Adam
from rnnviz.tasks.dates import Dates
from rnnviz.tasks.pairs import STOP, PairTask
from rnnviz.tasks.phrases import Phrases
from rnnviz.tasks.reversal import Reversal

KINDS = list(itertools.product(("lstm", "rnn"), (False, True), (False, True)))


def experiment(task: PairTask, rate: float = 1e-2, **net: int | str) -> Experiment:
    return Experiment(task, Seq2Seq(**({"hidden": 32} | net)), Adam(rate=rate), batch=32)  # pyright: ignore


def trained(exp: Experiment, steps: int) -> State:
    return advance(exp, start(exp), steps)[0]


@pytest.mark.parametrize(("cell", "attention", "reverse"), KINDS)
def test_fused_batch_equals_plain_steps_of_one_pair(cell: str, attention: bool, reverse: bool) -> None:
    exp = experiment(Phrases(), cell=cell, attention=attention, reverse=reverse, hidden=12)
    state = trained(exp, 5)
    batch = exp.task.corpus.unseen(4)  # pyright: ignore[reportAttributeAccessIssue]
    with torch.no_grad():
        fused = forward(exp, state.params, batch)
    for row in range(4):
        source = [s for s in batch.x.source[row].tolist() if s]
        size = int((batch.y[row] != 0).sum())
        logits, looks = plainly(exp, state, source, batch.x.shifted[row, :size].tolist())
        assert judge("logits", fused.logits[row, :size], logits, 1e-5).agrees
        seen = fused.states["attention"][row, :size]
        assert seen.shape[1] == (batch.x.source.shape[1] if attention else 0)
        if attention:
            assert judge("attention", seen[:, : len(source)], looks, 1e-5).agrees
            assert float(seen[:, len(source) :].abs().sum()) == 0  # nothing is looked at beyond the end


@pytest.mark.parametrize(("cell", "attention", "reverse"), KINDS)
def test_what_is_written_does_not_depend_on_the_rest_of_the_batch(cell: str, attention: bool, reverse: bool) -> None:
    exp = experiment(Dates(), cell=cell, attention=attention, reverse=reverse, hidden=12)
    state, source = trained(exp, 5), Dates().corpus.unseen(6).x.source
    assert len(set((source != 0).sum(1).tolist())) > 1
    together = generate(exp.net, state.params, source, 15)  # pyright: ignore[reportArgumentType]
    for row in range(6):
        alone = generate(exp.net, state.params, source[row : row + 1, : int((source[row] != 0).sum())], 15)  # pyright: ignore
        size = alone.numbers.shape[1]
        assert torch.equal(together.numbers[row, :size], alone.numbers[0])
        assert torch.allclose(together.log_prob[row, :size], alone.log_prob[0], atol=1e-5)


def test_greedy_writing_is_right_exactly_where_teacher_forcing_is() -> None:
    exp = experiment(Phrases())
    state = trained(exp, 120)
    batch = Phrases().corpus.unseen(64)
    done = generate(exp.net, state.params, batch.x.source, batch.y.shape[1])  # pyright: ignore[reportArgumentType]
    wide = torch.zeros_like(batch.y)
    wide[:, : done.numbers.shape[1]] = done.numbers
    assert exact(exp, state)[0] == pytest.approx(float((wide == batch.y).all(1).float().mean()))


def test_greedy_log_probabilities_are_those_of_the_same_output_under_a_teacher() -> None:
    exp = experiment(Phrases())
    state = trained(exp, 30)
    seen = translate(exp, state, "two big dogs")
    ours, theirs = judged(exp, state, seen)
    assert judge("logits and attention", ours, theirs, 1e-5).agrees
    logits = theirs[:, : exp.task.outputs]
    best = logits.max(1) - np.log(np.exp(logits).sum(1))
    assert np.abs(best - seen.log_prob).max() < 1e-5
    assert np.abs(theirs[:, exp.task.outputs :] - seen.attention).max() < 1e-5


def test_a_forced_look_replaces_one_row_and_all_that_is_written_before_stays() -> None:
    exp = experiment(Phrases())
    state = trained(exp, 100)
    free = translate(exp, state, "two big dogs see my teacher at home")
    forced = translate(exp, state, "two big dogs see my teacher at home", force=(2, 5))
    assert forced.attention[2].tolist() == [0, 0, 0, 0, 0, 1, 0, 0]
    assert forced.output[:2] == free.output[:2]
    assert np.allclose(forced.attention[:2], free.attention[:2])


def test_truth_of_the_held_out_pairs_covers_all_that_is_written() -> None:
    for task in (Phrases(), Dates(), Reversal()):
        truth, batch = unseen_truth(task, 32), task.corpus.unseen(32)
        assert not (truth & (batch.x.source == 0).numpy()[:, None]).any()
        silent = {STOP, 0, task.corpus.writes.number.get("-", 0)}
        translated = ~np.isin(batch.y.numpy(), list(silent))
        assert np.array_equal(truth.any(-1), translated)


def test_the_code_is_the_last_state_of_the_encoder() -> None:
    exp = experiment(Dates(), hidden=12)
    batch = exp.task.sample(torch.Generator().manual_seed(1), 3)
    assert forward(exp, start(exp).params, batch).states["code"].shape == (3, 1, 24)


def page(task: PairTask, seed: int) -> Experiment:
    """What the page alignment trains."""
    return Experiment(task, Seq2Seq(hidden=32), Adam(rate=0.02, schedule="decay", over=400), batch=32, seed=seed)


@pytest.mark.slow
@pytest.mark.parametrize("task", [Phrases(), Dates(), Reversal()], ids=repr)
def test_attention_translates_and_the_fixed_vector_does_not_in_nine_of_ten_seeds(task: PairTask) -> None:
    shown = 0
    for seed in range(10):
        exp = page(task, seed)
        fixed = exp.change("net.attention", False)
        shown += exact(exp, trained(exp, 400), 400)[0] > 0.8 and exact(fixed, trained(fixed, 400), 400)[0] < 0.6
    assert shown >= 9


@pytest.mark.slow
def test_without_the_stop_symbol_nothing_stops_in_ten_seeds() -> None:
    for seed in range(10):
        assert stopping(page(Phrases(stop=False), seed), trained(page(Phrases(stop=False), seed), 150)) == 0
        assert stopping(page(Phrases(), seed), trained(page(Phrases(), seed), 150)) > 0.95
