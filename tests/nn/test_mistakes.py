"""The mistakes that people make in these layers: the gradient check convicts each of them."""

import numpy as np
import pytest

from mytorch import nn
from mytorch.utils.gradient_check import check_gradients


class MeanForgotten(nn.BatchNorm1d):
    def backward(self, grad_output):
        super().backward(grad_output)
        u, r, *_ = self._saved()
        h = grad_output * self.weight
        return r * (h - u * (h * u).mean(axis=0))


class VarianceForgotten(nn.BatchNorm1d):
    def backward(self, grad_output):
        super().backward(grad_output)
        _, r, *_ = self._saved()
        h = grad_output * self.weight
        return r * (h - h.mean(axis=0))


class StatisticsTakenAsConstants(nn.BatchNorm1d):
    def backward(self, grad_output):
        super().backward(grad_output)
        return grad_output * self.weight * self._saved()[1]


class WeightForgotten(nn.LayerNorm):
    def backward(self, grad_output):
        gradient = super().backward(grad_output)
        return gradient / self.weight


class NormalizedOverTheBatch(nn.LayerNorm):
    def backward(self, grad_output):
        super().backward(grad_output)
        u, r, _ = self._saved()
        h = grad_output * self.weight
        return r * (h - h.mean(axis=0) - u * (h * u).mean(axis=0))


class ByElement(nn.Softmax):
    def backward(self, grad_output):
        (y,) = self._saved()
        return grad_output * y * (1 - y)


class Zeros(nn.Softmax):
    def backward(self, grad_output):
        return np.zeros_like(grad_output)


class SumForgotten(nn.LogSoftmax):
    def backward(self, grad_output):
        (y,) = self._saved()
        return grad_output * (1 - np.exp(y))


class EveryPiece(nn.MaxOut):
    def backward(self, grad_output):
        return np.repeat(grad_output, self.num_pieces, axis=1)


class LastPiece(nn.MaxOut):
    def backward(self, grad_output):
        return np.flip(super().backward(grad_output), axis=1)


class ScaleForgotten(nn.Dropout):
    def backward(self, grad_output):
        return super().backward(grad_output) * (1 - self.p)


class MaskForgotten(nn.Dropout):
    def backward(self, grad_output):
        return grad_output / (1 - self.p)


class NotReshapedInOrder(nn.Flatten):
    def backward(self, grad_output):
        shape, _, _ = self._saved()[:3]
        return np.asarray(grad_output).reshape(shape, order="F")


class NegativeSideBlocked(nn.LeakyReLU):
    def backward(self, grad_output):
        (x,) = self._saved()
        return grad_output * (x > 0)


class SlopeWithoutAlpha(nn.ELU):
    def _slope(self, v, out):
        return np.where(v.real > 0, 1, np.exp(v))


class SlopeOfTheOutput(nn.Sigmoid):
    def _slope(self, v, out):
        s = 1 / (1 + np.exp(-v))
        return s * (1 - s)


class SlopeWithoutTheSquare(nn.Tanh):
    def _slope(self, v, out):
        return 1 - v


class SlopeOfASigmoid(nn.SiLU):
    def _slope(self, v, out):
        s = 1 / (1 + np.exp(-v))
        return s * (1 - s)


class SlopeOfTheApproximation(nn.GELU):
    def _slope(self, v, out):
        return nn.GELU(approximate="tanh")._slope(v, out)


class BetaForgotten(nn.Softplus):
    def _slope(self, v, out):
        return 1 / (1 + np.exp(-v))


class ShortcutForgotten(nn.Residual):
    def backward(self, grad_output):
        return self.body.backward(grad_output)


MISTAKES = {
    MeanForgotten: ((4,), (5, 4)),
    VarianceForgotten: ((4,), (5, 4)),
    StatisticsTakenAsConstants: ((4,), (5, 4)),
    WeightForgotten: ((4,), (5, 4)),
    NormalizedOverTheBatch: ((4,), (5, 4)),
    ByElement: ((), (5, 4)),
    Zeros: ((), (5, 4)),
    SumForgotten: ((), (5, 4)),
    EveryPiece: ((2,), (5, 4)),
    LastPiece: ((2,), (5, 4)),
    ScaleForgotten: ((0.5,), (5, 4)),
    MaskForgotten: ((0.5,), (5, 4)),
    NotReshapedInOrder: ((), (5, 2, 3)),
    NegativeSideBlocked: ((), (5, 4)),
    SlopeWithoutAlpha: ((0.5,), (5, 4)),
    SlopeOfTheOutput: ((), (5, 4)),
    SlopeWithoutTheSquare: ((), (5, 4)),
    SlopeOfASigmoid: ((), (5, 4)),
    SlopeOfTheApproximation: ((), (5, 4)),
    BetaForgotten: ((2.0,), (5, 4)),
    ShortcutForgotten: ((nn.Linear(4, 4), nn.Tanh()), (5, 4)),
}


def verdict(kind, arguments, shape):
    module = kind(*arguments).astype(np.float64)
    rng = np.random.default_rng(1)
    for p in module.get_parameters():
        p[...] = rng.standard_normal(p.shape)
    return check_gradients(module, np.random.default_rng(0).standard_normal(shape)).verdict


@pytest.mark.parametrize(
    ("kind", "case"), MISTAKES.items(), ids=lambda v: getattr(v, "__name__", "")
)
def test_the_mistake_is_convicted_and_the_layer_without_it_is_not(kind, case):
    assert verdict(kind, *case) == "wrong"
    (ours,) = kind.__bases__
    assert verdict(ours, *case) == "ok"


LABELS = np.array([2, 0, 1, 1, 3])


class Unweighted(nn.SoftmaxCrossEntropy):
    def backward(self, grad_output=1.0):
        change, _, count = self._saved()
        return change / count


class DividedByAll(nn.SoftmaxCrossEntropy):
    def backward(self, grad_output=1.0):
        change, share, _ = self._saved()
        return change * share[:, np.newaxis] / len(change)


class WithoutHalf(nn.MSELoss):
    def backward(self, grad_output=1.0):
        return super().backward(grad_output) / 2


class OfTheProbability(nn.BCEWithLogitsLoss):
    def backward(self, grad_output=1.0):
        return np.sign(super().backward(grad_output))


@pytest.mark.parametrize(
    ("kind", "options", "target"),
    [
        (Unweighted, {"weight": [1, 2, 3, 4]}, LABELS),
        (DividedByAll, {"weight": [1, 2, 3, 4]}, LABELS),
        (DividedByAll, {"ignore_index": 1}, LABELS),
        (WithoutHalf, {}, np.zeros((5, 4))),
        (OfTheProbability, {}, np.ones((5, 4))),
    ],
)
def test_the_mistake_in_a_loss_is_convicted_and_the_loss_without_it_is_not(kind, options, target):
    x = np.random.default_rng(0).standard_normal((5, 4))
    assert check_gradients(nn.Sequential(), x, target, loss=kind(**options)).verdict == "wrong"
    ours = kind.__bases__[0](**options)
    assert check_gradients(nn.Sequential(), x, target, loss=ours).verdict == "ok"
