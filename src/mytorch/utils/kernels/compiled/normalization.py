"""Normalization of the columns of a matrix."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import normalization
from ..normalization import Statistics
from ..windows import Empty
from .jit import flat, jit

Array = NDArray[Any]


def normalize(
    x: Array, axis: int, weight: Array | None, bias: Array | None, eps: float, empty: Empty
) -> tuple[Array, Statistics]:
    """Do what `normalization.normalize` does; along the rows its twin does it."""
    if axis or weight is None or bias is None or not flat(x, weight, bias):
        return normalization.normalize(x, axis, weight, bias, eps, empty)
    y, u = empty("y", x.shape, x.dtype), empty("u", x.shape, x.dtype)
    r, mean, variance = _normalize(x, weight, bias, eps, y, u)
    return y, (u, r, mean, variance)


@jit
def _normalize(x, weight, bias, eps, y, u):  # type: ignore[no-untyped-def]
    rows, columns = x.shape
    mean, rest = np.zeros((1, columns), x.dtype), np.zeros((1, columns), x.dtype)
    variance, r = np.zeros((1, columns), x.dtype), np.empty((1, columns), x.dtype)
    for m in range(rows):
        for c in range(columns):
            mean[0, c] += x[m, c]
    mean /= x.dtype.type(rows)
    for m in range(rows):
        for c in range(columns):
            rest[0, c] += x[m, c] - mean[0, c]  # the rounding of a large mean is not small
    rest /= x.dtype.type(rows)
    for m in range(rows):
        for c in range(columns):
            u[m, c] = x[m, c] - mean[0, c] - rest[0, c]
            variance[0, c] += u[m, c] * u[m, c]
    variance /= x.dtype.type(rows)
    for c in range(columns):
        r[0, c] = 1 / np.sqrt(variance[0, c] + x.dtype.type(eps))
    for m in range(rows):
        for c in range(columns):
            u[m, c] *= r[0, c]
            y[m, c] = u[m, c] * weight[c] + bias[c]
    mean += rest
    return r, mean, variance


def normalize_backward(
    g: Array, u: Array, r: Array, axis: int, weight: Array | None, empty: Empty
) -> tuple[Array, Array, Array]:
    """Do what `normalization.normalize_backward` does; along the rows its twin does it."""
    if axis or weight is None or not flat(g, u, weight):
        return normalization.normalize_backward(g, u, r, axis, weight, empty)
    grad_input = empty("grad_input", g.shape, g.dtype)
    return grad_input, *_normalize_backward(g, u, r, weight, grad_input)


@jit
def _normalize_backward(g, u, r, weight, grad_input):  # type: ignore[no-untyped-def]
    rows, columns = g.shape
    grad_weight, grad_bias = np.zeros(columns, g.dtype), np.zeros(columns, g.dtype)
    for m in range(rows):
        for c in range(columns):
            grad_weight[c] += g[m, c] * u[m, c]
            grad_bias[c] += g[m, c]
    rw = r[0] * weight
    mean_gu, mean_g = grad_weight / g.dtype.type(rows), grad_bias / g.dtype.type(rows)
    for m in range(rows):
        for c in range(columns):
            grad_input[m, c] = rw[c] * (g[m, c] - mean_g[c] - u[m, c] * mean_gu[c])
    return grad_weight, grad_bias
