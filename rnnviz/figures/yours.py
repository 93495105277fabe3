"""A visitor's recording and what a net makes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rnnviz.figures import speech
from rnnviz.figures.scene import Panel
from rnnviz.records.utterance import Reading, Sounds


def yours(
    sounds: Sounds,
    read: Reading,
    said: tuple[str, ...] = (),
    gamma: np.ndarray | None = None,
    route: np.ndarray | None = None,
) -> tuple[Panel, ...]:
    """Sound and reading; with γ (step, state) and the best alignment of what the visitor `said`, these too."""
    heard, told = read.greedy or "nothing", "".join(said)
    title, alt = "Your recording: brighter is louder", "Spectrogram of your recording"
    panels = [Panel(title, speech.spectrogram(sounds), alt, wide=True, height=240)]
    alt = f"Probabilities over your recording, read as {heard}"
    panels.append(
        Panel(f"What the net with φ says of it: {heard}", speech.posteriors(read, sounds), alt, wide=True, height=240)
    )
    if gamma is not None and route is not None:
        shown = speech.alignment(gamma, route, read, replace(sounds, units=said))
        alt = f"Posterior of every lattice state of {told} over your recording, and the best path"
        panels.append(Panel(f"Where all alignments of your {told} lie (γ)", shown, alt, wide=True, height=280))
    return tuple(panels)
