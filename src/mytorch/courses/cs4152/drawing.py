"""The pictures of cs4152's programs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...reporting.figures import BLUE, GREY, ORANGE, STYLE
from ...utils.extras import require
from .learning import Learning, Weights

Array = NDArray[Any]
Panel = tuple[str, Array, Array, Learning]  # name, points (N, 2), labels (N,), the training


def perceptrons(panels: Sequence[Panel]) -> Any:
    """Return a figure: for each training the points with the boundary, and the errors by update."""
    with require("matplotlib", "lab").rc_context(STYLE):
        figure_module = require("matplotlib.figure", "lab")
        figure = figure_module.Figure(figsize=(8.6, 3.7 * len(panels)))
        rows = figure.subplots(len(panels), 2, squeeze=False)
        for (left, right), (name, points, labels, learning) in zip(rows, panels, strict=True):
            _boundary(left, points, labels, learning)
            left.set_title(f"{name} points")
            _errors(right, learning)
            right.set_title("converged" if learning.converged else "did not converge")
    return figure


def _boundary(axes: Any, points: Array, labels: Array, learning: Learning) -> None:
    for label, colour, marker in ((0, BLUE, "o"), (1, ORANGE, "^")):
        x, y = points[labels == label].T
        axes.plot(x, y, marker, color=colour, markersize=4.5, label=f"class {label}")
    w, b = learning.best
    wrong = points[(points @ w + b > 0) != labels]  # (N, 2) (2,) -> (N,)
    if len(wrong):
        ring: dict[str, Any] = {"markersize": 10, "markerfacecolor": "none", "color": "black"}
        axes.plot(*wrong.T, "o", linestyle="none", label="wrong by the best", **ring)
    limits = [(column.min() - 0.1, column.max() + 0.1) for column in points.T]
    if learning.converged:
        _line(axes, learning.last, "boundary", "-")
    else:
        _line(axes, learning.best, "best boundary", "-")
        _line(axes, learning.last, "last boundary", "--")
    axes.set(xlim=limits[0], ylim=limits[1], xlabel="x0", ylabel="x1")
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.16), ncols=3)


def _line(axes: Any, weights: Weights, label: str, style: str) -> None:
    """Draw w x + b = 0."""
    w, b = weights
    length = float(w @ w)
    if length > 0:
        foot = -b * w / length  # the point of the line that is closest to the origin
        along = foot + np.array([-w[1], w[0]]) / np.sqrt(length)
        axes.axline(foot, along, color="black", linestyle=style, linewidth=1.2, label=label)


def _errors(axes: Any, learning: Learning) -> None:
    updates = np.arange(len(learning.errors))
    axes.plot(updates, learning.errors, color=GREY, linewidth=1, drawstyle="steps-post")
    best = int(np.argmin(learning.errors))
    label = f"best: {learning.errors[best]}"
    axes.plot(best, learning.errors[best], "o", color=BLUE, clip_on=False, label=label)
    axes.set(xlabel="update", ylabel="wrong examples", ylim=(0, None))
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_major_locator().set_params(integer=True)
    axes.legend(fontsize=8)
