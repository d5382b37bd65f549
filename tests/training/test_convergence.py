"""What became of a training follows its curves."""

import numpy as np
import pytest

from mytorch.training.convergence import JUMP, SETTLED, STEEP, VERDICTS, course_of
from mytorch.utils.errors import ArgumentError

EPOCHS = np.arange(1, 101)
LINE = 2.5 - 0.01 * EPOCHS
FALLING = 0.4 + 2 * np.exp(-EPOCHS / 10)
RISING = np.where(EPOCHS < 20, 2 - 0.05 * EPOCHS, 1.0 + 0.01 * (EPOCHS - 20))


@pytest.mark.parametrize(
    ("train", "validation", "verdict"),
    [
        (FALLING, FALLING + 0.2, "converged"),
        (FALLING, RISING, "overfitting"),
        (LINE, LINE + 0.1, "too slow"),
        (LINE[::-1], LINE[::-1], "unstable"),
        (np.full(100, 2.3), np.full(100, 2.3), "unstable"),
        (2 + np.cos(EPOCHS / 16), np.full(100, 2.3), "unstable"),
        (2 / EPOCHS**0.5, 2 / EPOCHS**0.5, "undecided"),
    ],
)
def test_the_verdict_follows_the_curves(train, validation, verdict):
    assert course_of(train, validation).verdict == verdict


def test_every_verdict_stands_in_the_list():
    assert VERDICTS == ("converged", "overfitting", "too slow", "unstable", "undecided")


def test_pace_change_and_best_epoch_are_measured():
    straight = course_of(LINE, RISING)
    assert straight.pace == pytest.approx(1, rel=1e-12)
    assert straight.best_epoch == 20
    assert straight.change == pytest.approx((1.755 / 1.655) - 1, rel=1e-12)
    bent = course_of(np.where(EPOCHS < 81, LINE, LINE[80] - 0.002 * (EPOCHS - 81)), LINE)
    assert bent.pace == pytest.approx(0.002 / ((LINE[0] - LINE[80] + 0.038) / 99), rel=1e-12)


def bent(pace):
    """A line whose last 25 epochs go on with so many times its mean pace."""
    end = pace * 75 / (99 - 24 * pace)  # (74 + 25 e) / 99 is the mean of steps 1 and e, nearly
    steps = np.concatenate([np.full(75, 1.0), np.full(24, end)])
    mean = steps.mean()
    return 200 - np.concatenate([[0], np.cumsum(steps)]), end / mean


@pytest.mark.parametrize(("shift", "verdict"), [(0.01, "too slow"), (-0.01, "converged")])
def test_the_threshold_of_the_pace_is_where_it_is_said_to_be(shift, verdict):
    losses, pace = bent(STEEP + shift)
    course = course_of(losses, np.full(100, 2.0))
    assert course.pace == pytest.approx(pace, rel=1e-12)
    assert pace == pytest.approx(STEEP + shift, rel=1e-12)
    assert course.verdict == verdict


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("part", "verdict"), [(0.99, "converged"), (1.01, "undecided")])
def test_the_validation_loss_has_settled_where_it_is_said_to(sign, part, verdict):
    losses = np.where(EPOCHS > 90, 2.0 * (1 + sign * part * SETTLED), 2.0)
    assert course_of(FALLING, losses).verdict == verdict


@pytest.mark.parametrize(("part", "verdict"), [(0.99, "converged"), (1.01, "unstable")])
def test_a_training_loss_jumps_where_it_is_said_to(part, verdict):
    losses = np.where(EPOCHS > 80, 1 + part * JUMP, np.maximum(2 - EPOCHS / 50, 1))
    assert course_of(losses, np.full(100, 2.0)).verdict == verdict


@pytest.mark.parametrize(
    ("train", "validation", "words"),
    [
        (LINE, RISING, ["since epoch 28", "rose from 1.041 to 1.755", "from 2.265 to 1.545"]),
        (LINE, LINE, ["fell from 2.490 to 1.500", "-0.01 an epoch", "1.00 times"]),
        (LINE[::-1], LINE, ["began with 1.500", "1.500 at its lowest", "ended with 2.490"]),
        (FALLING, FALLING, ["fell from 2.210 to 0.400", "%", "in the last 10 epochs, to 0.400"]),
        ([2.0, 1.0], [2.0, 2.0], ["fell from 2.000 to 1.000"]),
    ],
)
def test_the_evidence_is_made_of_the_curves_numbers(train, validation, words):
    evidence = course_of(train, validation).evidence
    assert all(word in evidence for word in words)


@pytest.mark.parametrize(
    ("train", "validation", "said"),
    [
        ([1.0], [1.0], "at least two"),
        ([], [], "at least two"),
        ([2.0, 1.0], [2.0], r"shapes \(2,\) and \(1,\)"),
        ([[2.0, 1.0]], [[2.0, 1.0]], "two curves"),
        ([2.0, np.nan], [2.0, 1.0], "finite"),
        ([2.0, 1.0], [2.0, np.inf], "finite"),
    ],
)
def test_what_are_no_curves_is_refused_in_one_line(train, validation, said):
    with pytest.raises(ArgumentError, match=said) as caught:
        course_of(train, validation)
    assert "\n" not in str(caught.value)
