"""Normalization of a matrix along one of its axes; weight and bias belong to its columns."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .windows import Empty

Array = NDArray[Any]
Statistics = tuple[Array, Array, Array, Array]  # u, r, mean, variance


def normalize(
    x: Array, axis: int, weight: Array | None, bias: Array | None, eps: float, empty: Empty
) -> tuple[Array, Statistics]:
    """Return y = u weight + bias with u = (x - mean) r, r = 1 / sqrt(variance + eps), and the rest.

    x (M, C), weight and bias (C,) -> y (M, C). Mean and variance, divided by n as PyTorch
    normalizes, run along `axis` and keep it.
    """
    mean = x.mean(axis=axis, keepdims=True)
    u = np.subtract(x, mean, out=empty("u", x.shape, x.dtype))
    rest = u.mean(axis=axis, keepdims=True)  # the rounding of a large mean is not small
    u -= rest
    squares = np.multiply(u, u, out=empty("y", x.shape, x.dtype))
    variance = squares.mean(axis=axis, keepdims=True)
    r = 1 / np.sqrt(variance + eps)
    u *= r
    return scale(u, weight, bias, squares), (u, r, mean + rest, variance)


def scale(u: Array, weight: Array | None, bias: Array | None, y: Array) -> Array:
    """Write u weight + bias into y."""
    if weight is None:
        np.copyto(y, u)
    else:
        np.multiply(u, weight, out=y)
    if bias is not None:
        y += bias
    return y


def normalize_backward(
    g: Array, u: Array, r: Array, axis: int, weight: Array | None, empty: Empty
) -> tuple[Array, Array, Array]:
    """Return dL/dx, dL/dweight and dL/dbias from g = dL/dy (M, C).

    With h = g weight, dL/dx = r (h - mean(h) - u mean(h u)): the means come in through the mean
    and the variance, which every x along the axis has a part in.
    """
    hu, h = empty("hu", g.shape, g.dtype), empty("grad_input", g.shape, g.dtype)
    grad_weight, grad_bias = np.multiply(g, u, out=hu).sum(axis=0), g.sum(axis=0)
    scale(g, weight, None, h)
    np.multiply(h, u, out=hu)
    mean_h, mean_hu = h.mean(axis=axis, keepdims=True), hu.mean(axis=axis, keepdims=True)
    h -= mean_h
    h -= np.multiply(u, mean_hu, out=hu)
    h *= r
    return h, grad_weight, grad_bias
