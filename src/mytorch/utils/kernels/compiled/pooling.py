"""Max-pooling."""

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import pooling
from ..parts import Each, at_once, cut
from ..windows import Empty, Geometry, Pair, channels_first, channels_last, padded
from .jit import jit

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
    """Do what `pooling.max_pool` does; what it returns for the backward pass is one array."""
    if x.dtype.kind != "f" or prod(geometry.kernel) > 256:
        return pooling.max_pool(x, geometry, out, empty, each, backward=backward)
    images = padded(channels_last(x), geometry, out, -np.inf)  # (N, H, W, C)
    shape = len(images), *out, images.shape[3]
    y, winners = empty("y", shape, x.dtype), empty("winners", shape, np.uint8)
    slide = *geometry.kernel, *geometry.stride, *geometry.dilation
    parts = cut(len(x), images[0].size)
    each(lambda part: _max_pool(images[part], y[part], winners[part], *slide), parts)
    return channels_first(y), winners


@jit
def _max_pool(x, y, winners, kh, kw, sy, sx, dy, dx):  # type: ignore[no-untyped-def]
    images, height, width, channels = y.shape
    for n in range(images):
        for i in range(height):
            for j in range(width):
                for c in range(channels):
                    y[n, i, j, c] = x[n, i * sy, j * sx, c]
                    winners[n, i, j, c] = 0
                for u in range(kh):
                    for v in range(kw):
                        number = np.uint8(u * kw + v)
                        for c in range(channels):
                            entry = x[n, i * sy + u * dy, j * sx + v * dx, c]
                            if entry > y[n, i, j, c] or entry != entry:
                                y[n, i, j, c] = entry
                                winners[n, i, j, c] = number


def max_pool_backward(
    g: Array, winners: Any, geometry: Geometry, size: Pair, empty: Empty, each: Each = at_once
) -> Array:
    """Do what `pooling.max_pool_backward` does."""
    if isinstance(winners, tuple):
        return pooling.max_pool_backward(g, winners, geometry, size, empty, each)
    g = channels_last(g)
    reach = geometry.reach(size, (g.shape[1], g.shape[2]))
    gradient = empty("gradient", (len(g), *reach, g.shape[3]), g.dtype)
    slide = *geometry.kernel, *geometry.stride, *geometry.dilation
    parts = cut(len(g), gradient[0].size)
    each(lambda part: _max_pool_backward(g[part], winners[part], gradient[part], *slide), parts)
    return pooling.inside(gradient, geometry, size)


@jit
def _max_pool_backward(g, winners, gradient, kh, kw, sy, sx, dy, dx):  # type: ignore[no-untyped-def]
    images, height, width, channels = g.shape
    gradient[:] = 0
    for n in range(images):
        for i in range(height):
            for j in range(width):
                for u in range(kh):
                    for v in range(kw):
                        number = np.uint8(u * kw + v)
                        for c in range(channels):
                            won = winners[n, i, j, c] == number
                            gradient[n, i * sy + u * dy, j * sx + v * dx, c] += (
                                g[n, i, j, c] if won else g.dtype.type(0)
                            )
