"""Softmax and its logarithm: rows of probabilities, whatever the scores."""

from decimal import Decimal, localcontext

import numpy as np
import pytest

from mytorch.nn import LogSoftmax, NLLLoss, Sigmoid, Softmax, SoftmaxCrossEntropy
from mytorch.utils.errors import ArgumentError, ShapeError

EPS = np.finfo(np.float64).eps
RNG = np.random.default_rng(0)
both = pytest.mark.parametrize("kind", [Softmax, LogSoftmax])


def probabilities(kind, y):
    return np.exp(y) if kind is LogSoftmax else y


@both
@pytest.mark.parametrize("dim", [0, 1, 2, -1, -2, -3])
def test_along_its_axis_probabilities_add_up_to_1_and_gradients_to_0(kind, dim):
    module, x = kind(dim), RNG.standard_normal((3, 4, 5))
    y = module.forward(x)
    np.testing.assert_allclose(probabilities(kind, y).sum(axis=dim), 1, rtol=8 * EPS)
    grad_input = module.backward(RNG.standard_normal(x.shape))
    np.testing.assert_allclose(grad_input.sum(axis=dim), 0, rtol=0, atol=32 * EPS)


@both
def test_values_are_those_of_50_digits(kind):
    x = [-40.0, 0.0, 1.5, 3.25]
    with localcontext(prec=50):
        total = sum(Decimal(z).exp() for z in x)
        exact = [Decimal(z).exp() / total for z in x]
        exact = [float(p.ln() if kind is LogSoftmax else p) for p in exact]
    np.testing.assert_allclose(kind().forward(np.array(x)), exact, rtol=4 * EPS)


@both
def test_two_scores_are_the_sigmoid_of_their_difference(kind):
    x = RNG.standard_normal((20, 2)) * 5
    y = probabilities(kind, kind().forward(x))
    np.testing.assert_allclose(y[:, 0], Sigmoid().forward(x[:, 0] - x[:, 1]), rtol=32 * EPS)


@both
def test_a_constant_added_to_all_scores_changes_nothing(kind):
    x = RNG.integers(-9, 9, (4, 5)) / 4  # adding a whole number is exact
    np.testing.assert_array_equal(kind().forward(x + 1000), kind().forward(x))


@both
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_largest_scores_do_not_overflow(kind, dtype):
    # Warnings are errors here.
    half = np.finfo(dtype).max / 2
    module = kind()
    y = module.forward(np.array([[half, -half, 0, half], [-half, -half, -half, -half]], dtype))
    p = np.array([[0.5, 0, 0, 0.5], [0.25] * 4], dtype)
    np.testing.assert_allclose(probabilities(kind, y), p, rtol=4 * np.finfo(dtype).eps)
    grad_input = module.backward(np.ones_like(y))
    assert np.isfinite(grad_input).all()
    assert y.dtype == grad_input.dtype == dtype


def test_the_logarithm_keeps_probabilities_that_underflow():
    y = LogSoftmax().forward(np.array([0.0, -2000.0]))
    np.testing.assert_array_equal(y, [0, -2000])


@both
def test_a_score_of_minus_infinity_has_probability_0_and_takes_no_gradient(kind):
    module = kind()
    x = np.array([[1.0, -np.inf, 2.0]])
    y = module.forward(x)
    grad_input = module.backward(np.array([[1.0, 0.0, -2.0]]))
    others = kind()
    np.testing.assert_array_equal(y[:, ::2], others.forward(x[:, ::2]))
    assert probabilities(kind, y)[0, 1] == 0
    assert grad_input[0, 1] == 0
    np.testing.assert_allclose(
        grad_input[:, ::2], others.backward(np.array([[1.0, -2.0]])), rtol=4 * EPS
    )


def test_with_the_negative_log_likelihood_it_is_the_cross_entropy():
    x, y = RNG.standard_normal((6, 4)), np.array([0, 3, 1, 1, 2, 0])
    log_softmax, nll, cross_entropy = LogSoftmax(), NLLLoss(), SoftmaxCrossEntropy()
    value = nll.forward(log_softmax.forward(x), y)
    assert value == pytest.approx(cross_entropy.forward(x, y), rel=4 * EPS)
    np.testing.assert_allclose(
        log_softmax.backward(nll.backward()), cross_entropy.backward(), rtol=0, atol=2 * EPS
    )


@both
def test_an_empty_batch_gives_an_empty_output(kind):
    module = kind()
    assert module.forward(np.zeros((0, 3))).shape == (0, 3)
    assert module.backward(np.zeros((0, 3))).shape == (0, 3)


@both
@pytest.mark.parametrize(
    ("dim", "shape"), [(2, (2, 3)), (-3, (2, 3)), (-1, ()), (0, (0, 3)), (1, (2, 0))]
)
def test_an_input_with_nothing_along_the_axis_is_refused(kind, dim, shape):
    with pytest.raises(ShapeError) as caught:
        kind(dim).forward(np.ones(shape))
    options = "" if dim == -1 else f"dim={dim}"
    assert str(caught.value) == (
        f"{kind.__name__}({options}): input has nothing along axis {dim} (got shape {shape})"
    )


@both
@pytest.mark.parametrize("dim", [None, "1", 1.0, (0, 1)])
def test_an_axis_that_is_no_whole_number_is_refused(kind, dim):
    with pytest.raises(ArgumentError) as caught:
        kind(dim)
    assert str(caught.value) == f"{kind.__name__}: dim must be a whole number, got {dim!r}"


@both
def test_its_repr_shows_an_axis_that_is_not_the_last(kind):
    assert repr(kind()) == f"{kind.__name__}()"
    assert repr(kind(np.int64(1))) == f"{kind.__name__}(dim=1)"
