"""Stochastic gradient descent in its literal form: one example, one update.

With a batch of one the arithmetic is nothing and the calls are everything. So a whole epoch is
one kernel: no layer objects, no checks, each array written in place.

The first layer's update is delayed. Its inputs are known beforehand, so that over a window of K
examples, with d_k the gradient for its scores at example k (n counts from the window's start),

    W_n x_n + b_n = (W_0 x_n + b_0) - lr sum over k < n of d_k (x_k . x_n + 1).

The first bracket and the scalar products of a window are one matrix product each, and so is the
update of W at its end: the same numbers in another order of summation, while the large matrix
is read and written once per window and not once per example.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

IDENTITY, RELU, SIGMOID, TANH = range(4)
WINDOW = 32


def sgd_epoch(
    weights: Sequence[Array],
    biases: Sequence[Array],
    activations: Sequence[int],
    x: Array,
    labels: Array,
    lr: float,
    one_by_one: Callable[..., Array],
) -> Array:
    """Update a chain of dense layers after every example; return the losses before the updates.

    weights[l] (out, in), biases[l] (out,), activations[l] after layer l, the last the identity;
    x (N, in) and labels (N,) in the order of their use. The loss is -log softmax(z)[label]; all
    gradients of an example come from the weights before its update.

    a[0] = x,   a[l + 1] = f(W a[l] + b),   z the last.
    d = softmax(z) - onehot(label);   per layer, from the last:  d <- d f'(a),
    W <- W - lr d a^T,   b <- b - lr d,   d <- W^T d (with W before the update).

    `one_by_one` is the version of that kernel to use.
    """
    losses = np.empty(len(x), x.dtype)
    rest = tuple(weights[1:]), tuple(biases[1:]), tuple(activations)
    for start in range(0, len(x), WINDOW):
        window = x[start : start + WINDOW]  # (K, in)
        scores = window @ weights[0].T  # (K, in) (in, out) -> (K, out)
        scores += biases[0]
        products = window @ window.T  # (K, in) (in, K) -> (K, K)
        products += 1
        deltas = np.empty_like(scores)  # (K, out): lr d_k
        here = slice(start, start + len(window))
        losses[here] = one_by_one(scores, products, deltas, *rest, labels[here], lr)
        weights[0][...] -= deltas.T @ window  # (out, K) (K, in)
        biases[0][...] -= deltas.sum(axis=0)
    return losses


def one_by_one(
    scores: Array,
    products: Array,
    deltas: Array,
    weights: Sequence[Array],
    biases: Sequence[Array],
    activations: Sequence[int],
    labels: Array,
    lr: float,
) -> Array:
    """Run the examples of a window; return their losses (K,).

    scores (K, out): W_0 x + b_0 of the first layer; products (K, K): x_k . x_n + 1; deltas
    (K, out) is written. weights and biases are those after the first layer, updated in place.
    """
    losses = np.empty(len(scores), scores.dtype)
    a = np.empty_like(scores[0])
    outputs = [a, *(np.empty_like(bias) for bias in biases)]
    steps = [np.empty_like(weight) for weight in weights]
    # Per layer: W, b, f, input, output, room for the update of W.
    layers = list(zip(weights, biases, activations[1:], outputs, outputs[1:], steps, strict=False))
    for n in range(len(scores)):
        np.matmul(products[n, :n], deltas[:n], out=a)  # (n,) (n, out) -> (out,)
        np.subtract(scores[n], a, out=a)
        _activate(activations[0], a)
        for weight, bias, activation, below, out, _ in layers:
            np.matmul(weight, below, out=out)  # (out, in) (in,) -> (out,)
            out += bias
            _activate(activation, out)

        d = outputs[-1]
        losses[n] = _softmax_minus_target(d, labels[n])
        for weight, bias, activation, below, out, step in reversed(layers):
            if d is not out:
                _chain(activation, d, out)
            d_below = d @ weight  # (out,) (out, in) -> (in,)
            d *= lr
            np.multiply(d[:, np.newaxis], below, out=step)  # (out, 1) (in,) -> (out, in)
            weight -= step
            bias -= d
            d = d_below
        if layers:
            _chain(activations[0], d, a)
        np.multiply(d, lr, out=deltas[n])
    return losses


def _softmax_minus_target(z: Array, label: int) -> Any:
    """z <- softmax(z) - onehot(label); return -log softmax(z)[label]."""
    z -= z.max()
    picked = z[label]
    np.exp(z, out=z)
    total = z.sum()
    z /= total
    z[label] -= 1
    return np.log(total) - picked


def _activate(activation: int, a: Array) -> None:
    """a <- f(a)."""
    if activation == SIGMOID:
        np.negative(a, out=a)
        np.exp(a, out=a)
        a += 1
        np.reciprocal(a, out=a)
    elif activation == TANH:
        np.tanh(a, out=a)
    elif activation == RELU:
        np.maximum(a, 0, out=a)


def _chain(activation: int, d: Array, a: Array) -> None:
    """d <- d f'(.), told from a = f(.)."""
    if activation == SIGMOID:
        d *= a
        d *= 1 - a
    elif activation == TANH:
        d *= 1 - a * a
    elif activation == RELU:
        d *= a > 0
