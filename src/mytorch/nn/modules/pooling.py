"""Pooling layers: fewer pixels, each of them standing for a window of those before."""

import numpy as np
from numpy.typing import ArrayLike

from ...utils.errors import ArgumentError
from ...utils.kernels import pooling
from ...utils.kernels.windows import Geometry, Pair
from ..checks import output_gradient
from ..module import Array, Module, is_caching
from ..options import whole, with_options
from .geometry import PAIRS, Size, images, output_size, pair


class _Pool2d(Module):
    """What poolings share: windows that slide, by default side by side."""

    parameter_names = ()
    returns_new_array = True
    dilation: Pair = (1, 1)

    def __init__(self, kernel_size: Size, stride: Size | None, padding: Size) -> None:
        self.kernel_size = pair(self, "kernel_size", kernel_size, 1)
        self.stride = self.kernel_size if stride is None else pair(self, "stride", stride, 1)
        self.padding = pair(self, "padding", padding, 0)
        if any(2 * p > k for p, k in zip(self.padding, self.kernel_size, strict=True)):
            raise ArgumentError(
                f"{type(self).__name__}: padding must be at most half the kernel size, got "
                f"padding={padding} for kernel_size={kernel_size}"
            )

    @property
    def _geometry(self) -> Geometry:
        return Geometry(self.kernel_size, self.stride, self.padding, self.dilation)

    def __repr__(self) -> str:
        stride = None if self.stride == self.kernel_size else self.stride
        return with_options(self, PAIRS, stride=stride)


class MaxPool2d(_Pool2d):
    """y[n, c, i, j] = max over u, v of x[n, c, i s + u d - p, j s + v d - p].

    Shapes: x (N, C, H, W), y (N, C, H', W') with H' = floor((H + 2 p - d (k - 1) - 1) / s) + 1, or
    with `ceil_mode` its ceiling. The stride s is the kernel size, if not given; the padding p
    counts as minus infinity.

    Backward: each g goes to the entry that was the largest, the first of several in the order of
    rows; where windows overlap, what one entry gets is added up.

    Raises
    ------
    ArgumentError
        For sizes below 1, or a padding of more than half the kernel size.
    ShapeError, DtypeError
        For an input of another shape or dtype, or smaller than the kernel.

    Reference: Ranzato et al. 2007, "Unsupervised learning of invariant feature hierarchies with
    applications to object recognition"; options as PyTorch's.
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        *,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding)
        self.dilation = pair(self, "dilation", dilation, 1)
        self.ceil_mode = ceil_mode

    def forward(self, x: ArrayLike) -> Array:
        """Return the largest of every window."""
        x = images(self, x)
        out = output_size(self, x, self._geometry, ceil=self.ceil_mode)
        kernels, follows = self._kernels, is_caching()
        y, winners = kernels.max_pool(
            x, self._geometry, out, self._empty, kernels.each, backward=follows
        )
        self._save(winners, x.shape[2:], y.shape, x.dtype, kernels)
        return y

    def backward(self, grad_output: ArrayLike) -> Array:
        """Return dL/dx."""
        winners, size, shape, dtype, kernels = self._saved()
        g = output_gradient(self, grad_output, shape, dtype)
        return kernels.max_pool_backward(
            g, winners, self._geometry, size, self._empty, kernels.each
        )


class AvgPool2d(_Pool2d):
    """y[n, c, i, j] = mean over u, v of x[n, c, i s + u - p, j s + v - p].

    Shapes: x (N, C, H, W), y (N, C, H', W') as for `MaxPool2d`. The padding counts as zeros, or
    without `count_include_pad` not at all; `divisor_override` divides the sum instead of the count.

    Backward: each g, divided by its count, goes to all entries of its window.

    Raises
    ------
    ArgumentError
        For sizes below 1, or a padding of more than half the kernel size.
    ShapeError, DtypeError
        For an input of another shape or dtype, or smaller than the kernel.

    Reference: LeCun et al. 1998, "Gradient-based learning applied to document recognition"; options
    as PyTorch's.
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad
        self.divisor_override = (
            None
            if divisor_override is None
            else whole(self, "divisor_override", divisor_override, 1)
        )

    def forward(self, x: ArrayLike) -> Array:
        """Return the mean of every window."""
        x = images(self, x)
        out = output_size(self, x, self._geometry, ceil=self.ceil_mode)
        counts = self._counts((x.shape[2], x.shape[3]), out)
        self._save(counts, x.shape, x.dtype)
        return pooling.mean_pool(x, self._geometry, out, counts)

    def backward(self, grad_output: ArrayLike) -> Array:
        """Return dL/dx."""
        counts, (n, c, *size), dtype = self._saved()
        g = output_gradient(self, grad_output, (n, c, *counts.shape), dtype)
        return pooling.mean_pool_backward(g, self._geometry, (size[0], size[1]), counts)

    def _counts(self, size: Pair, out: Pair) -> Array:
        """Return by what each sum is divided (H', W')."""
        if self.divisor_override is not None:
            return np.full(out, self.divisor_override)
        lengths = []
        for axis in (0, 1):
            beyond = self.padding[axis] if self.count_include_pad else 0
            start = np.arange(out[axis]) * self.stride[axis] - self.padding[axis]
            end = np.minimum(start + self.kernel_size[axis], size[axis] + beyond)
            lengths.append(end - np.maximum(start, -beyond))
        return np.outer(*lengths)


class AdaptiveAvgPool2d(Module):
    """y[n, c, i, j] = mean of x[n, c] over rows floor(i H / H') to ceil((i + 1) H / H') and columns
    likewise: whatever the size of the images, the output is `output_size` (H', W').

    Shapes: x (N, C, H, W), y (N, C, H', W'). As products of matrices, y = A x B^T with A (H', H)
    and B (W', W), whose rows are 1 / (number of entries) within their part and 0 elsewhere.

    Backward, with g = dL/dy: dL/dx = A^T g B.

    Raises
    ------
    ArgumentError
        For sizes below 1.
    ShapeError, DtypeError
        For an input of another shape or dtype.

    Reference: He et al. 2014, "Spatial pyramid pooling in deep convolutional networks for visual
    recognition"; parts as PyTorch's.
    """

    parameter_names = ()

    def __init__(self, output_size: Size) -> None:
        self.output_size = pair(self, "output_size", output_size, 1)

    def forward(self, x: ArrayLike) -> Array:
        """Return the means."""
        x = images(self, x)
        rows, columns = (
            _means(size, out, x.real.dtype)
            for size, out in zip(x.shape[2:], self.output_size, strict=True)
        )
        self._save(rows, columns, x.shape, x.dtype)
        return rows @ x @ columns.T  # (H', H) (N, C, H, W) (W, W')

    def backward(self, grad_output: ArrayLike) -> Array:
        """Return dL/dx = A^T g B."""
        rows, columns, shape, dtype = self._saved()
        g = output_gradient(self, grad_output, (*shape[:2], *self.output_size), dtype)
        return rows.T @ g @ columns  # (H, H') (N, C, H', W') (W', W)

    def __repr__(self) -> str:
        return with_options(self, PAIRS)


def _means(size: int, out: int, dtype: np.dtype[np.floating]) -> Array:
    """Return the matrix (out, size) whose row i takes the mean of part i."""
    matrix = np.zeros((out, size), dtype)
    for i in range(out):
        start, end = i * size // out, -(-(i + 1) * size // out)
        matrix[i, start:end] = 1 / (end - start)
    return matrix
