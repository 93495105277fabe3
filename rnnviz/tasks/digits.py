"""Handwritten digits, one pixel a step: what was it?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Generator, Tensor

from rnnviz.tasks.marked import Marked
from rnnviz.tasks.spec import Batch

HELD_OUT = 360  # of 1797 images


@cache
def _images() -> tuple[Tensor, Tensor]:
    """Grey values (image, 64) in 0..1, line by line, and digits (image), in the order of the file."""
    from sklearn.datasets import load_digits  # two seconds to import: only who asks for digits pays

    pixels, digits = load_digits(return_X_y=True)
    return torch.tensor(pixels / 16, dtype=torch.float32), torch.tensor(digits, dtype=torch.long)


@dataclass(frozen=True)
class Digits(Marked):
    """x (batch, 64, 1): an 8×8 image of scikit-learn's digits (Alpaydin & Kaynak 1998), a pixel a step; y (batch): the digit.

    The last 360 of the 1797 images, in the order of the file, are never trained on. The small relative of the pixel-by-pixel
    MNIST of Le, Jaitly & Hinton (2015).
    """

    inputs = 1
    outputs = 10

    def sample(self, dice: Generator, size: int) -> Batch:
        pixels, digits = _images()
        drawn = torch.randint(len(digits) - HELD_OUT, (size,), generator=dice)
        return Batch(pixels[drawn][..., None], digits[drawn])

    def held_out(self) -> Batch:
        """The images that are never trained on."""
        pixels, digits = _images()
        return Batch(pixels[-HELD_OUT:, :, None], digits[-HELD_OUT:])
