"""Backpropagation through time: the net once per time step, the gradient as a sum over all uses of one matrix."""

import streamlit as st

from rnnviz.experiment import Experiment
from rnnviz.figures import bptt as draw
from rnnviz.figures import curves, unrolled
from rnnviz.figures.numerals import percent, short
from rnnviz.figures.scene import Panel, Scene
from rnnviz.figures.theme import CLIPPED, TRUTH
from rnnviz.film import Still
from rnnviz.measure.bptt import by_autograd, sight, truncated_twice, unfolded
from rnnviz.nets.truncated import Truncated
from rnnviz.records.bptt import MATRICES, Unfolding
from rnnviz.records.judgement import judge
from rnnviz.rules import Adam
from rnnviz.tasks.recall import Recall
from rnnviz.tasks.symbols import FlipFlop
from rnnviz.ui.controls import ask, controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play

# --- what it trains
UNTIL = 400
RECALL, FLIPFLOP = "name at the end what came first", "a switch: is it set or reset?"
BASE = Experiment(Recall(lag=9), Truncated(window=5), Adam(rate=0.015, clip=1.0), batch=32)
FULL, CUT = "all the way back", "truncated"
COLOURS = {FULL: CLIPPED, CUT: TRUTH}

# --- what it asks
exhibit("training/bptt")
what, left, middle, right = st.columns([3, 2, 2, 2])
with what:
    chosen = ask.pick("task", (RECALL, FLIPFLOP), label="What is learnt")
with left:
    steps = ask.number("steps", 10, 8, 16, label="Time steps T")
with middle:
    after = ask.number("after", 0, 0, UNTIL, label="Trained so far (steps)")
with right:
    matrix = ask.pick("matrix", list(MATRICES), label="Gradient of")
exp = presets(
    BASE.change("task", Recall(lag=steps - 1) if chosen == RECALL else FlipFlop(length=steps)),
    {
        "a window of 5": {},
        "a window of 1": {"net.window": 1},
        "the whole past": {"net.window": 16},
        "errors die": {"net.spread": 0.4},
        "errors grow": {"net.spread": 1.6},
        "two units": {"net.hidden": 2},
    },
)
exp = controls(exp, "net.window", "net.spread", "net.hidden", "rule.rate")
full = exp.change("net.window", 16)


# --- what it shows
def there_and_back(
    step: int, runs: dict[str, Still], exp: Experiment, after: int, window: int, matrix: str, one: bool
) -> Scene:
    seen, which = unfolded(exp, after), MATRICES[matrix]
    steps = len(seen.h)
    forth, back = min(step, steps), max(0, step - steps)
    autograd = by_autograd(exp, after)
    cut = steps - window if one and window < steps else None
    panels = (
        Panel(
            "One net, drawn once per time step: states forward (left columns), errors back (right columns)",
            unrolled.unrolled(seen, forth, back, cut),
            f"{steps} copies of one net reading {' '.join(seen.words)}; forward to step {forth}, errors back over {back} steps",
            wide=True,
            height=400,
        ),
        Panel(
            f"∂L/∂{which} is a sum: every use of the same matrix adds its part",
            draw.summed(seen, which, back, autograd[which]),
            f"Contribution of each time step to the gradient of {matrix}, their sum so far and the gradient by autograd",
            wide=True,
            height=260,
        ),
        Panel(
            "How large each part is, and what a window sees of it",
            draw.sizes(seen, which, back, window),
            "Length of each time step's contribution, whole and truncated, on a logarithmic axis",
            wide=True,
            height=280,
        ),
    )
    verdict = judge(
        "sums of the contributions to W, U and V against autograd through a plain loop",
        [number for k in "WUV" for number in seen.gradient(k).flat],
        [number for k in "WUV" for number in autograd[k].flat],
        1e-9,
    )
    numbers = {"h": seen.h, "error": seen.arriving(), "contributions": seen.contributions(which)}
    return Scene(panels, verdict, pass_says(seen, forth, back, window), numbers)


def pass_says(seen: Unfolding, forth: int, back: int, window: int) -> str:
    steps = len(seen.h)
    if forth < steps:
        return f"Forward, step {forth} of {steps}: the same U and W at every step."
    sizes = (seen.arriving() ** 2).sum(1) ** 0.5
    at = steps - max(back, 1)
    opening = f"L = {seen.loss.sum():.3f} nats. ‖∂L/∂h‖ is {short(sizes[-1])} at step {steps}"
    if back < 2:
        return f"{opening}; now the errors walk back, through the same matrix W at every step."
    return f"{opening} and {short(sizes[at])} at step {at + 1}" + (
        f"; a window of {window} has lost sight of some of it." if back > window else "."
    )


def learning(step: int, runs: dict[str, Still]) -> Scene:
    frames = {name: still.frames for name, still in runs.items()}
    whole, cut = runs[FULL], runs[CUT]
    net, task = cut.exp.net, cut.exp.task
    assert isinstance(net, Truncated)
    found = sight(whole.exp, whole.state)
    panels = (
        Panel(
            "Two nets from the same weights learn",
            draw.scores(frames, COLOURS, UNTIL, 1 / task.outputs),
            "Share of right answers over training, whole and truncated gradient",
        ),
        Panel(
            "What each window would see, for the blue net now",
            draw.sight(found, net.window),
            "Angle and relative length of the truncated gradient against the window",
        ),
        Panel("Loss", curves.losses(frames, COLOURS, UNTIL), "Loss of both nets over training"),
        Panel("Gradient norm", curves.norms(frames, COLOURS, UNTIL, limit=None), "Gradient norm of both nets"),
    )
    verdict = judge(
        "truncated gradient against autograd with states cut off", *truncated_twice(cut.exp, cut.state), 1e-9
    )
    at = min(net.window, len(found.window)) - 1
    says = f"A window of {net.window} sees a gradient {found.length[at]:.2f} times as long as the whole one, and {found.angle[at]:.0f}° off."
    if step:
        right = {name: percent(f.score[-20:].mean()) for name, f in frames.items()}
        says += f" Right answers in the last 20 batches: {right[FULL]} {FULL}, {right[CUT]} {CUT}."
    return Scene(panels, verdict, says, {"window": found.window, "angle": found.angle, "length": found.length})


top, below = st.container(), st.container()
with below:
    st.subheader("Two ways to train it")
    play(learning, {FULL: full, CUT: exp}, until=UNTIL, every=4, key="training")
with top:
    st.subheader(f"One pass, there and back, {f'after {after} training steps' if after else 'before training'}")
    assert isinstance(exp.net, Truncated)
    play(
        there_and_back,
        {},
        until=2 * steps,
        looks=(full, after, exp.net.window, matrix, chosen == RECALL),
    )

# --- what to make of it
notes("bptt")
