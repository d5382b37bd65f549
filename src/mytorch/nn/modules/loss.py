"""Losses: one number from predictions and targets."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...utils.errors import ArgumentError, DtypeError, ShapeError
from ...utils.kernels.softmax import log_softmax
from ..checks import floating
from ..module import Array, Module


class Loss(Module):
    """A function of predictions and targets: `forward(z, y)` -> number, `backward()` -> dL/dz."""

    parameter_names = ()

    def forward(self, z: ArrayLike, y: ArrayLike) -> float:  # type: ignore[override]
        """Return the loss and cache what backward needs."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward(z, y)")

    def backward(self) -> Array:  # type: ignore[override]
        """Return dL/dz."""
        raise NotImplementedError(f"{type(self).__name__} does not define backward()")


class SoftmaxCrossEntropy(Loss):
    """L = -1/N sum over n, c of y[n, c] log p[n, c], p = softmax(z) along each row.

    Shapes: z (N, C) unnormalized scores ("logits"); y (N,) integer labels in 0..C-1, or (N, C)
    one-hot rows or probabilities, each row adding up to 1; L a number, in nats.

    Backward: dL/dz = (p - y) / N, of shape (N, C).

    Softmax and logarithm are taken together, shifted by each row's maximum: nothing overflows and
    nothing becomes log 0, as long as the scores of a row differ by a finite number.

    Raises
    ------
    ShapeError, DtypeError, ArgumentError
        For scores that are not (N, C), no examples, labels outside 0..C-1, rows of y that do
        not add up to 1.

    Reference: Bridle 1990, "Probabilistic interpretation of feedforward classification network
    outputs".
    """

    def forward(self, z: ArrayLike, y: ArrayLike) -> float:  # type: ignore[override]
        """Return the mean cross-entropy of softmax(z) and y."""
        z = floating(self, z, what="scores")
        if z.ndim != 2 or 0 in z.shape:
            raise ShapeError(
                f"{self!r}: scores have shape {z.shape}, expected (N, C), none of them 0"
            )
        y = self._targets(np.asarray(y), z)
        log_p = log_softmax(z)  # (N, C)
        self._save(log_p, y)
        if y.ndim == 1:
            return 0.0 - log_p[np.arange(len(y)), y].mean().item()  # (N,) -> ()
        return 0.0 - np.sum(y * log_p, axis=1).mean().item()  # (N, C) -> (N,) -> ()

    def backward(self) -> Array:  # type: ignore[override]
        """Return dL/dz = (p - y) / N."""
        log_p, y = self._saved()
        grad: Array = np.exp(log_p)  # (N, C), which is p
        if y.ndim == 1:
            grad[np.arange(len(y)), y] -= 1
        else:
            grad -= y
        grad /= len(y)
        return grad

    def _targets(self, y: Array, z: Array) -> Array:
        """Return y as labels (N,) or rows (N, C), checked against the scores."""
        n, classes = z.shape
        if y.shape == (n,):
            if y.dtype.kind not in "iu":
                raise DtypeError(f"{self!r}: labels have dtype {y.dtype}, expected integers")
            if y.min() < 0 or y.max() >= classes:
                row = int(np.argmax((y < 0) | (y >= classes)))
                raise ArgumentError(
                    f"{self!r}: label {y[row]} of example {row} is not in 0..{classes - 1}"
                )
            return y
        if y.shape == z.shape:
            sums = y.sum(axis=1)
            wrong = (np.abs(sums - 1) > 1e-3) | (y.min(axis=1) < 0)
            if np.any(wrong):
                row = int(np.argmax(wrong))
                raise ArgumentError(
                    f"{self!r}: row {row} of the targets adds up to {sums[row]:g} with a smallest "
                    f"entry of {y[row].min():g}, expected probabilities that add up to 1"
                )
            return y.astype(z.real.dtype, copy=False)
        raise ShapeError(
            f"{self!r}: targets have shape {y.shape}, expected ({n},) labels or {z.shape} rows"
        )


CrossEntropyLoss: Any = SoftmaxCrossEntropy  # PyTorch's name
