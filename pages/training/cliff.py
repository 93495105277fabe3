"""The cliff: the error surface of one recurrent unit, and runs that do or do not survive its wall."""

from rnnviz.experiment import Experiment
from rnnviz.figures import surface
from rnnviz.figures.numerals import short
from rnnviz.figures.scene import Panel, Scene
from rnnviz.figures.theme import ACCENT, CATEGORICAL, CLIPPED, RAW, TRUTH
from rnnviz.film import Still
from rnnviz.measure.descent import SLICE, checked_slope, scenery, view_of, walk
from rnnviz.nets.unit import Unit
from rnnviz.records.judgement import judge
from rnnviz.records.surface import Walk
from rnnviz.rules import OFF, Adam, RmsProp, Sgd
from rnnviz.tasks.target import Target
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play

# --- what it trains
BASE = Experiment(Target(), Unit(w=4.6, b=-2.5), Sgd(rate=0.1, clip=1.0), batch=1)
UNTIL = 300
MAP = "The same from above: click to start there"
FREE, NORM, VALUE = "without clipping", "clipped by norm", "clipped by value"
HEAVY, RMS, ADAM = "momentum 0.9", "RMSProp, rate / 10", "Adam, rate / 10"
COLOURS = {FREE: RAW, NORM: CLIPPED, VALUE: CATEGORICAL[4], HEAVY: TRUTH, RMS: ACCENT, ADAM: CATEGORICAL[5]}

# --- what it asks
exhibit("training/cliff")
exp = presets(
    BASE,
    {
        "fall off the cliff": {},
        "walk along it first": {"net.w": 5.5, "net.b": -2.45},
        "arrive, then fall": {"net.w": 4.7, "net.b": -2.1, "rule.rate": 0.05},
        "fall late": {"net.w": 4.5, "net.b": -2.75},
        "never come back": {"net.w": 4.6, "net.b": -1.4, "rule.rate": 1.0, "rule.clip": 0.25},
        "at once": {"net.w": 3.9, "net.b": -1.8, "rule.rate": 1.5, "rule.clip": 0.25},
        "threshold 15": {"rule.clip": 15.0},
    },
)
exp = controls(exp, "rule.clip", "rule.rate", "net.w", "net.b", "net.nudge")
chosen = ask.several("runs", tuple(COLOURS), label="Runs from the same start", default=(FREE, NORM)) or (FREE, NORM)


def runs_of(exp: Experiment) -> dict[str, Experiment]:
    assert isinstance(exp.rule, Sgd)
    rate, clip = exp.rule.rate, exp.rule.clip
    rules = {
        FREE: Sgd(rate=rate),
        NORM: Sgd(rate=rate, clip=clip),
        VALUE: Sgd(rate=rate, clip=clip, by="value"),
        HEAVY: Sgd(rate=rate, momentum=0.9),
        RMS: RmsProp(rate=max(1e-4, rate / 10)),
        ADAM: Adam(rate=max(1e-4, rate / 10)),
    }
    return {name: exp.change("rule", rule) for name, rule in rules.items()}


# --- what it shows
def scene(step: int, runs: dict[str, Still]) -> Scene:
    walks = {name: walk(still) for name, still in runs.items()}
    frames = {name: still.frames for name, still in runs.items()}
    land = scenery(next(iter(runs.values())).exp.task, view_of(list(walks.values())))
    clips = [still.exp.rule.clip for still in runs.values() if still.exp.rule.clip < OFF]
    shown = walks.get(NORM) or walks.get(VALUE)
    alt = f"Error over w and b with a wall of slope {land.wall:.0f} at w = 5; {standing(walks)}"
    panels = (
        Panel("The error surface, coloured by its slope", surface.relief(land, walks, COLOURS), alt, height=460),
        Panel(
            MAP,
            surface.chart(land, walks, COLOURS, shown),
            alt,
            height=460,
        ),
        Panel(
            f"The wall at w = {SLICE:g}: slope {land.wall:,.0f}, an even grid sees {short(land.seen)}",
            surface.section(land),
            "Error and slope along b at w = 5; dots mark what an even grid sees",
        ),
        Panel(
            "Why: two attractors, and a start between them",
            surface.fixed_points(land),
            "Fixed points of the unit against b at w = 5",
        ),
        Panel(
            "Gradient norm",
            surface.gradients(frames, COLOURS, UNTIL, min(clips, default=None)),
            "Gradient norm of every run over training",
        ),
        Panel("Error", surface.errors(frames, COLOURS, UNTIL), "Error of every run over training"),
    )
    verdict = judge(
        "∇E carried forward against autograd backwards through 50 steps", *checked_slope(list(runs.values())), 1e-6
    )
    numbers = {"wall_w": land.sheet.w, "wall_slope": land.sheet.wall}
    return Scene(panels, verdict, told(walks), numbers | {f"path {n}": w.points for n, w in walks.items()})


def standing(walks: dict[str, Walk]) -> str:
    return "; ".join(
        f"{name}, w = {short(w.w[-1], 3)}, b = {short(w.b[-1], 3)}, error {short(w.loss[-1])}"
        for name, w in walks.items()
    )


def told(walks: dict[str, Walk]) -> str:
    length, at, name = max((w.longest[1], w.longest[0], name) for name, w in walks.items())
    if length < 0.3:
        return f"Now: {standing(walks)}."
    return f"Update {at + 1} of the run {name} threw it {length:.2f} away. Now: {standing(walks)}."


play(
    scene,
    {name: run for name, run in runs_of(exp).items() if name in chosen},
    until=UNTIL,
    every=2,
    picks={MAP: ("net.w", "net.b")},
)

# --- what to make of it
notes("cliff")
