"""Every cell against torch where torch has it, against a loop in numpy where not, and against what it should be at birth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.func import functional_call

from rnnviz.experiment import Experiment
from rnnviz.film import batch_at, forward, start
from rnnviz.measure.cells import PATHS, parameters, unrolled
from rnnviz.measure.stacked import stackable
from rnnviz.nets.build import born
from rnnviz.nets.clockwork import Clockwork
from rnnviz.nets.deep import Deep
from rnnviz.nets.gru import Gru
from rnnviz.nets.irnn import Irnn
from rnnviz.nets.lstm1997 import Lstm1997
from rnnviz.nets.scrn import Scrn
from rnnviz.nets.simple import Lstm, Rnn
from rnnviz.rules import Adam
from rnnviz.tasks.symbols import Quote

sizes = st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 7), st.integers(1, 3), st.integers(0, 99))
CELLS = [
    Rnn(5),
    Rnn(5, squash="relu"),
    Rnn(5, squash="sigmoid"),
    Irnn(6),
    Lstm(5),
    Lstm(5, bidirectional=True),
    Lstm1997(5),
    Gru(5),
    Clockwork(7, modules=3),
    Scrn(5, slow=2),
    Deep(4, layers=3),
    Deep(4, layers=2, bidirectional=True),
    Deep(4, layers=2, bidirectional=True, cell="lstm"),
    Deep(4, layers=2, bidirectional=True, cell="gru"),
    Rnn(5, embedding=3),
    Scrn(5, embedding=3),
    Deep(5, embedding=3, cell="gru"),
]


def fresh(spec: Any, inputs: int, seed: int) -> dict[str, Tensor]:
    """Weights far from the ones at birth, so that nothing hides in a zero, in float64."""
    dice = torch.Generator().manual_seed(seed)
    named = born(spec, inputs, 2, seed).named_parameters()
    return {k: torch.randn(p.shape, generator=dice, dtype=torch.float64).requires_grad_() for k, p in named}


def hidden_of(spec: Any, params: dict[str, Tensor], x: Tensor) -> Tensor:
    return functional_call(born(spec, x.shape[-1], 2, 0), params, (x,)).states["hidden"]


def same(ours: Tensor, theirs: Tensor, pairs: list[tuple[Tensor, Tensor]], seed: int) -> None:
    """Values, and the gradients of a random mixture of them with respect to the leaves of either side."""
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-10)
    mix = torch.randn(ours.shape, generator=torch.Generator().manual_seed(seed), dtype=ours.dtype)
    first = torch.autograd.grad((ours * mix).sum(), [a for a, _ in pairs])
    second = torch.autograd.grad((theirs * mix).sum(), [b for _, b in pairs])
    for a, b in zip(first, second, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-9)


def torchs(module: nn.RNNBase, names: dict[str, str], params: dict[str, Tensor]) -> list[tuple[Tensor, Tensor]]:
    """Our weights put into torch's module; its second bias is ours to leave at zero."""
    theirs = dict(module.named_parameters())
    with torch.no_grad():
        for name, own in theirs.items():
            own.copy_(params[names[name]]) if name in names else own.zero_()
    return [(params[ours], theirs[name]) for name, ours in names.items()]


def layout(layers: int, ways: int, ours: Any) -> dict[str, str]:
    """torch's name -> ours, for every layer and direction."""
    kinds = {"weight_ih_l": "wx", "weight_hh_l": "wh", "bias_ih_l": "bias"}
    return {
        f"{kind}{layer}{'_reverse' * way}": name + ours(layer, way)
        for layer in range(layers)
        for way in range(ways)
        for kind, name in kinds.items()
    }


def one_layer(layer: int, way: int) -> str:
    return "_back" * way


def deep(layer: int, way: int) -> str:
    return f"_{layer + 1}{'_back' * way}"


@pytest.mark.parametrize("squash", ["tanh", "relu"])
@settings(max_examples=40)
@given(sizes)
def test_simple_nets_are_torchs(squash, size):
    check(Rnn(size[2], squash=squash), nn.RNN(size[3], size[2], nonlinearity=squash), layout(1, 1, one_layer), size)


@settings(max_examples=40)
@given(sizes)
def test_irnn_is_torchs_relu_net(size):
    check(Irnn(size[2]), nn.RNN(size[3], size[2], nonlinearity="relu"), layout(1, 1, one_layer), size)


@settings(max_examples=40)
@given(sizes)
def test_gru_is_torchs(size):
    check(Gru(size[2]), nn.GRU(size[3], size[2]), layout(1, 1, one_layer), size)


@settings(max_examples=40)
@given(sizes, st.booleans())
def test_lstm_is_torchs(size, both):
    module = nn.LSTM(size[3], size[2], bidirectional=both)
    check(Lstm(size[2], bidirectional=both), module, layout(1, 1 + both, one_layer), size)


@pytest.mark.parametrize("cell", ["tanh", "lstm", "gru"])
@settings(max_examples=40)
@given(sizes, st.integers(1, 3), st.booleans())
def test_deep_is_torchs(cell, size, layers, both):
    kind = {"tanh": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell]
    module = kind(size[3], size[2], num_layers=layers, bidirectional=both)
    spec = Deep(size[2], layers=layers, bidirectional=both, cell=cell)
    check(spec, module, layout(layers, 1 + both, deep), size)


def check(spec: Any, module: nn.RNNBase, names: dict[str, str], size: tuple[int, ...]) -> None:
    batch, time, _, inputs, seed = size
    module = module.double()
    module.batch_first = True
    params = fresh(spec, inputs, seed)
    pairs = torchs(module, names, params)
    x = torch.randn(batch, time, inputs, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    same(hidden_of(spec, params, ours), module(theirs)[0], [*pairs, (ours, theirs)], seed)


def sigma(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def arrays(params: dict[str, Tensor]) -> Any:
    return {k: p.detach().numpy() for k, p in params.items()}


def drawn(size: tuple[int, ...], spec: Any) -> tuple[dict[str, Tensor], Tensor]:
    batch, time, _, inputs, seed = size
    dice = torch.Generator().manual_seed(seed)
    return fresh(spec, inputs, seed), torch.randn(batch, time, inputs, generator=dice, dtype=torch.float64)


@settings(max_examples=40)
@given(sizes)
def test_the_sigmoid_net_is_its_formula(size):
    spec = Rnn(size[2], squash="sigmoid")
    params, x = drawn(size, spec)
    p, h = arrays(params), np.zeros((size[0], size[2]))
    for t in range(size[1]):
        h = sigma(x[:, t].numpy() @ p["wx"].T + p["bias"] + h @ p["wh"].T)
        np.testing.assert_allclose(hidden_of(spec, params, x)[:, t].detach(), h, atol=1e-12)


@settings(max_examples=40)
@given(sizes)
def test_the_first_lstm_adds_and_never_forgets(size):
    spec = Lstm1997(size[2])
    params, x = drawn(size, spec)
    p, ours = arrays(params), hidden_of(spec, params, x).detach().numpy()
    h = c = np.zeros((size[0], size[2]))
    for t in range(size[1]):
        i, g, o = np.split(x[:, t].numpy() @ p["wx"].T + p["bias"] + h @ p["wh"].T, 3, axis=-1)
        c = c + sigma(i) * np.tanh(g)
        h = sigma(o) * np.tanh(c)
        np.testing.assert_allclose(ours[:, t], h, atol=1e-12)


@settings(max_examples=40)
@given(sizes, st.integers(1, 4))
def test_clockwork_is_a_loop_over_modules(size, modules):
    spec = Clockwork(size[2], modules)
    params, x = drawn(size, spec)
    p, ours = arrays(params), hidden_of(spec, params, x).detach().numpy()
    module = [next(i for i in range(modules) if unit < spec.ends[i]) for unit in range(size[2])]
    h = np.zeros((size[0], size[2]))
    for t in range(size[1]):
        before = h.copy()
        for unit, own in enumerate(module):
            if t % 2**own == 0:
                heard = [j for j, other in enumerate(module) if other >= own]
                drive = x[:, t].numpy() @ p["wx"][unit] + p["bias"][unit]
                h[:, unit] = np.tanh(drive + before[:, heard] @ p["wh"][unit, heard])
        np.testing.assert_allclose(ours[:, t], h, atol=1e-12)


@settings(max_examples=40)
@given(sizes, st.integers(1, 4))
def test_a_module_stands_still_between_its_ticks(size, modules):
    spec = Clockwork(size[2], modules)
    params, x = drawn((size[0], 9, *size[2:]), spec)
    h = hidden_of(spec, params, x).detach()
    for t in range(1, 9):
        asleep = torch.tensor([t % period != 0 for period in spec.periods])
        assert (h[:, t, asleep] == h[:, t - 1, asleep]).all()


@settings(max_examples=40)
@given(sizes, st.integers(1, 3), st.floats(0, 1))
def test_scrn_is_its_formulas(size, slow, alpha):
    spec = Scrn(size[2], slow, alpha)
    params, x = drawn(size, spec)
    p = arrays(params)
    passed = functional_call(born(spec, size[3], 2, 0), params, (x,))
    h, s = np.zeros((size[0], size[2])), np.zeros((size[0], slow))
    for t in range(size[1]):
        now = x[:, t].numpy()
        s = (1 - alpha) * now @ p["wx_slow"].T + alpha * s
        h = sigma(s @ p["wh_slow"].T + now @ p["wx"].T + p["bias"] + h @ p["wh"].T)
        y = h @ p["out.weight"][:, : size[2]].T + s @ p["out.weight"][:, size[2] :].T + p["out.bias"]
        np.testing.assert_allclose(passed.states["slow"].detach()[:, t], s, atol=1e-12)
        np.testing.assert_allclose(passed.logits.detach()[:, t], y, atol=1e-11)


@pytest.mark.parametrize("spec", CELLS, ids=repr)
def test_the_plain_loop_is_the_net(spec):
    params = fresh(spec, 4, 3)
    x = torch.randn(3, 11, 4, dtype=torch.float64) if not spec.embedding else torch.randint(4, (3, 11))
    theirs = unrolled(experiment(spec), params, x)
    ours = functional_call(born(spec, 4, 2, 0), params, (x,)).logits
    same(ours, theirs.logits, [(p, p) for p in params.values()], seed=5)


@pytest.mark.parametrize("spec", CELLS, ids=repr)
def test_states_of_the_loop_lead_to_the_logits(spec):
    """A small push on the last h, c or s moves the logits as its gradient says."""
    exp, params = experiment(spec), fresh(spec, 4, 3)
    x = torch.randn(2, 6, 4, dtype=torch.float64) if not spec.embedding else torch.randint(4, (2, 6))
    done = unrolled(exp, params, x)
    states = done.states[PATHS[type(spec)]]
    assert len(states) == 6
    assert all(g.abs().sum() > 0 for g in torch.autograd.grad(done.logits[:, -1].sum(), states, allow_unused=False))


def test_a_push_on_the_memory_arrives_as_its_gradient_says():
    """∂L/∂b of a tanh net is Σ_t (1 − h_t²)·∂L/∂h_t, so the ∂L/∂h_t of the loop are the whole derivatives."""
    spec = Rnn(5)
    params = fresh(spec, 4, 1)
    done = unrolled(experiment(spec), params, torch.randn(3, 9, 4, dtype=torch.float64))
    loss = done.logits.square().sum()
    errors = torch.autograd.grad(loss, done.states["h"], retain_graph=True)
    summed = sum(((1 - h * h) * e).sum(0) for h, e in zip(done.states["h"], errors, strict=True))
    torch.testing.assert_close(summed, torch.autograd.grad(loss, params["bias"])[0])


def experiment(spec: Any) -> Experiment:
    return Experiment(Quote(), spec, Adam(), batch=4)


def test_other_nets_are_refused():
    with pytest.raises(TypeError, match="Quote is none of the cells: Rnn"):
        unrolled(Experiment(Quote(), Quote(), Adam()), {}, torch.zeros(1, 1, 4))


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(1, 20))
def test_parameters_are_counted_by_formula(hidden, other):
    inputs, outputs = 4, 2
    gate = hidden * (inputs + hidden + 1)
    out = outputs * (hidden + 1)
    slow, modules = min(other, 64), min(other, 10)
    wanted = {
        Rnn(hidden): gate + out,
        Irnn(hidden): gate + out,
        Lstm1997(hidden): 3 * gate + out,
        Gru(hidden): 3 * gate + out,
        Lstm(hidden): 4 * gate + out,
        Scrn(hidden, slow): gate + slow * (inputs + hidden) + outputs * (hidden + slow + 1),
        Deep(hidden, layers=2): gate + hidden * (2 * hidden + 1) + out,
    }
    for spec, count in wanted.items():
        assert parameters(experiment(spec)) == count
    if hidden % modules == 0:  # equal modules: the blocks on and above the diagonal
        blocks = modules * (modules + 1) // 2 * (hidden // modules) ** 2
        assert parameters(experiment(Clockwork(hidden, modules))) == hidden * (inputs + 1) + blocks + out


@settings(max_examples=40)
@given(st.floats(0, 2), st.integers(1, 12), st.integers(0, 99))
def test_an_irnn_is_born_as_the_identity(scale, hidden, seed):
    params = dict(born(Irnn(hidden, scale), 3, 2, seed).named_parameters())
    assert torch.equal(params["wh"], torch.tensor(scale) * torch.eye(hidden))
    assert not params["bias"].any()
    assert not params["out.bias"].any()
    assert params["wx"].abs().max() < 0.006  # six standard deviations


@pytest.mark.parametrize(("bias", "open"), [(0.0, 0.500), (1.0, 0.731), (2.0, 0.881), (4.0, 0.982)])
def test_forget_and_update_gates_are_born_as_asked(bias, open):
    """The bias alone sets the gate on a silent input (FACTS: f = σ(b))."""
    still = torch.zeros(1, 1, 4)
    for spec, gate in ((Lstm(6, forget=bias), "f"), (Gru(6, keep=bias), "z")):
        found = unrolled(experiment(spec), start(experiment(spec)).params, still).states[gate][0]
        torch.testing.assert_close(found, torch.full((1, 6), open), atol=5e-4, rtol=0)


def test_slow_units_forget_as_alpha_says():
    """0.95^T of an impulse is left after T steps: .60 at 10, .077 at 50, .0059 at 100 (FACTS)."""
    spec = Scrn(3, slow=1)
    params = start(experiment(spec)).params
    x = torch.zeros(1, 101, 4)
    x[0, 0, 0] = 1
    s = forward(experiment(spec), params, batch_at(experiment(spec), 0)._replace(x=x)).states["slow"][0, :, 0]
    np.testing.assert_allclose(s[[10, 50, 100]] / s[0], [0.599, 0.0769, 0.00592], rtol=2e-3)


def test_a_sigmoid_net_is_not_stacked():
    assert [stackable(net) for net in (Rnn(squash="sigmoid"), Gru(), Rnn(squash="relu"))] == [False, False, True]
