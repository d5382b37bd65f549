"""Figures of numbers: curves side by side, and bars."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..utils.extras import require
from .figures import BLUE, GREEN, GREY, ORANGE, Figure, styled

# A colour, a dash and a marker each, so that curves can be told apart in grey print, too.
CURVES = (
    (BLUE, "-", "o"),
    (ORANGE, "--", "^"),
    (GREEN, "-.", "s"),
    ("#CC79A7", ":", "D"),
    ("#E69F00", (0, (5, 1, 1, 1, 1, 1)), "v"),
    ("#56B4E9", (0, (8, 2)), "P"),
    ("black", (0, (1, 3)), "X"),
    (GREY, "-", "*"),
)
FEW = 24  # points that get a marker each
TICKS = 10  # whole numbers along an axis that are all named


class Curve(NamedTuple):
    """One curve: its name, and points (x, y)."""

    label: str
    x: Sequence[float]
    y: Sequence[float]


class Panel(NamedTuple):
    """Some curves with their axes; those in `log` are logarithmic: "", "x", "y" or "xy"."""

    title: str
    xlabel: str
    ylabel: str
    curves: Sequence[Curve]
    log: str = ""


@styled
def curves(panels: Sequence[Panel], *, columns: int = 2, share_y: bool = False) -> Figure:
    """Draw panels of curves in rows; panels whose curves have the same names share one legend."""
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    width = 7.2 if columns == 1 else 4.2 * columns
    figure = require("matplotlib.figure", "lab").Figure(figsize=(width, 3.3 * rows))
    grid = figure.subplots(rows, columns, squeeze=False, sharey=share_y).ravel()
    names = [[curve.label for curve in panel.curves] for panel in panels]
    for axes, panel in zip(grid, panels, strict=False):
        _draw(axes, panel)
        if names.count(names[0]) < len(names):
            axes.legend(fontsize=8.5)
    if names.count(names[0]) == len(names) and len(names[0]) > 1:
        grid[0].legend(fontsize=8.5)
    for axes in grid[len(panels) :]:
        axes.remove()
    return figure


def _draw(axes: Any, panel: Panel) -> None:
    for number, (label, x, y) in enumerate(panel.curves):
        colour, dash, marker = CURVES[number % len(CURVES)]
        few = len(x) <= FEW
        axes.plot(
            *(x, y),
            **{"color": colour, "linestyle": dash, "label": label, "linewidth": 1.5},
            **({"marker": marker, "markersize": 4.5} if few else {}),
        )
    axes.set(xlabel=panel.xlabel, ylabel=panel.ylabel, title=panel.title)
    if "x" in panel.log:
        axes.set_xscale("log")
    elif all(isinstance(x, int) for curve in panel.curves for x in curve.x):  # epochs, layers
        axes.xaxis.get_major_locator().set_params(integer=True)
    if "y" in panel.log:
        axes.set_yscale("log")
    axes.margins(x=0.02)
    whole = sorted({x for curve in panel.curves for x in curve.x})
    if len(whole) <= TICKS and all(float(x).is_integer() for x in whole):
        axes.set_xticks(whole, [f"{x:,g}" for x in whole])
        axes.set_xticks([], minor=True)


@styled
def bars(labels: Sequence[str], values: Sequence[float], *, xlabel: str, ylabel: str) -> Figure:
    """Draw a bar for each value, with its number."""
    long = max(map(len, labels)) > 4
    figure = require("matplotlib.figure", "lab").Figure(
        figsize=(max(4.8, 1.5 + 0.72 * len(labels)), 3.6)
    )
    axes = figure.subplots()
    drawn = axes.bar(range(len(labels)), values, color=BLUE)
    axes.bar_label(drawn, fmt=lambda value: f"{value:,.4g}", fontsize=8)
    axes.set_xticks(
        range(len(labels)), labels, rotation=30 if long else 0, ha="right" if long else "center"
    )
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.margins(y=0.1)
    return figure
