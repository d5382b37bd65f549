"""What a module accepts: each function returns the array it was given, ready for use.

The errors say which module, what it wanted, what it got, and how to mend it.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..utils.errors import DtypeError, ShapeError

Array = NDArray[Any]


def floating(
    module: object, x: ArrayLike, dtype: DTypeLike | None = None, what: str = "input"
) -> Array:
    """Return x as a floating array, cast to the parameters' `dtype` if there is one.

    Raises
    ------
    DtypeError
        For integers (images are to be scaled first), and for complex x with real parameters.
    ShapeError
        For rows of different lengths.
    """
    try:
        x = np.asarray(x)
    except ValueError as error:
        raise ShapeError(f"{module!r}: {what} is no array ({error})") from None
    if x.dtype.kind not in "fc":
        is_image = what == "input" and x.dtype.kind in "iub"
        hint = "; scale images to [0, 1]: x.astype(np.float32) / 255" if is_image else ""
        raise DtypeError(f"{module!r}: {what} of dtype {x.dtype}, expected floating numbers{hint}")
    if dtype is None or x.dtype == dtype:
        return x
    target = np.dtype(dtype)
    if target.kind not in "fc":
        raise DtypeError(f"{module!r}: parameters have dtype {target}, expected floating numbers")
    if x.dtype.kind == "c" and target.kind == "f":
        raise DtypeError(
            f"{module!r}: {what} is complex and the parameters are not; "
            "use module.astype(np.complex128)"
        )
    return x.astype(target)


def matrix(module: object, x: ArrayLike, features: int, dtype: DTypeLike) -> Array:
    """Return x as a floating array of shape (N, features).

    Raises
    ------
    DtypeError, ShapeError
        For anything else.
    """
    x = floating(module, x, dtype)
    if x.ndim == 2 and x.shape[1] == features:
        return x
    if x.ndim == 2:
        wrong = f"input has {x.shape[1]} features, expected {features}"
    elif x.ndim == 1:
        wrong = f"input has no batch axis, expected (N, {features}); use x[np.newaxis]"
    else:
        wrong = f"input has {x.ndim} axes, expected (N, {features}); use x.reshape(len(x), -1)"
    raise ShapeError(f"{module!r}: {wrong} (got shape {x.shape})")


def output_gradient(
    module: object, grad_output: ArrayLike, shape: tuple[int, ...], dtype: DTypeLike
) -> Array:
    """Return dL/dy as a floating array of the shape of y.

    Raises
    ------
    DtypeError, ShapeError
        For anything else.
    """
    grad = floating(module, grad_output, dtype, "grad_output")
    if grad.shape != shape:
        raise ShapeError(
            f"{module!r}.backward: grad_output has shape {grad.shape}, expected {shape}, "
            "the shape of the output"
        )
    return grad
