"""The network of any number of layers is that of three, with more of them."""

import numpy as np
import pytest

from mytorch.courses.rice576.n_layer_neural_network import DeepNeuralNetwork, Layer
from mytorch.courses.rice576.three_layer_neural_network import NeuralNetwork
from mytorch.utils.errors import ArgumentError, OrderError, RunError

ACTIVATIONS = ("Tanh", "Sigmoid", "ReLU")
DEPTHS = range(1, 7)  # layers of weights


def examples(n=7, features=2, classes=3):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, features)), rng.integers(0, classes, n)


def network(depth, kind="Tanh", **options):
    sizes = [2, *(4 + i for i in range(depth - 1)), 3]
    return DeepNeuralNetwork(depth + 1, sizes, kind, **options)


def test_it_overrides_what_the_course_asks_for():
    assert issubclass(DeepNeuralNetwork, NeuralNetwork)
    assert {"feedforward", "backprop", "calculate_loss", "fit_model"} <= set(
        vars(DeepNeuralNetwork)
    )
    assert {"feedforward", "backprop"} <= set(vars(Layer))


@pytest.mark.parametrize("kind", ACTIVATIONS)
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_three_layers_equal_the_network_of_three_layers_bit_for_bit(kind, reduction):
    X, y = examples()
    three = NeuralNetwork(2, 5, 3, kind, 0.1, 4, reduction=reduction)
    deep = DeepNeuralNetwork(3, [2, 5, 3], kind, 0.1, 4, reduction=reduction)
    assert deep.calculate_loss(X, y) == three.calculate_loss(X, y)
    for got, wanted in zip(deep.backprop(X, y), three.backprop(X, y), strict=True):
        np.testing.assert_array_equal(got, wanted)
    for model in (three, deep):
        model.fit_model(X, y, num_passes=50, print_loss=False)
    np.testing.assert_array_equal(deep.layers[0].W, three.W1)
    np.testing.assert_array_equal(deep.layers[1].b, three.b2)
    np.testing.assert_array_equal(deep.predict(X), three.predict(X))


def loss_gradient(model, X, y, loss):
    """The gradients of the stated loss, by `loss(model, array, index)`: weights, then biases."""
    arrays = [n.W for n in model.layers] + [n.b for n in model.layers]
    return [
        np.array([loss(a, index) for index in np.ndindex(a.shape)]).reshape(a.shape) for a in arrays
    ]


def with_l2(model, X, y):
    model.predict(X)
    gradients = model.backprop(X, y)
    m = len(model.layers)
    assert len(gradients) == 2 * m
    l2 = [model.reg_lambda * n.W for n in model.layers]
    return [*(g + pull for g, pull in zip(gradients[:m], l2, strict=True)), *gradients[m:]]


@pytest.mark.parametrize("kind", ACTIVATIONS)
@pytest.mark.parametrize("depth", DEPTHS)
def test_gradients_of_any_depth_equal_n_times_the_complex_step_of_the_loss(depth, kind):
    X, y = examples()
    model = network(depth, kind, reg_lambda=0.2)
    got = with_l2(model, X, y)
    for layer in model.layers:
        layer.W, layer.b = layer.W.astype(complex), layer.b.astype(complex)

    def slope(array, index):
        array[index] += 1e-30j
        value = np.imag(model.calculate_loss(X, y)) / 1e-30
        array[index] = array[index].real
        return value

    for g, expected in zip(got, loss_gradient(model, X, y, slope), strict=True):
        expected *= len(X)
        assert np.abs(g - expected).max() <= 1e-12 * np.abs(expected).max()


@pytest.mark.parametrize("depth", DEPTHS)
def test_gradients_of_any_depth_equal_n_times_the_difference_quotients_of_the_loss(depth):
    X, y = examples()
    model = network(depth, reg_lambda=0.2)
    got, h = with_l2(model, X, y), 1e-5

    def quotient(array, index):
        middle = array[index]
        values = []
        for array[index] in (middle + h, middle - h):
            values.append(model.calculate_loss(X, y))
        array[index] = middle
        return (values[0] - values[1]) / (2 * h)

    for g, expected in zip(got, loss_gradient(model, X, y, quotient), strict=True):
        np.testing.assert_allclose(g, len(X) * expected, atol=1e-8)


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_training_equals_pytorchs_gradient_descent_on_n_times_the_loss(kind):
    torch = pytest.importorskip("torch")
    X, y = examples(20)
    model = network(3, kind, reg_lambda=0.05)
    weights = [torch.tensor(n.W, requires_grad=True) for n in model.layers]
    biases = [torch.tensor(n.b, requires_grad=True) for n in model.layers]
    f = getattr(torch, kind.lower())
    optimizer = torch.optim.SGD([*weights, *biases], lr=0.01)
    for _ in range(200):
        a = torch.tensor(X)
        for W, b in zip(weights[:-1], biases[:-1], strict=True):
            a = f(a @ W + b)
        scores = a @ weights[-1] + biases[-1]
        loss = torch.nn.functional.cross_entropy(scores, torch.tensor(y), reduction="sum")
        loss = loss + 0.05 / 2 * sum((W**2).sum() for W in weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.fit_model(X, y, num_passes=200, print_loss=False)
    for layer, W, b in zip(model.layers, weights, biases, strict=True):
        np.testing.assert_allclose(layer.W, W.detach().numpy(), rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(layer.b, b.detach().numpy(), rtol=1e-9, atol=1e-11)


def test_the_loss_counts_the_l2_term_of_every_layer():
    X, y = examples()
    plain, penalized = network(4, reg_lambda=0.0), network(4, reg_lambda=0.6)
    squares = sum((n.W**2).sum() for n in plain.layers)
    difference = penalized.calculate_loss(X, y) - plain.calculate_loss(X, y)
    assert difference == pytest.approx(0.6 / 2 * squares / len(X), rel=1e-12, abs=0)


def test_what_is_set_in_a_layer_is_used_as_it_is():
    X, y = examples()
    model, rng = network(3), np.random.default_rng(1)
    for layer in model.layers:
        layer.W, layer.b = rng.standard_normal(layer.W.shape), rng.standard_normal(layer.b.shape)
    model.feedforward(X, np.tanh)
    first, second, last = model.layers
    a = np.tanh(np.tanh(X @ first.W + first.b) @ second.W + second.b)
    np.testing.assert_allclose(last.z, a @ last.W + last.b, rtol=1e-12)
    model.probs = rng.random((7, 3))
    *_, db = model.backprop(X, y)
    np.testing.assert_allclose(db, (model.probs - np.eye(3)[y]).sum(0, keepdims=True), rtol=1e-13)


def test_weights_that_were_handed_in_are_not_overwritten():
    model, W, b = network(2), np.ones((4, 3)), np.ones((1, 3))
    model.layers[1].W, model.layers[1].b = W, b
    model.fit_model(*examples(), num_passes=2, print_loss=False)
    np.testing.assert_array_equal(W, np.ones((4, 3)))
    np.testing.assert_array_equal(b, np.ones((1, 3)))
    assert not np.array_equal(model.layers[1].W, W)


def test_a_deep_network_learns_the_moons():
    pytest.importorskip("sklearn")
    from mytorch.courses.rice576.three_layer_neural_network import generate_data

    X, y = generate_data()
    model = DeepNeuralNetwork(4, [2, 8, 8, 2], "tanh")
    model.fit_model(X, y, num_passes=3000, print_loss=False)
    assert np.mean(model.predict(X) == y) >= 0.95


def test_the_loss_is_printed_as_by_the_network_of_three_layers(capsys):
    X, y = examples()
    model = network(2)
    model.fit_model(X, y, num_passes=1001)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1] == f"Loss after iteration 1000: {model.calculate_loss(X, y):f}"


@pytest.mark.parametrize(("n", "sizes"), [(3, [2, 2]), (1, [2]), (0, []), (2, [2, 3, 2])])
def test_numbers_of_layers_that_do_not_fit_their_sizes_are_refused(n, sizes):
    with pytest.raises(ArgumentError, match="expected 2 layers or more, and a size for each"):
        DeepNeuralNetwork(n, sizes)


def test_sizes_below_1_and_unknown_activations_are_refused():
    with pytest.raises(ArgumentError, match="sizes must be at least 1"):
        DeepNeuralNetwork(3, [2, 0, 2])
    with pytest.raises(ArgumentError, match="no activation is named"):
        DeepNeuralNetwork(3, [2, 3, 2], "swish")


def test_backprop_before_feedforward_is_told():
    with pytest.raises(OrderError, match="needs a feedforward before it"):
        network(2).backprop(*examples())
    with pytest.raises(OrderError, match="needs a feedforward before it"):
        Layer(np.ones((2, 3)), np.zeros((1, 3))).backprop(np.ones((4, 3)))


def test_a_step_that_is_too_large_is_told_in_one_line():
    X, y = examples()
    with pytest.raises(RunError, match="no longer finite"):
        network(3, "ReLU").fit_model(X * 1e6, y, 1e6, 1500, False)
