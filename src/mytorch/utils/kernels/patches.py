"""The windows of images as the rows of a matrix, laid out a block at a time.

So it stays in the cache. Backward lays them out once more instead of keeping them.
"""

from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .parts import cut
from .scratch import scratch
from .windows import Geometry, Pair, channels_first, windows

Array = NDArray[Any]

BLOCK = 1 << 20  # numbers in the rows that are laid out at a time


class Canvas(NamedTuple):
    """What a kernel slides over: zeros of this size, and which pixels stand where on them."""

    size: Pair
    here: tuple[slice, slice]
    pixels: tuple[slice, slice]


def side_by_side(geometry: Geometry, size: Any, out: Any) -> Canvas:
    """Put the pixels side by side, behind the padding."""
    top, left = geometry.padding
    here = slice(top, top + size[0]), slice(left, left + size[1])
    return Canvas(geometry.reach(size, out), here, (slice(None), slice(None)))


def spreading(geometry: Geometry, out: Any, size: Any) -> Canvas:
    """Put entry i of g at d (k - 1) - p + i s; those beyond the ends saw nothing but padding."""
    sizes, here, entries = [], [], []
    for axis in (0, 1):
        stride, reach = geometry.stride[axis], geometry.extent(axis) - 1
        start = reach - geometry.padding[axis]
        first = max(0, -(start // stride))
        end = min(out[axis], -((start - size[axis] - reach) // stride))
        sizes.append(size[axis] + reach)
        begin = start + first * stride
        here.append(slice(begin, begin + (end - first - 1) * stride + 1, stride))
        entries.append(slice(first, end))
    return Canvas((sizes[0], sizes[1]), (here[0], here[1]), (entries[0], entries[1]))


class Patches:
    """The windows of images x (N, C, H, W) on a canvas, as the rows of a matrix X (N H' W', K).

    What is copied at a time is a row of a window, kw C numbers of channels-last images, or one
    entry of a row of windows, W' numbers of channels-first ones: the longer of the two. So the
    first layer of a network reads its images as they are. The columns of X, K = C kh kw, come in
    the order that is copied.
    """

    def __init__(self, x: Array, geometry: Geometry, canvas: Canvas, groups: int) -> None:
        self.x, self.canvas, self.groups = x, canvas, groups
        self.geometry = geometry._replace(padding=(0, 0))  # it is on the canvas
        self.out = self.geometry.out(*canvas.size)
        self.shape = x.shape[1] // groups, *geometry.kernel  # of a filter: (C, kh, kw)
        self.length = prod(self.shape)
        self.covered = canvas.size == x.shape[2:]  # the images are the canvas
        self.by_entries = x.flags.c_contiguous and self.out[1] > self.shape[2] * self.shape[0]

    def parts(self) -> list[slice]:
        """Return the parts of the images to be worked on side by side."""
        return cut(len(self.x), self.length * prod(self.out))

    def matrix(self, weight: Array, bias: Array | None) -> Array:
        """Return filters (O, C, kh, kw) as rows (O, K), followed by the bias if there is one."""
        ordered = weight if self.by_entries else weight.transpose(0, 2, 3, 1)
        size = len(weight), self.length + (bias is not None)
        matrix = scratch("filters", size, weight.dtype)
        np.copyto(matrix[:, : self.length].reshape(ordered.shape), ordered)
        if bias is not None:
            matrix[:, -1] = bias
        return matrix  # (O, K) or (O, K + 1)

    def filters(self, matrix: Array) -> Array:
        """Return rows (O, K) as filters (O, C, kh, kw)."""
        c, kh, kw = self.shape
        if self.by_entries:
            return matrix.reshape(-1, c, kh, kw)
        return np.ascontiguousarray(matrix.reshape(-1, kh, kw, c).transpose(0, 3, 1, 2))

    def rows(self, part: slice, group: int, *, ones: bool) -> Iterator[tuple[slice, Array]]:
        """Yield rows of X, a block at a time: which they are, and (n h W', K); with `ones`, K + 1.

        A block is a few images of a part, or a band of h rows of windows of a large one. What was
        yielded is overwritten by the next.
        """
        x = self.x[part, cut_channels(self.x.shape[1], self.groups)[group]]
        (height, width), columns = self.out, self.length + ones
        step = _even_steps(len(x), BLOCK // (columns * height * width))
        band = height if step > 1 else _even_steps(height, BLOCK // (columns * width))
        size = step * band * width, columns
        if self.by_entries:
            matrix = scratch("rows", size[::-1], x.dtype).T
        else:
            matrix = scratch("rows", size, x.dtype)
        if ones:
            matrix[:, -1] = 1
        board = None if self.covered else self._board(step, x)
        for start in range(0, len(x), step):
            images = x[start : start + step]
            if board is not None:
                board[: len(images), :, *self.canvas.here] = images[:, :, *self.canvas.pixels]
                images = board[: len(images)]
            seen = windows(images.transpose(0, 2, 3, 1), self.geometry, self.out)
            for top in range(0, height, band):
                block = seen[:, top : top + band]  # (n, h, W', kh, kw, C)
                first = ((part.start + start) * height + top) * width
                rows = matrix[: len(block) * block.shape[1] * width]
                self._lay_out(block, rows[:, : self.length])
                yield slice(first, first + len(rows)), rows

    def _board(self, n: int, x: Array) -> Array:
        """Return a canvas for n images (n, C, *size), in the layout in which it is read."""
        c, size = self.shape[0], self.canvas.size
        board = scratch("board", (n, c, *size) if self.by_entries else (n, *size, c), x.dtype)
        board.fill(0)
        return board if self.by_entries else channels_first(board)

    def _lay_out(self, block: Array, rows: Array) -> None:
        """Copy windows (n, h, W', kh, kw, C) into rows (n h W', K)."""
        if self.by_entries:
            entries = block.transpose(5, 3, 4, 0, 1, 2)  # (C, kh, kw, n, h, W')
            np.copyto(rows.T.reshape(entries.shape), entries)
        else:
            np.copyto(rows.reshape(block.shape), block)


def _even_steps(n: int, most: int) -> int:
    """Return the length of equal steps that walk through n, none above `most` (but at least 1)."""
    return -(-n // -(-n // max(1, most)))


def cut_channels(count: int, groups: int) -> list[slice]:
    """Return the channels of each group."""
    size = count // groups
    return [slice(k * size, (k + 1) * size) for k in range(groups)]
