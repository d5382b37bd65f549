"""What is wrong with confidence and without, against counts by hand and scikit-learn."""

import numpy as np
import pytest

from mytorch.training.mistakes import (
    Confusion,
    lowest_recall,
    most_confused,
    nearest,
    quadrants,
)


def test_the_largest_entries_off_the_diagonal_come_first():
    counts = np.array([[90, 3, 0], [7, 80, 5], [1, 0, 70]])
    assert most_confused(counts) == [Confusion(1, 0, 7), Confusion(1, 2, 5)]
    assert counts[0, 0] == 90  # nothing is changed in place


def test_the_same_two_classes_the_two_ways_round_do_not_hide_the_second_pair():
    counts = np.array([[9, 6, 0], [7, 8, 2], [1, 0, 7]])
    assert [tuple(c) for c in most_confused(counts)] == [(1, 0, 7), (0, 1, 6), (1, 2, 2)]


def test_of_equals_the_first_row_comes_first_and_nothing_is_no_confusion():
    assert [c.true for c in most_confused(np.array([[1, 0, 2], [2, 1, 0], [0, 0, 1]]))] == [0, 1]
    assert most_confused(np.array([[1, 0], [3, 1]])) == [Confusion(1, 0, 3)]
    assert most_confused(np.diag([4, 5, 6])) == []


def test_the_lowest_recall_is_a_share_and_not_a_number_and_needs_examples():
    assert lowest_recall(np.array([[50, 50, 0], [0, 1, 3], [0, 0, 0]])) == 1
    assert lowest_recall(np.array([[0, 0], [1, 1]])) == 1
    assert lowest_recall(np.diag([1, 2])) == 0


def test_the_limits_of_confidence_belong_to_no_quadrant():
    rows = [[0.95, 0.05], [0.9, 0.1], [0.6, 0.4], [0.55, 0.45], [0.02, 0.98], [0.45, 0.55]]
    found = quadrants(np.array(rows), np.array([0, 0, 0, 1, 0, 1]))
    assert {q.name: q.rows.tolist() for q in found} == {
        "confident and right": [0],
        "uncertain and right": [5],
        "confident and wrong": [4],
        "uncertain and wrong": [3],
    }


@pytest.mark.parametrize("n", [0, 1, 249, 600])
def test_the_nearest_are_those_of_the_distances_themselves(n):
    rng = np.random.default_rng(0)
    x, others = rng.standard_normal((n, 3)), 2 * rng.standard_normal((40, 3))
    distances = ((x[:, np.newaxis] - others) ** 2).sum(axis=2)
    np.testing.assert_array_equal(nearest(x, others), distances.argmin(axis=1))
