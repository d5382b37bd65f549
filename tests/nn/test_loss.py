"""Softmax and cross-entropy, taken together and apart."""

import math

import numpy as np
import pytest

from mytorch.nn import CrossEntropyLoss, NLLLoss, SoftmaxCrossEntropy
from mytorch.utils.errors import ArgumentError, DtypeError, ShapeError
from mytorch.utils.kernels import choose

LABELS = np.array([2, 0, 1])


def test_the_loss_is_the_mean_of_minus_log_p_and_its_gradient_p_minus_y_over_n():
    z = np.random.default_rng(0).standard_normal((3, 4))
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    y = np.eye(4)[LABELS]
    loss = SoftmaxCrossEntropy()
    assert loss.forward(z, y) == pytest.approx(-np.sum(y * np.log(p)) / 3, rel=1e-15, abs=0)
    np.testing.assert_allclose(loss.backward(), (p - y) / 3, rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64, np.uint64])
def test_labels_and_one_hot_rows_are_the_same(dtype):
    z = np.random.default_rng(0).standard_normal((3, 4))
    by_label, by_row = SoftmaxCrossEntropy(), SoftmaxCrossEntropy()
    expected = by_row.forward(z, np.eye(4)[LABELS])
    assert by_label.forward(z, LABELS.astype(dtype)) == pytest.approx(expected, rel=1e-15, abs=0)
    np.testing.assert_allclose(by_label.backward(), by_row.backward(), rtol=1e-14)


@pytest.mark.parametrize("dtype", [bool, np.int64, np.float32, np.float64])
def test_one_hot_rows_may_have_any_dtype_and_scores_keep_theirs(dtype):
    loss = SoftmaxCrossEntropy()
    assert loss.forward(np.zeros((3, 4), np.float32), np.eye(4, dtype=dtype)[LABELS]) == (
        pytest.approx(math.log(4), rel=1e-7, abs=0)
    )
    assert loss.backward().dtype == np.float32


@pytest.mark.parametrize("targets", [LABELS, np.eye(4)[LABELS]], ids=["labels", "one-hot"])
def test_equal_scores_cost_log_c_nats_whatever_their_size(targets):
    for size in (0.0, 1e4, -1e300):
        loss = SoftmaxCrossEntropy().forward(np.full((3, 4), size), targets)
        assert loss == pytest.approx(math.log(4), rel=1e-15, abs=0)


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


def test_a_nearly_certain_prediction_costs_what_is_left_to_the_rounding_of_1():
    # -log p = log(1 + e^-30) = 9.4e-14, of which 1 + e^-30 keeps what is above 1.1e-16.
    loss = SoftmaxCrossEntropy().forward(np.array([[0.0, -30.0]]), np.array([0]))
    assert loss == pytest.approx(math.log1p(math.exp(-30)), rel=0, abs=2**-53)


def test_gradients_add_up_to_zero_along_each_row():
    loss = SoftmaxCrossEntropy()
    loss.forward(np.random.default_rng(0).standard_normal((3, 4)), LABELS)
    np.testing.assert_allclose(loss.backward().sum(axis=1), 0, atol=1e-16)


def test_pytorchs_name_is_an_alias():
    assert CrossEntropyLoss is SoftmaxCrossEntropy


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
            SCORES,
            [[1, 0, 0, 0], [1, 0, 0, 0], [1, 0, math.nan, 0]],
            ArgumentError,
            "row 2 of the targets adds up to nan with a smallest entry of nan, expected "
            "probabilities that add up to 1",
        ),
        (
            SCORES,
            np.eye(4, dtype=bool)[LABELS] | [False, True, False, False],
            ArgumentError,
            "row 0 of the targets adds up to 2 with a smallest entry of 0, expected probabilities "
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


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("targets", [[0], [[1.0, 0.0]]], ids=["labels", "one-hot"])
def test_a_certain_and_right_prediction_costs_zero_not_minus_zero(targets, reduction):
    loss = SoftmaxCrossEntropy(reduction=reduction).forward(np.array([[1e4, 0.0]]), targets)
    assert np.all(loss == 0)
    assert np.all(np.copysign(1, loss) == 1)


def test_scores_of_minus_infinity_at_other_classes_cost_nothing():
    z, y = np.array([[0.0, -math.inf, 0.0], [-math.inf, 1.0, -math.inf]]), np.array([2, 1])
    for options in ({}, {"weight": [1, 1, 1]}, {"ignore_index": 0}):
        loss = SoftmaxCrossEntropy(**options)
        assert loss.forward(z, y) == pytest.approx(math.log(2) / 2, rel=1e-15, abs=0)
        np.testing.assert_allclose(loss.backward(), [[0.25, 0, -0.25], [0, 0, 0]], atol=1e-16)


IGNORING = {
    "labels": lambda index: SoftmaxCrossEntropy(ignore_index=index),
    "weight": lambda index: SoftmaxCrossEntropy(ignore_index=index, weight=[1, 2, 3, 4]),
    "smoothed": lambda index: SoftmaxCrossEntropy(ignore_index=index, label_smoothing=0.1),
    "NLL": lambda index: NLLLoss(ignore_index=index),
}


@pytest.mark.parametrize("bad", [7.0, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("index", [-100, -1, 3, 99])
@pytest.mark.parametrize("make", IGNORING.values(), ids=IGNORING)
def test_ignored_examples_count_for_nothing_whatever_their_scores(make, index, bad):
    z = np.random.default_rng(0).standard_normal((5, 4))
    y = np.array([2, index, 0, 1, index])
    rest = y != index
    z[~rest] = bad
    loss, alone = make(index), make(index)
    assert loss.forward(z, y) == pytest.approx(alone.forward(z[rest], y[rest]), rel=1e-15, abs=0)
    grad = loss.backward()
    np.testing.assert_allclose(grad[rest], alone.backward(), rtol=1e-15)
    np.testing.assert_array_equal(grad[~rest], 0)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64])
def test_ignore_index_need_not_fit_the_dtype_of_the_labels(dtype):
    y = np.array([2, 0, 1], dtype)
    z = np.random.default_rng(0).standard_normal((3, 4))
    assert SoftmaxCrossEntropy(ignore_index=-1000).forward(z, y) == (
        SoftmaxCrossEntropy().forward(z, y)
    )


@pytest.mark.parametrize("make", IGNORING.values(), ids=IGNORING)
def test_the_mean_of_no_examples_is_refused_and_their_sum_is_zero(make):
    y = np.array([1, 1, 1])
    loss = make(1)
    with pytest.raises(ArgumentError) as caught:
        loss.forward(SCORES, y)
    assert str(caught.value) == (
        f"{loss!r}: no label of this batch counts, all are 1 (ignore_index) or of weight 0, and "
        "the mean of nothing is not defined; leave the batch out, or use reduction='sum'"
    )
    loss.reduction = "sum"
    assert loss.forward(SCORES, y) == 0
    np.testing.assert_array_equal(loss.backward(), np.zeros((3, 4)))
    loss.reduction = "none"
    np.testing.assert_array_equal(loss.forward(SCORES, y), np.zeros(3))


def test_an_example_weighs_as_much_as_so_many_copies_of_it():
    z = np.random.default_rng(0).standard_normal((3, 4))
    weighted = SoftmaxCrossEntropy(weight=[2, 1, 3, 1])
    repeats = np.array([3, 2, 1])  # of the labels 2, 0, 1
    copies = SoftmaxCrossEntropy()
    expected = copies.forward(z.repeat(repeats, axis=0), LABELS.repeat(repeats))
    assert weighted.forward(z, LABELS) == pytest.approx(expected, rel=1e-15, abs=0)
    np.testing.assert_allclose(
        weighted.backward(), copies.backward()[[0, 3, 5]] * repeats[:, np.newaxis], rtol=1e-14
    )


def test_rows_weigh_each_class_by_its_share_and_their_mean_is_divided_by_n():
    z = np.random.default_rng(0).standard_normal((3, 4))
    rows, labels = (SoftmaxCrossEntropy(weight=[2, 1, 3, 0], reduction="sum") for _ in range(2))
    expected = labels.forward(z, LABELS)
    assert rows.forward(z, np.eye(4)[LABELS]) == pytest.approx(expected, rel=1e-15, abs=0)
    np.testing.assert_allclose(rows.backward(), labels.backward(), rtol=1e-14)
    mean = SoftmaxCrossEntropy(weight=[2, 1, 3, 0])
    assert mean.forward(z, np.eye(4)[LABELS]) == pytest.approx(expected / 3, rel=1e-15, abs=0)


def test_smoothing_mixes_the_targets_with_the_uniform_distribution():
    z = np.random.default_rng(0).standard_normal((3, 4))
    smoothed, mixed = SoftmaxCrossEntropy(label_smoothing=0.2), SoftmaxCrossEntropy()
    expected = mixed.forward(z, 0.8 * np.eye(4)[LABELS] + 0.2 / 4)
    for y in (LABELS, np.eye(4)[LABELS]):
        assert smoothed.forward(z, y) == pytest.approx(expected, rel=1e-15, abs=0)
        np.testing.assert_allclose(smoothed.backward(), mixed.backward(), rtol=1e-14)


def test_rows_that_nearly_add_up_to_1_have_their_own_gradient_not_p_minus_y():
    z, y = np.zeros((1, 4)), np.array([[0.5005, 0.5, 0, 0]])
    loss = SoftmaxCrossEntropy()
    assert loss.forward(z, y) == pytest.approx(1.0005 * math.log(4), rel=1e-15, abs=0)
    np.testing.assert_allclose(loss.backward(), 1.0005 / 4 - y, rtol=1e-14)


def test_the_likelihood_of_log_softmax_is_the_cross_entropy():
    z = np.random.default_rng(0).standard_normal((3, 4))
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    loss = NLLLoss()
    expected = SoftmaxCrossEntropy().forward(z, LABELS)
    assert loss.forward(log_p, LABELS) == pytest.approx(expected, rel=1e-14, abs=0)
    np.testing.assert_array_equal(loss.backward(), -np.eye(4)[LABELS] / 3)


@pytest.mark.parametrize(
    ("loss", "z", "y", "error", "message"),
    [
        (
            SoftmaxCrossEntropy(weight=[1, 2, 3]),
            SCORES,
            LABELS,
            ShapeError,
            "SoftmaxCrossEntropy(weight=...): weight has shape (3,), expected (4,), one for each "
            "class (scores have shape (3, 4))",
        ),
        (
            SoftmaxCrossEntropy(weight=[[1, 2, 3, 4]]),
            SCORES,
            np.eye(4)[LABELS],
            ShapeError,
            "SoftmaxCrossEntropy(weight=...): weight has shape (1, 4), expected (4,), one for each "
            "class (scores have shape (3, 4))",
        ),
        (
            SoftmaxCrossEntropy(ignore_index=2),
            SCORES,
            np.eye(4)[LABELS],
            ArgumentError,
            "SoftmaxCrossEntropy(ignore_index=2): ignore_index is for labels, got rows of "
            "probabilities",
        ),
        (
            SoftmaxCrossEntropy(ignore_index=9),
            SCORES,
            [9, 8, 7],
            ArgumentError,
            "SoftmaxCrossEntropy(ignore_index=9): label 8 of example 1 is not in 0..3",
        ),
        (
            NLLLoss(),
            SCORES,
            np.eye(4)[LABELS],
            ShapeError,
            "NLLLoss(): targets have shape (3, 4), expected (3,) labels",
        ),
        (
            NLLLoss(),
            np.zeros(4),
            [0],
            ShapeError,
            "NLLLoss(): log-probabilities have shape (4,), expected (N, C), none of them 0",
        ),
        (
            NLLLoss(weight=[1, 2]),
            SCORES,
            LABELS,
            ShapeError,
            "NLLLoss(weight=...): weight has shape (2,), expected (4,), one for each class "
            "(scores have shape (3, 4))",
        ),
        (
            NLLLoss(),
            SCORES,
            [0, 4, 0],
            ArgumentError,
            "NLLLoss(): label 4 of example 1 is not in 0..3",
        ),
    ],
)
def test_options_and_targets_that_do_not_fit_are_refused(loss, z, y, error, message):
    with pytest.raises(error) as caught:
        loss.forward(z, y)
    assert str(caught.value) == message


@pytest.mark.parametrize("options", [{}, {"weight": [1, 2, 3, 4], "ignore_index": 0}])
def test_the_compiled_kernel_gives_the_same_numbers(options):
    pytest.importorskip("numba")
    loss, compiled = SoftmaxCrossEntropy(**options), SoftmaxCrossEntropy(**options)
    compiled._kernels = choose("numba")
    z = np.random.default_rng(0).standard_normal((3, 4))
    z[0, 1], z[1] = -math.inf, 300 * z[1]
    assert compiled.forward(z, LABELS) == pytest.approx(loss.forward(z, LABELS), rel=1e-14, abs=0)
    np.testing.assert_allclose(compiled.backward(), loss.backward(), rtol=1e-13)
