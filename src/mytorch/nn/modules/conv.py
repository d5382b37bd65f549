"""The convolutional layer."""

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ...utils.errors import ArgumentError
from ...utils.kernels import convolution
from ...utils.kernels.windows import Geometry
from ..checks import output_gradient
from ..init import Rng, initialize_weights
from ..module import Array, Module
from ..options import whole, with_options
from .geometry import PAIRS, Size, images, output_size, pair


class Conv2d(Module):
    """y[n, o, i, j] = b[o] + sum over c, u, v of W[o, c, u, v] x[n, c, si + du - p, sj + dv - p].

    Stride s, padding p with zeros, dilation d, each a number or one per axis. It is the
    cross-correlation: W is not turned. With `groups`, channels and filters are cut into as many
    parts, and each part of the filters sees its part of the channels alone.

    Shapes: x (N, in_channels, H, W), W (out_channels, in_channels / groups, kh, kw),
    b (out_channels,), y (N, out_channels, H', W') with
    H' = floor((H + 2 p - d (kh - 1) - 1) / s) + 1.

    Backward, with g = dL/dy: dL/db[o] = sum over n, i, j of g[n, o, i, j],
    dL/dW[o, c, u, v] = sum over n, i, j of g[n, o, i, j] x[n, c, si + du - p, sj + dv - p], and
    dL/dx is the convolution of g, with s - 1 zeros between its entries, with W turned by 180
    degrees, its channels and filters exchanged.

    Init: W by `init`, a name of `mytorch.nn.init.METHODS`; by default He's N(0, 2 / fan_in), for
    the ReLU that commonly follows. b is zero.

    Raises
    ------
    ArgumentError
        For sizes below 1, a negative padding, or groups that do not divide both numbers of
        channels.
    ShapeError, DtypeError
        For an input of another shape or dtype, or smaller than the kernel.

    Reference: LeCun et al. 1998, "Gradient-based learning applied to document recognition"; as
    products of matrices, Chellapilla, Puri and Simard 2006, "High performance convolutional neural
    networks for document processing".
    """

    parameter_names: tuple[str, ...] = ("weight", "bias")
    returns_new_array = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        init: str = "he_normal",
        dtype: DTypeLike = np.float32,
        rng: Rng = None,
    ) -> None:
        self.in_channels = whole(self, "in_channels", in_channels, 1)
        self.out_channels = whole(self, "out_channels", out_channels, 1)
        self.kernel_size = pair(self, "kernel_size", kernel_size, 1)
        self.stride, self.padding = (
            pair(self, "stride", stride, 1),
            pair(self, "padding", padding, 0),
        )
        self.dilation = pair(self, "dilation", dilation, 1)
        self.groups = whole(self, "groups", groups, 1)
        if in_channels % groups or out_channels % groups:
            raise ArgumentError(
                f"Conv2d: groups must divide both numbers of channels, got groups={groups} for "
                f"{in_channels} and {out_channels} channels"
            )
        shape = (self.out_channels, self.in_channels // self.groups, *self.kernel_size)
        self.weight = initialize_weights(shape, init, rng=rng, dtype=dtype)
        self.bias = np.zeros(self.out_channels, dtype) if bias else None
        if not bias:
            self.parameter_names = ("weight",)

    def forward(self, x: ArrayLike) -> Array:
        """Return the convolution of x with W, plus b."""
        x = images(self, x, self.in_channels, self.weight.dtype)  # (N, C, H, W)
        out = output_size(self, x, self._geometry)
        self._save(x)
        y = self._empty("y", (len(x), *out, self.out_channels), x.dtype)  # channels-last
        return convolution.conv2d(
            x, self.weight, self.bias, self._geometry, self.groups, y, self._kernels.each
        )  # (N, O, H', W')

    def backward(self, grad_output: ArrayLike) -> Array | None:
        """Set dL/dW and dL/db; return dL/dx."""
        (x,) = self._saved()
        out = self._geometry.out(*x.shape[2:])
        g = output_gradient(self, grad_output, (len(x), self.out_channels, *out), x.dtype)
        options, each = (self._geometry, self.groups), self._kernels.each
        gradients = convolution.parameter_gradients(x, g, *options, each)
        self._set_gradients(*gradients[: len(self.parameter_names)])
        if not self.needs_input_gradient:
            return None
        n, c, height, width = x.shape
        grad_input = self._empty("grad_input", (n, height, width, c), x.dtype)  # channels-last
        return convolution.input_gradient(g, self.weight, *options, grad_input, each)

    @property
    def _geometry(self) -> Geometry:
        return Geometry(self.kernel_size, self.stride, self.padding, self.dilation)

    def __repr__(self) -> str:
        return with_options(self, PAIRS)
