"""Clipping: the lecture's green and blue curve, trained side by side."""

from rnnviz.experiment import Experiment
from rnnviz.figures import curves
from rnnviz.figures.numerals import short
from rnnviz.figures.scene import Panel, Scene
from rnnviz.figures.theme import CLIPPED, RAW
from rnnviz.film import Still
from rnnviz.measure.gradients import checked_norm
from rnnviz.nets.simple import Rnn
from rnnviz.records.judgement import judge
from rnnviz.rules import OFF, Sgd
from rnnviz.tasks.characters import Characters
from rnnviz.ui.controls import controls, presets
from rnnviz.ui.exhibit import exhibit
from rnnviz.ui.notes import notes
from rnnviz.ui.player import play

# --- what it trains
BASE = Experiment(Characters(), Rnn(hidden=48, spread=1.5), Sgd(rate=2.0, clip=0.5), batch=16)
UNTIL = 250

# --- what it asks
exhibit("training/clipping")
exp = presets(
    BASE,
    {
        "green and blue": {},
        "clip every element": {"rule.by": "value", "rule.clip": 0.02},
        "a rate that needs no clipping": {"rule.rate": 0.1, "net.spread": 1.0},
        "too late a clip": {"rule.clip": 20.0},
    },
)
exp = controls(exp, "rule.clip", "rule.by", "rule.rate", "net.spread")
FREE, CUT = "without clipping", "with clipping"
COLOURS = {FREE: RAW, CUT: CLIPPED}


# --- what it shows
def scene(step: int, runs: dict[str, Still]) -> Scene:
    frames = {name: still.frames for name, still in runs.items()}
    cut, rule = frames[CUT], runs[CUT].exp.rule
    limit = rule.clip if rule.clip < OFF and rule.by == "norm" else None
    panels = (
        Panel(
            "The green and the blue curve",
            curves.losses(frames, COLOURS, UNTIL, top=8),
            "Cross-entropy over training, without and with clipping",
            wide=True,
        ),
        Panel(
            "Gradient norms of the two runs",
            curves.norms(frames, COLOURS, UNTIL, limit=limit),
            "Gradient norm at every step of both runs",
        ),
        Panel(
            "What clipping took away", curves.cut(cut, UNTIL, limit=limit), "Gradient norm before and after clipping"
        ),
        Panel(
            "How large gradients are",
            curves.spread(frames, COLOURS, limit=limit),
            "Histogram of gradient norms of both runs",
        ),
        Panel(
            "How far clipping turned the gradient", curves.angles(cut, UNTIL), "Angle between raw and clipped gradient"
        ),
    )
    ours, theirs = checked_norm(runs[CUT].exp, runs[CUT].state)
    verdict = judge("gradient by backpropagation against finite differences", ours, theirs, 1e-4)
    return Scene(panels, verdict, says(frames), {"loss_free": frames[FREE].loss, "loss_clipped": cut.loss})


def says(frames: dict) -> str:
    free, cut = frames[FREE], frames[CUT]
    if not len(cut):
        return "Two nets with the same weights, the same data and the same rate. Only the blue one is clipped."
    share = 100 * (cut.applied < cut.gradient).mean()
    ruin = f" and stopped being a number at step {free.diverged}" if free.diverged is not None else ""
    return (
        f"Clipped in {share:.0f} % of the steps, the blue run stands at {cut.loss[-1]:.2f} nats; "
        f"the green one at {free.loss[-1]:.2f}, after a gradient of norm {short(free.gradient.max())}{ruin}."
    )


play(scene, {FREE: exp.change("rule.clip", OFF), CUT: exp}, until=UNTIL, every=2)

# --- what to make of it
notes("clipping")
