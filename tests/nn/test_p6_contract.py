"""The names, paths and signatures that the course prescribes."""

import importlib
import inspect

import numpy as np
import pytest

from mytorch import nn
from mytorch.nn import SGD, Linear, Module, ReLU, Sequential, Sigmoid, SoftmaxCrossEntropy
from mytorch.utils.gradient_check import gradient_check

PATHS = [
    ("mytorch.nn.modules.linear", "Linear"),
    ("mytorch.nn.modules.activation", "ReLU"),
    ("mytorch.nn.modules.activation", "Sigmoid"),
    ("mytorch.nn.modules.loss", "SoftmaxCrossEntropy"),
    ("mytorch.nn.sequential", "Sequential"),
    ("mytorch.nn.optim", "SGD"),
]


@pytest.mark.parametrize(("path", "name"), PATHS)
def test_each_class_lives_at_its_path_and_in_nn(path, name):
    assert getattr(importlib.import_module(path), name) is getattr(nn, name)


@pytest.mark.parametrize(
    ("function", "signature"),
    [
        (Linear, "in_features, out_features"),
        (ReLU, ""),
        (Sigmoid, ""),
        (SoftmaxCrossEntropy, ""),
        (Sequential, "*modules"),
        (SGD, "parameters, lr=0.01"),
        (Module().forward, "x"),
        (Module().backward, "grad_output"),
        (Module().get_parameters, ""),
        (Module().get_gradients, ""),
        (Linear(1, 1).forward, "x"),
        (Linear(1, 1).backward, "grad_output"),
        (SoftmaxCrossEntropy().forward, "z, y"),
        (SoftmaxCrossEntropy().backward, "grad_output=1.0"),  # called without
        (SGD([]).step, "gradients"),
        (SGD([]).zero_grad, ""),
        (gradient_check, "model, x, y, epsilon=1e-05"),
    ],
)
def test_signatures_are_the_courses_and_extensions_are_keywords(function, signature):
    parameters = inspect.signature(function).parameters.values()
    bare = [p.replace(annotation=p.empty) for p in parameters if p.kind is not p.KEYWORD_ONLY]
    assert ", ".join(map(str, bare)) == signature
    assert all(p.default is not p.empty for p in parameters if p.kind is p.KEYWORD_ONLY)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [("forward", [1.0]), ("backward", [1.0]), ("get_parameters", []), ("get_gradients", [])],
)
def test_the_base_methods_are_not_implemented(method, arguments):
    with pytest.raises(NotImplementedError, match=rf"^Module does not define .*{method}\("):
        getattr(Module(), method)(*arguments)


@pytest.mark.parametrize("activation", [ReLU, Sigmoid])
def test_activations_have_no_parameters_and_no_gradients(activation):
    module = activation()
    module.backward(module.forward(np.ones((2, 3))))
    assert module.get_parameters() == []
    assert module.get_gradients() == []


def test_linear_lists_weight_then_bias_and_gradients_in_the_same_order():
    layer = Linear(3, 2)
    weight, bias = layer.get_parameters()
    assert (weight.shape, bias.shape) == ((2, 3), (2,))
    layer.backward(layer.forward(np.ones((4, 3))))
    assert [g.shape for g in layer.get_gradients()] == [(2, 3), (2,)]


def test_the_loss_is_a_float():
    assert type(SoftmaxCrossEntropy().forward(np.zeros((2, 3), np.float32), [0, 2])) is float


def test_the_courses_network_passes_the_gradient_check():
    rng = np.random.default_rng(0)
    model = Sequential([Linear(12, 8, rng=rng), ReLU(), Linear(8, 6, rng=rng), ReLU()])
    error = gradient_check(model, rng.standard_normal((5, 12)), rng.integers(0, 6, 5))
    assert type(error) is float
    assert error < 1e-5


class OneEntryOff(Linear):
    """Linear whose gradient is a tenth too large at one entry of its parameters."""

    where = (0, (0, 0))  # which parameter, which entry

    def get_gradients(self):
        gradients = [gradient.copy() for gradient in super().get_gradients()]
        parameter, entry = self.where
        gradients[parameter][entry] *= 1.1
        return gradients


@pytest.mark.parametrize("parameter", [0, 1])
def test_the_gradient_check_is_the_courses_number_at_every_single_entry(parameter):
    rng = np.random.default_rng(0)
    layer = OneEntryOff(3, 4, rng=rng)
    x, y = rng.standard_normal((5, 3)), rng.integers(0, 4, 5)
    for entry in np.ndindex(layer.get_parameters()[parameter].shape):
        layer.where = parameter, entry
        error = gradient_check(Sequential([layer]), x, y, 1e-5)
        assert error == pytest.approx(0.1 / 2.1, rel=1e-6, abs=0)  # |a - n| / (|a| + |n|)


def test_a_gradient_of_the_sum_of_losses_is_convicted_for_the_mean_is_meant():
    class Summed(Linear):
        def get_gradients(self):
            return [5 * gradient for gradient in super().get_gradients()]

    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((5, 3)), rng.integers(0, 4, 5)
    error = gradient_check(Summed(3, 4, rng=rng), x, y)
    assert error == pytest.approx(4 / 6, rel=1e-5, abs=0)


def test_the_courses_own_loop_reaches_its_accuracy_with_these_names_alone():
    datasets = pytest.importorskip("sklearn.datasets")
    x, y = datasets.load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order] / 16, y[order]
    rng = np.random.default_rng(0)
    model = Sequential(
        [
            Linear(64, 128, rng=rng),
            ReLU(),
            Linear(128, 64, rng=rng),
            ReLU(),
            Linear(64, 10, rng=rng),
        ]
    )
    loss, optimizer = SoftmaxCrossEntropy(), SGD(model.get_parameters(), lr=0.1)
    losses = []
    for _ in range(10):
        for start in range(0, 1500, 64):
            rows = slice(start, min(start + 64, 1500))
            optimizer.zero_grad()
            losses.append(loss.forward(model.forward(x[rows]), y[rows]))
            model.backward(loss.backward())
            optimizer.step(model.get_gradients())
    assert losses[0] == pytest.approx(np.log(10), rel=0.2, abs=0)
    assert losses[-1] < losses[0] / 5
    assert np.mean(model.forward(x[1500:]).argmax(axis=1) == y[1500:]) > 0.9
