"""The library's dense layer on the arrays of a course that writes Z = X W + b."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import nn
from ..nn.checks import matrix
from ..utils.errors import DtypeError, ShapeError

Array = NDArray[Any]


class Dense(nn.Linear):
    """Z = X W + b, with W (in, out) and a row b (1, out).

    The library keeps (out, in) and (out,): here they are W^T and b[0], the given arrays themselves
    and no copies of them, as long as these are float64 (or complex128, for complex-step checking).

    Raises
    ------
    ShapeError
        Where b is not a row for W.
    """

    def __init__(self, W: ArrayLike, b: ArrayLike) -> None:
        weight, bias = floats(W), floats(b)
        if weight.ndim != 2 or bias.shape != (1, weight.shape[1]):
            raise ShapeError(
                f"expected weights (in, out) and biases (1, out), got {weight.shape} and "
                f"{bias.shape}"
            )
        dtype = np.result_type(weight, bias)
        self.in_features, self.out_features = weight.shape
        self.weight = weight.astype(dtype, copy=False).T  # (out, in)
        self.bias = bias.astype(dtype, copy=False)[0]  # (out,)

    def gradients(self, X: ArrayLike, dZ: ArrayLike) -> tuple[Any, Array, Array]:
        """Return dL/dX (N, in), dL/dW (in, out) and dL/db (1, out) at X, from dZ = dL/dZ.

        Without `needs_input_gradient`, the first of them is None.
        """
        self._save(matrix(self, X, self.in_features, self.weight.dtype))
        dX = self.backward(dZ)
        dW, db = self.get_gradients()  # (out, in), (out,)
        return dX, dW.T, db[np.newaxis]

    def _holds_none(self) -> bool:
        """It is a layer alone: nobody need look for others in it, at each of 20,000 passes."""
        return True

    def __repr__(self) -> str:
        return f"Dense({self.in_features}, {self.out_features})"


def floats(x: ArrayLike) -> Array:
    """Return x as an array of float64, or complex128 where it is complex.

    Raises
    ------
    DtypeError, ShapeError
        For what is not numbers, or rows of different lengths.
    """
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ShapeError(f"expected an array of numbers ({error})") from None
    if array.dtype.kind not in "biufc":
        raise DtypeError(f"expected an array of numbers, got dtype {array.dtype}")
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64, copy=False)


def labels(y: ArrayLike, n: int, classes: int) -> Array:
    """Return the labels (N,) of n examples.

    Raises
    ------
    ShapeError, DtypeError
        For what is not n labels from 0 to classes - 1.
    """
    found = np.asarray(y)
    if found.shape != (n,):
        raise ShapeError(f"expected {n} labels of shape ({n},), got shape {found.shape}")
    if found.dtype.kind not in "iu":
        raise DtypeError(f"expected labels that are integers, got dtype {found.dtype}")
    if n and not 0 <= found.min() <= found.max() < classes:
        wrong = found[(found < 0) | (found >= classes)][0]
        raise ShapeError(f"expected labels from 0 to {classes - 1}, got {wrong}")
    return found
