"""The gradient check rejects wrong code: each mutant is a correct layer with one change."""

import numpy as np
import pytest

from mytorch.nn import Linear, ReLU, Sequential, Sigmoid, SoftmaxCrossEntropy
from mytorch.utils.gradient_check import check_gradients, gradient_check

from . import foreign
from .networks import P6, batch, mlp

SMALL = (8, 6, 5, 4)  # the mutant's 5 outputs are as many as the samples: all shapes fit


class BiasGradientAsMean(Linear):
    def backward(self, grad_output):
        grad_input = super().backward(grad_output)
        self._set_gradients(self.get_gradients()[0], grad_output.mean(axis=0))
        return grad_input


class BiasGradientOverWrongAxis(Linear):
    def backward(self, grad_output):
        grad_input = super().backward(grad_output)
        self._set_gradients(self.get_gradients()[0], grad_output.sum(axis=1))
        return grad_input


class WeightGradientWithoutN(Linear):
    def backward(self, grad_output):
        grad_input = super().backward(grad_output)
        grad_weight, grad_bias = self.get_gradients()
        self._set_gradients(len(grad_output) * grad_weight, grad_bias)
        return grad_input


class DeltaZeroed(Linear):
    def backward(self, grad_output):
        return 0 * super().backward(grad_output)


class DeltaScaled(Linear):
    def backward(self, grad_output):
        return 1.01 * super().backward(grad_output)


class MaskFromUpstreamGradient(ReLU):
    def backward(self, grad_output):
        return grad_output * (grad_output > 0)


class DerivativeOfNetInput(Sigmoid):
    """z (1 - z), for a z that is no activation."""

    def forward(self, x):
        self.z = x
        return super().forward(x)

    def backward(self, grad_output):
        return grad_output * self.z * (1 - self.z)


class DerivativeOfActivation(Sigmoid):
    """sigma'(y), for a y that is the activation already."""

    def backward(self, grad_output):
        s = Sigmoid().forward(self._saved()[0])
        return grad_output * s * (1 - s)


P6_MUTANTS = [
    BiasGradientAsMean,
    BiasGradientOverWrongAxis,
    WeightGradientWithoutN,
    DeltaZeroed,
    DeltaScaled,
    MaskFromUpstreamGradient,
    DerivativeOfNetInput,
    DerivativeOfActivation,
]


def with_mutant(mutant, widths, seed):
    activation = Sigmoid if issubclass(mutant, Sigmoid) else ReLU
    return mlp(widths, seed, activation, mutant)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("mutant", P6_MUTANTS)
def test_a_mutant_in_a_small_network_is_rejected(mutant, seed):
    assert gradient_check(with_mutant(mutant, SMALL, seed), *batch(SMALL, seed=seed)) > 1e-3


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("activation", [ReLU, Sigmoid])
def test_the_same_network_without_a_mutant_passes(activation, seed):
    assert gradient_check(mlp(SMALL, seed, activation), *batch(SMALL, seed=seed)) < 1e-5


@pytest.mark.parametrize("mutant", P6_MUTANTS)
def test_a_mutant_in_the_full_network_is_rejected_on_real_digits(mutant, five_digits):
    assert gradient_check(with_mutant(mutant, P6, seed=0), *five_digits(0)) > 1e-3


class Counting(foreign.Function):
    """y = x; counts the forwards of all its copies."""

    calls = 0

    def forward(self, x):
        Counting.calls += 1
        return x

    def backward(self, g):
        return g


@pytest.mark.parametrize("mutant", [DeltaScaled, DeltaZeroed, WeightGradientWithoutN])
def test_what_is_wrong_costs_hardly_more_than_what_is_right(mutant):
    widths = (30, 20, 20, 10)
    calls = []
    for network in mlp(widths), mlp(widths, mutant=mutant):
        Counting.calls = 0
        check_gradients(Sequential(Counting(), network), *batch(widths))
        calls.append(Counting.calls)
    assert calls[1] < 1.5 * calls[0]


class MissingTranspose(Linear):
    def backward(self, grad_output):
        super().backward(grad_output)
        return grad_output @ self.weight.T


def test_a_missing_transpose_on_square_weights_is_rejected():
    square = (4, 4, 4, 4)
    assert gradient_check(mlp(square), *batch(square)) < 1e-5
    assert gradient_check(mlp(square, mutant=MissingTranspose), *batch(square)) > 1e-3


class LossGradientWithoutN(SoftmaxCrossEntropy):
    def backward(self):
        return len(self._saved()[0]) * super().backward()


class MeanSquares:
    """A student's loss: the mean of the squares."""

    def forward(self, output, y):
        self.difference = output - y
        return (self.difference**2).mean()

    def backward(self):
        return 2 * self.difference / self.difference.size


class MeanSquaresWithoutTwo(MeanSquares):
    def backward(self):
        return self.difference / self.difference.size


@pytest.mark.parametrize(
    ("loss", "mutant"),
    [(SoftmaxCrossEntropy, LossGradientWithoutN), (MeanSquares, MeanSquaresWithoutTwo)],
)
def test_a_given_loss_is_checked_along(loss, mutant):
    x, labels = batch(SMALL)
    y = labels if loss is SoftmaxCrossEntropy else np.eye(4)[labels]
    assert gradient_check(mlp(SMALL), x, y, loss=loss()) < 1e-5
    assert gradient_check(mlp(SMALL), x, y, loss=mutant()) > 1e-3


class SoftmaxOfZeros(foreign.Softmax):
    def backward(self, g):
        return 0 * g


class OverwritingPool(foreign.MaxPool2d):
    """Where two windows overlap, the later one's gradient replaces the earlier one's."""

    def give(self, dx, chosen, upstream):
        dx[...] = np.where(chosen, upstream, dx)


class DropoutWithoutMask(foreign.OwnDropout):
    def backward(self, g):
        return g


def numbers(*shape):
    return np.random.default_rng(1).standard_normal(shape)


ALONE = [  # a correct layer, the same with one mistake, its arguments, an input
    (foreign.BatchNorm1d, foreign.WithoutVarianceTerm, (4,), numbers(6, 4)),
    (foreign.Softmax, SoftmaxOfZeros, (), numbers(5, 4)),
    (foreign.MaxPool2d, OverwritingPool, (), numbers(2, 3, 7, 9)),
    (foreign.OwnDropout, DropoutWithoutMask, (), numbers(5, 4)),
]


@pytest.mark.parametrize(("correct", "mutant", "arguments", "x"), ALONE)
def test_a_layer_alone_passes_and_its_mutant_is_wrong(correct, mutant, arguments, x):
    assert check_gradients(correct(*arguments), x).verdict == "ok"
    assert check_gradients(mutant(*arguments), x).verdict == "wrong"


@pytest.mark.parametrize(("correct", "mutant", "arguments", "x"), ALONE[:2])
def test_an_upstream_gradient_of_ones_would_not_have_told_them_apart(correct, mutant, arguments, x):
    layers = correct(*arguments), mutant(*arguments)
    with_ones = [layer.backward(np.ones_like(layer.forward(x))) for layer in layers]
    np.testing.assert_allclose(*with_ones, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("norm", "verdict"), [(foreign.BatchNorm1d, "ok"), (foreign.WithoutVarianceTerm, "wrong")]
)
def test_a_batch_norm_inside_a_network_is_judged_by_the_layers_before_it(norm, verdict, seed):
    rng = np.random.default_rng(seed)
    layers = norm(4), foreign.Linear(4, 5, rng), norm(5), foreign.Linear(5, 3, rng)
    report = check_gradients(foreign.Chain(*layers), *batch((4, 3), samples=6, seed=seed))
    assert report.parameters[2].verdict == report.input.verdict == verdict


@pytest.mark.parametrize("seed", range(3))
def test_the_upstream_gradient_is_not_what_the_input_was_drawn_from(seed):
    # The first thing that anybody checks a layer on; were g = x, its mask would be the right one.
    x = np.random.default_rng(seed).standard_normal((5, 4))
    assert check_gradients(foreign.MaskFromUpstream(), x, seed=seed).verdict == "wrong"
