"""A tagger: bags of word parts, an LSTM in both directions over packed sentences, one softmax a word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from rnnviz.nets.simple import lstm_weights
from rnnviz.nets.spec import Pass
from rnnviz.settings import Checked, setting, switch


@dataclass(frozen=True)
class Tagger(Checked):
    """Sum of part vectors → (bi)LSTM → logits. The sum over a word's parts follows Bojanowski et al. (2017)."""

    hidden: int = setting(64, 4, 256, "Hidden units, each direction")
    embedding: int = setting(64, 4, 256, "Embedding size")
    bidirectional: bool = switch(True, "Bidirectional", help="Off: the end of the sentence is unknown")


class TaggerNet(nn.Module):
    """Parameters: embed (part, embedding), wx, wh, bias as in LstmNet, the same with _back, out."""

    def __init__(self, spec: Tagger, inputs: int, outputs: int) -> None:
        super().__init__()
        self.hidden, self.names = spec.hidden, ("", "_back")[: 1 + spec.bidirectional]
        self.embed = nn.Parameter(torch.randn(inputs, spec.embedding) * 0.3)
        for name in self.names:
            for part, tensor in lstm_weights(spec.embedding, spec.hidden, forget=1.0).items():
                self.register_parameter(part + name, nn.Parameter(tensor))
        self.out = nn.Linear(spec.hidden * len(self.names), outputs)

    def weights(self) -> list[Tensor]:
        parts = [(getattr(self, "wx" + n), getattr(self, "wh" + n), getattr(self, "bias" + n)) for n in self.names]
        return [w for wx, wh, bias in parts for w in (wx, wh, bias, torch.zeros_like(bias))]

    def forward(self, x: Any) -> Pass:
        """x.parts (batch, time, part) numbers of word parts, x.lengths (batch) words, the longest sentence first."""
        packed = pack_padded_sequence(x.parts, x.lengths, batch_first=True)
        # every word of the batch once, padding never
        vectors = nn.functional.embedding_bag(packed.data, self.embed, mode="sum")
        h0 = vectors.new_zeros(len(self.names), len(x.lengths), self.hidden)
        both = len(self.names) == 2
        done = torch.lstm(vectors, packed.batch_sizes, [h0, h0], self.weights(), True, 1, 0.0, False, both)[0]
        sizes = packed.batch_sizes
        logits, _ = pad_packed_sequence(PackedSequence(self.out(done), sizes), batch_first=True)
        hidden, _ = pad_packed_sequence(PackedSequence(done, sizes), batch_first=True)
        return Pass(logits, {"hidden": hidden})
