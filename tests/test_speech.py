"""The corpus, what the net hears of it, and how its answers are marked."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnnviz.experiment import Experiment
from rnnviz.film import advance, forward, start
from rnnviz.measure import recognise
from rnnviz.nets.simple import Lstm
from rnnviz.records.utterance import Reading
from rnnviz.rules import Adam
from rnnviz.tasks import speech
from rnnviz.tasks.audio import BANDS, HOP, POINTS, RATE, STACK, STEP, WIDTH, WINDOW, bands, features, spectrogram
from rnnviz.tasks.corpus import make, packs
from rnnviz.tasks.corpus.packs import HERE, pack
from rnnviz.tasks.corpus.plans import DIGITS, PLANS, TRAIN, UNSEEN, WORDS
from rnnviz.tasks.spec import Batch, dice
from rnnviz.tasks.speech import NONE, Speech, Spoken, evenly, exact, transcripts
from rnnviz.tasks.wav import Sound, resampled
from rnnviz.tasks.wav import read as read_wav

RECIPE = Experiment(Speech(), Lstm(hidden=64), Adam(rate=0.005, clip=5.0, schedule="decay", over=120))


# --- the corpus


def test_the_pack_is_complete():
    spoken = pack("haobang")
    by = {split: [u for u in spoken if u.split == split] for split in ("train", "unseen", "longer")}
    assert {split: len(us) for split, us in by.items()} == {"train": 26 * 16, "unseen": 6 * 16 * 2, "longer": 6 * 4}
    assert not {u.speaker for u in by["train"]} & {u.speaker for u in by["unseen"] + by["longer"]}
    assert {u.text for u in by["train"]} == {u.text for u in by["unseen"]}
    assert not {u.text for u in by["train"]} & {u.text for u in by["longer"]}
    assert {u.way for u in by["train"]} == {"joined", "apart"}
    assert 400 < sum(u.seconds for u in spoken) < 520


def test_every_voice_says_every_digit_and_every_word():
    digits = {split: [u for u in pack("digits") if u.split == split] for split in ("train", "unseen", "longer")}
    assert {split: len(us) for split, us in digits.items()} == {"train": 26 * 18, "unseen": 6 * 26, "longer": 6 * 4}
    for us in (digits["train"], digits["unseen"]):
        for speaker in {u.speaker for u in us}:
            assert {u.text for u in us if u.speaker == speaker} >= set(DIGITS)
    assert {len(u.units) for u in digits["train"]} == {1, 2, 3, 4, 5}
    assert {len(u.units) for u in digits["longer"]} <= {6, 7, 8}
    said = {speaker: {u.text for u in pack("words") if u.speaker == speaker} for speaker in TRAIN + UNSEEN}
    assert all(texts == set(WORDS) for texts in said.values())
    assert len(set(WORDS)) == len(WORDS) == 76


def test_words_that_sound_alike_differ_in_one_phoneme():
    phones = {u.text: u.phones[0] for u in pack("words")}
    assert len(set(phones.values())) == len(WORDS)
    for one, other in (("fear", "near"), ("fame", "name"), ("light", "right"), ("bat", "pat"), ("see", "she")):
        assert len(phones[one]) == len(phones[other])
        assert sum(a != b for a, b in zip(phones[one], phones[other], strict=True)) == 1


@pytest.mark.parametrize("name", PLANS)
def test_every_utterance_is_loud_and_its_marks_fit(name):
    for u in pack(name):
        assert 0.1 * len(u.units) < u.seconds < 0.8 * len(u.units)
        assert 0.3 < np.abs(u.samples).max() < 1.2
        flat = [t for mark in u.marks for t in mark]
        assert len(u.marks) == len(u.units) == len(u.phones)
        assert flat == sorted(flat)
        assert flat[0] >= 0
        assert flat[-1] <= u.seconds + 1e-9


def test_the_packs_are_small():
    assert sum(file.stat().st_size for file in HERE.iterdir() if file.is_file()) < 4_000_000


def test_utterances_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        pack("haobang")[0].samples[0] = 1


@pytest.fixture
def synthesiser():
    try:
        make.espeak()
    except OSError:
        pytest.skip("libespeak-ng is not installed")


@pytest.mark.usefixtures("synthesiser")
@pytest.mark.parametrize("name", PLANS)
def test_a_rebuilt_utterance_is_as_long_as_the_shipped_one(name):
    longer = []
    for line, shipped in list(zip(PLANS[name].lines(), pack(name), strict=True))[::40]:
        samples, marks = make.spoken(line, PLANS[name].voice)
        assert (line.split, line.speaker, line.units) == (shipped.split, shipped.speaker, shipped.units)
        longer.append(len(samples) / RATE - shipped.seconds)
        assert np.shape(marks) == np.shape(shipped.marks)
    assert np.median(np.abs(longer)) < 0.01
    assert np.abs(longer).max() < 0.15  # a breathy end may fall under the silence or not


# --- features


def test_spectrogram_is_a_plain_fourier_sum():
    x = torch.randn(500, generator=dice(1))
    lifted = x.double().numpy().copy()
    lifted[1:] -= 0.97 * x.double().numpy()[:-1]
    left = (POINTS - WINDOW) // 2  # torch centres the window in the transform
    window = np.zeros(POINTS)
    window[left : left + WINDOW] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))
    frames = []
    for first in range(0, 500 - POINTS + 1, HOP):
        piece = lifted[first : first + POINTS] * window
        wave = [sum(piece * np.exp(-2j * np.pi * k * np.arange(POINTS) / POINTS)) for k in range(POINTS // 2 + 1)]
        frames.append(np.log(np.abs(wave) ** 2 @ bands().double().numpy() + 1e-6))
    np.testing.assert_allclose(spectrogram(x), np.array(frames), rtol=1e-3, atol=1e-3)


def test_no_band_is_deaf_and_each_hears_its_own_pitch():
    assert bands().shape == (POINTS // 2 + 1, BANDS)
    assert (bands().sum(0) > 0).all()
    loudest = []
    for hertz in (150, 400, 1000, 2000, 3500):
        tone = torch.sin(2 * math.pi * hertz * torch.arange(4000) / RATE)
        loudest.append(int(spectrogram(tone).mean(0).argmax()))
    assert loudest == sorted(set(loudest))


def test_features_are_three_frames_side_by_side_and_normed():
    u = pack("haobang")[40]
    heads = features(torch.from_numpy(u.samples.copy()))
    assert heads.shape[1] == WIDTH == STACK * BANDS
    assert len(heads) * STEP == pytest.approx(u.seconds, abs=0.07)
    frames = heads.reshape(-1, BANDS)
    assert frames.mean(0).abs().max() < 0.2
    assert (frames.std(0) - 1).abs().max() < 0.3


@pytest.mark.parametrize("length", [1, 100, 255, 256, 400, 700])
def test_short_sounds_have_features_too(length):
    assert torch.isfinite(features(torch.rand(length))).all()


# --- how it is marked


def plain(best: list[int], blank: int | None) -> list[int]:
    return [k for k, _ in itertools.groupby(best) if k != blank]


@given(
    st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=9), min_size=1, max_size=4), st.sampled_from([0, None])
)
def test_transcripts_trim_repeats_and_drop_blanks(rows, blank):
    longest = max(map(len, rows))
    best = torch.tensor([r + [1] * (longest - len(r)) for r in rows])
    found = transcripts(best, torch.tensor([len(r) for r in rows]), blank)
    assert [[k for k in row if k != NONE] for row in found.tolist()] == [plain(r, blank) for r in rows]


def test_exact_wants_the_whole_row():
    a = torch.tensor([[1, 2, NONE], [1, 2, 1], [2, NONE, NONE]])
    b = torch.tensor([[1, 2], [1, 2], [1, NONE]])
    assert exact(a, b).tolist() == [True, False, False]


def test_evenly_gives_every_symbol_its_share():
    units, steps = torch.tensor([[1, 2, 2], [0, NONE, NONE]]), torch.tensor([7, 2])
    assert evenly(units, steps, 8).tolist() == [[1, 1, 1, 2, 2, 2, 2, NONE], [0, 0, *[NONE] * 6]]


def test_ctc_loss_is_the_sum_over_all_alignments():
    task = Speech()
    logits = torch.randn(2, 5, 3, generator=dice(3))
    said = Spoken(torch.tensor([5, 4]), torch.tensor([[1, 2, 2], [2, NONE, NONE]]), 2)
    nats = []
    for row, (steps, label) in enumerate([(5, [1, 2, 2]), (4, [2])]):
        p = logits[row].double().softmax(-1)
        paths = itertools.product(range(3), repeat=steps)
        nats.append(
            -math.log(
                sum(math.prod(p[t, k].item() for t, k in enumerate(q)) for q in paths if plain(list(q), 0) == label)
            )
        )
    assert task.loss(logits, Batch(None, said)).item() == pytest.approx(np.mean(nats), abs=1e-6)


@pytest.mark.parametrize("reading", ["CTC", "trimming"])
def test_the_exam_is_marked_and_never_learnt_from(reading):
    task = Speech(reading=reading)
    batch = task.sample(dice(0, 7), 8)
    assert batch.x.shape[0] == 8 + task.exam
    assert batch.x.shape[2] == task.inputs
    logits = torch.randn(*batch.x.shape[:2], task.outputs, generator=dice(4)).requires_grad_()
    (slope,) = torch.autograd.grad(task.loss(logits, batch), logits)
    assert slope[:8].abs().sum() > 0
    assert not slope[8:].any()
    for row, steps in enumerate(batch.y.steps.tolist()):
        assert not slope[row, steps:].any()
        assert not batch.x[row, steps:].any()


def test_a_perfect_net_is_marked_one_and_trimming_fails_on_repeats():
    for reading, wanted in (("CTC", 1.0), ("trimming", 0.375)):
        task = Speech(reading=reading, exam=64)
        whole = task.split("unseen")
        batch = Batch(whole.x, Spoken(whole.steps, whole.units, 0))
        logits = torch.zeros(*whole.x.shape[:2], task.outputs)
        for row, u in enumerate(whole.spoken):
            for i, (begin, end) in enumerate(u.marks):
                first, last = int(begin / STEP), max(int(begin / STEP) + 1, int(end / STEP) - 1)
                logits[row, first : last if task.blank is not None else None, whole.units[row, i]] = 9.0 + i
        assert task.score(logits, batch) == pytest.approx(wanted)


def test_noise_reaches_only_what_is_trained_on():
    clear, noisy = (Speech(noise=n).sample(dice(5), 4) for n in (0.0, 1.0))
    assert not torch.equal(clear.x[:4], noisy.x[:4])
    assert torch.equal(clear.x[4:], noisy.x[4:])


@pytest.mark.parametrize("reading", ["CTC", "trimming"])
def test_training_in_pieces_is_training_at_once(reading):
    exp = RECIPE.change("task.reading", reading)
    whole, frames = advance(exp, start(exp), 4)
    half, first = advance(exp, start(exp), 2)
    rest, second = advance(exp, half, 2)
    assert all(torch.equal(whole.params[k], rest.params[k]) for k in whole.params)
    np.testing.assert_array_equal(frames.loss, (first + second).loss)


# --- what the page shows of it


@pytest.fixture(scope="module")
def trained():
    return RECIPE, advance(RECIPE, start(RECIPE), 70)[0]


def test_a_reading_is_what_its_record_says(trained):
    exp, state = trained
    spoken = recognise.utterance("好棒棒", "Andrea", "joined")
    read = recognise.reading(exp, state, spoken)
    np.testing.assert_allclose(read.probs.sum(1), 1, atol=1e-12)
    best = [exp.task.symbols[k] for k in plain(read.log_probs.argmax(1).tolist(), 0)]
    assert read.greedy == "".join(best) == "好棒棒"
    assert all(read.symbols[k] == c for (_, k), c in zip(read.spikes, "好棒棒", strict=True))
    for (step, _), (begin, _) in zip(read.spikes, spoken.marks, strict=True):
        assert begin - 0.05 < read.middles[step] < begin + 0.35


def test_the_exam_is_the_task_s_own_mark(trained):
    exp, state = trained
    whole = exp.task.split("unseen")
    logits = forward(exp, state.params, Batch(whole.x, None)).logits
    mark = exp.task.score(logits, Batch(whole.x, Spoken(whole.steps, whole.units, 0)))
    found = recognise.exam(exp, state)
    assert found.over() == pytest.approx(float(mark))
    assert found.count.sum() == 192
    assert found.repeats.sum() == 10
    assert not dict(zip(found.phrase, found.repeats, strict=True))["好棒好"]


def test_every_listed_utterance_fits_its_lattice():
    task = Speech()
    for split in ("unseen", "longer"):
        for steps, units in zip(task.split(split).steps.tolist(), task.split(split).units.tolist(), strict=True):
            label = [k for k in units if k != NONE]
            assert steps >= len(label) + sum(a == b for a, b in itertools.pairwise(label))


def test_torch_s_gradient_is_probability_minus_gamma(trained):
    from rnnviz.measure.ctc import lattice

    exp, state = trained
    spoken = recognise.utterance("棒棒好", "quincy", "apart")
    read = recognise.reading(exp, state, spoken)
    label = read.numbers(spoken.units)
    nats, slope = recognise.torch_ctc(read.log_probs, label)
    sums = lattice(read.log_probs, label)
    assert nats == pytest.approx(-sums.log_prob, abs=1e-9)
    np.testing.assert_allclose(slope, sums.gradient, atol=1e-9)


def test_the_likeliest_transcript_is_found_by_listing(trained):
    from rnnviz.measure.ctc import listed

    exp, state = trained
    read = recognise.reading(exp, state, recognise.utterance("棒", "Andrea", "joined"))
    short = Reading(read.log_probs[:7], read.symbols, read.blank, read.hop)
    wanted = {"".join(short.symbols[k] for k in found): p for found, p in listed(short.log_probs).items()}
    for text, p in recognise.likeliest(short, beam=10_000).items():
        assert p == pytest.approx(wanted[text], rel=1e-9)


def test_looking_changes_nothing(trained):
    exp, state = trained
    before = {k: v.clone() for k, v in state.params.items()}
    recognise.exam(exp, state)
    recognise.reading(exp, state, recognise.utterance("好", "paul", "joined"))
    assert all(torch.equal(before[k], state.params[k]) for k in before)


def test_nobody_says_what_was_never_recorded():
    with pytest.raises(KeyError, match="nobody called default says 好"):
        recognise.utterance("好", "default", "joined")


def test_silence_around_a_recording_is_cut_off(trained):
    exp, state = trained
    spoken = recognise.utterance("好棒棒", "Andrea", "joined")
    quiet = 1e-3 * np.random.default_rng(0).standard_normal(RATE)
    own = recognise.speech_of(Sound.of(np.concatenate([quiet, 0.3 * spoken.samples, quiet])))
    assert own.seconds == pytest.approx(spoken.seconds, abs=0.1)
    assert recognise.reading(exp, state, own).greedy == "好棒棒"
    long = recognise.speech_of(Sound.of(np.tile(spoken.samples, 60)))
    assert long.seconds == recognise.LONGEST


def test_recordings_of_people_are_heard_without_complaint(trained):
    files = sorted((Path(__file__).parents[2] / "shared/data/fsdd/recordings").glob("*.wav"))
    if not files:
        pytest.skip("shared/data/fsdd is not here")
    exp, state = trained
    for file in files[::100]:
        own = recognise.speech_of(read_wav(file.read_bytes(), file.name))
        assert set(recognise.reading(exp, state, own).greedy) <= {"好", "棒"}
        assert recognise.sounds(own).units == ()


@pytest.mark.slow
@pytest.mark.usefixtures("synthesiser")
def test_a_rebuilt_pack_teaches_as_well_and_is_heard_as_well(tmp_path, monkeypatch):
    """Counted, 3 rebuilds: taught by the shipped pack or by the rebuilt one, marked by either, 1.00 each."""

    def taught():
        return advance(RECIPE, start(RECIPE), 120)[0]

    def marks(*states) -> list[float]:
        there = [u for u in pack("haobang") if u.split == "unseen"]
        return [np.mean([recognise.reading(RECIPE, s, u).greedy == u.text for u in there]) for s in states]

    def elsewhere(folder: Path) -> None:
        for module in (make, packs):
            monkeypatch.setattr(module, "HERE", folder)
        for cached in (pack, speech.heard, speech.varied):
            cached.cache_clear()

    shipped = taught()
    found = marks(shipped)
    elsewhere(tmp_path)
    try:
        make.make("haobang")
        rebuilt = taught()
        found += marks(shipped, rebuilt)
    finally:
        elsewhere(HERE)
    found += marks(rebuilt)
    assert min(found) >= 0.95, found


@pytest.mark.slow
def test_phi_says_twice_and_trimming_never_does_in_nine_of_ten_seeds():
    """Counted: 10 of 10 above .95 by step 52, 10 of 10 all φ before that; trimming .375, and 0 on repeats, in 10 of 10."""
    heard, grey, deaf = 0, 0, 0
    for seed in range(10):
        exp, trim = RECIPE.change("seed", seed), RECIPE.change("seed", seed).change("task.reading", "trimming")
        state, most = start(exp), 0.0
        spoken = recognise.utterance("好棒棒", "Andrea", "joined")
        for _ in range(10):
            state, _ = advance(exp, state, 3)
            most = max(most, recognise.reading(exp, state, spoken).silent)
        state, _ = advance(exp, state, 90)
        exam = recognise.exam(exp, state)
        heard += exam.over() >= 0.95 and exam.over(exam.repeats) >= 0.95
        grey += most == 1
        found = recognise.exam(trim, advance(trim, start(trim), 120)[0])
        deaf += found.over(found.repeats) == 0 and found.over(~found.repeats) >= 0.95
    assert min(heard, grey, deaf) >= 9


@pytest.mark.slow
def test_stretched_voices_in_training_help_with_stretched_voices():
    """Counted, 5 seeds: a quarter slower and lower .37–.44, with the versions .81–.97."""
    plainly, prepared = [], []
    for seed in range(3):
        for task, into in ((Speech(), plainly), (Speech(versions=5), prepared)):
            exp = Experiment(task, Lstm(hidden=64), Adam(rate=0.01, clip=5.0, schedule="decay", over=300), seed=seed)
            state = advance(exp, start(exp), 300)[0]
            there = [u for u in pack("haobang") if u.split == "unseen"][::3]
            slow = [Sound.of(resampled(u.samples, RATE, RATE * 5 // 4)) for u in there]
            into.append(
                np.mean([recognise.reading(exp, state, s).greedy == u.text for s, u in zip(slow, there, strict=True)])
            )
    assert all(b > a + 0.2 for a, b in zip(plainly, prepared, strict=True))
