"""ReLU, Sigmoid and Tanh, where it matters: at zero, at infinity, and near them."""

from decimal import Decimal, localcontext

import numpy as np
import pytest

from mytorch.nn import ReLU, Sigmoid, Tanh
from mytorch.utils.errors import DtypeError, ShapeError

EPS = np.finfo(np.float64).eps
activations = pytest.mark.parametrize("activation", [ReLU, Sigmoid, Tanh])


def test_relu_passes_gradients_where_x_is_positive_and_nowhere_else():
    tiny = np.finfo(np.float64).smallest_subnormal
    relu = ReLU()
    x = np.array([-1.0, -tiny, -0.0, 0.0, tiny, 2.0])
    np.testing.assert_array_equal(relu.forward(x), [0, 0, 0, 0, tiny, 2])
    # The mask is that of x: the sign and size of the gradient do not matter.
    g = np.array([3.0, -3.0, 3.0, -3.0, -3.0, 3.0])
    np.testing.assert_array_equal(relu.backward(g), [0, 0, 0, 0, -3, 3])


def test_relu_has_no_negative_zeros():
    assert not np.signbit(ReLU().forward(np.array([-2.0, -0.0, 0.0, 1.0]))).any()


@pytest.mark.parametrize(
    ("activation", "left", "right"), [(ReLU, 0, np.inf), (Sigmoid, 0, 1), (Tanh, -1, 1)]
)
def test_the_limits_at_infinity_are_reached(activation, left, right):
    y = activation().forward(np.array([-np.inf, np.inf]))
    np.testing.assert_array_equal(y, [left, right])


@activations
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_finite_input_overflows(activation, dtype):
    # Warnings are errors here.
    limits = np.finfo(dtype)
    sizes = np.array([limits.max, 1e30, 1e4, 750, 89, 1, 1e-4, limits.tiny, 0], dtype)
    module = activation()
    y = module.forward(np.concatenate([sizes, -sizes]))
    assert np.isfinite(y).all()
    assert np.isfinite(module.backward(np.ones_like(y))).all()


def test_sigmoid_of_the_largest_numbers_is_exactly_0_and_1():
    np.testing.assert_array_equal(Sigmoid().forward(np.array([-1e308, 1e308])), [0, 1])


@pytest.mark.parametrize("x", [-700.0, -100.0, -37.0, -1.0, -1e-9, 0.0, 1e-9, 1.0, 37.0, 700.0])
def test_sigmoid_has_full_relative_precision_on_both_sides(x):
    with localcontext(prec=60):
        exact = 1 / (1 + (-Decimal(x)).exp())
        y = Decimal(Sigmoid().forward(np.array([x])).item())
        assert abs(y - exact) <= 2 * Decimal(EPS) * exact


def test_sigmoid_derives_from_its_output():
    sigmoid = Sigmoid()
    y = sigmoid.forward(np.array([-2.0, 0.0, 3.0]))
    np.testing.assert_allclose(
        sigmoid.backward(np.array([1.0, 4.0, -2.0])),
        [y[0] * (1 - y[0]), 1.0, -2 * y[2] * (1 - y[2])],
        rtol=2 * EPS,
    )


def test_tanh_derives_from_its_output():
    tanh = Tanh()
    y = tanh.forward(np.array([-2.0, 0.0, 0.5]))
    np.testing.assert_allclose(
        tanh.backward(np.array([1.0, 4.0, -2.0])),
        [1 - y[0] ** 2, 4.0, -2 * (1 - y[2] ** 2)],
        rtol=2 * EPS,
    )


@activations
def test_dtype_of_the_input_is_kept(activation):
    for dtype in (np.float16, np.float32, np.float64, np.complex128):
        module = activation()
        y = module.forward(np.array([-1, 0, 2], dtype))
        assert y.dtype == module.backward(np.ones(3, dtype)).dtype == dtype


@activations
def test_integers_are_refused_with_how_to_scale_images(activation):
    with pytest.raises(DtypeError) as caught:
        activation().forward(np.zeros((1, 28, 28), np.uint8))
    assert str(caught.value) == (
        f"{activation.__name__}(): input of dtype uint8, expected floating numbers; "
        "scale images to [0, 1]: x.astype(np.float32) / 255"
    )


@activations
def test_a_gradient_of_another_shape_is_refused(activation):
    module = activation()
    module.forward(np.ones((2, 3)))
    with pytest.raises(ShapeError) as caught:
        module.backward(np.ones(3))  # would broadcast without a word
    assert str(caught.value) == (
        f"{activation.__name__}().backward: grad_output has shape (3,), expected (2, 3), "
        "the shape of the output"
    )
