"""A net that spells, looked at: what it writes for an utterance, and how often every letter is right."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import torch
from torch.nn.functional import ctc_loss
from torch.nn.utils.rnn import pad_sequence

from rnnviz.experiment import Experiment
from rnnviz.film import State, forward
from rnnviz.measure.ctc import alignments
from rnnviz.records.spelling import Marks
from rnnviz.records.utterance import Reading
from rnnviz.rules import Adam
from rnnviz.tasks.corpus.packs import Utterance, pack
from rnnviz.tasks.spec import Batch
from rnnviz.tasks.speech import NONE, exact, transcripts
from rnnviz.tasks.spelling import NEW, Spelling, letters, taken

SPLITS = {"digits": ("one", "several"), "words": ("one", "new")}
MOST = 96  # utterances of a split that are marked for one picture
BUCKETS = 4  # groups of utterances of about one length: half of a long pack would be padding


def settings(exp: Experiment) -> tuple[str, int]:
    """What is said, and how long the training lasts. Raises TypeError for another task."""
    if not isinstance(exp.task, Spelling) or not isinstance(exp.rule, Adam):
        raise TypeError("only spelling is trained here, by Adam")
    return exp.task.said, exp.rule.over


def texts(said: str) -> tuple[str, ...]:
    """What unseen voices say in a pack, the new words first."""
    found = dict.fromkeys(u.text for u in pack(said) if u.split == "unseen")
    return tuple(sorted(found, key=lambda t: (t not in NEW, len(t.split()))))


@lru_cache(maxsize=256)
def utterance(said: str, text: str, speaker: str) -> Utterance:
    """One of an unseen voice; another unseen voice where this one does not say it. Raises KeyError where none does."""
    there = [u for u in pack(said) if u.split == "unseen" and u.text == text]
    if not there:
        raise KeyError(f"no unseen voice says {text}")
    return next((u for u in there if u.speaker == speaker), there[0])


@lru_cache(maxsize=16)
def _exam(said: str, split: str) -> tuple[tuple[torch.Tensor, torch.Tensor, torch.Tensor], ...]:
    """Inputs, steps and letters of at most MOST utterances, evenly through the split; those of about one length together."""
    takes = taken(said, split)
    rows = torch.arange(0, len(takes.x), max(1, len(takes.x) // MOST))
    sizes = torch.tensor([len(takes.x[i]) for i in rows])
    return tuple(
        (
            pad_sequence([takes.x[i] for i in rows[some]], True),
            sizes[some],
            pad_sequence([takes.letters[i] for i in rows[some]], True, NONE),
        )
        for some in sizes.argsort(stable=True).chunk(BUCKETS)
    )


@torch.no_grad()
def marks(exp: Experiment, state: State) -> Marks:
    """Share of utterances by unseen voices that are spelt exactly, by split."""
    said, _ = settings(exp)
    right: list[torch.Tensor] = []
    for split in SPLITS[said]:
        read = ((forward(exp, state.params, Batch(x, None)), steps, wanted) for x, steps, wanted in _exam(said, split))
        right.append(torch.cat([exact(transcripts(p.logits.argmax(-1), n, Spelling.blank), w) for p, n, w in read]))
    return Marks(SPLITS[said], np.array([float(r.float().mean()) for r in right]), np.array([len(r) for r in right]))


def lexicon(read: Reading, words: tuple[str, ...]) -> dict[str, float]:
    """Word -> p(letters of the word | sound), all alignments together, relative to the words given; the best first."""
    wanted = [torch.tensor(read.numbers(tuple(word))) for word in words]
    sizes = torch.tensor([len(w) for w in wanted])
    logs = torch.from_numpy(np.array(read.log_probs))[:, None].expand(-1, len(words), -1)
    steps = torch.full((len(words),), len(read.log_probs))
    nats = -ctc_loss(logs, torch.cat(wanted), steps, sizes, read.blank or 0, reduction="none").numpy()
    shares = np.exp(nats - np.logaddexp.reduce(nats)) if np.isfinite(nats).any() else np.zeros(len(words))
    order = np.argsort(-shares, kind="stable")
    return {words[k]: float(shares[k]) for k in order}


def roomy(read: Reading, texts: Iterable[str]) -> str:
    """The first of these texts that the steps have room for: one for every letter, and one more between two that are equal.

    What the net itself writes always has, and comes last.
    """
    steps = len(read.log_probs)
    return next((t for t in texts if alignments(steps, read.numbers(tuple(t)))), read.greedy)


@lru_cache(maxsize=8)
def vocabulary(said: str) -> tuple[str, ...]:
    """The spellings of all single words of a pack."""
    return tuple(dict.fromkeys(letters(u) for u in pack(said) if len(u.units) == 1))
