"""The loss of yes-or-no questions, each answered by one score."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...utils.errors import ArgumentError, ShapeError
from ..module import Array
from .reduction import Loss
from .targets import nonnegative, pair


class BCEWithLogitsLoss(Loss):
    """L = -1/n sum of y log p + (1 - y) log(1 - p), p = 1 / (1 + exp(-z)), over n elements.

    Shapes: z of any shape, unnormalized scores ("logits"); y the same, numbers in [0, 1]; L a
    number, in nats.

    Backward: dL/dz = (p - y) / n.

    Modes: `pos_weight` multiplies y log p, `weight` the loss of each element; both broadcast to
    the shape of z. `reduction` as in Loss: the mean is divided by n, whatever the weights.

    Computed from e = exp(-|z|), which cannot overflow: -log p = max(-z, 0) + log(1 + e) and
    -log(1 - p) = max(z, 0) + log(1 + e), so that a certain answer costs what it should and not
    log 0, and a right one keeps its precision.

    Raises
    ------
    ShapeError, DtypeError, ArgumentError
        For targets of another shape or outside [0, 1], no elements, weights that are negative or
        do not broadcast to the scores.
    """

    def __init__(
        self,
        *,
        weight: ArrayLike | None = None,
        pos_weight: ArrayLike | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        self.weight = nonnegative(self, weight, "weight")
        self.pos_weight = nonnegative(self, pos_weight, "pos_weight")

    def forward(self, z: ArrayLike, y: ArrayLike) -> Any:  # type: ignore[override]
        """Return the cross-entropy of sigmoid(z) and y."""
        z, y = pair(self, z, y)
        if not (y.min() >= 0 and y.max() <= 1):
            raise ArgumentError(
                f"{self!r}: targets go from {y.min():g} to {y.max():g}, expected numbers in [0, 1]"
            )
        yes, no = y * self._factor("pos_weight", z), 1 - y
        weight = self._factor("weight", z)
        positive = z.real > 0
        e = np.exp(np.where(positive, -z, z))
        self._save(positive, e, yes * weight, no * weight)
        shared = np.log1p(e)
        minus_log_p = np.where(positive, 0, -z) + shared
        minus_log_rest = np.where(positive, z, 0) + shared
        return self._reduce(weight * (yes * minus_log_p + no * minus_log_rest), z.size)

    def backward(self, grad_output: ArrayLike = 1.0) -> Array:
        """Return dL/dz = ((1 - y) p - y (1 - p)) / n."""
        positive, e, yes, no = self._saved()
        p = np.where(positive, 1, e) / (1 + e)
        rest = np.where(positive, e, 1) / (1 + e)  # 1 - p, precise where p is near 1
        grad: Array = no * p - yes * rest
        return grad * self._upstream(grad_output, e.shape, e.dtype, e.size)

    def _factor(self, name: str, z: Array) -> Any:
        """Return a weight in the precision of the scores; 1 where there is none."""
        weight: Array | None = getattr(self, name)
        if weight is None:
            return 1
        if not _broadcasts(weight.shape, z.shape):
            raise ShapeError(
                f"{self!r}: {name} has shape {weight.shape}, which does not broadcast to "
                f"{z.shape}, that of the scores"
            )
        # Real where the loss was converted to complex numbers.
        return weight.real.astype(z.real.dtype, copy=False)


def _broadcasts(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    if len(shape) > len(target):
        return False
    return all(a in (1, b) for a, b in zip(shape[::-1], target[::-1], strict=False))
