"""Best paths through a hidden Markov model of words: through known words, through any words, and through any graph.

State 0 is silence; then come the states of every word, from left to right. A state that must last at least n frames is n
copies in a row of which only the last may stay. Transitions are free: all that counts is what the frames say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FAR = np.float32(-1e30)  # nats of what cannot be; an infinity would turn into NaN
Segment = tuple[int, int, int]  # word, first frame, frame after the last


@dataclass(frozen=True)
class Model:
    """So many words of so many states, each state at least `least` frames long."""

    words: int
    states: int
    least: int = 1

    @property
    def labels(self) -> int:
        return 1 + self.words * self.states

    def chain(self, words: Sequence[int]) -> list[tuple[int, bool]]:
        """(state, may it stay) of every copy on the way through `words`, with silence before, between and after."""
        way = [(0, True)]
        for word in words:
            states = range(1 + word * self.states, 1 + (word + 1) * self.states)
            way += [(s, copy == self.least - 1) for s in states for copy in range(self.least)]
            way.append((0, True))
        return way


def align(
    model: Model, scores: np.ndarray, frames: np.ndarray, said: Sequence[Sequence[int]]
) -> tuple[np.ndarray, np.ndarray]:
    """The best path through known words -> states (frame, utterance), −1 behind the end, and its score (utterance,).

    `scores` (frame, label, utterance) in nats; silences may be left out. What is too short for its words scores below FAR / 2.
    """
    state, stay, skip, ends = _chains(model, said)
    every, best = np.arange(len(said)), None
    back = np.zeros((len(scores), *state.shape), np.int8)
    for t, now in enumerate(scores):
        heard = np.take_along_axis(now, state, 0)
        if best is None:
            best = np.where(np.arange(len(state))[:, None] < 2, heard, FAR)
            continue
        moved = np.full_like(best, FAR)
        moved[1:] = best[:-1]
        over = np.full_like(best, FAR)
        over[2:] = best[:-2] + skip[2:]
        stayed = best + stay
        new = np.maximum(np.maximum(stayed, moved), over)
        back[t] = np.where(stayed == new, 0, np.where(moved == new, 1, 2))
        best = np.where(t < frames, np.maximum(new + heard, FAR), best)
    assert best is not None
    last = np.where(best[ends - 1, every] >= best[ends - 2, every], ends - 1, ends - 2)
    path, at = np.full((len(scores), len(said)), -1), last
    for t in range(len(scores) - 1, -1, -1):
        live = t < frames
        path[t] = np.where(live, state[at, every], -1)
        at = np.where(live, at - back[t, at, every], at)
    return path, best[last, every]


def _chains(model: Model, said: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """States (copy, utterance), what staying costs, what leaping over a silence costs, copies (utterance,)."""
    ways = [model.chain(words) for words in said]
    shape = max(map(len, ways)), len(ways)
    state, stay, skip = np.zeros(shape, np.int64), np.full(shape, FAR), np.full(shape, FAR)
    for b, way in enumerate(ways):
        state[: len(way), b] = [s for s, _ in way]
        stay[: len(way), b] = [0 if stays else FAR for _, stays in way]
        skip[2 : len(way), b] = [0 if s == 0 else FAR for s, _ in way[1:-1]]
    return state, stay, skip, np.array([len(way) for way in ways])


def decode(model: Model, scores: np.ndarray, frames: np.ndarray) -> tuple[list[tuple[Segment, ...]], np.ndarray]:
    """The best path through any words, for many utterances at once -> their words with their times, and scores (utterance,).

    One pass in time, in which every state carries along when its word began (Ney 1984). `scores` (frame, label, utterance).
    """
    (found,), (totals,) = decode_each(model, scores, frames, (model.least,))
    return found, totals


def decode_each(
    model: Model, scores: np.ndarray, frames: np.ndarray, leasts: Sequence[int]
) -> tuple[list[list[tuple[Segment, ...]]], np.ndarray]:
    """`decode` for several lengths that a state must last, in one pass -> words and scores, (least, utterance) both.

    A state's score is kept less all that it would have heard since the beginning. Staying then costs nothing, and who comes
    in at frame t − least for so many frames scores at t what he scored there: no copies of the state are needed.
    """
    order = np.argsort(-frames, kind="stable")
    left, many, ways = frames[order], len(frames), len(leasts)
    scores, heard = scores[:, :, order], np.zeros((model.words, model.states, many), scores.dtype)
    size, turns = (ways, model.words, model.states, many), max(leasts) + 1
    kept, since = np.full(size, FAR, scores.dtype), np.zeros(size, np.int16)
    came, begun = np.full((turns, *size), FAR, scores.dtype), np.zeros((turns, *size), np.int16)  # at t, by t % turns
    came[0, :, :, 0] = 0.0
    silent, hush = np.full((ways, many), FAR, scores.dtype), np.zeros((ways, many), np.int16)
    enter, total = np.zeros((ways, many), scores.dtype), np.full((ways, many), FAR, scores.dtype)
    who, when = (np.zeros((len(scores) + 1, ways, many), np.int16) for _ in range(2))
    each, back = np.arange(ways), np.array(leasts)
    for t in range(1, int(left.max(initial=0)) + 1):
        n = int((left >= t).sum())  # the shorter ones are over
        kept, since, row = kept[..., :n], since[..., :n], (t - back) % turns
        moved = came[row, each, :, :, :n]
        np.copyto(since, begun[row, each, :, :, :n], where=moved >= kept)
        np.maximum(kept, moved, out=kept)
        heard = heard[..., :n] + scores[t - 1, 1:, :n].reshape(model.words, model.states, n)
        best = kept + heard
        stays = silent[:, :n] >= enter[:, :n]
        hush = np.where(stays, hush[:, :n], t - 1)
        silent = np.maximum(silent[:, :n], enter[:, :n]) + scores[t - 1, 0, :n]
        ends = np.concatenate([best[:, :, -1], silent[:, None]], 1)
        word = ends.argmax(1)
        firsts = np.concatenate([since[:, :, -1], hush[:, None]], 1)
        enter = np.take_along_axis(ends, word[:, None], 1)[:, 0]
        who[t, :, :n], when[t, :, :n] = word, np.take_along_axis(firsts, word[:, None], 1)[:, 0]
        total[:, :n] = np.where(left[:n] == t, enter, total[:, :n])
        now, then = came[t % turns], begun[t % turns]
        np.subtract(enter[:, None], heard[:, 0], out=now[:, :, 0, :n])
        np.subtract(best[:, :, :-1], heard[:, 1:], out=now[:, :, 1:, :n])
        then[:, :, 0, :n], then[:, :, 1:, :n] = t, since[:, :, :-1]
    told = [
        [_told(model, who[:, w, b], when[:, w, b], int(left[b])) if total[w, b] > FAR / 2 else () for b in range(many)]
        for w in range(ways)
    ]
    again = np.argsort(order)
    return [[row[b] for b in again] for row in told], total[:, again]


def _told(model: Model, who: np.ndarray, when: np.ndarray, t: int) -> tuple[Segment, ...]:
    """Back from the end: which word ended here, and when it began."""
    words = []
    while t > 0:
        begin = int(when[t])
        if who[t] < model.words:
            words.append((int(who[t]), begin, t))
        t = begin
    return tuple(words[::-1])


def route(model: Model, scores: np.ndarray) -> tuple[np.ndarray, tuple[Segment, ...], float]:
    """The best path through any words, by the list of all arcs -> states (frame,), words with their times, score.

    `scores` (frame, label). Plain Viterbi (1967) that knows no words: the check of `decode`.
    """
    came, went, label, opens, closes = _graph(model)
    first = np.flatnonzero(np.r_[True, went[1:] != went[:-1]])
    best = np.where(opens, scores[0, label], -np.inf)
    back = np.empty((len(scores), len(label)), int)
    arcs, lengths = np.arange(len(went)), np.diff(np.r_[first, len(went)])
    for t in range(1, len(scores)):
        through = best[came]
        top = np.maximum.reduceat(through, first)
        chosen = np.where(through == np.repeat(top, lengths), arcs, len(went))
        back[t] = came[np.minimum(np.minimum.reduceat(chosen, first), len(went) - 1)]
        best = top + scores[t, label]
    ending = np.where(closes, best, -np.inf)
    at = int(ending.argmax())
    score, nodes = float(ending[at]), np.empty(len(scores), int)
    for t in range(len(scores) - 1, -1, -1):
        nodes[t] = at
        at = int(back[t, at]) if t else at
    return label[nodes], _words(model, nodes) if np.isfinite(score) else (), score


def _graph(model: Model) -> tuple[np.ndarray, ...]:
    """Arcs (from, to) sorted by where they go, and of every node: its label, may a path begin there, may it end there."""
    size = model.states * model.least
    begins = [1 + w * size for w in range(model.words)]
    ends = [b + size - 1 for b in begins]
    arcs = {(a, b) for a in [0, *ends] for b in [0, *begins]}
    arcs |= {(b + i, b + i + 1) for b in begins for i in range(size - 1)}
    arcs |= {(b + i, b + i) for b in begins for i in range(model.least - 1, size, model.least)}
    came, went = np.array(sorted(arcs, key=lambda arc: arc[::-1])).T
    label = np.r_[0, 1 + np.arange(model.words * size) // model.least]
    nodes = np.arange(len(label))
    return came, went, label, np.isin(nodes, [0, *begins]), np.isin(nodes, [0, *ends])


def _words(model: Model, nodes: np.ndarray) -> tuple[Segment, ...]:
    """Stretches of one word: a new one begins where a path comes to a word's first copy from elsewhere."""
    size = model.states * model.least
    fresh = (nodes > 0) & ((nodes - 1) % size == 0) & np.r_[True, nodes[1:] != nodes[:-1]]
    begins = np.flatnonzero(fresh)
    silent = np.flatnonzero(nodes == 0)
    found = []
    for i, begin in enumerate(begins):
        until = begins[i + 1] if i + 1 < len(begins) else len(nodes)
        quiet = silent[(silent > begin) & (silent < until)]
        found.append((int(nodes[begin] - 1) // size, int(begin), int(quiet[0]) if len(quiet) else int(until)))
    return tuple(found)


def trimmed(model: Model, labels: np.ndarray) -> tuple[Segment, ...]:
    """What trimming makes of the best label of every frame (frame,): every run of one word is a word."""
    words = np.where(labels == 0, -1, (labels - 1) // model.states)
    begins = np.flatnonzero(np.r_[True, words[1:] != words[:-1]])
    ends = np.r_[begins[1:], len(words)]
    return tuple((int(words[b]), int(b), int(e)) for b, e in zip(begins, ends, strict=True) if words[b] >= 0)
