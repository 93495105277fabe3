"""Can one vector hold a sentence, word order and all?"""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import projection as draw
from rnnviz.figures.scene import Panel, Scene
from rnnviz.film import Still
from rnnviz.measure.codes import anchor, coded, codes_of, known_or, sorted_out, typical_distance, words_apart
from rnnviz.measure.projection import Tsne, checked, pca, trustworthiness
from rnnviz.nets.seq2seq import Seq2Seq
from rnnviz.records.judgement import judge
from rnnviz.records.projection import Neighbourhoods
from rnnviz.rules import Adam
from rnnviz.tasks.lines import read_lines
from rnnviz.tasks.sentences import BEINGS, FIRST_WORDS, PAIR, VERBS, Sentences, held_out, parts
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play
from rnnviz.ui.stopped import stopped
from rnnviz.ui.upload import read_or_refused, upload

# --- what it trains
TASK = Sentences()
BASE = Experiment(TASK, Seq2Seq(hidden=32, embedding=16, attention=False), Adam(rate=1e-2), batch=32)
UNTIL, MAPPED = 600, 400
NET, MAP = "auto-encoder", "t-SNE"
SHOWN, OWN, ROWS = held_out()[:200], 20, 10
COLOURS = {
    "its first word": (lambda sentence: sentence.split()[0], FIRST_WORDS),
    "who does it": (lambda sentence: parts(sentence)[0], BEINGS),
    "what is done": (lambda sentence: parts(sentence)[1], VERBS),
    "to whom": (lambda sentence: parts(sentence)[2], BEINGS),
}

# --- what it asks
exhibit("sequences/text_autoencoder")
exp = presets(
    BASE,
    {
        "one vector of 32 units": {},
        "only eight units": {"net.hidden": 8},
        "sixteen": {"net.hidden": 16},
        "a plain RNN": {"net.cell": "rnn"},
    },
)
exp = controls(exp, "net.hidden", "net.embedding", "net.cell", "net.reverse", "rule.rate")
with st.sidebar:
    colour = ask.pick("colour", list(COLOURS), label="Colour by")
left, middle, right = st.columns(3)
with left:
    begin = ask.text("begin", PAIR[0], longest=120, label="Walk from this sentence")
    with st.popover("Known words, your own file", icon=":material/upload_file:"):
        st.caption(f"Words: {' '.join(TASK.corpus.reads.symbols[2:])}")
        file = upload("Sentences as plain text, one on each line", ("txt",), read_lines)
with middle:
    end = ask.text("end", "two soldiers chasing a hungry wolf at night", longest=120, label="to this one")
with right:
    typed = ask.text(
        "own",
        "two soldiers following two soldiers",
        longest=1000,
        label="Your own sentences, one on each line",
        area=True,
    )
lines = read_or_refused(read_lines, typed.encode("utf-8", "replace"), "your lines") if typed.strip() else ()
mine, refused = sorted_out(TASK, lines or (), "your lines")
others, refused_others = sorted_out(TASK, file or (), "your file")
own = tuple(dict.fromkeys((*mine, *others)))[:OWN]
begin, no_begin = known_or(TASK, begin, PAIR[0])
end, no_end = known_or(TASK, end, PAIR[1])
for refusal in [r for r in (no_begin, no_end) if r] + [*refused, *refused_others][:8]:
    st.warning(refusal, icon=":material/warning:")


# --- what it shows
def scene(step: int, runs: dict[str, Still], colour: str, own: tuple[str, ...], begin: str, end: str) -> Scene:
    still = runs[NET]
    everything, way = coded(still, (*SHOWN, *own), begin, end)
    seen, mine = everything.take(range(len(SHOWN))), everything.take(range(len(SHOWN), len(everything.read)))
    found = pca(seen.codes, like=anchor(TASK, SHOWN))
    group, order = COLOURS[colour]
    groups = [group(sentence) for sentence in SHOWN]
    apart, usual = seen.apart(0, 1), typical_distance(seen.codes)
    told = f"the pair: bags of words {words_apart(*PAIR)} apart, codes {apart:.1f}<br>(any two sentences: {usual:.1f})"
    picture = draw.codes(found, groups, SHOWN, order, found.place(way.codes), found.place(mine.codes), own, told)
    some = everything.take([0, 1, *range(len(SHOWN), len(everything.read)), *range(2, ROWS)][:ROWS])
    share, sound = seen.right.mean(), seen.sound.mean()
    now = {"exact, all 200": share, "grammatical, all 200": sound}
    panels = (
        Panel(
            "Codes of 200 sentences that the net has never trained on",
            picture,
            f"Sentence codes in a plane, coloured by {colour}; an arrow joins the pair",
            wide=True,
            height=560,
        ),
        Panel(
            "What comes back",
            draw.progress(still.frames, UNTIL, now),
            "Share of unseen sentences that come back exactly, over training",
        ),
        Panel(
            "On the straight way between two codes",
            draw.between(way),
            "Table of sentences written from points between two codes",
        ),
        Panel(
            "Read, and written from the code alone",
            draw.reconstructions(some),
            "Table of sentences read and written, right or wrong",
            wide=True,
            height=370,
        ),
    )
    trust = trustworthiness(seen.codes, found.points)
    says = (
        f"{100 * share:.0f} % of the unseen sentences come back exactly, {100 * sound:.0f} % as some sentence of the grammar. "
        f"{100 * found.share.sum():.0f} % of the variance is in the picture; trustworthiness {trust:.2f}."
    )
    verdict = judge("plane by the Gram matrix against numpy's SVD of the codes", *checked(seen.codes, found), 1e-6)
    return Scene(panels, verdict, says, {"codes": seen.codes, "points": found.points, "way": way.codes, "exact": share})


def mapped(step: int, runs: dict[str, Neighbourhoods], colour: str, own: tuple[str, ...]) -> Scene:
    here = runs[MAP]
    group, order = COLOURS[colour]
    groups = [group(sentence) for sentence in SHOWN]
    dots = [*draw.points(here.points[: len(SHOWN)], groups, SHOWN, order), *draw.own(here.points[len(SHOWN) :], own)]
    panels = (
        Panel(
            "Neighbours among the codes",
            draw.plane(dots, "t-SNE 1 (no unit)", "t-SNE 2 (no unit)"),
            f"t-SNE of the codes, coloured by {colour}",
            wide=True,
            height=560,
        ),
        Panel(
            "How much is lost",
            draw.divergence(here.reported, MAPPED),
            "KL divergence over the steps of t-SNE",
            wide=True,
            height=260,
        ),
    )
    says = f"Trustworthiness {here.trust:.2f}. {here.told()}"
    return Scene(panels, here.judged(), says, {"points": here.points, "divergence": here.reported})


at = play(scene, {NET: exp}, until=UNTIL, every=5, looks=(colour, own, begin, end))

st.subheader("The same codes by t-SNE")
if at is None:
    st.caption("Pause the training, or let it end: t-SNE then begins from the codes of that very step.")
else:
    try:
        film = Tsne.of(codes_of(stopped(exp, at), (*SHOWN, *own)), perplexity=10)
    except ValueError as refusal:
        st.info(f"{refusal}: this training has diverged.")
    else:
        play(mapped, {MAP: film}, until=MAPPED, every=5, looks=(colour, own), key="tsne")

# --- what to make of it
notes("text_autoencoder")
