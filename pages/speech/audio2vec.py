"""A vector for the sound of a word: an encoder and a decoder trained together on takes by many voices."""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import audio2vec as draw
from rnnviz.figures.scene import Panel, Scene
from rnnviz.film import Still
from rnnviz.measure import audio2vec, spoken
from rnnviz.measure.audio2vec import NET
from rnnviz.measure.directions import exchanges
from rnnviz.measure.projection import Tsne
from rnnviz.measure.recognise import speech_of
from rnnviz.nets.audio2vec import Audio2Vec
from rnnviz.records.judgement import judge
from rnnviz.records.projection import Neighbourhoods
from rnnviz.records.retrieval import Look
from rnnviz.rules import Adam
from rnnviz.tasks.spoken_words import SpokenWords
from rnnviz.tasks.wav import Sound
from rnnviz.ui.controls import Chosen, ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play
from rnnviz.ui.sound import listen, own_recording
from rnnviz.ui.stopped import ready

# --- what it trains
BASE = Experiment(SpokenWords(), Audio2Vec(), Adam(rate=0.005, clip=5.0, schedule="decay", over=1200), batch=64)
UNTIL, MAP, MAPPED = 1200, "t-SNE", 400
PLANE, MAP_PLANE = "456 clips by voices it never trained on: click a dot and hear it", "Neighbours among the codes"
ASKS = "fight · paul"

# --- what it asks
exhibit("speech/audio2vec")
exp = presets(
    BASE,
    {
        "another voice's take": {},
        "the same take": {"task.kind": "auto-encoder", "task.throats": 0},
        "the take without its noise": {"task.kind": "denoising", "task.noise": 1.5, "task.throats": 0},
        "hears no future": {"net.bidirectional": False},
        "two numbers": {"net.code": 2},
    },
)
exp = controls(exp, "task.kind", "net.bidirectional", "net.code", "task.noise", "task.throats", "net.hidden")
left, middle, ear = st.columns([1, 1, 2], vertical_alignment="bottom")
with left:
    exchange = ask.pick("exchange", tuple(exchanges()), label="Exchange of sounds")
with middle:
    asks = ask.pick("asks", spoken.names(), label="Clip that asks", default=ASKS)
row = spoken.names().index(asks)
with ear:
    listen(spoken.sound(row), f"{asks}, a voice never trained on", at_once=asks != ASKS)
with st.expander("Ask with your own voice: record a word or upload it", icon=":material/mic:"):
    own = own_recording()
    if own:
        listen(speech_of(own), "What is compared: the word, without the silence around it")


# --- what it shows
def scene(step: int, runs: dict[str, Still], exchange: str, row: int, own: Sound | None) -> Scene:
    still = runs[NET]
    seen, pairs = audio2vec.looked_at(still, row, own), exchanges()[exchange]
    asked = "your recording" if own else spoken.names()[row]
    one, other = (f"direction ({100 * share:.0f} % of the variance)" for share in seen.plane.share)
    panels = (
        Panel(
            PLANE,
            draw.clips(seen, spoken.names(), spoken.said(), pairs, (f"one {one}", f"other {other}")),
            f"Codes in a plane, with arrows from word to word for {exchange}",
            wide=True,
            height=560,
        ),
        Panel(
            "Does a clip find the others of its word?",
            draw.progress(still.frames, seen.search.map, spoken.baselines(), UNTIL),
            "Mean average precision over training, against DTW and other ways without training",
        ),
        Panel(
            f"Nearest to {asked}",
            draw.neighbours("" if own else spoken.said()[row], seen.near),
            "Table of the nearest clips by the net and by dynamic time warping",
        ),
        Panel(
            "Is one exchange of sounds one direction?",
            draw.parallels({NET: seen.directions, spoken.FRAMES: spoken.control()}),
            "Mean cosine of difference vectors for every exchange, beside chance",
        ),
        Panel(
            "The more sounds differ, the further apart?",
            draw.alike({NET: seen.alike, spoken.FRAMES: spoken.control_alike()}),
            "Mean cosine of two clips against the phonemes between their words",
        ),
        Panel(
            "Ways of comparing, and what a query costs",
            draw.scores(audio2vec.costs(still, seen.search)),
            "Table of MAP, precision at one and milliseconds for every way",
            wide=True,
            height=230,
        ),
    )
    verdict = judge("average precision, cosines and a DTW path, each computed another way", *seen.twice, 1e-5)
    numbers = {"codes": seen.codes, "points": seen.plane.points, "precision": seen.search.precision}
    return Scene(panels, verdict, says(seen, exchange, asked), numbers)


def says(seen: Look, exchange: str, asked: str) -> str:
    found, dtw, turned = seen.search, spoken.baselines()[spoken.DTW], seen.directions
    at = turned.sounds.index(exchange)
    return (
        f"MAP {found.map:.2f}, DTW {dtw.map:.2f}; the nearest clip is right {100 * found.at_one:.0f} % of the time, with DTW "
        f"{100 * dtw.at_one:.0f} %. Nearest to {asked}: {', '.join(seen.near[NET].words[:3])}. The differences of {exchange} have a mean "
        f"cosine of {turned.parallel[at]:.2f}, shuffled pairs {turned.chance[:, at].mean():.2f}."
    )


def mapped(step: int, runs: dict[str, Neighbourhoods], exchange: str, row: int) -> Scene:
    here, pairs = runs[MAP], exchanges()[exchange]
    panels = (
        Panel(
            MAP_PLANE,
            draw.dots(
                here.points,
                spoken.names(),
                spoken.said(),
                pairs,
                here.points[row],
                ("t-SNE 1 (no unit)", "t-SNE 2 (no unit)"),
            ),
            f"t-SNE of the codes, words of {exchange} coloured",
            wide=True,
            height=560,
        ),
    )
    says = f"Trustworthiness {here.trust:.2f}. {here.told()}"
    return Scene(panels, here.judged(), says, {"points": here.points, "divergence": here.reported})


at = play(
    scene, {NET: exp}, until=UNTIL, every=5, looks=(exchange, row, own), picks={PLANE: Chosen("asks", spoken.names())}
)

still = None if at is None else ready(exp, at)
if at is None:
    st.caption("Pause the training, or let it end: then hear what the clip has found, and see all codes by t-SNE.")
elif still is None:
    st.button("Hear what the clip has found, and see t-SNE", help="As soon as the picture above stands")
else:
    found = audio2vec.looked_at(still, row, own).near
    for name, near in found.items():
        st.caption(f"Nearest by {name}")
        for place, clip, column in zip(range(4), near.rows, st.columns(4), strict=False):
            with column:
                listen(spoken.sound(int(clip)), f"{place + 1}. {spoken.names()[clip]}")
    st.subheader("The same codes by t-SNE")
    try:
        film = Tsne.of(audio2vec.codes(still), perplexity=10)
    except ValueError as refusal:
        st.info(f"{refusal}: this training has diverged.")
    else:
        play(
            mapped,
            {MAP: film},
            until=MAPPED,
            every=5,
            looks=(exchange, row),
            key="tsne",
            picks={MAP_PLANE: Chosen("asks", spoken.names())},
        )

# --- what to make of it
notes("audio2vec")
