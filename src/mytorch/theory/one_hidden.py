"""One forward and backward of a network with one hidden layer and a softmax, by the library."""

from typing import Any, NamedTuple

import numpy as np

from ..nn import Elementwise, Linear, Softmax, SoftmaxCrossEntropy
from . import functions
from .networks import Array, dense


class Pass(NamedTuple):
    """What one forward and backward of the library computed: rows are examples."""

    x: Array  # (N, D)
    labels: np.ndarray[Any, np.dtype[np.intp]]  # (N,)
    alpha: Array  # (H, 1 + D)
    beta: Array  # (C, 1 + H)
    a: Array  # (N, H) net inputs
    z: Array  # (N, H) activations
    slope: Array  # (N, H) f'(a)
    b: Array  # (N, C) scores
    p: Array  # (N, C) probabilities
    losses: Array  # (N,)
    loss: float
    grad_b: Array  # (N, C) dL/db, with 1/N
    grad_z: Array  # (N, H)
    grad_a: Array  # (N, H)
    grad_alpha: Array  # (H, 1 + D)
    grad_beta: Array  # (C, 1 + H)


def run(x: Array, y: Array, alpha: Array, beta: Array, activation: str) -> Pass:
    """Return one pass: x (N, D), labels y (N,), biases in column 0 of alpha and beta."""
    labels = y.astype(np.intp)
    hidden, output = dense(alpha[:, 1:], alpha[:, 0]), dense(beta[:, 1:], beta[:, 0])
    f: Elementwise = functions.module(activation)
    loss, each = SoftmaxCrossEntropy(), SoftmaxCrossEntropy(reduction="none")
    a = hidden.forward(x)
    z = f.forward(a)
    slope = f.backward(np.ones_like(a))
    b = output.forward(z)
    mean = loss.forward(b, labels)
    losses = each.forward(b, labels)
    grad_b = loss.backward()
    grad_z = output.backward(grad_b)
    grad_a = f.backward(grad_z)
    hidden.backward(grad_a)
    return Pass(
        *(x, labels, alpha, beta, a, z, slope, b, Softmax().forward(b), losses, float(mean)),
        *(grad_b, np.asarray(grad_z), grad_a, _folded(hidden), _folded(output)),
    )


def _folded(layer: Linear) -> Array:
    """Return the gradient of a layer with the biases as column 0."""
    weight, bias = layer.get_gradients()
    return np.concatenate([bias[:, np.newaxis], weight], axis=1)
