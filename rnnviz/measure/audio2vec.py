"""Audio word vectors looked at: what they find, which directions they have, and how they lie in a plane."""

from __future__ import annotations

from functools import cache, lru_cache
from time import thread_time

import numpy as np
import torch

from rnnviz.film import Still
from rnnviz.measure.directions import alike, directions, means
from rnnviz.measure.projection import pca
from rnnviz.measure.retrieval import cosines, from_one, nearest, search, sorted_precision, time_of_cosines
from rnnviz.measure.spoken import (
    DTW,
    FRAMES,
    MEANS,
    baselines,
    downsampled,
    inputs_of,
    numbers,
    pooled,
    said,
    time_of_dtw,
    vocabulary,
    voices,
    warped,
    warped_from,
    warped_plainly,
)
from rnnviz.nets.audio2vec import Audio2Vec, encode, encode_many
from rnnviz.nets.build import born
from rnnviz.records.retrieval import Look, Search
from rnnviz.tasks.spoken_words import SpokenWords, clips
from rnnviz.tasks.wav import Sound

NET = "the net's codes"
SHOWN, CHECKED = 6, 4  # nearest clips that are named; every so manyth query is checked by sorting


def codes(still: Still) -> np.ndarray:
    """(clip, code) of all clips by unseen voices."""
    spec, unseen = _net(still), clips("unseen")
    with torch.no_grad():
        return encode_many(spec, still.state.params, unseen.x, unseen.steps).numpy()


def code_of(still: Still, own: Sound) -> np.ndarray:
    """(code,) of a visitor's recording."""
    heard = inputs_of(own)
    with torch.no_grad():
        return encode(_net(still), still.state.params, heard[None], torch.tensor([len(heard)])).numpy()[0]


def _net(still: Still) -> Audio2Vec:
    if not isinstance(still.exp.task, SpokenWords) or not isinstance(still.exp.net, Audio2Vec):
        raise TypeError("only an encoder of spoken words makes codes of them")
    return still.exp.net


@cache
def _anchor() -> np.ndarray:
    """(clip, axis) a picture that no training moves, for others to be turned to."""
    return pca(downsampled()).points


def looked_at(still: Still, row: int, own: Sound | None) -> Look:
    """Everything that is drawn of a net: codes of all unseen clips, and what clip `row` (or a recording) finds."""
    seen = codes(still)
    apart = cosines(seen)
    asks = code_of(still, own) if own else seen[row]
    from_here = {
        NET: from_one(asks, seen) if own else apart[row],
        DTW: warped_from(own) if own else warped()[row],
    }
    near = {name: nearest(a, said(), voices(), None if own else row, SHOWN) for name, a in from_here.items()}
    plane, found = pca(seen, like=_anchor()), search(apart, numbers())
    first = int(near[DTW].rows[0])
    ours = [*found.precision[::CHECKED], *from_here[NET], warped()[row, first]]
    again = sorted_precision(apart, numbers(), CHECKED)
    theirs = [*again, *_cosines_by_lengths(asks, seen), warped_plainly(row, first)]
    return Look(
        seen,
        plane,
        plane.place(asks[None])[0],
        found,
        near,
        directions(means(seen, numbers()), vocabulary()),
        alike(apart, numbers(), vocabulary()),
        (np.array(ours), np.array(theirs)),
    )


def _cosines_by_lengths(asks: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(clip,) 1 − cosine from the three sides of a triangle: |a|, |b| and |a − b|."""
    asks, seen = asks.astype(float), seen.astype(float)
    a, b, c = (np.linalg.norm(side, axis=-1) for side in (asks, seen, seen - asks))
    return (c**2 - (a - b) ** 2) / np.maximum(2 * a * b, 1e-300)


def costs(still: Still, found: Search) -> dict[str, tuple[Search, str]]:
    """Every way of comparing: how well it finds, and the milliseconds from a query to its distances to all clips."""
    many, spec = len(said()), _net(still)
    sizes = {NET: spec.code, FRAMES: downsampled().shape[1], MEANS: pooled().shape[1]}
    told = {name: f"{time_of_cosines(many, size):.2g} ms" for name, size in sizes.items()}
    told[NET] += f", and {time_of_encoding(spec):.1f} ms to encode it"
    told[DTW] = f"{time_of_dtw():.2g} ms"
    return {name: (search, told[name]) for name, search in {NET: found, **baselines()}.items()}


@lru_cache(maxsize=32)
def time_of_encoding(spec: Audio2Vec, row: int = 0, times: int = 20) -> float:
    """Milliseconds of one core from a clip's frames to its code; which weights they are makes no difference."""
    unseen, task = clips("unseen"), SpokenWords()
    weights = {k: p.detach() for k, p in born(spec, task.inputs, task.outputs, seed=0).named_parameters()}
    clip, steps = unseen.x[row : row + 1, : unseen.steps[row]], unseen.steps[row : row + 1]
    encode(spec, weights, clip, steps)  # the first call pays for what later ones find ready
    began = thread_time()
    for _ in range(times):
        encode(spec, weights, clip, steps)
    return 1000 * (thread_time() - began) / times
