"""Convolution as products of matrices: every window a row, every filter a row ("im2col").

So a convolution is a dense layer, Y = X W^T + b, that sees the windows as its examples. A last
column of ones in X takes the bias in, and gives its gradient.
"""

from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .parts import Each, at_once
from .patches import Patches, cut_channels, side_by_side, spreading
from .windows import Geometry, channels_first, channels_last

Array = NDArray[Any]


def conv2d(
    x: Array,
    weight: Array,
    bias: Array | None,
    geometry: Geometry,
    groups: int,
    y: Array,
    each: Each = at_once,
) -> Array:
    """Write y[n, o, i, j] = b[o] + sum of W[o, c, u, v] x[n, c, si + du - p, sj + dv - p], c, u, v.

    x (N, C, H, W), W (O, C / groups, kh, kw), b (O,); y (N, H', W', O) is returned as
    (N, O, H', W'). With groups, the o of group k see the c of group k alone.
    """
    patches = Patches(x, geometry, side_by_side(geometry, x.shape[2:], y.shape[1:3]), groups)
    return _product(patches, weight, bias, y, each)


def parameter_gradients(
    x: Array, g: Array, geometry: Geometry, groups: int, each: Each = at_once
) -> tuple[Array, Array]:
    """Return dL/dW (O, C / groups, kh, kw) and dL/db (O,) from g = dL/dy (N, O, H', W')."""
    patches = Patches(x, geometry, side_by_side(geometry, x.shape[2:], g.shape[2:]), groups)
    flat = channels_last(g).reshape(-1, g.shape[1])  # (N H' W', O)

    def work(part: slice) -> Array:
        total = np.zeros((g.shape[1], patches.length + 1), g.dtype)  # (O, K + 1)
        for group, filters in enumerate(cut_channels(g.shape[1], groups)):
            for place, rows in patches.rows(part, group, ones=True):
                total[filters] += flat[place, filters].T @ rows  # (O, n H' W') (n H' W', K + 1)
        return total

    total = reduce(np.add, each(work, patches.parts()))
    return patches.filters(total[:, :-1]), total[:, -1].copy()


def input_gradient(
    g: Array,
    weight: Array,
    geometry: Geometry,
    groups: int,
    grad_input: Array,
    each: Each = at_once,
) -> Array:
    """Write dL/dx into (N, H, W, C) from g = dL/dy (N, O, H', W'); return it as (N, C, H, W).

    It is a convolution too: of g, with stride - 1 zeros between its entries, and the filters turned
    by half a turn, their inputs and outputs exchanged.
    """
    outputs, channels = len(weight) // groups, weight.shape[1]
    turned = (
        weight[:, :, ::-1, ::-1]
        .reshape(groups, outputs, channels, *geometry.kernel)
        .swapaxes(1, 2)
        .reshape(groups * channels, outputs, *geometry.kernel)
    )
    canvas = spreading(geometry, g.shape[2:], grad_input.shape[1:3])
    backwards = Geometry(geometry.kernel, dilation=geometry.dilation)
    return _product(Patches(g, backwards, canvas, groups), turned, None, grad_input, each)


def _product(patches: Patches, weight: Array, bias: Array | None, y: Array, each: Each) -> Array:
    """Write Y = X W^T + b into y (N, H', W', O); return it as (N, O, H', W')."""
    matrix, flat = patches.matrix(weight, bias), y.reshape(-1, len(weight))  # (O, K), (N H' W', O)

    def work(part: slice) -> None:
        for group, filters in enumerate(cut_channels(len(weight), patches.groups)):
            for place, rows in patches.rows(part, group, ones=bias is not None):
                np.matmul(rows, matrix[filters].T, out=flat[place, filters])  # (n H' W', K) (K, O)

    each(work, patches.parts())
    return channels_first(y)
