"""Encoder and decoder, with attention or through one fixed vector. Teacher forcing is one fused call and two products."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnviz.nets.simple import lstm_weights
from rnnviz.nets.spec import Pass
from rnnviz.settings import Checked, choice, setting, switch

Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class Seq2Seq(Checked):
    """Encoder → state → decoder (Sutskever et al. 2014), attention after the decoder (Luong et al. 2015, "general")."""

    hidden: int = setting(64, 4, 256, "Hidden units")
    embedding: int = setting(16, 2, 128, "Embedding size")
    attention: bool = switch(True, "Attention", help="Off: all the decoder gets is the encoder's last state")
    cell: str = choice("lstm", ("lstm", "rnn"), "Cell")
    reverse: bool = switch(False, "Read the source backwards", help="Sutskever's trick: first words last")


class Reading(NamedTuple):
    """What the encoder has made of a batch of sources."""

    states: Tensor  # (batch, in time, unit), in the order of the source whichever way it was read
    mask: Tensor  # (batch, in time) False on padding
    code: Tensor  # (batch, unit) the state the decoder starts from: h, and for an LSTM c behind it


class Writing(NamedTuple):
    """What the decoder has done with a batch of targets."""

    logits: Tensor  # (batch, out time, symbol)
    hidden: Tensor  # (batch, out time, unit)
    attention: Tensor  # (batch, out time, in time); 0 in time without attention
    code: Tensor  # (batch, unit) the state it stopped in


class Seq2SeqNet(nn.Module):
    """Parameters: reads_* (encoder) and writes_* (decoder), each embed, wx, wh, bias; out, out_bias; with attention match and mix."""

    def __init__(self, spec: Seq2Seq, inputs: int, outputs: int) -> None:
        super().__init__()
        self.spec = spec
        hidden, reach = spec.hidden, spec.hidden**-0.5
        for side, symbols in (("reads", inputs), ("writes", outputs)):
            parts = {"embed": torch.randn(symbols, spec.embedding), **_cell(spec)}
            for name, tensor in parts.items():
                self.register_parameter(f"{side}_{name}", nn.Parameter(tensor))
        self.out = nn.Parameter(torch.empty(outputs, hidden).uniform_(-reach, reach))
        self.out_bias = nn.Parameter(torch.zeros(outputs))
        if spec.attention:
            self.match = nn.Parameter(torch.empty(hidden, hidden).uniform_(-reach, reach))
            self.mix = nn.Parameter(torch.empty(hidden, 2 * hidden).uniform_(-reach, reach))

    def forward(self, x: Any) -> Pass:
        weights = dict(self.named_parameters())
        reading = encode(self.spec, weights, x.source)
        writing = decode(self.spec, weights, reading, x.shifted)
        states = {"hidden": writing.hidden, "code": reading.code[:, None], "attention": writing.attention}
        return Pass(writing.logits, states)


def _cell(spec: Seq2Seq) -> dict[str, Tensor]:
    if spec.cell == "lstm":
        return lstm_weights(spec.embedding, spec.hidden, forget=1.0)
    reach = spec.hidden**-0.5
    wh = nn.init.orthogonal_(torch.empty(spec.hidden, spec.hidden))
    wx = torch.empty(spec.hidden, spec.embedding).uniform_(-reach, reach)
    return {"wx": wx, "wh": wh, "bias": torch.zeros(spec.hidden)}


def encode(spec: Seq2Seq, weights: Weights, source: Tensor) -> Reading:
    """Read (batch, time) symbols, 0 being padding; every sequence ends in its own last valid state."""
    mask = source != 0
    lengths = mask.sum(1)
    order = torch.arange(source.shape[1])
    if spec.reverse:
        order = torch.where(mask, lengths[:, None] - 1 - order, order)
        source = source.gather(1, order)
    packed = pack_padded_sequence(weights["reads_embed"][source], lengths, batch_first=True, enforce_sorted=False)
    # torch wants the initial state in the order of the packed batch, and gives the last one in it
    code = packed.data.new_zeros(len(source), spec.hidden * (1 + (spec.cell == "lstm")))
    flat, last = _run(spec, weights, "reads", packed.data, code, packed.batch_sizes)
    states, _ = pad_packed_sequence(packed._replace(data=flat), batch_first=True, total_length=source.shape[1])
    if spec.reverse:
        states = states.gather(1, order[..., None].expand_as(states))
    return Reading(states, mask, last[packed.unsorted_indices])


def decode(spec: Seq2Seq, weights: Weights, reading: Reading, shifted: Tensor, look: Tensor | None = None) -> Writing:
    """Write after the symbols `shifted` (batch, out time): a whole target under teacher forcing, or one symbol.

    To go on writing, put the `code` that comes back into the reading. `look` (batch, out time, in time) replaces the
    attention weights in every row that is not NaN.
    """
    hidden, code = _run(spec, weights, "writes", weights["writes_embed"][shifted], reading.code)
    top, attention = hidden, hidden.new_zeros(*shifted.shape, 0)
    if spec.attention:
        scores = hidden @ weights["match"] @ reading.states.mT
        attention = scores.masked_fill(~reading.mask[:, None], -torch.inf).softmax(-1)
        if look is not None:
            attention = torch.where(look.isnan(), attention, look)
        context = attention @ reading.states
        top = torch.tanh(torch.cat([context, hidden], -1) @ weights["mix"].T)
    return Writing(top @ weights["out"].T + weights["out_bias"], hidden, attention, code)


def _run(
    spec: Seq2Seq, weights: Weights, side: str, x: Tensor, code: Tensor, sizes: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """One fused call over padded (batch, time, unit) or, with `sizes`, packed (symbol, unit) input -> states, last code."""
    wx, wh, bias = (weights[f"{side}_{name}"] for name in ("wx", "wh", "bias"))
    matrices = [wx, wh, bias, torch.zeros_like(bias)]  # torch wants two biases
    begin: Any = [part.contiguous() for part in code[None].chunk(2, -1)] if spec.cell == "lstm" else code[None]
    fused: Any = torch.lstm if spec.cell == "lstm" else torch.rnn_tanh
    if sizes is None:
        states, *last = fused(x, begin, matrices, True, 1, 0.0, False, False, True)
    else:
        states, *last = fused(x, sizes, begin, matrices, True, 1, 0.0, False, False)
    return states, torch.cat(last, -1)[0]
