"""An epoch of batches of one."""

from math import exp, log, tanh
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import per_example
from ..per_example import RELU, SIGMOID, TANH
from .jit import flat, jit

Array = NDArray[Any]


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
    takes = weights and alike and flat(scores, products, deltas, *weights, *biases)
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
