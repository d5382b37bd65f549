"""Losses of predicted numbers."""

import math

import numpy as np
import pytest

from mytorch.nn import HuberLoss, L1Loss, MSELoss
from mytorch.utils.errors import DtypeError, ShapeError

every_loss = pytest.mark.parametrize("loss", [MSELoss, L1Loss, HuberLoss])


@pytest.mark.parametrize("shape", [(), (1,), (6,), (6, 1), (2, 3, 4, 5)])
@pytest.mark.parametrize(
    ("loss", "formula", "slope"),
    [
        (MSELoss(), lambda e: e**2, lambda e: 2 * e),
        (L1Loss(), abs, np.sign),
        (
            HuberLoss(delta=0.5),
            lambda e: np.where(abs(e) <= 0.5, e**2 / 2, 0.5 * (abs(e) - 0.25)),
            lambda e: np.clip(e, -0.5, 0.5),
        ),
    ],
)
def test_the_formula_holds_in_any_shape(loss, formula, slope, shape):
    rng = np.random.default_rng(0)
    z, y = np.array(rng.standard_normal(shape)), np.array(rng.standard_normal(shape))
    assert loss.forward(z, y) == pytest.approx(np.mean(formula(z - y)), rel=1e-14, abs=0)
    np.testing.assert_allclose(loss.backward(), slope(z - y) / z.size, rtol=1e-14)


def test_the_numbers_of_an_example_worked_by_hand():
    z, y = np.array([1.0, 2.0, 5.0, 0.0]), np.array([1.0, 2.5, 2.0, 1.0])  # errors 0, -.5, 3, -1
    for loss, value, grad in (
        (MSELoss(), (0 + 0.25 + 9 + 1) / 4, [0, -0.25, 1.5, -0.5]),
        (L1Loss(), (0 + 0.5 + 3 + 1) / 4, [0, -0.25, 0.25, -0.25]),
        (HuberLoss(), (0 + 0.125 + 2.5 + 0.5) / 4, [0, -0.125, 0.25, -0.25]),
        (HuberLoss(delta=2), (0 + 0.125 + 4 + 0.5) / 4, [0, -0.125, 0.5, -0.25]),
    ):
        assert loss.forward(z, y) == value
        np.testing.assert_array_equal(loss.backward(), grad)


@every_loss
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_no_error_costs_zero_not_minus_zero_and_has_slope_zero(loss, zero):
    module = loss()
    value = module.forward(np.array([zero, 1.5]), np.array([0.0, 1.5]))
    assert (value, math.copysign(1, value)) == (0, 1)
    np.testing.assert_array_equal(module.backward(), [0, 0])


@pytest.mark.parametrize("loss", [L1Loss, HuberLoss])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_errors_do_not_overflow_where_the_loss_does_not(loss, dtype):
    large = np.finfo(dtype).max / 4
    module = loss()
    assert module.forward(np.array([large, -large]), [0, 0]) == pytest.approx(
        large, rel=1e-6, abs=0
    )
    np.testing.assert_array_equal(module.backward(), [0.5, -0.5])


def test_huber_is_half_the_square_where_delta_is_infinite():
    z = np.array([-1e3, 0.0, 1e3])
    loss = HuberLoss(delta=math.inf)
    assert loss.forward(z, np.zeros(3)) == MSELoss().forward(z, np.zeros(3)) / 2
    np.testing.assert_array_equal(loss.backward(), z / 3)


@every_loss
@pytest.mark.parametrize("dtype", [bool, np.int64, np.float64])
def test_targets_may_have_any_real_dtype(loss, dtype):
    module = loss()
    module.forward(np.zeros(2, np.float32), np.array([0, 1], dtype))
    assert module.backward().dtype == np.float32


@every_loss
@pytest.mark.parametrize(
    ("z", "y", "error", "message"),
    [
        (
            np.zeros((5, 1)),
            np.zeros(5),
            ShapeError,
            "prediction has shape (5, 1) and target (5,), expected the same; "
            "use target.reshape(prediction.shape)",
        ),
        (
            np.zeros(5),
            np.zeros((5, 1)),
            ShapeError,
            "prediction has shape (5,) and target (5, 1), expected the same; "
            "use target.reshape(prediction.shape)",
        ),
        (
            np.zeros((2, 3)),
            np.zeros((3, 2)),
            ShapeError,
            "prediction has shape (2, 3) and target (3, 2), expected the same",
        ),
        (
            np.zeros((5, 3)),
            0.0,
            ShapeError,
            "prediction has shape (5, 3) and target (), expected the same",
        ),
        (
            np.zeros((0, 3)),
            np.zeros((0, 3)),
            ShapeError,
            "prediction and target have shape (0, 3), which is empty",
        ),
        (
            np.zeros(2),
            np.zeros(2, complex),
            DtypeError,
            "target has dtype complex128, expected real numbers",
        ),
        (
            np.zeros(2, int),
            np.zeros(2),
            DtypeError,
            "prediction of dtype int64, expected floating numbers",
        ),
    ],
)
def test_targets_that_do_not_fit_are_refused(loss, z, y, error, message):
    with pytest.raises(error) as caught:
        loss().forward(z, y)
    assert str(caught.value) == f"{loss.__name__}(): {message}"
