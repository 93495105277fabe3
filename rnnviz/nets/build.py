"""Spec -> torch module."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

import torch
from torch import nn

from rnnviz.nets.audio2vec import Audio2Vec, Audio2VecNet
from rnnviz.nets.clockwork import Clockwork, ClockworkNet
from rnnviz.nets.deep import Deep, DeepNet
from rnnviz.nets.framewise import Framewise, FramewiseNet
from rnnviz.nets.gru import Gru, GruNet
from rnnviz.nets.irnn import Irnn, IrnnNet
from rnnviz.nets.linear_unit import LinearUnit, LinearUnitNet
from rnnviz.nets.lstm1997 import Lstm1997, Lstm1997Net
from rnnviz.nets.memory_cell import MemoryCell, MemoryCellNet
from rnnviz.nets.perword import PerWord, PerWordNet
from rnnviz.nets.scrn import Scrn, ScrnNet
from rnnviz.nets.seq2seq import Seq2Seq, Seq2SeqNet
from rnnviz.nets.simple import Lstm, LstmNet, Rnn, RnnNet
from rnnviz.nets.tagger import Tagger, TaggerNet
from rnnviz.nets.truncated import Truncated, TruncatedNet
from rnnviz.nets.unit import Unit, UnitNet

NETS: dict[type, Any] = {
    Rnn: RnnNet,
    Lstm: LstmNet,
    Truncated: TruncatedNet,
    Irnn: IrnnNet,
    Gru: GruNet,
    Lstm1997: Lstm1997Net,
    Clockwork: ClockworkNet,
    Scrn: ScrnNet,
    Deep: DeepNet,
    Unit: UnitNet,
    LinearUnit: LinearUnitNet,
    Seq2Seq: Seq2SeqNet,
    MemoryCell: MemoryCellNet,
    Audio2Vec: Audio2VecNet,
    Tagger: TaggerNet,
    Framewise: FramewiseNet,
    PerWord: PerWordNet,
}


_DICE = threading.Lock()  # torch's global generator belongs to whoever holds it
_OWN = threading.local()  # a module is called with weights put into it, so no two threads may share one


def born(spec: Any, inputs: int, outputs: int, seed: int) -> nn.Module:
    """A module with its first weights; the global dice are put back afterwards."""
    with _DICE, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return NETS[type(spec)](spec, inputs, outputs)


def shape(spec: Any, inputs: int, outputs: int) -> nn.Module:
    """The module as a function to be called with weights, one for each thread."""
    if not hasattr(_OWN, "shape"):
        _OWN.shape = lru_cache(maxsize=256)(lambda *key: born(*key, seed=0).requires_grad_(False))
    return _OWN.shape(spec, inputs, outputs)
