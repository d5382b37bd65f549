"""What a classifier of two features makes of the plane."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..utils.errors import ShapeError
from ..utils.extras import require
from .figures import BLUE, GREEN, GREY, ORANGE, Figure, styled

Array = NDArray[Any]

FINEST = 1000  # steps of the grid along an axis
# A colour and a marker each, so that nothing is said by colour alone.
COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", "#F0E442", "#56B4E9", "#E69F00", GREY)
MARKERS = "o^sDvPX*"


@styled
def decision_boundary(
    predict: Callable[[Array], Array], X: Array, y: Array, figure: Figure | None = None
) -> Figure:
    """Return a figure of the regions of the plane that are given each label, and the examples.

    `predict` takes points (M, 2) and returns their labels (M,); X is (N, 2), y (N,) the true
    labels. It is drawn into `figure`, if there is one.
    """
    if figure is None:
        figure = require("matplotlib.figure", "lab").Figure(figsize=(6.4, 4.8))
    draw_boundary(figure.subplots(), predict, X, y)
    return figure


@styled
def scatter(X: Array, y: Array) -> Figure:
    """Return a figure of examples X (N, 2) with labels y (N,): a colour and a marker for each."""
    figure = require("matplotlib.figure", "lab").Figure(figsize=(6.4, 4.4))
    _draw_points(figure.subplots(), X, y, np.unique(y))
    return figure


class Plane(NamedTuple):
    """One panel of `decision_boundaries`: what it shows, a classifier, and the examples."""

    title: str
    predict: Callable[[Array], Array]
    X: Array
    y: Array


@styled
def decision_boundaries(planes: Sequence[Plane], *, columns: int = 3) -> Figure:
    """Return a figure with the `decision_boundary` of several classifiers, in rows."""
    rows = -(-len(planes) // columns)
    size = (3.1 * min(columns, len(planes)), 2.8 * rows)
    figure = require("matplotlib.figure", "lab").Figure(figsize=size)
    panels = figure.subplots(rows, min(columns, len(planes)), squeeze=False).ravel()
    for axes, (title, predict, X, y) in zip(panels, planes, strict=False):
        draw_boundary(axes, predict, X, y, step=0.02)
        axes.set_title(title)
        if axes is not panels[0]:
            axes.get_legend().remove()
        axes.label_outer()
    for axes in panels[len(planes) :]:
        axes.remove()
    return figure


def draw_boundary(
    axes: Any,
    predict: Callable[[Array], Array],
    X: Array,
    y: Array,
    *,
    step: float = 0.01,
    margin: float = 0.5,
) -> None:
    """Draw the regions of `decision_boundary` as filled contours into axes.

    The grid reaches `margin` beyond the examples; its points are `step` apart, or a thousandth of
    the whole where that is more.

    Raises
    ------
    ShapeError
        For examples that are not (N, 2) and (N,), or have values that are not finite.
    """
    X, y = np.asarray(X, np.float64), np.asarray(y)
    if X.ndim != 2 or X.shape[1] != 2 or y.shape != X.shape[:1] or not len(X):
        raise ShapeError(
            f"a decision boundary takes examples (N, 2) and labels (N,), got {X.shape} and "
            f"{y.shape}"
        )
    if not np.isfinite(X).all():
        raise ShapeError("a decision boundary takes examples that are finite numbers")
    low, high = X.min(axis=0) - margin, X.max(axis=0) + margin
    first, second = (
        np.arange(a, b, max(step, (b - a) / FINEST)) for a, b in zip(low, high, strict=True)
    )
    grid = np.stack(np.meshgrid(first, second), axis=-1)  # (rows, columns, 2)
    found = np.asarray(predict(grid.reshape(-1, 2))).reshape(grid.shape[:2])

    classes = np.unique(np.concatenate([y, np.unique(found)]))
    numbers = np.searchsorted(classes, found)  # labels of any kind, numbered from 0
    colours = [COLOURS[i % len(COLOURS)] for i in range(len(classes))]
    levels = np.arange(len(classes) + 1) - 0.5
    axes.contourf(first, second, numbers, levels=levels, colors=[_pale(c) for c in colours])
    _draw_points(axes, X, y, classes)
    axes.set(xlim=(low[0], first[-1]), ylim=(low[1], second[-1]))


def _draw_points(axes: Any, X: Array, y: Array, classes: Array) -> None:
    for number, label in enumerate(classes):
        points = X[y == label]
        axes.scatter(
            *points.T,
            color=COLOURS[number % len(COLOURS)],
            marker=MARKERS[number % len(MARKERS)],
            edgecolors="black",
            linewidths=0.5,
            s=24,
            label=f"class {label}",
        )
    axes.set(xlabel="$x_1$", ylabel="$x_2$")
    axes.legend(loc="upper right", frameon=True, framealpha=1)


def _pale(colour: str) -> tuple[float, ...]:
    """Return three parts of white and one of a colour: not every kind of file has transparency."""
    rgb = require("matplotlib.colors", "lab").to_rgb(colour)
    return tuple((3 + part) / 4 for part in rgb)
