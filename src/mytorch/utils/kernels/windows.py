"""The windows that a kernel sees as it slides over images, without copying them.

Images are channels-last here, (N, H, W, C): then what a window holds of a row is one piece of
memory. `channels_last` and `channels_first` change the axes, and where an array has that memory
already, they copy nothing: between two layers of a network images keep their layout.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

Array = NDArray[Any]
Pair = tuple[int, int]
Empty = Callable[[str, tuple[int, ...], Any], Array]  # for a purpose, of a shape and a dtype


class Geometry(NamedTuple):
    """How a kernel slides: its size, and per axis stride, padding and dilation."""

    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)

    def extent(self, axis: int) -> int:
        """Return how many pixels the kernel reaches over: d (k - 1) + 1."""
        return self.dilation[axis] * (self.kernel[axis] - 1) + 1

    def out(self, height: int, width: int, *, ceil: bool = False) -> Pair:
        """Return the size of the output: floor((H + 2 p - extent) / s) + 1, or with the ceiling.

        With the ceiling, a window that would begin beyond the image and its first padding is left
        out, as PyTorch does.
        """
        sizes = []
        for axis, size in enumerate((height, width)):
            stride, padding = self.stride[axis], self.padding[axis]
            free = size + 2 * padding - self.extent(axis)
            count = (-(-free // stride) if ceil else free // stride) + 1
            if ceil and (count - 1) * stride >= size + padding:
                count -= 1
            sizes.append(count)
        return sizes[0], sizes[1]

    def reach(self, size: Pair, out: Pair) -> Pair:
        """Return the size of images with the padding before them, as far as windows reach."""
        ends = [
            max((out[axis] - 1) * self.stride[axis] + self.extent(axis), self.padding[axis] + n)
            for axis, n in enumerate(size)
        ]
        return ends[0], ends[1]


def channels_last(x: Array) -> Array:
    """Return (N, C, H, W) as (N, H, W, C), contiguous."""
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1))


def channels_first(x: Array) -> Array:
    """Return (N, H, W, C) as (N, C, H, W), a view."""
    return x.transpose(0, 3, 1, 2)


def padded(x: Array, geometry: Geometry, out: Pair, value: float = 0) -> Array:
    """Return x (N, H, W, C) with `value` around it, as far as the windows of `out` reach."""
    n, height, width, channels = x.shape
    (top, left), reach = geometry.padding, geometry.reach((height, width), out)
    if reach == (height, width):
        return x
    whole = np.full((n, *reach, channels), value, x.dtype)
    whole[:, top : top + height, left : left + width] = x
    return whole


def windows(x: Array, geometry: Geometry, out: Pair) -> Array:
    """Return the windows of padded x (N, H, W, C): a view (N, *out, kh, kw, C), to be read only."""
    n, channels = x.shape[0], x.shape[3]
    image, row, column, channel = x.strides
    (sy, sx), (dy, dx) = geometry.stride, geometry.dilation
    return as_strided(
        x,
        (n, *out, *geometry.kernel, channels),
        (image, row * sy, column * sx, row * dy, column * dx, channel),
        writeable=False,
    )


def tap(x: Array, geometry: Geometry, out: Pair, i: int, j: int) -> Array:
    """Return the entry (i, j) of every window of padded x: a view (N, *out, C)."""
    (sy, sx), (dy, dx) = geometry.stride, geometry.dilation
    top, left = i * dy, j * dx
    return x[:, top : top + sy * (out[0] - 1) + 1 : sy, left : left + sx * (out[1] - 1) + 1 : sx]
