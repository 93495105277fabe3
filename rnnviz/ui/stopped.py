"""A training as it stood at a step, for a page that goes on from there: from the shelf if it lies there, else trained now."""

from __future__ import annotations

from rnnviz.experiment import Experiment
from rnnviz.film import Film, Still
from rnnviz.ui.house import SHELF


def stopped(exp: Experiment, step: int) -> Still:
    """The film of `exp` at `step`, or at its end if it diverged before."""
    film: Film = SHELF.get(exp.key) or Film.of(exp)
    if film.step < step and not film.over:
        film = film.forward(step - film.step)
    return film.still(min(step, film.step))


def ready(exp: Experiment, step: int) -> Still | None:
    """The same where the training is long: None until somebody has trained it so far."""
    film: Film | None = SHELF.get(exp.key)
    return film.still(min(step, film.step)) if film and (film.step >= step or film.over) else None
