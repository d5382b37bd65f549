"""Softmax and cross-entropy, taken together."""

import math

import numpy as np
import pytest

from mytorch.nn import CrossEntropyLoss, Loss, SoftmaxCrossEntropy
from mytorch.utils.errors import ArgumentError, DtypeError, OrderError, ShapeError

LABELS = np.array([2, 0, 1])


def test_the_loss_is_the_mean_of_minus_log_p_and_its_gradient_p_minus_y_over_n():
    z = np.random.default_rng(0).standard_normal((3, 4))
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    y = np.eye(4)[LABELS]
    loss = SoftmaxCrossEntropy()
    assert loss.forward(z, y) == pytest.approx(-np.sum(y * np.log(p)) / 3, rel=1e-15)
    np.testing.assert_allclose(loss.backward(), (p - y) / 3, rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64, np.uint64])
def test_labels_and_one_hot_rows_are_the_same(dtype):
    z = np.random.default_rng(0).standard_normal((3, 4))
    by_label, by_row = SoftmaxCrossEntropy(), SoftmaxCrossEntropy()
    expected = by_row.forward(z, np.eye(4)[LABELS])
    assert by_label.forward(z, LABELS.astype(dtype)) == pytest.approx(expected, rel=1e-15)
    np.testing.assert_array_equal(by_label.backward(), by_row.backward())


@pytest.mark.parametrize("dtype", [bool, np.int64, np.float32, np.float64])
def test_one_hot_rows_may_have_any_dtype_and_scores_keep_theirs(dtype):
    loss = SoftmaxCrossEntropy()
    assert loss.forward(np.zeros((3, 4), np.float32), np.eye(4, dtype=dtype)[LABELS]) == (
        pytest.approx(math.log(4), rel=1e-7)
    )
    assert loss.backward().dtype == np.float32


@pytest.mark.parametrize("targets", [LABELS, np.eye(4)[LABELS]], ids=["labels", "one-hot"])
def test_equal_scores_cost_log_c_nats_whatever_their_size(targets):
    for size in (0.0, 1e4, -1e300):
        loss = SoftmaxCrossEntropy().forward(np.full((3, 4), size), targets)
        assert loss == pytest.approx(math.log(4), rel=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e4, "a quarter of the largest", "half the largest"])
@pytest.mark.parametrize("rows", [False, True], ids=["labels", "one-hot"])
def test_no_scores_overflow_that_differ_by_a_finite_number(rows, size, dtype):
    # Warnings are errors here: the right answer is found without inf - inf or 0 * inf.
    largest = float(np.finfo(dtype).max)
    size = {"a quarter of the largest": largest / 4, "half the largest": largest / 2}.get(
        size, size
    )
    z, y = np.array([[size, -size, 0]], dtype), np.array([0])
    loss = SoftmaxCrossEntropy()
    assert loss.forward(z, np.eye(3)[y] if rows else y) == 0
    np.testing.assert_array_equal(loss.backward(), np.zeros((1, 3)))


def test_a_confident_mistake_costs_the_difference_of_the_scores():
    loss = SoftmaxCrossEntropy()
    assert loss.forward(np.array([[1e4, -1e4]]), np.array([1])) == 2e4
    np.testing.assert_array_equal(loss.backward(), [[1, -1]])


def test_small_probabilities_keep_their_precision():
    # -log p = log(1 + e^-40) = e^-40, which p = 1 - 4e-18 in floating numbers cannot tell.
    loss = SoftmaxCrossEntropy().forward(np.array([[0.0, -30.0]]), np.array([0]))
    assert loss == pytest.approx(math.log1p(math.exp(-30)), rel=1e-15)


def test_gradients_add_up_to_zero_along_each_row():
    loss = SoftmaxCrossEntropy()
    loss.forward(np.random.default_rng(0).standard_normal((3, 4)), LABELS)
    np.testing.assert_allclose(loss.backward().sum(axis=1), 0, atol=1e-16)


def test_pytorchs_name_is_an_alias():
    assert CrossEntropyLoss is SoftmaxCrossEntropy


def test_losses_have_no_parameters_and_their_base_computes_nothing():
    loss = Loss()
    assert loss.get_parameters() == loss.get_gradients() == []
    with pytest.raises(NotImplementedError, match=r"^Loss does not define forward\(z, y\)$"):
        loss.forward(np.ones((1, 2)), [0])
    with pytest.raises(NotImplementedError, match=r"^Loss does not define backward\(\)$"):
        loss.backward()


SCORES = np.zeros((3, 4))


@pytest.mark.parametrize(
    ("z", "y", "error", "message"),
    [
        (SCORES, [0, 4, 0], ArgumentError, "label 4 of example 1 is not in 0..3"),
        (SCORES, [0, 1, -1], ArgumentError, "label -1 of example 2 is not in 0..3"),
        (SCORES, [0.0, 1.0, 2.0], DtypeError, "labels have dtype float64, expected integers"),
        (
            SCORES,
            [0, 1],
            ShapeError,
            "targets have shape (2,), expected (3,) labels or (3, 4) rows",
        ),
        (
            SCORES,
            [[0], [1], [2]],
            ShapeError,
            "targets have shape (3, 1), expected (3,) labels or (3, 4) rows",
        ),
        (
            SCORES,
            [[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0]],
            ArgumentError,
            "row 1 of the targets adds up to 2 with a smallest entry of 0, expected probabilities "
            "that add up to 1",
        ),
        (
            SCORES,
            [[1, 0, 0, 0], [1, 0, 0, 0], [2, -1, 0, 0]],
            ArgumentError,
            "row 2 of the targets adds up to 1 with a smallest entry of -1, expected probabilities "
            "that add up to 1",
        ),
        (
            np.zeros(4),
            [0],
            ShapeError,
            "scores have shape (4,), expected (N, C), none of them 0",
        ),
        (
            np.zeros((0, 4)),
            np.array([], int),
            ShapeError,
            "scores have shape (0, 4), expected (N, C), none of them 0",
        ),
    ],
)
def test_targets_that_do_not_fit_are_refused_with_what_was_wanted(z, y, error, message):
    with pytest.raises(error) as caught:
        SoftmaxCrossEntropy().forward(z, y)
    assert str(caught.value) == f"SoftmaxCrossEntropy(): {message}"


def test_backward_before_forward_is_refused():
    with pytest.raises(OrderError) as caught:
        SoftmaxCrossEntropy().backward()
    assert str(caught.value) == (
        "SoftmaxCrossEntropy().backward needs a forward before it "
        "(predict and no_cache keep nothing)"
    )


@pytest.mark.parametrize("targets", [[0], [[1.0, 0.0]]], ids=["labels", "one-hot"])
def test_a_certain_and_right_prediction_costs_zero_not_minus_zero(targets):
    loss = SoftmaxCrossEntropy().forward(np.array([[1e4, 0.0]]), targets)
    assert math.copysign(1, loss) == 1
