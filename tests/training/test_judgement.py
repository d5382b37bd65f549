"""The judgement of a training follows its curves."""

import numpy as np
import pytest

from mytorch.training.judgement import GAP, LEARNED, VERDICTS, judge
from mytorch.utils.errors import ArgumentError

EPOCHS = np.arange(1, 41)


def curves(train_acc, val_acc, train_loss=None, val_loss=None):
    """Curves of 40 epochs that end at these accuracies; losses fall if none are given."""
    falling = 2 / EPOCHS
    return {
        "train_losses": falling if train_loss is None else train_loss,
        "train_accs": train_acc * (1 - np.exp(-EPOCHS / 4)),
        "val_losses": falling + 0.1 if val_loss is None else val_loss,
        "val_accs": val_acc * (1 - np.exp(-EPOCHS / 4)),
    }


@pytest.mark.parametrize(
    ("train", "validation", "expected"),
    [
        (0.40, 0.39, "underfitting"),
        (0.40, 0.60, "underfitting"),
        (1.00, 0.80, "overfitting"),
        (0.60, 0.30, "overfitting"),
        (0.74, 0.74, "underfitting"),
        (0.77, 0.76, "generalizing"),
        (0.90, 0.86, "generalizing"),
        (0.85, 0.90, "generalizing"),
    ],
)
def test_the_verdict_follows_the_accuracies(train, validation, expected):
    verdict, evidence = judge(**curves(train, validation))
    assert verdict == expected
    assert f"{train * (1 - np.exp(-38.5 / 4)):.3f}" in evidence[0]


def test_both_thresholds_are_where_they_are_said_to_be():
    flat = np.ones(10)
    for shift, expected in ((-0.005, "generalizing"), (0.005, "overfitting")):
        accs = 0.9 * flat, (0.9 - GAP - shift) * flat
        assert judge(flat, accs[0], flat, accs[1]).verdict == expected
    for shift, expected in ((-0.005, "underfitting"), (0.005, "generalizing")):
        accs = (LEARNED + shift) * flat
        assert judge(flat, accs, flat, accs).verdict == expected


def rising():
    return 0.4 + 0.01 * np.abs(EPOCHS - 12)


def test_a_validation_loss_that_rises_while_the_training_loss_falls_is_overfitting():
    verdict, evidence = judge(**curves(0.9, 0.86, val_loss=rising()))
    assert verdict == "overfitting"
    # The lowest mean of four epochs is that of 10 to 13.
    assert "since epoch 13 the validation loss rose from 0.410 to 0.665" in evidence[0]


def test_where_the_training_loss_rises_too_it_is_not():
    verdict, _ = judge(**curves(0.9, 0.86, train_loss=rising() - 0.1, val_loss=rising()))
    assert verdict == "generalizing"


def test_a_rise_of_a_loss_that_is_all_but_0_does_not_count():
    tiny = rising() / 100
    assert judge(**curves(1.0, 1.0, train_loss=0.01 / EPOCHS, val_loss=tiny)).verdict == (
        "generalizing"
    )


def test_one_bad_epoch_does_not_decide():
    given = curves(0.9, 0.86)
    given["val_losses"][-1] *= 1.3
    given["val_accs"][-1] -= 0.15
    assert judge(**given).verdict == "generalizing"


def test_a_single_epoch_is_judged():
    assert judge([0.3], [0.9], [0.4], [0.88]).verdict == "generalizing"
    assert judge([2.3], [0.1], [2.3], [0.1]).verdict == "underfitting"


def test_every_verdict_is_one_of_three():
    rng = np.random.default_rng(0)
    seen = {judge(*rng.random((4, 12))).verdict for _ in range(200)}
    assert seen <= set(VERDICTS) == {"underfitting", "overfitting", "generalizing"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (([], [], [], []), "got none; train first"),
        (([1.0], [0.5], [1.0], [0.5, 0.6]), "four curves of the same epochs"),
        (([1.0, np.nan], [0.5] * 2, [1.0] * 2, [0.5] * 2), "train_losses is nan in epoch 2"),
        (([[1.0]], [[0.5]], [[1.0]], [[0.5]]), "four curves of the same epochs"),
    ],
)
def test_what_cannot_be_judged_is_told_in_one_line(given, message):
    with pytest.raises(ArgumentError, match=message) as raised:
        judge(*given)
    assert "\n" not in str(raised.value)
