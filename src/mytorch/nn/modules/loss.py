"""Losses of a classifier: minus the logarithm of the probability that it gave to the truth."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...utils.errors import ArgumentError, DtypeError, ShapeError
from ...utils.kernels.softmax import log_softmax
from ..checks import floating
from ..module import Array
from .reduction import Loss
from .targets import class_weights, nonnegative, rows


class _ClassLoss(Loss):
    """A loss on labels of classes: some weigh more than others, and some do not count."""

    weight: Array | None = None
    ignore_index = -100

    def __init__(self, weight: ArrayLike | None, ignore_index: int, reduction: str) -> None:
        super().__init__(reduction=reduction)
        self.weight = nonnegative(self, weight, "weight")
        self.ignore_index = int(ignore_index)

    def _scores(self, z: ArrayLike, what: str) -> Array:
        z = floating(self, z, what=what)
        if z.ndim != 2 or 0 in z.shape:
            raise ShapeError(
                f"{self!r}: {what} have shape {z.shape}, expected (N, C), none of them 0"
            )
        return z

    def _labels(self, y: Array, z: Array) -> tuple[Array, Array, Array | None, float]:
        """Return labels and scores, what each example counts for (None: 1), and the sum of that.

        An example that does not count gets label 0 and scores 0: no matter what its own are.
        """
        n, classes = z.shape
        if y.dtype.kind not in "iu":
            raise DtypeError(f"{self!r}: labels have dtype {y.dtype}, expected integers")
        weight = class_weights(self, z)
        inside = y.view(f"u{y.itemsize}").max() < classes  # unsigned, a negative label is huge
        if inside and weight is None and not 0 <= self.ignore_index < classes:
            return y, z, None, n
        counts = y != self.ignore_index  # (N,)
        wrong = counts & ((y < 0) | (y >= classes))
        if np.any(wrong):
            row = int(np.argmax(wrong))
            raise ArgumentError(
                f"{self!r}: label {y[row]} of example {row} is not in 0..{classes - 1}"
            )
        y, z = np.where(counts, y, 0), np.where(counts[:, np.newaxis], z, 0)
        share = counts.astype(z.real.dtype) if weight is None else counts * weight[y]  # (N,)
        total = share.sum().item()
        if not total and self.reduction == "mean":
            raise ArgumentError(
                f"{self!r}: no label of this batch counts, all are {self.ignore_index} "
                "(ignore_index) or of weight 0, and the mean of nothing is not defined; "
                "leave the batch out, or use reduction='sum'"
            )
        return y, z, share, total


class SoftmaxCrossEntropy(_ClassLoss):
    """L = -1/N sum over n, c of y[n, c] log p[n, c], p = softmax(z) along each row.

    Shapes: z (N, C) unnormalized scores ("logits"); y (N,) integer labels in 0..C-1, or (N, C)
    one-hot rows or probabilities, each row adding up to 1; L a number, in nats.

    Backward: dL/dz = (p - y) / N, of shape (N, C).

    Modes: with `weight` w (C,) and `label_smoothing` s in [0, 1], y is replaced by
    q[n, c] = w[c] ((1 - s) y[n, c] + s / C), and dL/dz = (p sum over c of q[n, c] - q) / N. With
    labels the mean is a weighted one: divided by the sum of the w of the labels instead of N, and
    examples of the label `ignore_index` do not count, whatever their scores. `reduction` "sum"
    divides by nothing, "none" keeps the losses of the examples apart: (N,).

    Softmax and logarithm are taken together, shifted by each row's maximum: nothing overflows and
    nothing becomes log 0, as long as the scores of a row differ by a finite number.

    Raises
    ------
    ShapeError, DtypeError, ArgumentError
        For scores that are not (N, C), no examples, labels outside 0..C-1, rows of y that do
        not add up to 1; for weights that are negative or not one for each class. Also where the
        mean is asked for and no label counts: 0/0, which a training would carry on as NaN.

    Reference: Bridle 1990, "Probabilistic interpretation of feedforward classification network
    outputs"; for label smoothing, Szegedy et al. 2016, "Rethinking the inception architecture for
    computer vision", section 7.
    """

    def __init__(
        self,
        *,
        weight: ArrayLike | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, ignore_index, reduction)
        if not 0 <= label_smoothing <= 1:
            raise ArgumentError(
                f"{type(self).__name__}: label_smoothing must be in [0, 1], got {label_smoothing}"
            )
        self.label_smoothing = float(label_smoothing)

    def forward(self, z: ArrayLike, y: ArrayLike) -> Any:  # type: ignore[override]
        """Return the cross-entropy of softmax(z) and y."""
        z, y = self._scores(z, "scores"), np.asarray(y)
        if y.shape == z.shape[:1]:
            labels = y
            y, z, share, count = self._labels(labels, z)
            if self.label_smoothing:
                y, share = self._weighed(np.eye(z.shape[1], dtype=z.real.dtype)[y], z), None
                y[labels == self.ignore_index] = 0
        elif y.shape == z.shape:
            if self.ignore_index >= 0:
                raise ArgumentError(
                    f"{self!r}: ignore_index is for labels, got rows of probabilities"
                )
            y, share, count = self._weighed(rows(self, y, z), z), None, len(z)
        else:
            raise ShapeError(
                f"{self!r}: targets have shape {y.shape}, expected {z.shape[:1]} labels or "
                f"{z.shape} rows"
            )
        change = self._empty("change", z.shape, z.dtype)  # p - y (N, C): the gradient but for 1/N
        if y.ndim == 1:
            losses = self._kernels.softmax_cross_entropy(z, y, change)  # (N,)
            losses = losses if share is None else losses * share
        else:
            log_p = log_softmax(z)  # (N, C)
            losses = 0.0 - (y * log_p).sum(axis=1)  # (N,)
            np.multiply(np.exp(log_p), y.sum(axis=1, keepdims=True), out=change)
            change -= y
        self._save(change, share, count)
        return self._reduce(losses, count)

    def backward(self, grad_output: ArrayLike = 1.0) -> Array:
        """Return dL/dz = (p - y) / N."""
        change, share, count = self._saved()
        g = self._upstream(grad_output, change.shape[:1], change.dtype, count)  # () or (N,)
        g = g if share is None else g * share
        g = g[:, np.newaxis] if np.ndim(g) else g
        grad = self._empty("grad_input", change.shape, change.dtype)
        return np.multiply(change, g, out=grad)  # (N, C)

    def _weighed(self, y: Array, z: Array) -> Array:
        """Return q = w ((1 - s) y + s / C), of shape (N, C)."""
        s, weight = self.label_smoothing, class_weights(self, z)
        if s:
            y = (1 - s) * y + s / y.shape[1]
        return y if weight is None else y * weight


CrossEntropyLoss: Any = SoftmaxCrossEntropy  # PyTorch's name


class NLLLoss(_ClassLoss):
    """L = -1/N sum over n of log_p[n, y[n]]: what is left of the cross-entropy after LogSoftmax.

    Shapes: log_p (N, C) logarithms of probabilities; y (N,) integer labels in 0..C-1; L a number.

    Backward: dL/dlog_p = -[c = y[n]] / N, of shape (N, C).

    Modes: `weight` (C,), `ignore_index` and `reduction` as in SoftmaxCrossEntropy with labels.

    Raises
    ------
    ShapeError, DtypeError, ArgumentError
        For log-probabilities that are not (N, C), no examples, targets that are not labels in
        0..C-1; for weights that are negative or not one for each class; where the mean is asked
        for and no label counts.
    """

    def __init__(
        self,
        *,
        weight: ArrayLike | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, ignore_index, reduction)

    def forward(self, log_p: ArrayLike, y: ArrayLike) -> Any:  # type: ignore[override]
        """Return minus the mean of the log-probabilities of the labels."""
        log_p, y = self._scores(log_p, "log-probabilities"), np.asarray(y)
        if y.shape != log_p.shape[:1]:
            raise ShapeError(
                f"{self!r}: targets have shape {y.shape}, expected {log_p.shape[:1]} labels"
            )
        y, log_p, share, count = self._labels(y, log_p)
        self._save(log_p.shape, log_p.dtype, y, share, count)
        losses = 0.0 - log_p[np.arange(len(y)), y]  # (N, C) -> (N,)
        return self._reduce(losses if share is None else losses * share, count)

    def backward(self, grad_output: ArrayLike = 1.0) -> Array:
        """Return dL/dlog_p = -[c = y[n]] / N."""
        shape, dtype, y, share, count = self._saved()
        g = self._upstream(grad_output, (len(y),), dtype, count)  # () or (N,)
        grad: Array = np.zeros(shape, dtype)  # (N, C)
        grad[np.arange(len(y)), y] = 0.0 - (g if share is None else g * share)
        return grad
