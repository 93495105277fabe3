"""A recogniser looked at: what it says of an utterance, and how it fares with voices that it never heard."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import ctc_loss

from rnnviz.experiment import Experiment
from rnnviz.film import Film, State, forward
from rnnviz.measure.beam import prefix_beam
from rnnviz.records.utterance import Exam, Reading, Sounds
from rnnviz.tasks.audio import BANDS, HOP, LOWEST, RATE, STEP, features, mel, spectrogram
from rnnviz.tasks.corpus.packs import Utterance, pack
from rnnviz.tasks.reading import Unreadable
from rnnviz.tasks.spec import Batch
from rnnviz.tasks.speech import Speech, alphabet, exact, transcripts
from rnnviz.tasks.table import Table
from rnnviz.tasks.wav import Sound

LONGEST = 12.0  # seconds of a visitor's recording that are listened to
QUIET = 10 ** (-30 / 20)  # of the loudest 20 ms: what is below, at either end, is not speech
BUCKETS = 4  # groups of utterances of about one length: little of them is padding


@lru_cache(maxsize=8)
def phrases(*splits: str) -> tuple[str, ...]:
    """The different texts of some splits, in the order of the plan."""
    return tuple(dict.fromkeys(u.text for split in splits for u in pack(Speech.pack) if u.split == split))


def voices(split: str) -> tuple[str, ...]:
    """Who speaks in a split."""
    return tuple(dict.fromkeys(u.speaker for u in pack(Speech.pack) if u.split == split))


@lru_cache(maxsize=512)
def utterance(text: str, speaker: str, way: str) -> Utterance:
    """One that is not trained on; the other way of speaking where this one was not recorded. Raises KeyError if there is none."""
    there = [u for u in pack(Speech.pack) if u.split != "train" and (u.text, u.speaker) == (text, speaker)]
    if not there:
        raise KeyError(f"nobody called {speaker} says {text}")
    return next((u for u in there if u.way == way), there[0])


def sound(spoken: Utterance) -> Sound:
    """An utterance to listen to."""
    return Sound.of(spoken.samples)


@lru_cache(maxsize=64)
def speech_of(own: Sound) -> Sound:
    """A visitor's recording without the silence at its ends, its loudest sample at 0.8, at most LONGEST seconds."""
    samples = own.samples
    size = RATE // 50
    pieces = samples[: len(samples) // size * size].reshape(-1, size)
    loud = np.sqrt((pieces**2).mean(1))
    inside = np.flatnonzero(loud > QUIET * loud.max())
    first = max(0, inside[0] - 2) * size
    kept = samples[first : min((inside[-1] + 3) * size, first + round(LONGEST * RATE))]
    return Sound.of(kept * (0.8 / np.abs(kept).max()))


def sounds(spoken: Utterance | Sound) -> Sounds:
    """The spectrogram of an utterance, with its truth if it has one."""
    return _sounds(spoken)


@lru_cache(maxsize=64)
def _sounds(spoken: Utterance | Sound) -> Sounds:
    truth = (spoken.units, spoken.marks) if isinstance(spoken, Utterance) else ((), ())
    edges = torch.linspace(float(mel(torch.tensor(LOWEST))), float(mel(torch.tensor(RATE / 2))), BANDS + 2)[1:-1]
    hertz = 700 * (10 ** (edges / 2595) - 1)
    energies = spectrogram(torch.from_numpy(spoken.samples.copy()))
    return Sounds(energies.numpy().astype(np.float32), hertz.numpy(), HOP / RATE, *truth)


@lru_cache(maxsize=64)
def _features(spoken: Utterance | Sound) -> torch.Tensor:
    return features(torch.from_numpy(spoken.samples.copy()))


def reading(exp: Experiment, state: State, spoken: Utterance | Sound) -> Reading:
    """What the net of `exp` says of every step of an utterance."""
    task: Speech = exp.task  # type: ignore[assignment]
    with torch.no_grad():
        logits = forward(exp, state.params, Batch(_features(spoken)[None], None)).logits[0]
    return Reading(logits.double().log_softmax(-1).numpy(), task.symbols, task.blank, STEP)


def said(typed: str, spoken: Sound | None) -> tuple[str, ...]:
    """The signs of a visitor's phrase; none for an empty line.

    Raises Unreadable for signs that the net does not know, and for more than the recording has steps for.
    """
    signs = tuple("".join(typed.split()))
    known = alphabet(Speech.pack)
    if wrong := next((sign for sign in signs if sign not in known), ""):
        raise Unreadable(
            "what you said", f"“{wrong}” is a sign that this net does not know; expected {' and '.join(known)}"
        )
    steps = len(_features(spoken)) if spoken else len(signs) * 2
    if (needed := len(signs) + sum(a == b for a, b in pairwise(signs))) > steps:
        raise Unreadable(
            "what you said", f"{needed} steps are needed, your recording has {steps}; expected fewer signs"
        )
    return signs


def exam(exp: Experiment, state: State, split: str = "unseen") -> Exam:
    """Every utterance of a split, read by the best symbol of every step."""
    task: Speech = exp.task  # type: ignore[assignment]
    texts, at, groups = _exam(Speech(task.reading), split)
    right = np.empty(len(at), bool)
    with torch.no_grad():
        for rows, x, steps, units in groups:
            best = forward(exp, state.params, Batch(x, None)).logits.argmax(-1)
            right[rows] = exact(transcripts(best, steps, task.blank), units).numpy()
    count = np.bincount(at, minlength=len(texts)).astype(float)
    return Exam(texts, np.bincount(at, right, len(texts)) / count, count)


@lru_cache(maxsize=8)
def _exam(
    task: Speech, split: str
) -> tuple[tuple[str, ...], np.ndarray, list[tuple[np.ndarray, Tensor, Tensor, Tensor]]]:
    """The texts of a split, which of them each utterance says, and (rows, x, steps, units) of those of about one length."""
    whole, texts = task.split(split), phrases(split)
    order = whole.steps.argsort(stable=True).chunk(BUCKETS)
    groups = [(r.numpy(), whole.x[r, : int(whole.steps[r].max())], whole.steps[r], whole.units[r]) for r in order]
    return texts, np.array([texts.index(u.text) for u in whole.spoken]), groups


def likeliest(read: Reading, beam: int = 16, shown: int = 5) -> dict[str, float]:
    """Transcript -> probability of the best that prefix beam search finds in a reading with φ."""
    found = prefix_beam(read.log_probs, beam, read.blank or 0)
    return {"".join(read.symbols[k] for k in numbers): float(np.exp(nats)) for numbers, nats in found[:shown]}


def torch_ctc(log_probs: np.ndarray, wanted: list[int], blank: int = 0) -> tuple[float, np.ndarray]:
    """−log p(wanted) in nats and its gradient with respect to the logits (step, symbol), by torch alone."""
    logits = torch.from_numpy(np.array(log_probs)).requires_grad_()
    steps = torch.tensor([len(log_probs)])
    loss = ctc_loss(
        logits.log_softmax(-1)[:, None],
        torch.tensor([wanted]),
        steps,
        torch.tensor([len(wanted)]),
        blank,
        reduction="sum",
    )
    (gradient,) = torch.autograd.grad(loss, logits)
    return float(loss.detach()), gradient.numpy()


@lru_cache(maxsize=4)
def _film(exp: Experiment, steps: int) -> Film:
    film = Film.of(exp)
    while film.step < steps:
        film = film.forward(4)  # a keyframe every few steps, to rewind to
    return film


@lru_cache(maxsize=64)
def heard(exp: Experiment, steps: int, spoken: Utterance, longest: int = 60) -> Table:
    """What the net of `exp` says of an utterance after `steps` of at most `longest` steps of training."""
    read = reading(exp, _film(exp, longest).at(min(steps, longest)), spoken)
    probs = np.exp(read.log_probs)
    rows = probs / probs.sum(1, keepdims=True)
    return Table(read.symbols, tuple(map(tuple, rows.tolist())), read.blank or 0)
