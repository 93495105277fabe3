"""What a recogniser hears: log energies in mel bands, by torch.stft alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

RATE = 8000  # samples a second
WINDOW, HOP, POINTS = 200, 80, 256  # 25 ms every 10 ms, padded for the transform
BANDS, LOWEST = 40, 60.0  # mel bands, and the Hz where the first begins
STACK = 3  # frames heard at once, and frames that a step moves on
WIDTH = BANDS * STACK
STEP = STACK * HOP / RATE  # seconds between two inputs of the net


def mel(hertz: Tensor) -> Tensor:
    """Pitch as it is heard (O'Shaughnessy 1987): 2595 log10(1 + f / 700)."""
    return 2595 * torch.log10(1 + hertz / 700)


@cache
def bands() -> Tensor:
    """(frequency, band) triangles, equally wide in mel and half overlapping, from LOWEST to RATE / 2."""
    low, high = mel(torch.tensor([LOWEST, RATE / 2])).tolist()
    edges = torch.linspace(low, high, BANDS + 2)
    at = mel(torch.linspace(0, RATE / 2, POINTS // 2 + 1))[:, None]
    rising = (at - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - at) / (edges[2:] - edges[1:-1])
    return torch.minimum(rising, falling).clamp(min=0)


def spectrogram(samples: Tensor) -> Tensor:
    """Samples (…, sample) at 8 kHz -> (…, frame, band) natural logarithm of the energy, every 10 ms."""
    lifted = torch.cat(
        [samples[..., :1], samples[..., 1:] - 0.97 * samples[..., :-1]], -1
    )  # speech falls by 6 dB an octave
    if lifted.shape[-1] < POINTS:
        lifted = torch.nn.functional.pad(lifted, (0, POINTS - lifted.shape[-1]))
    window = torch.hann_window(WINDOW, periodic=False)
    waves = torch.stft(lifted, POINTS, HOP, WINDOW, window, center=False, return_complex=True)
    return torch.log(waves.abs().square().transpose(-1, -2) @ bands() + 1e-6)


def features(samples: Tensor) -> Tensor:
    """Samples (sample,) -> (step, WIDTH): three frames side by side, every 30 ms, mean 0 and variance 1 in every band."""
    return _stacked(spectrogram(samples))


def features_of(takes: Sequence[Tensor], at_once: int = 128) -> list[Tensor]:
    """`features` of many utterances; those of like length share a transform."""
    found: list[Tensor] = [torch.empty(0)] * len(takes)
    order = sorted(range(len(takes)), key=lambda i: len(takes[i]))
    for rows in (order[k : k + at_once] for k in range(0, len(order), at_once)):
        energies = spectrogram(pad_sequence([takes[i] for i in rows], True))
        for i, mine in zip(rows, energies, strict=True):
            found[i] = _stacked(mine[: max(0, len(takes[i]) - POINTS) // HOP + 1])
    return found


def _stacked(energies: Tensor) -> Tensor:
    """(frame, band) -> (step, WIDTH), normalised."""
    energies = (energies - energies.mean(0)) / (energies.std(0, correction=0) + 1e-3)
    steps = max(1, len(energies) // STACK)
    if len(energies) < STACK:
        energies = torch.nn.functional.pad(energies, (0, 0, 0, STACK - len(energies)))
    return energies[: steps * STACK].reshape(steps, WIDTH)
