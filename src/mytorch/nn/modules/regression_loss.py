"""Losses of predicted numbers: functions of the error z - y, element by element.

Predictions and targets must have the same shape: (N, 1) and (N,) would broadcast to (N, N), and
a model would learn the mean of all targets.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...utils.errors import ArgumentError
from ..module import Array
from .reduction import Loss
from .targets import pair


class MSELoss(Loss):
    """L = 1/n sum of (z - y)^2 over n elements.

    Shapes: z of any shape; y the same; L a number.

    Backward: dL/dz = 2 (z - y) / n.

    Modes: `reduction` as in Loss.

    Raises
    ------
    ShapeError, DtypeError
        For targets of another shape, and no elements.
    """

    def forward(self, z: ArrayLike, y: ArrayLike) -> Any:  # type: ignore[override]
        """Return the mean of the squared errors."""
        z, y = pair(self, z, y)
        error = z - y
        self._save(error)
        return self._reduce(error * error, error.size)

    def backward(self, grad_output: ArrayLike = 1.0) -> Array:
        """Return dL/dz = 2 (z - y) / n."""
        (error,) = self._saved()
        g = self._upstream(grad_output, error.shape, error.dtype, error.size)
        return 2 * g * error


class L1Loss(Loss):
    """L = 1/n sum of |z - y| over n elements.

    Shapes: z of any shape; y the same; L a number.

    Backward: dL/dz = sign(z - y) / n, which is 0 where they are equal.

    Modes: `reduction` as in Loss.

    Raises
    ------
    ShapeError, DtypeError
        For targets of another shape, and no elements.
    """

    def forward(self, z: ArrayLike, y: ArrayLike) -> Any:  # type: ignore[override]
        """Return the mean of the absolute errors."""
        z, y = pair(self, z, y)
        error = z - y
        sign = np.sign(error.real)
        self._save(sign, error.dtype)
        return self._reduce(sign * error, error.size)

    def backward(self, grad_output: ArrayLike = 1.0) -> Array:
        """Return dL/dz = sign(z - y) / n."""
        sign, dtype = self._saved()
        return sign * self._upstream(grad_output, sign.shape, dtype, sign.size)


class HuberLoss(Loss):
    """L = 1/n sum of e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2), with e = z - y.

    Shapes: z of any shape; y the same; L a number.

    Backward: dL/dz = c / n, with c = min(max(e, -delta), delta).

    Modes: `delta` is where the parabola goes over into a line; `reduction` as in Loss.

    Computed as c (e - c / 2), which is both branches in one and squares no large number.

    Raises
    ------
    ArgumentError
        For a delta that is not larger than 0.
    ShapeError, DtypeError
        For targets of another shape, and no elements.

    Reference: Huber 1964, "Robust estimation of a location parameter".
    """

    def __init__(self, *, delta: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        if not delta > 0:
            raise ArgumentError(f"HuberLoss: delta must be larger than 0, got {delta}")
        self.delta = float(delta)

    def forward(self, z: ArrayLike, y: ArrayLike) -> Any:  # type: ignore[override]
        """Return the mean of the errors, small ones squared and halved, large ones linear."""
        z, y = pair(self, z, y)
        error = z - y
        small = np.abs(error.real) <= self.delta
        clipped = np.where(small, error, np.copysign(self.delta, error.real))
        self._save(clipped)
        return self._reduce(clipped * (error - clipped / 2), error.size)

    def backward(self, grad_output: ArrayLike = 1.0) -> Array:
        """Return dL/dz = min(max(e, -delta), delta) / n."""
        (clipped,) = self._saved()
        return clipped * self._upstream(grad_output, clipped.shape, clipped.dtype, clipped.size)
