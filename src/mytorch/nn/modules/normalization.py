"""Normalization: subtract the mean, divide by the standard deviation, then scale and shift."""

from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ...utils.errors import ArgumentError, ShapeError
from ...utils.kernels.normalization import scale
from ..checks import floating, output_gradient
from ..module import Array, Module
from ..options import real, whole, with_options


class _BatchNorm(Module):
    """What batch normalizations share: everything but the shapes that they take."""

    shapes: tuple[str, ...]  # of the axes that x may have, C the channels

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        frozen: bool = False,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.num_features = whole(self, "num_features", num_features, 1)
        self.eps = real(self, "eps", eps, 0)
        self.momentum = None if momentum is None else real(self, "momentum", momentum, 0, 1)
        self.affine, self.track_running_stats, self.frozen = affine, track_running_stats, frozen
        if frozen and not track_running_stats:
            raise ArgumentError(f"{self!r}: frozen needs running statistics to normalize by")
        self.parameter_names = ("weight", "bias") if affine else ()
        if affine:
            self.weight, self.bias = np.ones(num_features, dtype), np.zeros(num_features, dtype)
        if track_running_stats:
            self.buffer_names = ("running_mean", "running_var", "num_batches_tracked")
            self.running_mean = np.zeros(num_features, dtype)
            self.running_var = np.ones(num_features, dtype)
            self.num_batches_tracked = np.array(0)

    def forward(self, x: ArrayLike) -> Array:
        """Return (x - mean) / sqrt(variance + eps) * weight + bias."""
        of_batch = (self.training and not self.frozen) or not self.track_running_stats
        x = self._checked(x, of_batch)
        rows = _channels_as_columns(x)  # (M, C): every channel a column
        weight, bias = (self.weight, self.bias) if self.affine else (None, None)
        if of_batch:
            y, (u, r, mean, variance) = self._kernels.normalize(
                rows, 0, weight, bias, self.eps, self._empty
            )
            if self.training and self.track_running_stats:
                self._track(mean, variance, len(rows))
        else:
            r = 1 / np.sqrt(self.running_var + self.eps)  # (C,)
            u = np.subtract(rows, self.running_mean, out=self._empty("u", rows.shape, x.dtype))
            u *= r
            y = scale(u, weight, bias, self._empty("y", rows.shape, x.dtype))
        self._save(u, r, x.shape, of_batch)
        return _channels_second(y, x.shape)

    def backward(self, grad_output: ArrayLike) -> Array:
        """Set dL/dweight and dL/dbias; return dL/dx."""
        u, r, shape, of_batch = self._saved()
        g = _channels_as_columns(output_gradient(self, grad_output, shape, u.dtype))  # (M, C)
        weight = self.weight if self.affine else None
        if of_batch:
            grad_input, *gradients = self._kernels.normalize_backward(
                g, u, r, 0, weight, self._empty
            )
        else:
            gradients = [(g * u).sum(axis=0), g.sum(axis=0)]
            grad_input = g * (r if weight is None else r * weight)
        if self.affine:
            self._set_gradients(*gradients)
        return _channels_second(grad_input, shape)

    def _track(self, mean: Array, variance: Array, n: int) -> None:
        self.num_batches_tracked += 1
        momentum = 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum
        unbiased = variance * (n / (n - 1))
        for running, new in ((self.running_mean, mean), (self.running_var, unbiased)):
            running *= 1 - momentum
            running += momentum * new.reshape(-1)

    def _checked(self, x: ArrayLike, of_batch: bool) -> Array:
        held: Any = self.weight if self.affine else getattr(self, "running_mean", None)
        x = floating(self, x, None if held is None else held.dtype)
        c = self.num_features
        if x.ndim not in map(len, self.shapes) or x.shape[1] != c:
            wanted = (f"({', '.join(axes)})".replace("C", str(c)) for axes in self.shapes)
            raise ShapeError(f"{self!r}: expected {' or '.join(wanted)}, got shape {x.shape}")
        if of_batch and x.size <= c:
            raise ShapeError(
                f"{self!r}: a batch needs more than one value per channel, got shape {x.shape}; "
                "use a larger one (the last of an epoch may be smaller), or eval() where it tracks "
                "running statistics"
            )
        return x

    def __repr__(self) -> str:
        return with_options(self)


class BatchNorm1d(_BatchNorm):
    """y = u weight + bias,  u = (x - mean) / sqrt(variance + eps): each channel over the batch.

    Shapes: x (N, C) or (N, C, L); weight, bias, running_mean, running_var (C,). y as x.

    Backward, with g = dL/dy: dL/dweight = sum of g u, dL/dbias = sum of g, over all but C; with
    h = g weight and r = 1 / sqrt(variance + eps),  dL/dx = r (h - mean(h) - u mean(h u)).

    Modes: in training, mean and variance (divided by n) are those of the batch, and
    running <- (1 - momentum) running + momentum (that of the batch, the variance divided by
    n - 1); with momentum=None the running statistics are plain means over all batches. In
    evaluation the running statistics are used, as constants: dL/dx = h r. A `frozen` one uses
    them in training too, and leaves them as they are, such as in a network that is trained further
    on other data; weight and bias go on learning where the optimizer has them. Without
    `track_running_stats` there are none, and every batch is normalized by itself.

    Init: weight 1, bias 0, running_mean 0, running_var 1. Without `affine` there is no weight
    and no bias.

    Raises
    ------
    ArgumentError
        For num_features below 1, eps below 0, a momentum outside [0, 1], or a frozen one without
        running statistics.
    ShapeError
        For an input of other shapes, and where the batch is normalized by itself for one value
        per channel: its variance is 0 and its u always 0.

    Reference: Ioffe and Szegedy 2015, "Batch normalization: accelerating deep network training
    by reducing internal covariate shift", algorithm 1.
    """

    shapes = ("NC", "NCL")


class BatchNorm2d(_BatchNorm):
    """y = u weight + bias,  u = (x - mean) / sqrt(variance + eps): each channel over all pixels.

    Shapes: x (N, C, H, W), y as x. Everything else is as in `BatchNorm1d`.
    """

    shapes = ("NCHW",)


class LayerNorm(Module):
    """y = u weight + bias,  u = (x - mean) / sqrt(variance + eps): each example by itself.

    Shapes: x (..., *normalized_shape), an int standing for one axis; weight and bias of
    normalized_shape. Mean and variance (divided by n) run over these last axes. y as x.

    Backward, with g = dL/dy: dL/dweight = sum of g u, dL/dbias = sum of g, over the first axes;
    with h = g weight and r = 1 / sqrt(variance + eps),  dL/dx = r (h - mean(h) - u mean(h u)).

    Init: weight 1, bias 0. Without `elementwise_affine` there is neither; without `bias` only a
    weight.

    Raises
    ------
    ArgumentError
        For sizes below 1, or eps below 0.
    ShapeError
        For an input whose last axes are not normalized_shape.

    Reference: Ba, Kiros and Hinton 2016, "Layer normalization".
    """

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        shape = (
            normalized_shape if isinstance(normalized_shape, tuple | list) else [normalized_shape]
        )
        self.normalized_shape = tuple(whole(self, "normalized_shape", size) for size in shape)
        self.eps = real(self, "eps", eps, 0)
        self.elementwise_affine = elementwise_affine
        if min(self.normalized_shape, default=0) < 1:
            raise ArgumentError(f"{self!r}: sizes must be at least 1")
        self.weight = np.ones(self.normalized_shape, dtype) if elementwise_affine else None
        self.bias = np.zeros(self.normalized_shape, dtype) if elementwise_affine and bias else None
        held = {"weight": self.weight, "bias": self.bias}
        self.parameter_names = tuple(name for name, p in held.items() if p is not None)

    def forward(self, x: ArrayLike) -> Array:
        """Return (x - mean) / sqrt(variance + eps) * weight + bias."""
        x = floating(self, x, None if self.weight is None else self.weight.dtype)
        axes = tuple(range(-len(self.normalized_shape), 0))
        if x.shape[axes[0] :] != self.normalized_shape:
            wanted = ", ".join(map(str, self.normalized_shape))
            raise ShapeError(f"{self!r}: expected (..., {wanted}), got shape {x.shape}")
        rows = np.ascontiguousarray(x).reshape(-1, prod(self.normalized_shape))  # (M, D)
        y, (u, r, _, _) = self._kernels.normalize(
            rows, 1, _flat(self.weight), _flat(self.bias), self.eps, self._empty
        )
        self._save(u, r, x.shape)
        return y.reshape(x.shape)

    def backward(self, grad_output: ArrayLike) -> Array:
        """Set dL/dweight and dL/dbias; return dL/dx."""
        u, r, shape = self._saved()
        g = output_gradient(self, grad_output, shape, u.dtype)
        grad_input, *gradients = self._kernels.normalize_backward(
            np.ascontiguousarray(g).reshape(u.shape), u, r, 1, _flat(self.weight), self._empty
        )
        held = [gradient.reshape(self.normalized_shape) for gradient in gradients]
        self._set_gradients(*held[: len(self.parameter_names)])
        return grad_input.reshape(shape)

    def __repr__(self) -> str:
        return with_options(self)


def _flat(a: Array | None) -> Array | None:
    return None if a is None else a.reshape(-1)


def _channels_as_columns(x: Array) -> Array:
    """Return (N, C, ...) as (M, C); images that lie channels-last are not copied."""
    last = np.ascontiguousarray(np.moveaxis(x, 1, -1))
    return last.reshape(-1, x.shape[1])


def _channels_second(rows: Array, shape: tuple[int, ...]) -> Array:
    """Return (M, C) as (N, C, ...), a view."""
    return np.moveaxis(rows.reshape(shape[0], *shape[2:], shape[1]), -1, 1)
