"""Every cell of one exhibit under the same few settings at birth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rnnviz.experiment import Experiment
from rnnviz.nets.clockwork import Clockwork
from rnnviz.nets.gru import Gru
from rnnviz.nets.irnn import Irnn
from rnnviz.nets.lstm1997 import Lstm1997
from rnnviz.nets.scrn import Scrn
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.settings import Checked, setting


@dataclass(frozen=True)
class Births(Checked):
    """What cells are born with. Not a net itself: `cells` gives the nets."""

    spread: float = setting(
        0.6, 0.1, 2.0, "Spectral radius ρ of W at birth", help="For the tanh, ReLU and logistic nets"
    )
    scale: float = setting(
        1.0, 0.8, 1.2, "IRNN: W at birth, times the identity", help="Below 1 vanishes, above explodes"
    )
    forget: float = setting(1.0, -2.0, 6.0, "LSTM: forget-gate bias at birth", help="Larger: the cell keeps more")
    hidden: int = setting(32, 4, 64, "Hidden units")

    def cells(self) -> dict[str, Any]:
        """Name -> spec."""
        return {
            "tanh RNN": Rnn(self.hidden, self.spread),
            "ReLU RNN": Rnn(self.hidden, self.spread, squash="relu"),
            "logistic RNN": Rnn(self.hidden, self.spread, squash="sigmoid"),
            "IRNN": Irnn(self.hidden, self.scale, others=0.1),
            "LSTM": Lstm(self.hidden, self.forget),
            "LSTM of 1997": Lstm1997(self.hidden),
            "GRU": Gru(self.hidden),
            "Clockwork": Clockwork(self.hidden, modules=min(6, self.hidden)),
            "SCRN": Scrn(self.hidden),
        }


NAMES = tuple(Births().cells())


def runs_of(exp: Experiment, names: tuple[str, ...]) -> dict[str, Experiment]:
    """An experiment over `Births` as one experiment for each of the cells that are named.

    An IRNN's weights all point the same way, so it takes a third of the rate.
    """
    assert isinstance(exp.net, Births)
    cells, rate = exp.net.cells(), getattr(exp.rule, "rate", 0.01)
    slower = exp.change("rule.rate", max(1e-4, rate / 3)).rule
    return {n: replace(exp, net=cells[n], rule=slower if n == "IRNN" else exp.rule) for n in names}
