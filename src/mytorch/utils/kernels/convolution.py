"""Convolution as products of matrices: every window a row, every filter a column ("im2col").

The rows are made for a few images at a time, so that they stay in the cache, and made again in
the backward pass instead of being kept.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .windows import Geometry, Pair, channels_first, channels_last, padded, windows

Array = NDArray[Any]

BLOCK = 1 << 18  # numbers in the rows of a block: a megabyte of float32


def conv2d(x: Array, weight: Array, geometry: Geometry, groups: int) -> Array:
    """y[n, o, i, j] = sum over c, u, v of W[o, c, u, v] x[n, c, i s + u d - p, j s + v d - p].

    x (N, C, H, W), W (O, C / groups, kh, kw) -> y (N, O, H', W'), channels-last in memory. With
    groups, the o of group k see the c of group k alone.
    """
    n = len(x)
    out = geometry.out(*x.shape[2:])
    images = padded(channels_last(x), geometry, out)  # (N, H, W, C)
    y = np.empty((n, *out, len(weight)), np.result_type(x, weight))  # (N, H', W', O)
    for inside, filters in _groups(images.shape[3], len(weight), groups):
        matrix = _matrix(weight[filters])  # (kh kw C, O)
        for block, rows in _blocks(images[..., inside], geometry, out):
            product = rows @ matrix  # (n H' W', kh kw C) (kh kw C, O)
            y[block, ..., filters] = product.reshape(-1, *out, product.shape[1])
    return channels_first(y)


def weight_gradient(x: Array, g: Array, geometry: Geometry, groups: int) -> Array:
    """Return dL/dW (O, C / groups, kh, kw) from x (N, C, H, W) and g = dL/dy (N, O, H', W')."""
    (kh, kw), out = geometry.kernel, (g.shape[2], g.shape[3])
    images, g = padded(channels_last(x), geometry, out), channels_last(g)
    channels = images.shape[3] // groups
    gradient = np.empty((g.shape[3], channels, kh, kw), g.dtype)
    for inside, filters in _groups(images.shape[3], g.shape[3], groups):
        total = np.zeros((kh * kw * channels, filters.stop - filters.start), g.dtype)
        for block, rows in _blocks(images[..., inside], geometry, out):
            part = g[block, ..., filters].reshape(len(rows), -1)  # (n H' W', O)
            total += rows.T @ part  # (kh kw C, n H' W') (n H' W', O)
        gradient[filters] = total.reshape(kh, kw, channels, -1).transpose(3, 2, 0, 1)
    return gradient


def input_gradient(g: Array, weight: Array, geometry: Geometry, groups: int, size: Pair) -> Array:
    """Return dL/dx (N, C, *size) from g = dL/dy (N, O, H', W').

    It is a convolution too: of g, with stride - 1 zeros between its entries, and the filters turned
    by half a turn, their inputs and outputs exchanged.
    """
    kh, kw = geometry.kernel
    reach = geometry.extent(0) - 1, geometry.extent(1) - 1  # d (k - 1)
    spread = np.zeros((len(g), size[0] + reach[0], size[1] + reach[1], g.shape[1]), g.dtype)
    (here_y, there_y), (here_x, there_x) = (
        _places(g.shape[2 + axis], geometry, axis, spread.shape[1 + axis]) for axis in (0, 1)
    )
    spread[:, here_y, here_x] = g.transpose(0, 2, 3, 1)[:, there_y, there_x]
    outputs, channels = len(weight) // groups, weight.shape[1]
    turned = (
        weight[:, :, ::-1, ::-1]
        .reshape(groups, outputs, channels, kh, kw)
        .swapaxes(1, 2)
        .reshape(groups * channels, outputs, kh, kw)
    )
    backwards = Geometry(geometry.kernel, dilation=geometry.dilation)
    return conv2d(channels_first(spread), turned, backwards, groups)


def _places(count: int, geometry: Geometry, axis: int, size: int) -> tuple[slice, slice]:
    """Return where the entries of g come to stand among the zeros, and which of them do.

    Entry i stands at d (k - 1) - p + i s. Entries beyond the ends saw nothing but padding.
    """
    stride = geometry.stride[axis]
    start = geometry.extent(axis) - 1 - geometry.padding[axis]
    first = max(0, -(start // stride))
    end = min(count, -((start - size) // stride))
    begin = start + first * stride
    return slice(begin, begin + (end - first - 1) * stride + 1, stride), slice(first, end)


def _groups(channels: int, filters: int, groups: int) -> Iterator[tuple[slice, slice]]:
    """Yield the channels and the filters of each group."""
    c, o = channels // groups, filters // groups
    for k in range(groups):
        yield slice(k * c, (k + 1) * c), slice(k * o, (k + 1) * o)


def _matrix(weight: Array) -> Array:
    """Return filters (O, C, kh, kw) as the columns of a matrix (kh kw C, O)."""
    return np.ascontiguousarray(weight.transpose(2, 3, 1, 0)).reshape(-1, len(weight))


def _blocks(images: Array, geometry: Geometry, out: Pair) -> Iterator[tuple[slice, Array]]:
    """Yield blocks of images, and their windows as rows (n H' W', kh kw C)."""
    seen = windows(images, geometry, out)  # (N, H', W', kh, kw, C)
    length = int(np.prod(seen.shape[3:]))
    step = max(1, BLOCK // max(1, length * out[0] * out[1]))
    for start in range(0, len(images), step):
        block = slice(start, start + step)
        yield block, seen[block].reshape(-1, length)
