"""Prefix beam search with everything written down: slow, plain, and the judge of the fast one."""

from __future__ import annotations

import math
from collections import defaultdict
from functools import lru_cache

import numpy as np

from rnnviz.measure.beam import Guess, prefix_beam
from rnnviz.measure.ctc import listed
from rnnviz.measure.passes import log_probs
from rnnviz.records.judgement import Judgement, judge
from rnnviz.records.search import LONGER, REPEAT, SILENCE, Beam
from rnnviz.tasks.table import Table

Prefix = tuple[int, ...]
LISTABLE = 60_000  # paths
NOTHING = -math.inf


@lru_cache(maxsize=256)
def searched(table: Table, beam: int) -> tuple[Beam, ...]:
    """The beam before the first frame and after every frame (Hannun et al. 2014). Raises ValueError if `beam` < 1."""
    if beam < 1:
        raise ValueError(f"beam = {beam}; wanted at least 1")
    first = Beam(((),), np.zeros(1), np.full(1, NOTHING), np.zeros((0, 3), int), np.zeros(0), NOTHING)
    beams = [first]
    for row in log_probs(table).tolist():
        beams.append(_after(beams[-1], row, table.blank, beam))
    return tuple(beams)


def _after(before: Beam, row: list[float], blank: int, beam: int) -> Beam:
    """One frame: every prefix stays by φ, stays by its last symbol, or grows by any other."""
    silent: defaultdict[Prefix, float] = defaultdict(lambda: NOTHING)
    voiced: defaultdict[Prefix, float] = defaultdict(lambda: NOTHING)
    arcs: list[tuple[int, Prefix, int, float]] = []
    for origin, prefix in enumerate(before.prefixes):
        for how, grown, amount in _steps(prefix, before.silent[origin], before.voiced[origin], row, blank):
            if amount > NOTHING:
                ends = silent if how == SILENCE else voiced
                ends[grown] = float(np.logaddexp(ends[grown], amount))
                arcs.append((origin, grown, how, amount))
    total = {p: float(np.logaddexp(silent[p], voiced[p])) for p in {*silent, *voiced}}
    order = sorted(total, key=lambda p: (-total[p], p))
    kept, lost = order[:beam], order[beam:]
    place = {prefix: k for k, prefix in enumerate(kept)}
    into = [(origin, place[grown], how, amount) for origin, grown, how, amount in arcs if grown in place]
    return Beam(
        tuple(kept),
        np.array([silent[p] for p in kept]),
        np.array([voiced[p] for p in kept]),
        np.array([arc[:3] for arc in into], int).reshape(-1, 3),
        np.array([arc[3] for arc in into]),
        float(np.logaddexp.reduce([total[p] for p in lost])) if lost else NOTHING,
    )


def _steps(
    prefix: Prefix, silent: float, voiced: float, row: list[float], blank: int
) -> list[tuple[int, Prefix, float]]:
    """(how, prefix afterwards, log-probability) of everything one frame can do to a prefix."""
    both = float(np.logaddexp(silent, voiced))
    found = [(SILENCE, prefix, both + row[blank])]
    if prefix:
        found.append((REPEAT, prefix, voiced + row[prefix[-1]]))
    for symbol, log_p in enumerate(row):
        if symbol != blank:
            after = silent if prefix and symbol == prefix[-1] else both  # a repeat is a new symbol only after φ
            found.append((LONGER, (*prefix, symbol), after + log_p))
    return found


@lru_cache(maxsize=256)
def exact(table: Table) -> tuple[Guess, ...]:
    """The ten most probable labellings by listing every path, or none where there are too many."""
    if len(table.symbols) ** table.frames > LISTABLE:
        return ()
    every = listed(log_probs(table), table.blank)
    best = sorted(every, key=lambda labels: (-every[labels], labels))[:10]
    with np.errstate(divide="ignore"):
        return tuple((labels, float(np.log(every[labels]))) for labels in best)


@lru_cache(maxsize=256)
def by_width(table: Table, widest: int) -> tuple[np.ndarray, tuple[Prefix, ...]]:
    """The best labelling that a beam of width 1 to `widest` finds, and the probability it reports, (width,)."""
    best = [prefix_beam(log_probs(table), width, table.blank)[0] for width in range(1, widest + 1)]
    return np.exp([log_p for _, log_p in best]), tuple(labels for labels, _ in best)


@lru_cache(maxsize=256)
def judged(table: Table, beam: int) -> Judgement:
    """The last beam against the fast search, which keeps numbers instead of prefixes."""
    last, fast = searched(table, beam)[-1], prefix_beam(log_probs(table), beam, table.blank)
    plain = dict(zip(last.prefixes, last.total.tolist(), strict=True))
    theirs = [np.exp(p) for _, p in fast]
    ours = [math.exp(plain.get(labels, NOTHING)) for labels, _ in fast]
    words = "probabilities in the last beam against a second search that keeps numbered nodes"
    return judge(words, ours, theirs, 1e-9)
