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
