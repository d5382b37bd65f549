"""Pooling: the largest, or the mean, of every window."""

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .parts import Each, at_once, cut
from .scratch import scratch
from .windows import Empty, Geometry, Pair, channels_first, channels_last, padded, tap

Array = NDArray[Any]


def max_pool(
    x: Array,
    geometry: Geometry,
    out: Pair,
    empty: Empty,
    each: Each = at_once,
    *,
    backward: bool = True,
) -> tuple[Array, Any]:
    """Return the largest entry of every window, and which of its entries that is.

    x (N, C, H, W) -> y (N, C, *out), and what `max_pool_backward` needs, if it is to follow. The
    padding counts as minus infinity. Of several that are the largest, the first in the order of
    rows wins; where one is NaN, so is y. The largest of a window is the largest of its rows'
    largest.
    """
    images = padded(channels_last(x), geometry, out, -np.inf)  # (N, H, W, C)
    if not backward and x.dtype.kind == "f":
        y = empty("y", (len(x), *out, x.shape[1]), x.dtype)
        each(lambda part: _maximum(images[part], geometry, y[part]), cut(len(x), images[0].size))
        return channels_first(y), None
    of_rows, columns = _largest(images, 1, geometry, out, empty)  # (N, H, W', C)
    y, rows = _largest(of_rows, 0, geometry, out, empty)  # (N, H', W', C)
    return channels_first(y), (rows, columns)


def max_pool_backward(
    g: Array, winners: Any, geometry: Geometry, size: Pair, empty: Empty, each: Each = at_once
) -> Array:
    """Return dL/dx (N, C, *size): each g goes to the entry that won; overlapping windows add up."""
    rows, columns = winners
    height, width = geometry.reach(size, (g.shape[2], g.shape[3]))
    of_rows = _to_winners(channels_last(g), rows, 0, height, geometry, empty)  # (N, H, W', C)
    gradient = _to_winners(of_rows, columns, 1, width, geometry, empty)  # (N, H, W, C)
    return inside(gradient, geometry, size)


def _entries(x: Array, axis: int, geometry: Geometry, count: int) -> list[Array]:
    """Return the first entry of every one of `count` windows along an axis, the second, ..."""
    stride, dilation = geometry.stride[axis], geometry.dilation[axis]
    starts = [dilation * number for number in range(geometry.kernel[axis])]
    ends = [start + stride * (count - 1) + 1 for start in starts]
    across = (slice(None),) * (axis + 1)
    return [x[*across, start:end:stride] for start, end in zip(starts, ends, strict=True)]


def _maximum(images: Array, geometry: Geometry, y: Array) -> None:
    """Write the largest of every window into y: of its columns first, rows of pixels at a time."""
    n, (height, width), (w, c) = len(y), y.shape[1:3], images.shape[2:]
    of_columns = scratch("largest", (n, height, w, c), y.dtype)
    for axis, (x, out) in enumerate([(images, of_columns), (of_columns, y)]):
        first, *others = _entries(x, axis, geometry, (height, width)[axis])
        np.maximum(first, others[-1] if others else first, out=out)
        for entry in others[:-1]:
            np.maximum(out, entry, out=out)


def _largest(
    x: Array, axis: int, geometry: Geometry, out: Pair, empty: Empty
) -> tuple[Array, Array]:
    """Return the largest entry of every window along an axis, and the number of that entry."""
    largest, *others = _entries(x, axis, geometry, out[axis])
    shape = largest.shape
    y = empty(f"largest {axis}", shape, x.dtype)
    winners = empty(f"winners {axis}", shape, np.min_scalar_type(geometry.kernel[axis]))
    wins, numbered = empty(f"wins {axis}", shape, bool), empty("numbered", shape, winners.dtype)
    winners.fill(0)
    for number, entry in enumerate(others, 1):
        np.greater(entry.real, largest.real, out=wins)
        np.multiply(wins, winners.dtype.type(number), out=numbered)
        np.maximum(winners, numbered, out=winners)  # the last that won
        if x.dtype.kind == "c":
            largest = np.where(wins, entry, largest)
        else:
            largest = np.maximum(largest, entry, out=y)
    if largest is not y:
        np.copyto(y, largest)
    return y, winners


def _to_winners(
    g: Array, winners: Array, axis: int, size: int, geometry: Geometry, empty: Empty
) -> Array:
    """Return the gradient along an axis of this size: each g at the entry that won."""
    kernel, stride, dilation = geometry.kernel[axis], geometry.stride[axis], geometry.dilation[axis]
    shape = list(g.shape)
    shape[axis + 1] = size
    gradient = empty(f"gradient {axis}", tuple(shape), g.dtype)
    side_by_side = stride == kernel and dilation == 1
    if not side_by_side or size != stride * g.shape[axis + 1]:
        gradient.fill(0)
    won = empty(f"wins {axis}", g.shape, bool)
    for number, entry in enumerate(_entries(gradient, axis, geometry, g.shape[axis + 1])):
        np.equal(winners, number, out=won)
        if side_by_side:
            np.multiply(g, won, out=entry)
        else:
            entry += g * won
    return gradient


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
    return inside(gradient, geometry, size)


def inside(gradient: Array, geometry: Geometry, size: Pair) -> Array:
    """Cut the padding off."""
    top, left = geometry.padding
    return channels_first(gradient[:, top : top + size[0], left : left + size[1]])
