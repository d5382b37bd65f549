"""Figures: each function draws one and returns it; `svg` turns it into text.

Colours are Okabe and Ito's, which readers with any colour vision can tell apart; nothing is
said by colour alone. No global state of matplotlib is touched.
"""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from ..utils.checking.report import GradientReport
from ..utils.extras import require

Array = NDArray[Any]
Figure = Any  # matplotlib.figure.Figure, where the extra is installed

PANELS = 4  # side by side
DPI = 150  # of PNG pictures
SUMMARIES = ("min", "max", "mean", "std")
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#999999"
STYLE = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": "medium",
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "legend.frameon": False,
    "svg.fonttype": "path",  # looks the same on every machine
    "svg.hashsalt": "mytorch",  # and has the same bytes
}


Draw = TypeVar("Draw", bound=Callable[..., Any])


def styled(draw: Draw) -> Draw:
    """Let a function draw in our style, whatever the style outside is."""

    @wraps(draw)
    def in_style(*args: Any, **kwargs: Any) -> Any:
        with require("matplotlib", "lab").rc_context(STYLE):
            return draw(*args, **kwargs)

    return cast(Draw, in_style)


@styled
def svg(figure: Figure) -> str:
    """Return a figure as an SVG element, to stand in a file or in a page: the same every time."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    return re.sub(r"^.*?(?=<svg)", "", text.getvalue(), count=1, flags=re.DOTALL)


@styled
def png(figure: Figure) -> bytes:
    """Return a figure as a PNG picture: the same bytes every time."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=DPI, metadata={"Software": None})
    return picture.getvalue()


@styled
def finish(figure: Figure, title: str, mark: str | None) -> Figure:
    """Return a figure that can stand alone: with a title, if it has none, and a mark across it."""
    if not figure.get_suptitle():
        figure.suptitle(title, fontsize="large")
    if mark:
        figure.text(
            *(0.5, 0.5, mark),
            **{"ha": "center", "va": "center", "rotation": 30, "fontsize": 30},
            **{"color": ORANGE, "alpha": 0.35, "weight": "bold", "zorder": 1000},
        )
    return figure


@styled
def loss_by_iteration(losses: Sequence[float], steps_per_epoch: int) -> Figure:
    """Draw the training loss of every step, and a running mean of it."""
    figure, axes = _figure(7.2, 3.4)
    steps = np.arange(1, len(losses) + 1)
    window = max(1, steps_per_epoch // 10, len(losses) // 50)
    clear: dict[str, Any] = {"color": BLUE, "linewidth": 1.8}
    faint: dict[str, Any] = {"color": GREY, "linewidth": 0.6, "alpha": 0.7}
    axes.plot(steps, losses, label="each batch", **(faint if window > 1 else clear))
    if window > 1:
        smooth = np.convolve(losses, np.ones(window) / window, mode="valid")
        label = f"mean of {window} batches"
        axes.plot(steps[window - 1 :], smooth, label=label, **clear)
    several = steps_per_epoch < len(losses) <= 10 * steps_per_epoch
    for epoch_end in range(steps_per_epoch, len(losses), steps_per_epoch) if several else ():
        axes.axvline(epoch_end, color=GREY, linewidth=0.5, linestyle=":")
    axes.set(
        xlabel="iteration (dotted: end of an epoch)" if several else "iteration",
        ylabel="cross-entropy (nats)",
    )
    if min(losses) * 10 <= max(losses) and min(losses) > 0:
        axes.set_yscale("log")
    axes.margins(x=0.01)
    axes.legend(loc="upper right")
    return figure


@styled
def confusion_matrix(counts: Array, classes: Sequence[str]) -> Figure:
    """Draw how often each true class (rows) was taken for each class (columns)."""
    size = 1.8 + 0.42 * len(classes)
    figure, axes = _figure(size + 0.9, size)
    figure.set_layout_engine("compressed")  # the matrix is square whatever the figure is
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if share[row, column] > 0.5 else "black"
            axes.text(column, row, f"{count}", ha="center", va="center", color=colour, fontsize=8)
    long = max(map(len, classes)) > 2
    axes.set_xticks(
        range(len(classes)), classes, rotation=45 if long else 0, ha="right" if long else "center"
    )
    axes.set_yticks(range(len(classes)), classes)
    axes.set(xlabel="predicted", ylabel="true")
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.8)
    return figure


@styled
def image_grid(images: Array, predicted: Sequence[str], true: Sequence[str]) -> Figure:
    """Draw images (N, 1 or 3, H, W) in rows of five, with both labels; a wrong one is framed."""
    pairs = list(zip(predicted, true, strict=True))
    return pictures(
        images,
        [f"predicted {guess}\ntrue {truth}" for guess, truth in pairs],
        framed=[guess != truth for guess, truth in pairs],
    )


@styled
def pictures(
    images: Array, titles: Sequence[str], *, columns: int = 5, framed: Sequence[bool] = ()
) -> Figure:
    """Draw images (N, 1 or 3, H, W) in rows, each under its title; some in an orange frame.

    Of images with one channel, 0 is white; those with three are whole numbers up to 255, or from 0
    to 1. One that is blank has a thin frame, so that it is seen to be there.
    """
    rows = -(-len(images) // columns)
    lines = max((title.count("\n") + 1 for title in titles), default=1)
    figure = _empty_figure(1.7 * columns, (1.75 + 0.25 * lines) * rows)
    grid = figure.subplots(rows, columns, squeeze=False).flat
    frames = framed or [False] * len(images)
    for axes, image, title, frame in zip(grid, images, titles, frames, strict=False):
        pixels = image[0] if len(image) == 1 else image.transpose(1, 2, 0)  # (H, W), (H, W, 3)
        axes.imshow(pixels, cmap="gray_r", interpolation="nearest")
        axes.set_title(title, fontsize=8.5, color=ORANGE if frame else "black")
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set(visible=frame or np.ptp(pixels) == 0, color=GREY, linewidth=0.8)
            if frame:
                spine.set(color=ORANGE, linewidth=3)
    for axes in figure.axes[len(images) :]:
        axes.remove()
    return figure


@styled
def gradient_check(report: GradientReport) -> Figure:
    """Draw the largest relative error against the size of the gradient entry.

    The literal formula's error grows as entries shrink into the round-off of the difference
    quotient; what the check reports does not.
    """
    literal = np.concatenate([check.literal_errors.ravel() for check in report.checks])
    judged = np.concatenate([check.errors.ravel() for check in report.checks])
    size = np.concatenate([np.abs(check.analytic_gradient).ravel() for check in report.checks])
    seen = size > 0
    figure, axes = _figure(7.2, 3.6)
    if seen.any():
        decades = np.log10(size[seen])
        edges = np.linspace(np.floor(decades.min()), np.ceil(decades.max()) + 1e-9, 41)
        which = np.digitize(decades, edges) - 1
        bins = np.unique(which)
        middle = 10 ** ((edges[bins] + edges[bins + 1]) / 2)
        for values, colour, marker, label in (
            (literal[seen], ORANGE, "x", "difference quotient, literally"),
            (judged[seen], BLUE, "o", "as judged"),
        ):
            largest = np.array([values[which == b].max() for b in bins])
            positive = largest > 0
            axes.plot(
                middle[positive], largest[positive], marker, color=colour, markersize=4, label=label
            )
        noise = np.minimum(report.round_off / (2 * middle), 1)
        axes.plot(middle, noise, color=GREY, linewidth=1, label="round-off of the quotient")
        axes.set_xscale("log")
    axes.axhline(report.tolerance, color="black", linewidth=1, linestyle="--", label="tolerance")
    axes.set_yscale("log")
    axes.set(xlabel="size of the gradient entry |a|", ylabel="largest relative error")
    axes.legend(loc="lower left", fontsize=8.5)
    return figure


def _figure(width: float, height: float) -> tuple[Figure, Any]:
    figure = _empty_figure(width, height)
    return figure, figure.subplots()


def _empty_figure(width: float, height: float) -> Figure:
    """Return a figure of so many inches."""
    return require("matplotlib.figure", "lab").Figure(figsize=(width, height))


@styled
def monitor(entries: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw what the monitor saw of a training (lines of monitor.jsonl), a panel for each array."""
    names = list(dict.fromkeys(entry["of"] for entry in entries))
    figure, panels = small_panels(names)
    for name, axes in zip(names, panels, strict=True):
        seen = [entry for entry in entries if entry["of"] == name]
        step, low, high, mean, std = (
            np.array([entry[key] for entry in seen], float) for key in ("step", *SUMMARIES)
        )
        axes.fill_between(step, low, high, color=GREY, alpha=0.3, linewidth=0)
        axes.fill_between(step, mean - std, mean + std, color=BLUE, alpha=0.3, linewidth=0)
        axes.plot(step, mean, color=BLUE, linewidth=1)
    return figure


@styled
def small_panels(names: Sequence[str], right: float = 0.99) -> tuple[Figure, list[Any]]:
    """Return a figure, and small axes of values against steps for each name.

    `right` is where they end, as a share of the width.
    """
    rows = -(-len(names) // PANELS)
    height = 0.8 + 1.5 * rows
    # To find a layout out takes seconds; with layout="none", saving would do so all the same.
    fixed = require("matplotlib.layout_engine", "lab").PlaceHolderLayoutEngine(True, False)
    figure = require("matplotlib.figure", "lab").Figure(figsize=(7.2, height), layout=fixed)
    edges = {"left": 0.09, "right": right, "bottom": 0.45 / height, "top": 1 - 0.65 / height}
    figure.subplots_adjust(**edges, hspace=0.45, wspace=0.65)
    panels = figure.subplots(rows, PANELS, squeeze=False, sharex=True).ravel()
    for name, axes in zip(names, panels, strict=False):
        axes.set_title(name, fontsize=9)
        axes.tick_params(labelsize=8)
        axes.locator_params(nbins=4)
        axes.locator_params("x", integer=True)
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    figure.supxlabel("step", fontsize=9, y=0.01)
    figure.supylabel("value", fontsize=9, x=0.005)
    return figure, list(panels[: len(names)])


@styled
def seeds(rows: Sequence[Sequence[float]], names: Sequence[str]) -> Figure:
    """Draw each metric with every seed: rows of (seed, metric, ...), the metrics' names."""
    figure = _empty_figure(7.2, 0.6 + 0.9 * len(names))
    for axes, name, column in zip(
        np.atleast_1d(figure.subplots(len(names), 1)), names, range(1, len(names) + 1), strict=True
    ):
        values = np.array([row[column] for row in rows], float)
        mean, std = values.mean(), values.std(ddof=1)
        axes.axvspan(mean - std, mean + std, color=GREY, alpha=0.3, linewidth=0)
        axes.axvline(mean, color="black", linewidth=1)
        axes.plot(values, np.zeros(len(values)), "o", color=BLUE, markersize=5)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(name.replace("_", " "))
    return figure
