"""How distributions change: histograms over time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..utils.extras import require
from .figures import Figure, small_panels, styled

Array = NDArray[Any]

ROWS = 60  # of values, from the smallest to the largest that any look found


@styled
def histograms(entries: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw what the monitor saw of a training (lines of monitor.jsonl), a panel for each array.

    A column stands for one look; its shades are shares of its fullest bin.
    """
    names = list(dict.fromkeys(entry["of"] for entry in entries))
    figure, panels = small_panels(names, right=0.89)
    # A root, so that the few far out can be seen beside the many.
    norm = require("matplotlib.colors", "lab").PowerNorm(1 / 3, 0, 1)
    mesh = None
    for name, axes in zip(names, panels, strict=True):
        seen = [entry for entry in entries if entry["of"] == name and entry["counts"]]
        if not seen:
            continue
        low, high = min(e["min"] for e in seen), max(e["max"] for e in seen)
        if low == high:
            low, high = low - 0.5, high + 0.5
        values = np.linspace(low, high, ROWS + 1)
        shares = np.stack([_share(entry, values) for entry in seen], axis=1)  # (ROWS, looks)
        steps = _around([entry["step"] for entry in seen])
        mesh = axes.pcolormesh(steps, values, shares, cmap="Blues", norm=norm, rasterized=True)
    if mesh is not None:
        bar = figure.colorbar(mesh, cax=figure.add_axes((0.92, 0.2, 0.012, 0.6)))
        bar.set_label("share of the fullest bin", fontsize=9)
        bar.ax.tick_params(labelsize=8)
    return figure


def _share(entry: Mapping[str, Any], values: Array) -> Array:
    """Return the histogram of an entry in the bins between values, the fullest of them 1.

    Within each of its own bins the numbers are taken as spread evenly.
    """
    if entry["min"] == entry["max"]:
        found = np.histogram([entry["min"]], values)[0].astype(float)
    else:
        edges = np.linspace(entry["min"], entry["max"], len(entry["counts"]) + 1)
        below = np.concatenate([[0], np.cumsum(entry["counts"])])
        found = np.diff(np.interp(values, edges, below))
    return found / found.max()


def _around(steps: Sequence[int]) -> Array:
    """Return the edges of columns around the steps."""
    if len(steps) == 1:
        return np.array([steps[0] - 0.5, steps[0] + 0.5])
    middle = np.convolve(steps, [0.5, 0.5], mode="valid")
    return np.concatenate([[2 * steps[0] - middle[0]], middle, [2 * steps[-1] - middle[-1]]])
