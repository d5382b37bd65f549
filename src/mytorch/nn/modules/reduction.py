"""What all losses share: the way from many losses, of examples or elements, to one number."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ...utils.errors import ArgumentError, ShapeError
from ..checks import output_gradient
from ..module import Array, Module
from ..options import with_options

REDUCTIONS = ("mean", "sum", "none")


class Loss(Module):
    """A function of predictions and targets: `forward(z, y)` -> number, `backward()` -> dL/dz.

    A loss computes one l for every example or element. `reduction` says what becomes of them:

    - "mean", "sum": L is their mean or sum, a Python number.
    - "none": there is no L; forward returns the array of all l.

    Backward: dL/dz is multiplied by `grad_output`, 1 by default: the derivative by L of whatever
    L is a part of. With "none" it is an array in the shape of l, and has no default.

    Raises
    ------
    ArgumentError
        For another reduction.
    ShapeError
        For a `grad_output` that has not the shape of the loss.
    """

    parameter_names = ()
    reduction = "mean"

    def __init__(self, *, reduction: str = "mean") -> None:
        if reduction not in REDUCTIONS:
            raise ArgumentError(
                f"{type(self).__name__}: reduction must be one of {', '.join(REDUCTIONS)}, "
                f"got {reduction!r}"
            )
        self.reduction = reduction

    def forward(self, z: ArrayLike, y: ArrayLike) -> Any:  # type: ignore[override]
        """Return the loss and cache what backward needs."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward(z, y)")

    def backward(self, grad_output: ArrayLike = 1.0) -> Array:
        """Return dL/dz."""
        raise NotImplementedError(f"{type(self).__name__} does not define backward()")

    def _reduce(self, losses: Array, count: float) -> Any:
        """Return the losses as they are, their sum, or their sum divided by `count`."""
        if self.reduction == "none":
            return losses
        total = losses.sum().item()
        return total / count if self.reduction == "mean" else total

    def _upstream(
        self, grad_output: ArrayLike, shape: tuple[int, ...], dtype: DTypeLike, count: float
    ) -> Any:
        """Return dL/dl: one number for all losses l, or with "none" as many as there are."""
        if self.reduction != "none":
            if not isinstance(grad_output, float):  # which leaves float32 arithmetic in float32
                grad_output = output_gradient(self, grad_output, (), dtype)
            return grad_output / count if self.reduction == "mean" else grad_output
        if np.shape(grad_output) != shape:
            raise ShapeError(
                f"{self!r}.backward needs grad_output in the shape of the loss, {shape}, "
                f"got shape {np.shape(grad_output)}"
            )
        return output_gradient(self, grad_output, shape, dtype)

    def __repr__(self) -> str:
        return with_options(self)
