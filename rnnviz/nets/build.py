"""Spec -> torch module."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import nn

from rnnviz.nets.seq2seq import Seq2Seq, Seq2SeqNet
from rnnviz.nets.simple import Lstm, LstmNet, Rnn, RnnNet
from rnnviz.nets.unit import Unit, UnitNet

NETS: dict[type, Any] = {Rnn: RnnNet, Lstm: LstmNet, Unit: UnitNet, Seq2Seq: Seq2SeqNet}


def born(spec: Any, inputs: int, outputs: int, seed: int) -> nn.Module:
    """A module with its first weights; the global dice are put back afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return NETS[type(spec)](spec, inputs, outputs)


@lru_cache(maxsize=256)
def shape(spec: Any, inputs: int, outputs: int) -> nn.Module:
    """The module as a function to be called with weights."""
    return born(spec, inputs, outputs, seed=0).requires_grad_(False)
