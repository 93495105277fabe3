"""Audio word vectors: an encoder makes one vector of a sequence of frames, a decoder makes frames of the vector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from rnnviz.nets.gru import gru, gru_weights
from rnnviz.nets.simple import lstm_weights
from rnnviz.nets.spec import Pass
from rnnviz.settings import Checked, choice, setting, switch

Weights = Mapping[str, Tensor]
BUCKETS = 4  # groups of clips of about one length, where there are many


@dataclass(frozen=True)
class Audio2Vec(Checked):
    """RNN encoder → code → RNN decoder, trained together (Chung et al. 2016, "Audio Word2Vec").

    The decoder hears nothing but the code, at every step: what it says must have been in there.
    """

    hidden: int = setting(64, 4, 256, "Hidden units", marks=(8, 16, 32, 48, 64, 96, 128))
    code: int = setting(64, 2, 128, "Size of the code", marks=(2, 4, 8, 16, 32, 64, 128))
    bidirectional: bool = switch(True, "Bidirectional", help="The encoder reads forwards and backwards")
    cell: str = choice("lstm", ("lstm", "gru"), "Cell")


class Said(NamedTuple):
    """What the net makes of a batch, in the place of logits."""

    frames: Tensor  # (clip, step, number) decoded
    exam: Tensor  # (clip, code) of the clips that are not trained on; no gradient

    def detach(self) -> Said:
        return Said(self.frames.detach(), self.exam)


class Audio2VecNet(nn.Module):
    """Parameters: reads_, reads_back_ (if bidirectional) and writes_, each wx, wh, bias; code, code_bias; out, out_bias."""

    def __init__(self, spec: Audio2Vec, inputs: int, outputs: int) -> None:
        super().__init__()
        self.spec = spec
        cell = gru_weights if spec.cell == "gru" else lambda n, hidden: lstm_weights(n, hidden, forget=1.0)
        for side, width in (*((side, inputs) for side in _sides(spec)), ("writes", spec.code)):
            for name, tensor in cell(width, spec.hidden).items():
                self.register_parameter(f"{side}_{name}", nn.Parameter(tensor))
        for name, rows, columns in (
            ("code", spec.code, spec.hidden * len(_sides(spec))),
            ("out", outputs, spec.hidden),
        ):
            reach = columns**-0.5
            self.register_parameter(name, nn.Parameter(torch.empty(rows, columns).uniform_(-reach, reach)))
            self.register_parameter(f"{name}_bias", nn.Parameter(torch.zeros(rows)))

    def forward(self, x: Any) -> Pass:
        weights = dict(self.named_parameters())
        codes = encode(self.spec, weights, x.source, x.steps)
        frames = decode(self.spec, weights, codes, x.frames)
        with torch.no_grad():
            exam = encode_many(self.spec, weights, x.exam, x.exam_steps)
        said: Any = Said(frames, exam)
        return Pass(said, {"code": codes[:, None]})


def _sides(spec: Audio2Vec) -> tuple[str, ...]:
    return ("reads", "reads_back")[: 1 + spec.bidirectional]


def encode(spec: Audio2Vec, weights: Weights, source: Tensor, steps: Tensor) -> Tensor:
    """(clip, code) of clips (clip, step, number) that are `steps` long; padding behind them changes nothing."""
    ends = []
    for side in _sides(spec):
        if side == "reads_back":
            back = (steps[:, None] - 1 - torch.arange(source.shape[1])).clamp(min=0)
            source = source.gather(1, back[..., None].expand_as(source))
        states = _run(spec, weights, side, source)
        ends.append(states[torch.arange(len(steps)), steps - 1])
    return linear(torch.cat(ends, 1), weights["code"], weights["code_bias"])


def encode_many(spec: Audio2Vec, weights: Weights, source: Tensor, steps: Tensor) -> Tensor:
    """The same for hundreds of clips in half the time: those of about one length together, so that little is padding."""
    codes = source.new_empty(len(steps), spec.code)
    for rows in steps.argsort(stable=True).chunk(BUCKETS) if len(steps) else ():
        codes[rows] = encode(spec, weights, source[rows, : int(steps[rows].max())], steps[rows])
    return codes


def decode(spec: Audio2Vec, weights: Weights, codes: Tensor, frames: int) -> Tensor:
    """(clip, step, number) what the decoder says of codes (clip, code) in so many steps."""
    states = _run(spec, weights, "writes", codes[:, None].expand(-1, frames, -1))
    return linear(states, weights["out"], weights["out_bias"])


def _run(spec: Audio2Vec, weights: Weights, side: str, x: Tensor) -> Tensor:
    """(clip, step, unit) states of one direction over x (clip, step, number), from 0."""
    wx, wh, bias = (weights[f"{side}_{name}"] for name in ("wx", "wh", "bias"))
    if spec.cell == "gru":
        return gru(x, wx, wh, bias)
    begin = x.new_zeros(1, len(x), spec.hidden)
    return torch.lstm(x, [begin, begin], [wx, wh, bias, torch.zeros_like(bias)], True, 1, 0.0, False, False, True)[0]
