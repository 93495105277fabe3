"""The CTC lattice against torch's loss, and prefix beam search against pyctcdecode, which is optional."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import torch
from torch.nn.functional import ctc_loss

from benchmarks.case import Case
from rnnviz.measure.beam import prefix_beam
from rnnviz.measure.ctc import lattice

logging.getLogger("pyctcdecode").setLevel(logging.ERROR)  # it warns of the language model that is not wanted here
try:
    from pyctcdecode.decoder import build_ctcdecoder  # pyright: ignore[reportMissingImports]
except ImportError:
    build_ctcdecoder = None

FRAMES, LONG, LABELS, SYMBOLS, BEAM = 200, 1200, 30, 32, 16


def table(frames: int = FRAMES) -> np.ndarray:
    """(time, symbol) log-probabilities of random logits."""
    logits = np.random.default_rng(0).normal(size=(frames, SYMBOLS)) * 2
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def whole_lattice(name: str, frames: int) -> Case:
    log_probs, labels = table(frames), np.random.default_rng(1).integers(1, SYMBOLS, LABELS)
    logits, targets = torch.from_numpy(log_probs), torch.from_numpy(labels)[None]
    lengths = torch.tensor([frames]), torch.tensor([LABELS])

    def peer() -> torch.Tensor:
        leaf = logits.clone().requires_grad_()
        ctc_loss(leaf.log_softmax(1)[:, None], targets, *lengths, reduction="sum").backward()
        return leaf

    return Case(name, lambda: lattice(log_probs, labels), "torch ctc_loss, forward and backward, float64", peer)


def beam() -> Case:
    log_probs = table()
    return Case(
        "prefix_beam", lambda: prefix_beam(log_probs, BEAM), "pyctcdecode without a language model", decoder(log_probs)
    )


def decoder(log_probs: np.ndarray) -> Callable[[], object] | None:
    """The package's search as it is delivered: it also drops unlikely symbols, ours never does. None if not installed."""
    if build_ctcdecoder is None:
        return None
    alphabet = ["", *(chr(ord("A") + k) for k in range(SYMBOLS - 1))]
    theirs = build_ctcdecoder(alphabet)
    return lambda: theirs.decode_beams(log_probs, beam_width=BEAM)


CASES = [whole_lattice("ctc_lattice", FRAMES), whole_lattice("ctc_lattice_long", LONG), beam()]
