"""Dropout: noise that keeps units from relying on each other."""

import numpy as np
from numpy.typing import ArrayLike

from ...utils.errors import ArgumentError, ShapeError
from ..checks import floating, output_gradient
from ..init import Rng
from ..module import Array, Module
from ..options import real


class Dropout(Module):
    """y = x m / (1 - p), each m[i] independently 0 with probability p, else 1.

    Shapes: any; y has the shape of x.

    Backward, with g = dL/dy and the m of the forward: dL/dx = g m / (1 - p).

    Modes: in evaluation y = x. The division keeps the mean of y that of x, so that nothing needs
    to be scaled then.

    `rng` is the generator to draw m from; without one, the draw is different every time. The
    same seed gives the same m in every dtype.

    Raises
    ------
    ArgumentError
        For p outside [0, 1], or an `rng` that is no generator.

    Reference: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from
    overfitting", in its inverted form.
    """

    parameter_names = ()

    def __init__(self, p: float = 0.5, *, rng: Rng = None) -> None:
        self.p = real(self, "p", p, 0, 1)
        self.rng = np.random.default_rng() if rng is None else rng
        if not isinstance(self.rng, np.random.Generator):
            raise ArgumentError(
                f"{type(self).__name__}: rng must be a numpy.random.Generator, got {rng!r}; "
                "use np.random.default_rng(seed)"
            )

    def forward(self, x: ArrayLike) -> Array:
        """Return x m / (1 - p) in training, x in evaluation."""
        x = floating(self, x)
        mask = self._mask(x) if self.training and self.p else None
        self._save(mask, x.shape, x.dtype)
        return x.copy("K") if mask is None else np.multiply(x, mask, out=self._empty_like("y", x))

    def backward(self, grad_output: ArrayLike) -> Array:
        """Return dL/dx = g m / (1 - p)."""
        mask, shape, dtype = self._saved()
        g = output_gradient(self, grad_output, shape, dtype)
        if mask is None:
            return g.copy("K")
        return np.multiply(g, mask, out=self._empty_like("grad_input", g))

    def _mask(self, x: Array) -> Array:
        """Draw m / (1 - p), laid out in memory as x."""
        # Whole numbers of 32 bits, two to a draw of 64: a third of the time of drawing floats.
        pairs = self.rng.integers(0, 2**64, (x.size + 1) // 2, dtype=np.uint64)
        draws = pairs.view(np.uint32)[: x.size].reshape(x.shape)
        dropped = np.uint32(min(round(self.p * 2**32), 2**32 - 1))  # of the 2^32 there are
        kept = np.greater_equal(draws, dropped, out=self._empty("kept", x.shape, bool))
        factor = x.real.dtype.type(0 if self.p == 1 else 1 / (1 - self.p))
        return np.multiply(kept, factor, out=self._empty_like("mask", x.real))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p:g})"


class Dropout2d(Dropout):
    """y = x m / (1 - p), each m[n, c] independently 0 with probability p, else 1: whole channels.

    The pixels of a channel are alike, so that dropping some of them hides little.

    Shapes: x (N, C, H, W), or (N, C, ...); y has the shape of x. Otherwise as `Dropout`.

    Reference: Tompson et al. 2015, "Efficient object localization using convolutional networks".
    """

    def _mask(self, x: Array) -> Array:
        """Draw m / (1 - p), one number for each channel."""
        if x.ndim < 3:
            raise ShapeError(f"{self!r}: expected images (N, C, H, W), got shape {x.shape}")
        channels = super()._mask(np.empty(x.shape[:2], x.dtype))
        return channels.reshape(*x.shape[:2], *(1,) * (x.ndim - 2))  # (N, C, 1, 1)
