"""fear → near beside fame → name: whether one exchange of sounds is one direction among codes, and many are a long way."""

from __future__ import annotations

from functools import cache
from itertools import permutations

import numpy as np

from rnnviz.records.retrieval import Directions
from rnnviz.tasks.corpus.packs import pack
from rnnviz.tasks.spoken_words import PACK

FEWEST, SHUFFLES = 4, 99  # pairs that an exchange has at least; deals of chance
MOST = 4  # phonemes apart, and more

Pairs = tuple[tuple[str, str], ...]


@cache
def exchanges() -> dict[str, Pairs]:
    """ "f → n" -> pairs of words that differ in their first phoneme alone, by the synthesiser's own transcription."""
    phones = {u.text: u.phones[0] for u in pack(PACK)}
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for one, other in permutations(phones, 2):
        (a, *rest), (b, *others) = phones[one], phones[other]
        if rest == others and (b, a) not in found:
            found.setdefault((a, b), []).append((one, other))
    return {f"{a} → {b}": tuple(pairs) for (a, b), pairs in found.items() if len(pairs) >= FEWEST}


def means(codes: np.ndarray, words: np.ndarray) -> np.ndarray:
    """(word, unit) mean of the codes (clip, unit) of every word: what is left of it without the voices."""
    total = np.zeros((int(words.max()) + 1, codes.shape[1]))
    np.add.at(total, words, codes)
    return total / np.bincount(words)[:, None]


def directions(vectors: np.ndarray, names: tuple[str, ...]) -> Directions:
    """How parallel exchanges of sounds are among word vectors (word, unit), and whether they solve analogies."""
    number = {name: i for i, name in enumerate(names)}
    groups = [np.array([[number[a], number[b]] for a, b in pairs]) for pairs in exchanges().values()]
    parallel = np.array([_parallel(vectors[g[:, 1]] - vectors[g[:, 0]]) for g in groups])
    deals = _deals(tuple(map(len, groups)))
    seconds = np.concatenate(groups)[:, 1]
    chance, at = np.empty((SHUFFLES, len(groups))), 0
    for k, g in enumerate(groups):
        dealt = vectors[seconds[deals[:, at : at + len(g)]]] - vectors[g[:, 0]]
        chance[:, k], at = _parallel(dealt), at + len(g)
    solved, asked = zip(*(_analogies(vectors, g) for g in groups), strict=True)
    return Directions(
        tuple(exchanges()), tuple(exchanges().values()), parallel, chance, np.array(solved), np.array(asked)
    )


@cache
def _deals(sizes: tuple[int, ...]) -> np.ndarray:
    """(shuffle, pair) which pair's second word every pair gets."""
    dice = np.random.default_rng(5)
    return np.stack([dice.permutation(sum(sizes)) for _ in range(SHUFFLES)])


def _parallel(apart: np.ndarray) -> np.ndarray:
    """(…) mean cosine of all pairs of difference vectors (…, pair, unit)."""
    unit = apart / np.maximum(np.linalg.norm(apart, axis=-1, keepdims=True), 1e-300)
    many = unit.shape[-2]
    return ((unit.sum(-2) ** 2).sum(-1) - (unit**2).sum((-1, -2))) / (many * (many - 1))


def _analogies(vectors: np.ndarray, group: np.ndarray) -> tuple[int, int]:
    """(right, asked) of a : b = c : ? for all ordered pairs of pairs, the nearest word by cosine (Mikolov et al. 2013)."""
    centred = vectors - vectors.mean(0)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-300)
    asked = np.array([(*group[i], *group[j]) for i, j in permutations(range(len(group)), 2)])
    a, b, c, d = asked.T
    near = (centred[b] - centred[a] + centred[c]) @ unit.T
    for known in (a, b, c):
        near[np.arange(len(asked)), known] = -np.inf
    return int((near.argmax(1) == d).sum()), len(asked)


@cache
def edits(names: tuple[str, ...]) -> np.ndarray:
    """(word, word) how many phonemes have to be exchanged, left out or put in to make one word another (Levenshtein 1966)."""
    phones = {u.text: u.phones[0] for u in pack(PACK)}
    return np.array([[_edits(phones[a], phones[b]) for b in names] for a in names])


def _edits(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one):
        past, row = row, [i + 1]
        for j, b in enumerate(other):
            row.append(min(past[j] + (a != b), past[j + 1] + 1, row[j] + 1))
    return row[-1]


def alike(apart: np.ndarray, words: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """(edit,) mean cosine of two clips whose words are 0, 1, … MOST or more phonemes apart, from 1 − cosine (clip, clip)."""
    bins = _bins(words.tobytes(), names)
    return 1 - np.bincount(bins, apart.ravel(), MOST + 2)[:-1] / np.bincount(bins, minlength=MOST + 2)[:-1]


@cache
def _bins(words: bytes, names: tuple[str, ...]) -> np.ndarray:
    """(clip · clip,) phonemes between the words of two clips, at most MOST; MOST + 1 for a clip and itself."""
    number = np.frombuffer(words, np.int64)
    table = np.minimum(edits(names), MOST)[number[:, None], number]
    np.fill_diagonal(table, MOST + 1)
    return table.ravel()
