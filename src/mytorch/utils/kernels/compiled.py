"""The kernels that Numba compiles: the same arithmetic as their NumPy twins, in one pass.

They are compiled at their first call for each dtype and kept on disk. None is parallel: Numba's
threads and Python's do not go together; they release the GIL instead.

What a kernel cannot take (arrays with gaps between their elements, complex numbers) its NumPy
twin does.
"""

from functools import partial
from math import exp, log, prod, sqrt, tanh
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from . import normalization, per_example, pooling, softmax, update
from .normalization import Statistics
from .parts import Each, at_once, cut
from .per_example import RELU, SIGMOID, TANH
from .windows import Empty, Geometry, Pair, channels_first, channels_last, padded

Array = NDArray[Any]

# Sums may be taken in any order, and products and sums in one instruction: nothing else that
# "fast" mathematics allows (NaN and infinity stay what they are).
jit: Any = partial(
    numba.njit, cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"}
)


def _flat(*arrays: Array | None) -> list[Array | None]:
    """Return the arrays with one axis, or nothing where the compiled kernels cannot take them."""
    flat: list[Array | None] = []
    for a in arrays:
        if a is None:
            flat.append(None)
        elif a.flags.c_contiguous and a.dtype.kind == "f":
            flat.append(a.reshape(-1))
        else:
            return []
    return flat


def sgd(
    p: Array,
    g: Array,
    v: Array | None,
    lr: float,
    momentum: float,
    dampening: float,
    nesterov: bool,
    weight_decay: float,
) -> None:
    """Do what `update.sgd` does."""
    options = lr, momentum, dampening, nesterov, weight_decay
    if flat := _flat(p, g, v):
        _sgd(*flat, *options)
    else:
        update.sgd(p, g, v, *options)


@jit
def _sgd(p, g, v, lr, momentum, dampening, nesterov, weight_decay):  # type: ignore[no-untyped-def]
    number = p.dtype.type
    lr, momentum, decay = number(lr), number(momentum), number(weight_decay)
    fresh = number(1 - dampening)
    if v is None:
        for i in range(p.size):
            p[i] -= lr * (g[i] + decay * p[i])
    else:
        for i in range(p.size):
            slope = g[i] + decay * p[i]
            velocity = momentum * v[i] + fresh * slope
            v[i] = velocity
            p[i] -= lr * (slope + momentum * velocity if nesterov else velocity)


def adam(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    largest: Array | None,
    t: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    decoupled: bool,
) -> None:
    """Do what `update.adam` does."""
    options = t, lr, beta1, beta2, eps, weight_decay, decoupled
    if flat := _flat(p, g, m, v, largest):
        _adam(*flat, *options)
    else:
        update.adam(p, g, m, v, largest, *options)


@jit
def _adam(p, g, m, v, largest, t, lr, beta1, beta2, eps, weight_decay, decoupled):  # type: ignore[no-untyped-def]
    number = p.dtype.type
    step_size, scale = number(lr / (1 - beta1**t)), number(1 / sqrt(1 - beta2**t))
    fresh1, fresh2, eps = number(1 - beta1), number(1 - beta2), number(eps)
    beta1, beta2 = number(beta1), number(beta2)
    decay = number(0 if decoupled else weight_decay)
    shrink = number(1 - lr * weight_decay if decoupled else 1)
    for i in range(p.size):
        slope = g[i] + decay * p[i]
        first = beta1 * m[i] + fresh1 * slope  # reading m[i] back would cost the loop its vectors
        second = beta2 * v[i] + fresh2 * slope * slope
        m[i], v[i] = first, second
        if largest is not None:
            second = max(largest[i], second)
            largest[i] = second
        p[i] = shrink * p[i] - step_size * first / (scale * np.sqrt(second) + eps)


def softmax_cross_entropy(z: Array, labels: Array, change: Array) -> Array:
    """Do what `softmax.softmax_cross_entropy` does."""
    run = _softmax_cross_entropy if _flat(z, change) else softmax.softmax_cross_entropy
    return run(z, labels, change)


@jit
def _softmax_cross_entropy(z, labels, change):  # type: ignore[no-untyped-def]
    losses = np.empty(len(z), z.dtype)
    for n in range(len(z)):
        largest = z[n, 0]
        for c in range(z.shape[1]):
            largest = max(largest, z[n, c])
        total = z.dtype.type(0)
        for c in range(z.shape[1]):
            change[n, c] = exp(z[n, c] - largest)
            total += change[n, c]
        losses[n] = log(total) - (z[n, labels[n]] - largest)
        for c in range(z.shape[1]):
            change[n, c] /= total
        change[n, labels[n]] -= 1
    return losses


def max_pool(
    x: Array, geometry: Geometry, out: Pair, empty: Empty, each: Each = at_once
) -> tuple[Array, Any]:
    """Do what `pooling.max_pool` does; what it returns for the backward pass is one array."""
    if x.dtype.kind != "f" or prod(geometry.kernel) > 256:
        return pooling.max_pool(x, geometry, out, empty, each)
    images = padded(channels_last(x), geometry, out, -np.inf)  # (N, H, W, C)
    shape = len(images), *out, images.shape[3]
    y, winners = empty("y", shape, x.dtype), empty("winners", shape, np.uint8)
    slide = *geometry.kernel, *geometry.stride, *geometry.dilation
    parts = cut(len(x), images[0].size)
    each(lambda part: _max_pool(images[part], y[part], winners[part], *slide), parts)
    return channels_first(y), winners


@jit
def _max_pool(x, y, winners, kh, kw, sy, sx, dy, dx):  # type: ignore[no-untyped-def]
    images, height, width, channels = y.shape
    for n in range(images):
        for i in range(height):
            for j in range(width):
                for c in range(channels):
                    y[n, i, j, c] = x[n, i * sy, j * sx, c]
                    winners[n, i, j, c] = 0
                for u in range(kh):
                    for v in range(kw):
                        number = np.uint8(u * kw + v)
                        for c in range(channels):
                            entry = x[n, i * sy + u * dy, j * sx + v * dx, c]
                            if entry > y[n, i, j, c] or entry != entry:
                                y[n, i, j, c] = entry
                                winners[n, i, j, c] = number


def max_pool_backward(
    g: Array, winners: Any, geometry: Geometry, size: Pair, empty: Empty, each: Each = at_once
) -> Array:
    """Do what `pooling.max_pool_backward` does."""
    if isinstance(winners, tuple):
        return pooling.max_pool_backward(g, winners, geometry, size, empty, each)
    g = channels_last(g)
    reach = geometry.reach(size, (g.shape[1], g.shape[2]))
    gradient = empty("gradient", (len(g), *reach, g.shape[3]), g.dtype)
    slide = *geometry.kernel, *geometry.stride, *geometry.dilation
    parts = cut(len(g), gradient[0].size)
    each(lambda part: _max_pool_backward(g[part], winners[part], gradient[part], *slide), parts)
    return pooling.inside(gradient, geometry, size)


@jit
def _max_pool_backward(g, winners, gradient, kh, kw, sy, sx, dy, dx):  # type: ignore[no-untyped-def]
    images, height, width, channels = g.shape
    gradient[:] = 0
    for n in range(images):
        for i in range(height):
            for j in range(width):
                for u in range(kh):
                    for v in range(kw):
                        number = np.uint8(u * kw + v)
                        for c in range(channels):
                            won = winners[n, i, j, c] == number
                            gradient[n, i * sy + u * dy, j * sx + v * dx, c] += (
                                g[n, i, j, c] if won else g.dtype.type(0)
                            )


def normalize(
    x: Array, axis: int, weight: Array | None, bias: Array | None, eps: float, empty: Empty
) -> tuple[Array, Statistics]:
    """Do what `normalization.normalize` does; along the rows its twin does it."""
    if axis or weight is None or bias is None or not _flat(x, weight, bias):
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
    if axis or weight is None or not _flat(g, u, weight):
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


def one_by_one(
    scores: Array,
    products: Array,
    deltas: Array,
    weights: tuple[Array, ...],
    biases: tuple[Array, ...],
    activations: tuple[int, ...],
    labels: Array,
    lr: float,
) -> Array:
    """Do what `per_example.one_by_one` does."""
    alike = {a.dtype for a in (scores, *weights, *biases)} == {scores.dtype}
    takes = weights and alike and _flat(scores, products, deltas, *weights, *biases)
    run = _one_by_one if takes else per_example.one_by_one
    return run(scores, products, deltas, weights, biases, activations, labels, lr)


@jit
def _one_by_one(scores, products, deltas, weights, biases, activations, labels, lr):  # type: ignore[no-untyped-def]
    number = scores.dtype.type
    lr = number(lr)
    depth, widest = len(weights), scores.shape[1]
    for bias in biases:
        widest = max(widest, bias.size)
    outputs = np.empty((depth + 1, widest), scores.dtype)
    d, d_below = np.empty(widest, scores.dtype), np.empty(widest, scores.dtype)
    losses = np.empty(len(scores), scores.dtype)
    for n in range(len(scores)):
        size = scores.shape[1]
        a = outputs[0, :size]
        a[:] = scores[n]
        for k in range(n):
            product = products[n, k]
            for j in range(size):
                a[j] -= product * deltas[k, j]
        _activate(activations[0], a)
        for layer in range(depth):
            weight, below = weights[layer], outputs[layer]
            a = outputs[layer + 1, : len(weight)]
            for j in range(len(weight)):
                total = biases[layer][j]
                for k in range(weight.shape[1]):
                    total += weight[j, k] * below[k]
                a[j] = total
            _activate(activations[layer + 1], a)

        largest = a.max()
        total = number(0)
        for j in range(a.size):
            d[j] = exp(a[j] - largest)
            total += d[j]
        label = labels[n]
        losses[n] = log(total) - (a[label] - largest)
        for j in range(a.size):
            d[j] /= total
        d[label] -= 1

        for layer in range(depth - 1, -1, -1):
            weight, below = weights[layer], outputs[layer]
            size = weight.shape[1]
            d_below[:size] = 0
            for j in range(len(weight)):
                delta, step = d[j], lr * d[j]
                biases[layer][j] -= step
                for k in range(size):
                    d_below[k] += delta * weight[j, k]
                    weight[j, k] -= step * below[k]
            for k in range(size):
                d_below[k] *= _slope(activations[layer], below[k])
            d, d_below = d_below, d
        for j in range(scores.shape[1]):
            deltas[n, j] = lr * d[j]
    return losses


@jit(inline="always")
def _activate(activation, a):  # type: ignore[no-untyped-def]
    for j in range(a.size):
        if activation == SIGMOID:
            a[j] = 1 / (1 + exp(-a[j]))
        elif activation == TANH:
            a[j] = tanh(a[j])
        elif activation == RELU:
            a[j] = max(a[j], 0)


@jit(inline="always")
def _slope(activation, y):  # type: ignore[no-untyped-def]
    """f'(x), told from y = f(x)."""
    if activation == SIGMOID:
        return y * (1 - y)
    if activation == TANH:
        return 1 - y * y
    if activation == RELU:
        return y * 0 + (y > 0)
    return y * 0 + 1
