"""The learning target: slot filling with an unrolled net, a cross-entropy at every step, and their sum."""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import slots as draw
from rnnviz.figures.numerals import percent, short
from rnnviz.figures.scene import Panel, Scene
from rnnviz.figures.theme import CATEGORICAL, CLIPPED, RAW
from rnnviz.film import Still
from rnnviz.measure.slots import KINDS, filled, judged, unseen
from rnnviz.nets.perword import PerWord
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.records.judgement import judge
from rnnviz.records.slots import Filled
from rnnviz.rules import Adam
from rnnviz.tasks.slots import TO, Slots, cut
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play

# --- what it trains
UNTIL = 150
NETS = {
    "RNN": Rnn(hidden=24, embedding=16),
    "LSTM": Lstm(hidden=24, embedding=16),
    "BiLSTM": Lstm(hidden=24, embedding=16, bidirectional=True),
}
ALONE = "feed-forward"
BASE = Experiment(Slots(), NETS["RNN"], Adam(rate=0.01), batch=32)
ARRIVE, LEAVE = "arrive taipei on november 2nd", "leave taipei on november 2nd"

# --- what it asks
exhibit("training/slots")
net, left, right, last = st.columns([3, 5, 5, 3])
with net:
    chosen = ask.pick("net", list(NETS), label="With a memory")
exp = presets(
    BASE.change("net", NETS[chosen]),
    {
        "arrive or leave": {},
        "words shuffled": {"task.shuffle": True},
        "two hidden units": {"net.hidden": 2},
        "a rate too large": {"rule.rate": 1.0},
    },
)
exp = controls(exp, "net.hidden", "rule.rate", "batch", "task.shuffle")
with left:
    first = ask.text("first", ARRIVE, longest=80, label="A sentence", reads=cut)
with right:
    second = ask.text("second", LEAVE, longest=80, label="And another one", reads=cut)
with last:
    order = ask.number("order", 0, 0, 9, label="Shuffle them", help="0: as they are; 1 to 9: nine other orders")
sentences = cut(first), cut(second)


# --- what it shows
def scene(step: int, runs: dict[str, Still], sentences: tuple[tuple[str, ...], tuple[str, ...]], order: int) -> Scene:
    seen = [{n: filled(s.exp, s.state, words, order) for n, s in runs.items()} for words in sentences]
    shares = {name: unseen(still.exp, still.state) for name, still in runs.items()}
    mine = next(iter(runs))
    colours = {mine: CLIPPED if "LSTM" in mine else RAW, ALONE: CATEGORICAL[4]}
    both = getattr(runs[mine].exp.net, "bidirectional", False)
    panels = [
        Panel(
            f"{name}: “{' '.join(one.words)}”",
            draw.unrolled(one, forwards=name != ALONE, backwards=both and name != ALONE),
            f"{name}: {len(one.words) - one.errors} of {len(one.words)} words right, L = {one.total:.3g} nats",
            wide=max(map(len, sentences)) > 6,
            height=420,
        )
        for row in seen
        for name, one in row.items()
    ]
    panels += [
        Panel(
            "Cities over training; diamonds: unseen sentences",
            draw.learning(
                {n: s.frames for n, s in runs.items()},
                {n: float(s[2]) for n, s in shares.items()},
                colours,
                step,
                UNTIL,
            ),
            "Share of cities with the right slot over training",
        ),
        Panel(
            "300 sentences that were not trained on",
            draw.kinds(shares, KINDS, colours),
            "; ".join(f"{n}: cities {s[2]:.2f}" for n, s in shares.items()),
        ),
    ]
    pairs = [judged(still.exp, still.state, sentences[0], order) for still in runs.values()]
    ours, theirs = ([value for pair in pairs for value in pair[k]] for k in (0, 1))
    verdict = judge("L by torch against the sum over steps of a plain loop in float64", ours, theirs, 1e-5)
    numbers = {f"probabilities {k + 1} {n}": one.probs for k, row in enumerate(seen) for n, one in row.items()}
    numbers |= {f"cross_entropy {k + 1} {n}": one.cost for k, row in enumerate(seen) for n, one in row.items()}
    return Scene(tuple(panels), verdict, says([row[mine] for row in seen], seen[0][ALONE], mine, shares), numbers)


def says(mine: list[Filled], alone: Filled, name: str, shares: dict) -> str:
    opening = (
        f"{name}: {percent(shares[name][2])} of the unseen cities right; feed-forward: {percent(shares[ALONE][2])}."
    )
    twins = [w for w in mine[0].words if w in mine[1].words and mine[0].right[mine[0].words.index(w)] in (1, 2)]
    if not twins:
        return f"{opening} L is {short(mine[0].total)} nats for your first sentence, {short(alone.total)} without a memory."
    places = [seen.words.index(twins[0]) for seen in mine]
    given = [short(seen.probs[at, TO]) for seen, at in zip(mine, places, strict=True)]
    return (
        f"{opening} That {twins[0]} is the destination has probability {given[0]} in the first sentence and {given[1]} in "
        f"the second for the {name}; for the feed-forward net {short(alone.probs[alone.words.index(twins[0]), TO])} in both."
    )


assert isinstance(exp.net, (Rnn, Lstm))
alone = exp.change("net", PerWord(hidden=exp.net.hidden, embedding=exp.net.embedding))
st.page_link("pages/lab/own_data.py", label="Sentences of your own: ATIS, SNIPS", icon=":material/upload_file:")
play(scene, {chosen: exp, ALONE: alone}, until=UNTIL, every=2, looks=(sentences, order))

# --- what to make of it
notes("slots")
