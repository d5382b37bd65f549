"""cs4152's picture: its lines are the boundaries, its rings what is wrong, its steps the errors."""

import numpy as np
import pytest

from mytorch.courses.cs4152.drawing import perceptrons
from mytorch.courses.cs4152.learning import Learning
from mytorch.courses.cs4152.perceptron import Perceptron, overlapping, separable

matplotlib = pytest.importorskip("matplotlib")


def drawn(points, passes):
    """The points, the labels, the training, and the lines of both axes by their labels."""
    x, y = points()
    learning = Perceptron(2).train(x, y, passes)
    before = dict(matplotlib.rcParams)
    figure = perceptrons([("some", x, y, learning)])
    assert dict(matplotlib.rcParams) == before
    left, right = figure.axes
    lines = [{line.get_label(): line for line in axes.get_lines()} for axes in (left, right)]
    return x, y, learning, (left, right), lines


def on_the_line(line, weights):
    w, b = weights
    ends = np.array([line.get_xy1(), line.get_xy2()])
    assert np.ptp(ends, axis=0).max() > 0.1
    np.testing.assert_allclose(ends @ w + b, 0, atol=1e-12 * np.abs(w).max())


def test_of_a_training_that_converged_the_boundary_is_drawn_and_nothing_is_wrong():
    x, y, learning, axes, (left, right) = drawn(separable, 100)
    assert [*left] == ["class 0", "class 1", "boundary"]
    for label in (0, 1):
        np.testing.assert_array_equal(left[f"class {label}"].get_xydata(), x[y == label])
    on_the_line(left["boundary"], learning.last)
    assert [a.get_title() for a in axes] == ["some points", "converged"]
    assert right["best: 0"].get_xydata().tolist() == [[len(learning.errors) - 1, 0]]


def test_of_a_training_that_did_not_the_best_and_the_last_boundary_and_what_is_wrong_by_the_best():
    x, y, learning, axes, (left, right) = drawn(overlapping, 20)
    assert [*left] == ["class 0", "class 1", "wrong by the best", "best boundary", "last boundary"]
    on_the_line(left["best boundary"], learning.best)
    on_the_line(left["last boundary"], learning.last)
    assert left["best boundary"].get_linestyle() != left["last boundary"].get_linestyle()
    w, b = learning.best
    wrong = x[(x @ w + b > 0) != y]
    assert len(wrong) == min(learning.errors)
    np.testing.assert_array_equal(left["wrong by the best"].get_xydata(), wrong)
    assert axes[1].get_title() == "did not converge"
    best = int(np.argmin(learning.errors))
    curve, marker = axes[1].get_lines()
    assert curve.get_ydata().tolist() == learning.errors
    assert curve.get_xdata().tolist() == [*range(len(learning.errors))]
    assert curve.get_drawstyle() == "steps-post"
    assert marker is right[f"best: {min(learning.errors)}"]
    assert marker.get_xydata().tolist() == [[best, learning.errors[best]]]


def test_weights_of_zero_have_no_boundary():
    x, y = separable()
    zero = np.zeros(2), 0.0
    (left, _) = perceptrons([("some", x, y, Learning(False, 1, [50], zero, zero))]).axes
    assert [line.get_label() for line in left.get_lines()][:2] == ["class 0", "class 1"]
    assert not any("boundary" in line.get_label() for line in left.get_lines())


def test_nothing_of_the_figure_lies_outside_it():
    panels = []
    for name, points in (("separable", separable), ("overlapping", overlapping)):
        x, y = points()
        panels.append((name, x, y, Perceptron(2).train(x, y, 5)))
    figure = perceptrons(panels)
    figure.draw_without_rendering()
    box, whole = figure.get_tightbbox(), figure.bbox_inches
    assert min(box.xmin, box.ymin) >= 0
    assert box.xmax <= whole.width
    assert box.ymax <= whole.height
