"""The figure of the activations: each function and its derivative, a panel each."""

import io
from pathlib import Path
from typing import Any

import numpy as np

from ..nn import MaxOut, Softmax
from ..reporting.figures import BLUE, ORANGE, STYLE
from ..utils.errors import ArgumentError
from ..utils.extras import require
from . import functions
from .activations import CHOICES, Problem, title
from .networks import Array
from .problem import array

REACH = 4.0  # of x, to both sides
POINTS = 801
WINDOW = 2.5  # of f, to both sides
PANELS = 4  # side by side
DPI = 150
KINDS: dict[str, dict[str, Any]] = {  # with what makes the same bytes every time
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}


def draw(problem: Problem) -> Any:
    """Return a matplotlib figure: solid f, dashed f', open circles where f' does not exist.

    Raises
    ------
    MissingExtraError
        Where matplotlib is not installed.
    """
    names = CHOICES[1:] if problem.activation == "all" else (problem.activation,)
    columns = min(PANELS, len(names))
    rows = -(-len(names) // columns)
    with require("matplotlib", "lab").rc_context(STYLE):
        size = (1.2 + 2.3 * columns, 1.1 + 2.2 * rows) if len(names) > 1 else (5.0, 4.0)
        figure = require("matplotlib.figure", "lab").Figure(figsize=size)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for name, axes in zip(names, panels, strict=False):
            _panel(axes, problem, name)
            if len(names) > 1:
                told = "softmax of (x, 0), first entry" if name == "softmax" else title(name)
                axes.set_title(told)
        for axes in panels[len(names) :]:
            axes.set_visible(False)
        named = {
            label: handle
            for axes in panels
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        figure.legend(named.values(), named, loc="outside lower center", ncols=len(named))
        what = "Activation functions" if len(names) > 1 else title(names[0])
        figure.suptitle(f"{what} and their derivatives" if len(names) > 1 else
                        f"{what} and its derivative")  # fmt: skip
        figure.supylabel("f(x), f'(x)")
    return figure


def _panel(axes: Any, problem: Problem, name: str) -> None:
    x = np.linspace(-REACH, REACH, POINTS)
    y, slope, kinks = _curve(problem, name, x)
    for kink in kinks:  # the jump is no part of f'
        slope = np.where(np.abs(x - kink) < REACH / POINTS * 1.5, np.nan, slope)
    axes.axhline(0, color="black", linewidth=0.5)
    axes.axvline(0, color="black", linewidth=0.5)
    axes.plot(x, y, color=BLUE, linewidth=2, label="f(x)")
    axes.plot(x, slope, color=ORANGE, linewidth=1.8, linestyle=(0, (4, 2)), label="f'(x)")
    _, ends, _ = _curve(problem, name, np.array([p + s for p in kinks for s in (-1e-9, 1e-9)]))
    axes.plot(
        np.repeat(kinks, 2),
        ends,
        "o",
        color=ORANGE,
        markerfacecolor="white",
        markersize=4.5,
        label="f' does not exist" if kinks.size else "",
    )
    axes.set_xlabel("x")
    axes.set_xlim(-REACH, REACH)
    if np.ptp(y) > WINDOW:  # the same window where the values grow; all of f' is in it
        low, high = max(float(np.min(y)), -WINDOW), min(float(np.max(y)), WINDOW)
        axes.set_ylim(min(low, float(np.nanmin(slope))) - 0.15, max(high, float(np.nanmax(slope))))


def _curve(problem: Problem, name: str, x: Array) -> tuple[Array, Array, Array]:
    """Return f(x), f'(x) and where f' does not exist."""
    if name == "softmax":
        module = Softmax()
        p = module.forward(np.stack([x, np.zeros_like(x)], axis=1))  # (N, 2)
        first = np.zeros_like(p)
        first[:, 0] = 1
        return p[:, 0], module.backward(first)[:, 0], np.empty(0)
    if name == "maxout":
        slopes, offsets = array(problem.slopes), array(problem.offsets)
        largest = MaxOut(slopes.size)
        y = largest.forward(x[:, np.newaxis] * slopes + offsets)[:, 0]
        won = largest.backward(np.ones((x.size, 1)))  # (N, k)
        slope = (won * slopes).sum(axis=1)
        return y, slope, _bends(slopes, offsets)
    y, slope = functions.value_and_slope(name, x, problem.alpha)
    left, right = functions.sides(name, problem.alpha)
    return y, slope, np.zeros(1) if left != right else np.empty(0)


def _bends(slopes: Array, offsets: Array) -> Array:
    """Return where two of the lines tie above all others."""
    found = set()
    for i in range(slopes.size):
        for j in range(i):
            if slopes[i] != slopes[j]:
                x = (offsets[j] - offsets[i]) / (slopes[i] - slopes[j])
                lines = slopes * x + offsets
                if lines[i] >= lines.max() - 1e-12 and abs(x) < REACH:
                    found.add(float(x))
    return np.array(sorted(found))


def image(problem: Problem, path: Path) -> bytes:
    """Return the figure in the format that a file's name ends with.

    Raises
    ------
    ArgumentError
        For an ending that is no format of figures.
    MissingExtraError
        Where matplotlib is not installed.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise ArgumentError(
            f"{path}: expected a name that ends in {', '.join(f'.{kind}' for kind in KINDS)}"
        )
    file = io.BytesIO()
    with require("matplotlib", "lab").rc_context(STYLE):
        draw(problem).savefig(file, format=kind, dpi=DPI, metadata=KINDS[kind])
    return file.getvalue()
