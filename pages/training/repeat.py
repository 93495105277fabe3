"""The toy: one linear unit repeats its input a thousand times. Why is training recurrent nets hard at all?"""

from rnnviz.experiment import Experiment
from rnnviz.figures import repeat as draw
from rnnviz.figures.numerals import short
from rnnviz.figures.scene import Panel, Scene
from rnnviz.figures.theme import ACCENT, CLIPPED, RAW
from rnnviz.film import Still
from rnnviz.measure.repeat import growth, judged, of_the_lecture, terrain, trail
from rnnviz.nets.linear_unit import LinearUnit
from rnnviz.records.judgement import judge
from rnnviz.records.repeat import Growth, Trail
from rnnviz.rules import OFF, FineSgd, RmsProp
from rnnviz.tasks.pulse import Pulse
from rnnviz.ui.controls import controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play

# --- what it trains
UNTIL = 120
BASE = Experiment(Pulse(), LinearUnit(w=1.01), FineSgd(rate=2e-7, clip=5000.0), batch=1)
PLAIN, CUT, RMS = "gradient descent", "clipped", "RMSProp, rate 0.001"
COLOURS = {PLAIN: RAW, CUT: CLIPPED, RMS: ACCENT}

# --- what it asks
exhibit("training/repeat")
exp = presets(
    BASE,
    {
        "w = 1.01": {},
        "w = 0.99": {"net.w": 0.99},
        "w = 0.01": {"net.w": 0.01},
        "w = 0.99, a rate for the plain": {"net.w": 0.99, "rule.rate": 0.1, "rule.clip": OFF},
        "w = 1.01, a rate for the wall": {"rule.rate": 1e-14, "rule.clip": OFF},
        "only 20 steps": {"task.steps": 20, "rule.rate": 1e-3, "rule.clip": OFF},
    },
)
exp = controls(exp, "net.w", "task.steps", "rule.rate", "rule.clip")


# --- what it shows
def scene(step: int, runs: dict[str, Still]) -> Scene:
    task, rule = runs[PLAIN].exp.task, runs[PLAIN].exp.rule
    assert isinstance(task, Pulse)
    assert isinstance(rule, FineSgd)
    steps = task.steps
    now = {name: growth(float(still.state.params["w"]), steps) for name, still in runs.items()}
    trails = {name: trail(still) for name, still in runs.items()}
    land, slide = terrain(task), of_the_lecture(steps)
    panels = (
        Panel(
            f"The output y over time: y{'₁₀₀₀' if steps == 1000 else f' at T = {steps}'} is w to the power {steps - 1}",
            draw.over_time(now, COLOURS, slide),
            told(trails, now),
        ),
        Panel(
            "How much it depends on w",
            draw.over_time(now, COLOURS, slide, slope=True),
            "Slope of y with respect to w over time, for the slide's weights and the runs",
        ),
        Panel(
            "Very flat or very steep: the slope of the error",
            draw.steepness(land, trails, COLOURS),
            "Slope of the error over w on a logarithmic axis, with the runs on it",
        ),
        Panel(
            "The learning rate that would be needed",
            draw.rates(land, trails, COLOURS, rule.rate),
            "Learning rate that would reach the best w in one step, over w",
        ),
        Panel("The weight over training", draw.weights(trails, COLOURS, land.best, UNTIL), "Weight of every run"),
        Panel("The error over training", draw.errors(trails, COLOURS, UNTIL), "Squared error of every run"),
    )
    shown = now[CUT]
    verdict = judge(
        "y and ∂y/∂w step by step against w^(t−1) and (t−1)·w^(t−2)", *judged(trails[CUT].landed, steps), 1e-9
    )
    numbers = {f"w {name}": found.w for name, found in trails.items()}
    return Scene(panels, verdict, says(step, now, trails), numbers | {"y": shown.y, "slope": shown.slope})


def told(trails: dict[str, Trail], now: dict[str, Growth]) -> str:
    return "; ".join(
        f"{name} stands at w = {short(now[name].w, 5)}, y = {short(now[name].y[-1], 3)}"
        if abs(found.landed) < 2
        else f"{name} was thrown to w = {short(round(found.landed), 6 if abs(found.landed) < 1e6 else 2)} and is lost"
        for name, found in trails.items()
    )


def says(step: int, now: dict[str, Growth], trails: dict[str, Trail]) -> str:
    first = now[PLAIN]
    if not step:
        return (
            f"w = {first.w:g} gives y = {short(first.y[-1], 4)} at the end, with ∂y/∂w = {short(first.slope[-1], 3)}. "
            f"One step to the best w would need a learning rate of {short(trails[PLAIN].needed)}."
        )
    return f"After {step} updates {told(trails, now)}."


play(
    scene,
    {
        PLAIN: exp.change("rule.clip", OFF),
        CUT: exp,
        RMS: exp.change("rule", RmsProp(rate=1e-3)),
    },
    until=UNTIL,
    every=1,
)

# --- what to make of it
notes("repeat")
