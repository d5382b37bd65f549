"""What losses accept beside predictions: targets, and weights for them."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...utils.errors import ArgumentError, DtypeError, ShapeError
from ..checks import floating
from ..module import Array


def nonnegative(loss: object, weight: ArrayLike | None, what: str) -> Array | None:
    """Return a copy of weights as a floating array.

    Raises
    ------
    ArgumentError, DtypeError
        For weights that are negative, not finite, or no numbers.
    """
    if weight is None:
        return None
    given = np.asarray(weight)
    if given.dtype.kind not in "fiub":
        raise DtypeError(f"{type(loss).__name__}: {what} has dtype {given.dtype}, expected numbers")
    if not np.all((given >= 0) & np.isfinite(given)):
        raise ArgumentError(
            f"{type(loss).__name__}: {what} must be finite and 0 or larger, "
            f"got {float(given.min()):g} to {float(given.max()):g}"
        )
    return given.astype(given.dtype if given.dtype.kind == "f" else np.float64)


def pair(loss: object, z: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    """Return predictions and targets of one shape, the targets in the predictions' precision.

    Raises
    ------
    ShapeError
        For different shapes, which broadcasting would compare each with each, and for no elements.
    DtypeError
        For predictions that are not floating, and targets that are not real.
    """
    z, y = floating(loss, z, what="prediction"), np.asarray(y)
    if z.shape != y.shape:
        hint = ""
        if [size for size in z.shape if size != 1] == [size for size in y.shape if size != 1]:
            hint = "; use target.reshape(prediction.shape)"
        raise ShapeError(
            f"{loss!r}: prediction has shape {z.shape} and target {y.shape}, "
            f"expected the same{hint}"
        )
    if not z.size:
        raise ShapeError(f"{loss!r}: prediction and target have shape {z.shape}, which is empty")
    if y.dtype.kind not in "fiub":
        raise DtypeError(f"{loss!r}: target has dtype {y.dtype}, expected real numbers")
    return z, y.astype(z.real.dtype, copy=False)


def rows(loss: object, y: Array, z: Array) -> Array:
    """Return probabilities (N, C) in the precision of the scores z.

    Raises
    ------
    ArgumentError
        For a row that does not add up to 1 or has a negative entry.
    """
    sums, smallest = y.sum(axis=1), y.min(axis=1)
    right = (np.abs(sums - 1) <= 1e-3) & (smallest >= 0)
    if not np.all(right):
        row = int(np.argmin(right))
        raise ArgumentError(
            f"{loss!r}: row {row} of the targets adds up to {float(sums[row]):g} with a "
            f"smallest entry of {float(smallest[row]):g}, expected probabilities that add up to 1"
        )
    return y.astype(z.real.dtype, copy=False)


def class_weights(loss: Any, z: Array) -> Array | None:
    """Return the weights (C,) of a loss in the precision of the scores z, or None.

    Raises
    ------
    ShapeError
        Where they are not one for each class.
    """
    if loss.weight is None:
        return None
    if loss.weight.shape != z.shape[1:]:
        raise ShapeError(
            f"{loss!r}: weight has shape {loss.weight.shape}, expected {z.shape[1:]}, "
            f"one for each class (scores have shape {z.shape})"
        )
    # Real where the loss was converted to complex numbers.
    weight: Array = loss.weight.real.astype(z.real.dtype, copy=False)
    return weight
