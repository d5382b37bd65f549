"""The network of three layers keeps the course's contract; its gradients are those of its loss."""

import inspect

import numpy as np
import pytest

from mytorch.courses.rice576 import three_layer_neural_network as program
from mytorch.courses.rice576.three_layer_neural_network import (
    NeuralNetwork,
    generate_data,
    plot_decision_boundary,
)
from mytorch.utils.errors import ArgumentError, DtypeError, OrderError, RunError, ShapeError

ACTIVATIONS = ("Tanh", "Sigmoid", "ReLU")
FORMULAS = {
    "Tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "Sigmoid": (
        lambda z: 1 / (1 + np.exp(-z)),
        lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
    ),
    "ReLU": (lambda z: np.maximum(0, z), lambda z: (z > 0) * 1.0),
}
NAMES = ("W1", "b1", "W2", "b2")


def examples(n=7, features=2, classes=2):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, features)), rng.integers(0, classes, n)


def literal(W1, b1, W2, b2, X, y, kind):
    """A pass of feedforward and backprop as a textbook writes it."""
    f, slope = FORMULAS[kind]
    z1 = X @ W1 + b1
    a1 = f(z1)
    z2 = a1 @ W2 + b2
    scores = np.exp(z2)
    probs = scores / scores.sum(axis=1, keepdims=True)
    d2 = probs.copy()
    d2[np.arange(len(X)), y] -= 1
    d1 = d2 @ W2.T * slope(z1)
    return z1, a1, z2, probs, (X.T @ d1, a1.T @ d2, d1.sum(0, keepdims=True), d2.sum(0)[None])


def test_the_data_equal_those_of_the_course():
    make_moons = pytest.importorskip("sklearn.datasets").make_moons
    np.random.seed(0)
    expected = make_moons(200, noise=0.20)
    for got, wanted in zip(generate_data(), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_weights_equal_the_draws_of_the_course():
    model = NeuralNetwork(4, 5, 3, seed=7)
    np.random.seed(7)
    np.testing.assert_array_equal(model.W1, np.random.randn(4, 5) / np.sqrt(4))
    np.testing.assert_array_equal(model.W2, np.random.randn(5, 3) / np.sqrt(5))
    np.testing.assert_array_equal(model.b1, np.zeros((1, 5)))
    np.testing.assert_array_equal(model.b2, np.zeros((1, 3)))


def test_the_global_stream_is_left_alone():
    pytest.importorskip("sklearn")
    np.random.seed(3)
    expected = np.random.random(4)
    np.random.seed(3)
    generate_data()
    NeuralNetwork(2, 3, 2)
    np.testing.assert_array_equal(np.random.random(4), expected)


def test_the_defaults_are_those_of_the_course():
    training = inspect.signature(NeuralNetwork.fit_model).parameters.values()
    assert [(p.name, p.default) for p in training][3:] == [
        ("epsilon", 0.01),
        ("num_passes", 20000),
        ("print_loss", True),
    ]
    model = NeuralNetwork(2, 3, 2)
    assert (model.actFun_type.lower(), model.reg_lambda, model.reduction) == ("tanh", 0.01, "sum")
    np.testing.assert_array_equal(model.W1, NeuralNetwork(2, 3, 2, seed=0).W1)


@pytest.mark.parametrize("kind", ACTIVATIONS)
@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (2, 3, 4)])
def test_activations_and_slopes_equal_their_formulas_on_any_array(kind, shape):
    model = NeuralNetwork(2, 3, 2)
    z = np.random.default_rng(0).standard_normal(shape) * 3
    f, slope = FORMULAS[kind]
    for spelling in (kind, kind.lower(), kind.upper()):
        np.testing.assert_allclose(model.actFun(z, spelling), f(z), rtol=1e-14)
        np.testing.assert_allclose(model.diff_actFun(z, spelling), slope(z), rtol=1e-13)
        assert np.shape(model.diff_actFun(z, spelling)) == shape


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_slopes_equal_difference_quotients(kind):
    model, h = NeuralNetwork(2, 3, 2), 1e-6
    z = np.linspace(-2, 2, 16)  # 0 is not among them
    quotient = (model.actFun(z + h, type=kind) - model.actFun(z - h, type=kind)) / (2 * h)
    np.testing.assert_allclose(model.diff_actFun(z, type=kind), quotient, atol=1e-9)


def test_the_slope_of_relu_at_0_is_0():
    assert NeuralNetwork(2, 3, 2).diff_actFun(0.0, "ReLU") == 0


def test_whole_numbers_are_numbers():
    np.testing.assert_array_equal(NeuralNetwork(2, 3, 2).actFun([-1, 0, 2], "relu"), [0, 0, 2])


@pytest.mark.parametrize("call", ["actFun", "diff_actFun"])
def test_an_unknown_activation_is_one_line(call):
    with pytest.raises(ValueError, match=r"no activation is named 'softmax'; there are: Tanh"):
        getattr(NeuralNetwork(2, 3, 2), call)(np.ones(3), "softmax")


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_a_pass_equals_the_textbooks(kind):
    X, y = examples()
    model = NeuralNetwork(2, 4, 2, kind)
    assert model.feedforward(X, lambda z: model.actFun(z, kind)) is None
    *states, gradients = literal(model.W1, model.b1, model.W2, model.b2, X, y, kind)
    for name, wanted in zip(("z1", "a1", "z2", "probs"), states, strict=True):
        np.testing.assert_allclose(getattr(model, name), wanted, rtol=1e-13, err_msg=name)
    got = model.backprop(X, y)
    assert [g.shape for g in got] == [(2, 4), (4, 2), (1, 4), (1, 2)]
    for gradient, wanted in zip(got, gradients, strict=True):
        np.testing.assert_allclose(gradient, wanted, rtol=1e-12, atol=1e-14)


def test_feedforward_takes_any_function():
    X, _ = examples()
    model = NeuralNetwork(2, 4, 2)
    model.feedforward(X, lambda z: z**2)
    np.testing.assert_array_equal(model.a1, model.z1**2)


def test_the_loss_equals_its_formula():
    X, y = examples()
    model = NeuralNetwork(2, 4, 2, reg_lambda=0.3)
    loss = model.calculate_loss(X, y)
    misfit = -np.log(model.probs[np.arange(len(X)), y]).sum()
    squares = (model.W1**2).sum() + (model.W2**2).sum()
    assert loss == pytest.approx((misfit + 0.3 / 2 * squares) / len(X), rel=1e-14, abs=0)


def test_the_loss_of_a_truth_that_is_all_but_impossible_is_finite():
    model = NeuralNetwork(2, 4, 2)
    model.b2 = np.array([[5000.0, 0.0]])
    assert model.calculate_loss(np.ones((1, 2)), [1]) == pytest.approx(5000, rel=1e-2)


def complex_step(model, name, X, y):
    """The gradient of `calculate_loss`, entry by entry."""
    for each in NAMES:
        setattr(model, each, getattr(model, each).astype(complex))
    parameter = getattr(model, name)
    gradient = np.empty(parameter.shape)
    for index in np.ndindex(parameter.shape):
        parameter[index] += 1e-30j
        gradient[index] = np.imag(model.calculate_loss(X, y)) / 1e-30
        parameter[index] = parameter[index].real
    for each in NAMES:
        setattr(model, each, getattr(model, each).real.copy())
    return gradient


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_the_summed_gradient_with_its_l2_term_equals_n_times_that_of_the_loss(kind):
    X, y = examples(classes=3)
    model = NeuralNetwork(2, 4, 3, kind, reg_lambda=0.2)
    expected = {name: len(X) * complex_step(model, name, X, y) for name in NAMES}
    model.predict(X)
    dW1, dW2, db1, db2 = model.backprop(X, y)
    got = {"W1": dW1 + 0.2 * model.W1, "b1": db1, "W2": dW2 + 0.2 * model.W2, "b2": db2}
    for name in NAMES:
        scale = np.abs(expected[name]).max()
        np.testing.assert_allclose(got[name], expected[name], atol=1e-13 * scale, err_msg=name)


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_gradients_equal_pytorchs(kind):
    torch = pytest.importorskip("torch")
    X, y = examples(classes=3)
    model = NeuralNetwork(2, 4, 3, kind)
    parameters = {name: torch.tensor(getattr(model, name), requires_grad=True) for name in NAMES}
    f = getattr(torch, kind.lower())
    hidden = f(torch.tensor(X) @ parameters["W1"] + parameters["b1"])
    scores = hidden @ parameters["W2"] + parameters["b2"]
    torch.nn.functional.cross_entropy(scores, torch.tensor(y), reduction="sum").backward()
    model.predict(X)
    for name, got in zip(("W1", "W2", "b1", "b2"), model.backprop(X, y), strict=True):
        np.testing.assert_allclose(got, parameters[name].grad.numpy(), rtol=1e-11, atol=1e-14)


def test_the_mean_form_divides_by_the_number_of_examples():
    X, y = examples()
    models = [NeuralNetwork(2, 4, 2, reduction=reduction) for reduction in ("sum", "mean")]
    for model in models:
        model.predict(X)
    summed, mean = (model.backprop(X, y) for model in models)
    for one, other in zip(summed, mean, strict=True):
        np.testing.assert_allclose(one, len(X) * other, rtol=1e-13)


def test_what_is_set_between_the_calls_is_used_as_it_is():
    X, y = examples()
    rng = np.random.default_rng(1)
    model = NeuralNetwork(2, 4, 2)
    for name in NAMES:
        setattr(model, name, rng.standard_normal(getattr(model, name).shape))
    model.feedforward(X, np.tanh)
    np.testing.assert_allclose(model.z1, X @ model.W1 + model.b1, rtol=1e-13)
    model.z1, model.a1 = rng.standard_normal((2, 7, 4))
    model.probs, model.W2 = rng.random((7, 2)), rng.standard_normal((4, 2))
    d2 = model.probs - np.eye(2)[y]
    d1 = d2 @ model.W2.T * (1 - np.tanh(model.z1) ** 2)
    dW1, dW2, db1, db2 = model.backprop(X, y)
    np.testing.assert_allclose(dW2, model.a1.T @ d2, rtol=1e-13)
    np.testing.assert_allclose(dW1, X.T @ d1, rtol=1e-12)
    np.testing.assert_allclose(db1, d1.sum(0, keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(db2, d2.sum(0, keepdims=True), rtol=1e-13)


def test_another_number_of_hidden_units_may_be_set():
    X, _ = examples()
    model = NeuralNetwork(2, 4, 2)
    model.W1, model.b1, model.W2 = np.ones((2, 6)), np.zeros((1, 6)), np.ones((6, 2))
    model.feedforward(X, np.tanh)
    assert model.a1.shape == (7, 6)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_training_equals_the_literal_loop(kind, reduction, capsys):
    X, y = examples(40)
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    model = NeuralNetwork(2, 5, 2, kind, reduction=reduction)
    W1, b1, W2, b2 = (getattr(model, name).copy() for name in NAMES)
    divisor = len(X) if reduction == "mean" else 1
    for _ in range(1500):
        dW1, dW2, db1, db2 = (g / divisor for g in literal(W1, b1, W2, b2, X, y, kind)[-1])
        dW1 += 0.01 * W1
        dW2 += 0.01 * W2
        W1, b1 = W1 - 0.01 * dW1, b1 - 0.01 * db1
        W2, b2 = W2 - 0.01 * dW2, b2 - 0.01 * db2
    model.fit_model(X, y, num_passes=1500, print_loss=False)
    for name, wanted in zip(NAMES, (W1, b1, W2, b2), strict=True):
        difference = np.abs(getattr(model, name) - wanted).max()
        assert difference <= 1e-12 * max(1, np.abs(wanted).max()), name
    assert capsys.readouterr().out == ""


def test_training_calls_what_a_subclass_defines():
    calls = []

    class Mine(NeuralNetwork):
        def backprop(self, X, y):
            calls.append(len(X))
            return super().backprop(X, y)

    Mine(2, 3, 2).fit_model(*examples(), num_passes=3, print_loss=False)
    assert calls == [7, 7, 7]


def test_the_loss_is_printed_every_1000_passes_after_the_step(capsys):
    X, y = examples()
    model = NeuralNetwork(2, 3, 2)
    model.fit_model(X, y, num_passes=2001)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[2] == f"Loss after iteration 2000: {model.calculate_loss(X, y):f}"
    once = NeuralNetwork(2, 3, 2)
    once.fit_model(X, y, num_passes=1, print_loss=False)
    assert lines[0] == f"Loss after iteration 0: {once.calculate_loss(X, y):f}"


def test_the_last_pass_is_not_printed_unless_it_is_a_thousandth(capsys):
    NeuralNetwork(2, 3, 2).fit_model(*examples(), num_passes=5)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_weights_that_were_handed_in_are_not_overwritten():
    model, W1 = NeuralNetwork(2, 3, 2), np.ones((2, 3))
    model.W1 = W1
    model.fit_model(*examples(), num_passes=2, print_loss=False)
    np.testing.assert_array_equal(W1, np.ones((2, 3)))
    assert not np.array_equal(model.W1, W1)


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_ten_hidden_units_learn_the_moons(kind):
    pytest.importorskip("sklearn")
    X, y = generate_data()
    model = NeuralNetwork(2, 10, 2, kind)
    model.fit_model(X, y, print_loss=False)
    assert np.mean(model.predict(X) == y) >= 0.95


def test_a_step_that_is_too_large_is_told_in_one_line():
    X, y = examples()
    model = NeuralNetwork(2, 3, 2, "ReLU")
    with pytest.raises(RunError, match=r"no longer finite after iteration \d+: .* epsilon below"):
        model.fit_model(X * 1e6, y, epsilon=1e6, num_passes=1500, print_loss=False)


MISTAKES = {
    "activation": (ArgumentError, lambda: NeuralNetwork(2, 3, 2, "elu"), "no activation"),
    "size": (ArgumentError, lambda: NeuralNetwork(2, 0, 2), "sizes must be at least 1"),
    "l2": (ArgumentError, lambda: NeuralNetwork(2, 3, 2, reg_lambda=-1), "reg_lambda"),
    "seed": (ArgumentError, lambda: NeuralNetwork(2, 3, 2, seed=-1), "seed must be"),
    "reduction": (ArgumentError, lambda: NeuralNetwork(2, 3, 2, reduction="none"), "sum, mean"),
    "order": (OrderError, lambda: NeuralNetwork(2, 3, 2).backprop(*examples()), "feedforward"),
    "features": (ShapeError, lambda: NeuralNetwork(3, 3, 2).predict(examples()[0]), "2 features"),
    "words": (DtypeError, lambda: NeuralNetwork(2, 3, 2).predict([["a", "b"]]), "numbers"),
    "ragged": (ShapeError, lambda: NeuralNetwork(2, 3, 2).predict([[1, 2], [3]]), "numbers"),
    "label": (
        ShapeError,
        lambda: NeuralNetwork(2, 3, 2).calculate_loss(np.ones((2, 2)), [0, 2]),
        "from 0 to 1, got 2",
    ),
    "labels": (
        ShapeError,
        lambda: NeuralNetwork(2, 3, 2).calculate_loss(np.ones((2, 2)), np.eye(2)),
        "2 labels of shape",
    ),
}


@pytest.mark.parametrize("label", [-1, 2])
def test_labels_of_no_class_are_refused_by_backprop(label):
    X, y = examples()
    model = NeuralNetwork(2, 3, 2)
    model.predict(X)
    y[3] = label
    with pytest.raises(ShapeError, match=rf"labels from 0 to 1, got {label}$"):
        model.backprop(X, y)


def test_labels_that_are_not_whole_numbers_are_refused():
    with pytest.raises(DtypeError, match="labels that are integers, got dtype float64"):
        NeuralNetwork(2, 3, 2).calculate_loss(np.ones((2, 2)), [0.0, 1.0])


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line(name):
    error, call, message = MISTAKES[name]
    with pytest.raises(error) as raised:
        call()
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_boundary_is_looked_for_on_the_grid_of_the_course():
    pytest.importorskip("matplotlib")
    seen = []

    def right_of_0(points):
        seen.append(points)
        return (points[:, 0] > 0).astype(int)

    X = np.array([[-1.0, 0.0], [1.0, 0.3]])
    figure = plot_decision_boundary(right_of_0, X, np.array([0, 1]))
    points = np.concatenate(seen)
    np.testing.assert_allclose(points.min(axis=0), [-1.5, -0.5])
    first, second = (np.unique(points[:, axis]) for axis in (0, 1))
    np.testing.assert_allclose(np.diff(first), 0.01, rtol=1e-6)
    np.testing.assert_allclose(np.diff(second), 0.01, rtol=1e-6)
    assert first[-1] == pytest.approx(1.5, abs=0.011)
    assert len(points) == len(first) * len(second)
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["class 0", "class 1"]


def test_a_boundary_figure_has_a_region_for_each_label_where_it_is_predicted():
    pytest.importorskip("matplotlib")
    X, y = examples(20)
    y = (X[:, 0] > 0.2).astype(int)
    model = NeuralNetwork(2, 10, 2)
    model.fit_model(X, y, num_passes=500, print_loss=False)
    figure = model.visualize_decision_boundary(X, y)
    contours = figure.axes[0].collections[0]
    regions = contours.get_paths()
    inside = np.stack([path.contains_points(X) for path in regions])
    np.testing.assert_array_equal(inside.argmax(axis=0), model.predict(X))
    assert inside.any(axis=0).all()


def test_figures_leave_pyplot_alone():
    plt = pytest.importorskip("matplotlib.pyplot")
    before = plt.get_fignums()
    NeuralNetwork(2, 3, 2).visualize_decision_boundary(*examples())
    assert plt.get_fignums() == before


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([[0.0, np.inf]], [0], "finite numbers"),
        ([[0.0, 1.0, 2.0]], [0], r"examples \(N, 2\)"),
        ([[0.0, 1.0]], [0, 1], r"labels \(N,\)"),
    ],
)
def test_what_has_no_place_in_the_plane_is_refused(X, y, message):
    pytest.importorskip("matplotlib")
    with pytest.raises(ShapeError, match=message):
        plot_decision_boundary(lambda points: np.zeros(len(points), int), X, y)


def test_examples_far_apart_do_not_fill_the_memory():
    pytest.importorskip("matplotlib")
    sizes = []

    def predict(points):
        sizes.append(len(points))
        return np.zeros(len(points), int)

    plot_decision_boundary(predict, [[0.0, 0.0], [1e9, 1e9]], [0, 1])
    assert sum(sizes) <= 1_010_000


def test_the_program_is_in_its_profile():
    from mytorch.courses.registry import profile

    assert program.__name__.rpartition(".")[2] in profile("rice576").programs
