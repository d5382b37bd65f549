"""nyu6953's initial weights: their deviation and shape, and the network that they go into."""

import re
import sys

import numpy as np
import pytest

from mytorch.cli.main import main
from mytorch.courses.nyu6953.initialize_weights import (
    activation_statistics,
    initialize_weights,
    mlp,
    set_weights,
)
from mytorch.data import load
from mytorch.utils.errors import ArgumentError, MissingExtraError

SHAPE = (600, 200)  # fan_in, fan_out
VARIANCES = {
    "zero": 0.0,
    "small_random": 0.01**2,
    "xavier": 2 / (600 + 200),
    "he": 2 / 600,
}
ALIASES = {"small": "small_random", "normal": "small_random", "glorot": "xavier", "kaiming": "he"}
METHODS = [*VARIANCES, *ALIASES]


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.mark.parametrize("method", METHODS)
def test_weights_are_a_float32_tensor_of_fan_in_by_fan_out(method, torch):
    w = initialize_weights(SHAPE, method, 0)
    assert isinstance(w, torch.Tensor)
    assert tuple(w.shape) == SHAPE
    assert w.dtype == torch.float32
    assert w.is_contiguous()
    assert not w.requires_grad


def test_a_shape_may_be_any_sequence_of_whole_numbers(torch):
    expected = initialize_weights((4, 3), "he", 0)
    for shape in ([4, 3], torch.Size([4, 3]), (np.int64(4), np.int32(3))):
        assert torch.equal(initialize_weights(shape, "he", 0), expected)


@pytest.mark.parametrize("method", METHODS)
def test_the_variance_is_the_methods(method, torch):
    w = initialize_weights(SHAPE, method, 0).double()
    expected = VARIANCES[ALIASES.get(method, method)]
    # The relative deviation of a variance of n normal numbers is sqrt(2 / n): 0.4 % here.
    assert w.var().item() == pytest.approx(expected, rel=0.015, abs=0)
    assert abs(w.mean().item()) <= 4 * np.sqrt(expected / w.numel())


@pytest.mark.parametrize("method", ["small_random", "xavier", "he"])
def test_the_numbers_are_normal(method, torch):
    stats = pytest.importorskip("scipy.stats")
    w = initialize_weights(SHAPE, method, 0).numpy().ravel().astype(float)
    deviation = np.sqrt(VARIANCES[method])
    assert stats.kstest(w / deviation, "norm").pvalue > 0.001


@pytest.mark.parametrize(("alias", "method"), ALIASES.items())
def test_an_alias_gives_the_same_weights(alias, method, torch):
    assert torch.equal(initialize_weights((4, 3), alias, 5), initialize_weights((4, 3), method, 5))


def test_a_seed_repeats_and_a_generator_goes_on(torch):
    generator = torch.Generator().manual_seed(3)
    first, second = (initialize_weights((4, 3), "he", generator) for _ in range(2))
    assert torch.equal(first, initialize_weights((4, 3), "he", 3))
    assert torch.equal(first, initialize_weights((4, 3), "he", np.int64(3)))
    assert not torch.equal(first, second)
    assert not torch.equal(first, initialize_weights((4, 3), "he", 4))


def test_without_a_generator_manual_seed_repeats(torch):
    before = torch.get_rng_state()
    try:
        draws = []
        for seed in (3, 3, 4):
            torch.manual_seed(seed)
            draws.append(initialize_weights((4, 3), "xavier"))
    finally:
        torch.set_rng_state(before)
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


def test_with_a_seed_pytorchs_own_stream_stays_where_it_was(torch):
    before = torch.get_rng_state()
    mlp("tanh", "he", 0)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("shape", "method", "generator", "message"),
    [
        ((4, 3), "orthogonal", 0, "no method named 'orthogonal'; there are: zero, small_random, "),
        ((4, 3), "", 0, "no method named ''"),
        *(
            (shape, method, 0, rf"\(fan_in, fan_out\) of whole .*, got {re.escape(repr(shape))}$")
            for shape in ((4,), (4, 3, 2), (4, 0), (-1, 3), (4.0, 3), ("4", "3"), "43", 4, None)
            for method in ("he", "zero")
        ),
        ((4, 3), "he", -1, "a seed from 0, got -1"),
        ((4, 3), "he", 2**63, "a seed from 0"),
        ((4, 3), "he", "0", "expected a torch.Generator"),
    ],
)
def test_mistakes_are_refused(shape, method, generator, message, torch):
    with pytest.raises(ArgumentError, match=message):
        initialize_weights(shape, method, generator)


def test_the_network_is_the_assignments_with_biases_of_zero(torch):
    network = mlp("tanh", "xavier", 0)
    sizes = [(la.in_features, la.out_features) for la in network if isinstance(la, torch.nn.Linear)]
    assert sizes == [(784, 256), *[(256, 256)] * 4, (256, 10)]
    assert [type(layer).__name__ for layer in network] == [*["Linear", "Tanh"] * 5, "Linear"]
    assert type(mlp("relu", "he", 0)[1]).__name__ == "ReLU"
    assert all(not layer.bias.any() for layer in network[::2])
    assert all(p.requires_grad for p in network.parameters())


def test_weights_are_put_transposed_into_the_layers_one_after_another(torch):
    # Square layers, whose shapes would not tell.
    network = mlp("tanh", "he", 9, inputs=6, hidden=(6, 6), classes=6)
    generator = torch.Generator().manual_seed(9)
    w1, w2, w3 = (initialize_weights((6, 6), "he", generator) for _ in range(3))
    x = torch.randn(5, 6, generator=generator)
    expected = torch.tanh(torch.tanh(x @ w1) @ w2) @ w3
    torch.testing.assert_close(network(x), expected, rtol=1e-5, atol=1e-6)


def test_setting_weights_anew_zeroes_the_biases(torch):
    network = mlp("relu", "he", 0, inputs=4, hidden=(3,), classes=2)
    with torch.no_grad():
        network[0].bias.fill_(1)
    set_weights(network, "zero")
    assert all(not p.any() for p in network.parameters())


def test_an_unknown_activation_is_refused(torch):
    with pytest.raises(ArgumentError, match="no activation named 'gelu'; there are: tanh, relu"):
        mlp("gelu", "he", 0)


@pytest.mark.parametrize(
    ("activation", "function"), [("tanh", np.tanh), ("relu", lambda z: z.clip(0))]
)
def test_statistics_are_those_of_every_hidden_layers_activations(activation, function, torch):
    network = mlp(activation, "he", 1, inputs=8, hidden=(16, 12), classes=3)
    x = np.random.default_rng(0).standard_normal((20, 8)).astype(np.float32)
    y, expected = x.astype(float), []
    for layer in (network[0], network[2]):
        y = function(y @ layer.weight.detach().numpy().T.astype(float))
        expected.append((y.mean(), y.std()))
    assert np.ravel(activation_statistics(network, x)) == pytest.approx(
        np.ravel(expected), rel=1e-4, abs=1e-6
    )


GAUSS, WEIGHT = np.polynomial.hermite_e.hermegauss(60)
FUNCTIONS = {"tanh": np.tanh, "relu": lambda z: z.clip(0)}


def root_mean_squares(activation, variances, squares):
    """What they are in layers of infinite width.

    A net input is then normal, with the variance q = var(w) |a|^2, and the mean square of the
    activations is E f(sqrt(q) z)^2 over normal z: the integral below.

    Reference: Poole et al. 2016, "Exponential expressivity in deep neural networks through
    transient chaos", equation 3.
    """
    found = []
    for variance in variances:
        z = np.sqrt(variance * squares)[:, np.newaxis] * GAUSS  # (N, 1) (60,)
        means = FUNCTIONS[activation](z) ** 2 @ WEIGHT / WEIGHT.sum()  # (N,)
        found.append(np.sqrt(means.mean()))
        squares = 256 * means
    return found


@pytest.mark.parametrize("method", ["small_random", "xavier", "he"])
@pytest.mark.parametrize("activation", FUNCTIONS)
def test_the_activations_of_the_network_are_as_large_as_theory_says(activation, method, torch):
    x = np.random.default_rng(0).random((64, 784)).astype(np.float32)
    first, later = {
        "small_random": (0.01**2, 0.01**2),
        "xavier": (2 / (784 + 256), 2 / (256 + 256)),
        "he": (2 / 784, 2 / 256),
    }[method]
    expected = root_mean_squares(activation, [first, *[later] * 4], (x**2).sum(axis=1))
    squares = [
        [mean**2 + std**2 for mean, std in activation_statistics(mlp(activation, method, seed), x)]
        for seed in range(16)
    ]
    measured = np.sqrt(np.mean(squares, axis=0))
    # Widths of 256 wander: 16 networks together stay within 6 % of what infinite ones have.
    np.testing.assert_allclose(measured, expected, rtol=0.06)


# The program


def table(text):
    """The blocks of the program's table: what, then method, then the numbers by layer."""
    found = {}
    for block in text.split("\n\n")[1:]:
        title, *rows = block.splitlines()
        what, *layers = (part.strip() for part in title.split("layer"))
        assert layers == list("12345")
        found[what] = {row.split()[0]: row.split()[1:] for row in rows}
    return found


@pytest.mark.parametrize(("data", "scale"), [("digits", 16), ("wine", None)])
def test_the_program_prints_mean_and_deviation_for_each_layer(data, scale, torch, capsys):
    pytest.importorskip("sklearn")
    arguments = [f"--data={data}", "--batch=50", "--seed=3"]
    assert main(["nyu6953", "initialize_weights", *arguments]) == 0
    said = capsys.readouterr().out
    rows = load(data).train.x.astype(np.float32)
    if scale:
        rows, how = rows.reshape(len(rows), -1) / scale, "pixels in [0, 1]"
    else:
        mean, std = rows.mean(axis=0, dtype=float), rows.std(axis=0, dtype=float)
        rows, how = (rows - mean) / std, "columns standardized"
    assert said.startswith(f"50 examples of {data}, {how}, seed 3, untrained\n")
    x = rows[np.random.default_rng(3).permutation(len(rows))[:50]].astype(np.float32)

    shown = table(said)
    assert len(shown) == 4
    for activation in ("tanh", "relu"):
        for position, what in enumerate(("mean", "standard deviation")):
            block = shown[f"{activation}, {what}"]
            assert [*block] == [*VARIANCES]
            for method, values in block.items():
                network = mlp(activation, method, 3, inputs=x.shape[1])
                expected = [pair[position] for pair in activation_statistics(network, x)]
                assert len(values) == 5
                assert [float(v) for v in values] == pytest.approx(expected, rel=6e-3, abs=1e-9)


def test_on_mnist_small_weights_vanish_and_the_others_hold(torch, real_data, capsys):
    assert main(["nyu6953", "initialize_weights", "--seed=2"]) == 0
    shown = {
        what: {method: [float(v) for v in values] for method, values in block.items()}
        for what, block in table(capsys.readouterr().out).items()
    }
    tanh, relu = shown["tanh, standard deviation"], shown["relu, standard deviation"]
    assert tanh["zero"] == relu["zero"] == [0] * 5
    # 0.01 sqrt(256) = 0.16 for each layer; with ReLU, which keeps half of the square, 0.113.
    assert tanh["small_random"][0] == pytest.approx(0.092, rel=0.1, abs=0)
    assert tanh["small_random"][4] == pytest.approx(0.092 * 0.16**4, rel=0.2, abs=0)
    assert relu["small_random"][4] < 2e-4 * relu["small_random"][0]
    assert tanh["xavier"][4] > 0.6 * tanh["xavier"][0]
    assert relu["he"][4] > 0.8 * relu["he"][0]
    assert relu["xavier"][4] < 0.4 * relu["xavier"][0]


def test_a_larger_batch_than_there_are_examples_is_refused(torch, capsys):
    pytest.importorskip("sklearn")
    assert main(["nyu6953", "initialize_weights", "--data=digits", "--batch=9999"]) == 2
    assert capsys.readouterr().err == ("mytorch: --batch=9999: digits has 1437 training examples\n")


def test_without_pytorch_there_is_one_line(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"torch is not installed: pip install 'mytorch"):
        initialize_weights((4, 3), "he")
    with pytest.raises(MissingExtraError):
        mlp("tanh", "he", 0)
    assert main(["nyu6953", "initialize_weights", "--data=digits"]) == 2
    err = capsys.readouterr().err
    assert err == "mytorch: torch is not installed: pip install 'mytorch[torch]'\n"
