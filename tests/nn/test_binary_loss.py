"""Sigmoid and cross-entropy of two outcomes, taken together."""

import math

import numpy as np
import pytest

from mytorch.nn import BCEWithLogitsLoss, SoftmaxCrossEntropy
from mytorch.utils.errors import ArgumentError, DtypeError, ShapeError


def test_the_loss_is_that_of_two_classes_whose_scores_differ_by_z():
    z = np.random.default_rng(0).standard_normal(6)
    y = np.array([0, 1, 1, 0, 1, 0])
    ours, two = BCEWithLogitsLoss(), SoftmaxCrossEntropy()
    expected = two.forward(np.stack([np.zeros(6), z], axis=1), y)
    assert ours.forward(z, y) == pytest.approx(expected, rel=1e-15, abs=0)
    np.testing.assert_allclose(ours.backward(), two.backward()[:, 1], rtol=1e-14)


@pytest.mark.parametrize(
    ("z", "y", "loss", "slope"),
    [
        (1e300, 1, 0, 0),
        (1e300, 0, 1e300, 1),
        (-1e300, 0, 0, 0),
        (-1e300, 1, 1e300, -1),
        (1e300, 0.5, 5e299, 0.5),
        (0, 1, math.log(2), -0.5),
        (-0.0, 0, math.log(2), 0.5),
        # Where 1 - p rounds to 1 or 0, what is left is still told: log(1 + e^-50) = e^-50.
        (50, 1, math.exp(-50), -math.exp(-50)),
        (-50, 0, math.exp(-50), math.exp(-50)),
        (-700, 0, math.exp(-700), math.exp(-700)),
    ],
)
def test_no_score_overflows_and_small_losses_keep_their_precision(z, y, loss, slope):
    module = BCEWithLogitsLoss()
    assert module.forward(np.array([float(z)]), [y]) == pytest.approx(loss, rel=1e-14, abs=0)
    np.testing.assert_allclose(module.backward(), [slope], rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_certain_and_right_answer_costs_zero_not_minus_zero(dtype):
    largest = np.finfo(dtype).max
    loss = BCEWithLogitsLoss().forward(np.array([largest, -largest]), [1, 0])
    assert (loss, math.copysign(1, loss)) == (0, 1)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32, np.float64])
def test_targets_may_have_any_real_dtype(dtype):
    z = np.zeros((3, 2), np.float32)
    loss = BCEWithLogitsLoss()
    assert loss.forward(z, np.array([[0, 1], [1, 1], [0, 0]], dtype)) == pytest.approx(math.log(2))
    assert loss.backward().dtype == np.float32


@pytest.mark.parametrize("shape", [(), (5,), (5, 1), (2, 3, 4, 5)])
def test_any_shape_will_do(shape):
    rng = np.random.default_rng(0)
    z, y = np.array(rng.standard_normal(shape)), np.array(rng.uniform(size=shape))
    p = 1 / (1 + np.exp(-z))
    loss = BCEWithLogitsLoss()
    expected = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    assert loss.forward(z, y) == pytest.approx(expected, rel=1e-14, abs=0)
    np.testing.assert_allclose(loss.backward(), (p - y) / z.size, rtol=1e-13)


def test_pos_weight_counts_ones_several_times_and_the_mean_does_not_know():
    z, y = np.array([0.3, -0.7]), np.array([1.0, 0.0])
    weighted = BCEWithLogitsLoss(pos_weight=3)
    alone = BCEWithLogitsLoss(reduction="none").forward(z, y)
    assert weighted.forward(z, y) == pytest.approx((3 * alone[0] + alone[1]) / 2, rel=1e-15, abs=0)


@pytest.mark.parametrize(
    ("loss", "y", "error", "message"),
    [
        (
            BCEWithLogitsLoss(),
            [[0, 2], [0, 1], [0, 1]],
            ArgumentError,
            "BCEWithLogitsLoss(): targets go from 0 to 2, expected numbers in [0, 1]",
        ),
        (
            BCEWithLogitsLoss(),
            [[0, 1], [0, math.nan], [-1, 1]],
            ArgumentError,
            "BCEWithLogitsLoss(): targets go from nan to nan, expected numbers in [0, 1]",
        ),
        (
            BCEWithLogitsLoss(),
            [0, 1, 0],
            ShapeError,
            "BCEWithLogitsLoss(): prediction has shape (3, 2) and target (3,), expected the same",
        ),
        (
            BCEWithLogitsLoss(),
            [["0", "1"]] * 3,
            DtypeError,
            "BCEWithLogitsLoss(): target has dtype <U1, expected real numbers",
        ),
        (
            BCEWithLogitsLoss(pos_weight=[1, 2, 3]),
            np.zeros((3, 2)),
            ShapeError,
            "BCEWithLogitsLoss(pos_weight=...): pos_weight has shape (3,), which does not "
            "broadcast to (3, 2), that of the scores",
        ),
        (
            BCEWithLogitsLoss(weight=np.ones((1, 3, 2))),
            np.zeros((3, 2)),
            ShapeError,
            "BCEWithLogitsLoss(weight=...): weight has shape (1, 3, 2), which does not "
            "broadcast to (3, 2), that of the scores",
        ),
    ],
)
def test_targets_and_weights_that_do_not_fit_are_refused(loss, y, error, message):
    with pytest.raises(error) as caught:
        loss.forward(np.zeros((3, 2)), y)
    assert str(caught.value) == message
