"""Pooling: the largest, or the mean, of every window."""

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .windows import Geometry, Pair, channels_first, channels_last, padded, tap

Array = NDArray[Any]


def max_pool(x: Array, geometry: Geometry, out: Pair) -> tuple[Array, Array]:
    """Return the largest entry of every window, and which of its entries that is.

    x (N, C, H, W) -> y and winners (N, C, *out). The padding counts as minus infinity. Of several
    that are the largest, the first in the order of rows wins; NaN is larger than anything.
    """
    images = padded(channels_last(x), geometry, out, -np.inf)
    y = tap(images, geometry, out, 0, 0).copy()  # (N, H', W', C)
    winners = np.zeros(y.shape, np.min_scalar_type(geometry.kernel[0] * geometry.kernel[1]))
    for number, (i, j) in enumerate(product(*map(range, geometry.kernel))):
        if number:
            entry = tap(images, geometry, out, i, j)
            wins = (entry.real > y.real) | (np.isnan(entry) & ~np.isnan(y))
            np.copyto(y, entry, where=wins)
            np.copyto(winners, number, where=wins)
    return channels_first(y), channels_first(winners)


def max_pool_backward(g: Array, winners: Array, geometry: Geometry, size: Pair) -> Array:
    """Return dL/dx (N, C, *size): each g goes to the entry that won; overlapping windows add up."""
    g, winners = channels_last(g), channels_last(winners)
    out = g.shape[1], g.shape[2]
    gradient = padded(np.zeros((len(g), *size, g.shape[3]), g.dtype), geometry, out)
    for number, (i, j) in enumerate(product(*map(range, geometry.kernel))):
        tap(gradient, geometry, out, i, j)[...] += g * (winners == number)
    return _inside(gradient, geometry, size)


def mean_pool(x: Array, geometry: Geometry, out: Pair, counts: Array) -> Array:
    """Return the sum of every window, divided by `counts` (H', W')."""
    images = padded(channels_last(x), geometry, out)
    y = np.zeros((len(x), *out, x.shape[1]), x.dtype)
    for i, j in product(*map(range, geometry.kernel)):
        y += tap(images, geometry, out, i, j)
    return channels_first(y / counts[:, :, np.newaxis].astype(x.real.dtype))


def mean_pool_backward(g: Array, geometry: Geometry, size: Pair, counts: Array) -> Array:
    """Return dL/dx (N, C, *size): each g, divided by its count, goes to all of its window."""
    share = channels_last(g) / counts[:, :, np.newaxis].astype(g.real.dtype)
    out = share.shape[1], share.shape[2]
    gradient = padded(np.zeros((len(g), *size, share.shape[3]), g.dtype), geometry, out)
    for i, j in product(*map(range, geometry.kernel)):
        tap(gradient, geometry, out, i, j)[...] += share
    return _inside(gradient, geometry, size)


def _inside(gradient: Array, geometry: Geometry, size: Pair) -> Array:
    """Cut the padding off."""
    top, left = geometry.padding
    return channels_first(gradient[:, top : top + size[0], left : left + size[1]])
