"""One forward and backward of a dense network with a softmax at its end, by the library."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..nn import SGD, Elementwise, L2Penalty, Sequential, Softmax, SoftmaxCrossEntropy
from . import functions
from .networks import Array, dense, net_input


class Pass(NamedTuple):
    """What one forward and backward computed: rows are examples, lists go by layer, first to last.

    Layer k has n_k neurons; the last one's net inputs are the scores of the softmax, and it has
    no entry in the lists of hidden layers.
    """

    x: Array  # (N, D)
    labels: np.ndarray[Any, np.dtype[np.intp]]  # (N,)
    weights: list[Array]  # (n_k, 1 + n_(k-1)) biases in column 0
    nets: list[Array]  # (N, n_k)
    hidden: list[Array]  # (N, n_k) activations
    slopes: list[Array]  # (N, n_k) f' of the net inputs, hidden layers
    p: Array  # (N, C) probabilities
    losses: Array  # (N,)
    loss: float
    grad_nets: list[Array]  # (N, n_k), with 1/N
    grad_hidden: list[Array]  # (N, n_k)
    grad_weights: list[Array]  # (n_k, 1 + n_(k-1))


def run(x: Array, y: Array, weights: Sequence[Array], activation: str) -> Pass:
    """Return one pass: x (N, D), labels y (N,), weights (n_k, 1 + n_(k-1)), biases in column 0."""
    labels = y.astype(np.intp)
    layers = [dense(w[:, 1:], w[:, 0]) for w in weights]
    activations: list[Elementwise] = [functions.module(activation) for _ in layers[1:]]
    nets, hidden, slopes = [net_input(layers[0], x)], [], []
    for layer, f in zip(layers[1:], activations, strict=True):
        hidden.append(f.forward(nets[-1]))
        slopes.append(f.backward(np.ones_like(nets[-1])))
        nets.append(net_input(layer, hidden[-1]))
    loss = SoftmaxCrossEntropy()
    mean = float(loss.forward(nets[-1], labels))
    losses = SoftmaxCrossEntropy(reduction="none").forward(nets[-1], labels)
    grad_nets, grad_hidden = [loss.backward()], []
    for layer, f in zip(reversed(layers[1:]), reversed(activations), strict=True):
        grad_hidden.append(np.asarray(layer.backward(grad_nets[-1])))
        grad_nets.append(f.backward(grad_hidden[-1]))
    layers[0].backward(grad_nets[-1])
    return Pass(
        *(x, labels, list(weights), nets, hidden, slopes, Softmax().forward(nets[-1]), losses),
        *(
            mean,
            grad_nets[::-1],
            grad_hidden[::-1],
            [_folded(*layer.get_gradients()) for layer in layers],
        ),
    )


def moved(weights: Sequence[Array], gradients: Sequence[Array], lr: float) -> list[Array]:
    """Return the weights after one step of gradient descent."""
    after = [w.copy() for w in weights]
    SGD(after, lr=lr).step(list(gradients))
    return after


def penalty(done: Pass, strength: float) -> tuple[float, list[Array]]:
    """Return strength/2 sum w^2 and its gradients, both over N; the biases are left out."""
    model = Sequential(*(dense(w[:, 1:], w[:, 0]) for w in done.weights))
    term = L2Penalty(strength / len(done.x))
    nothing = [np.zeros_like(p) for p in model.get_parameters()]
    slopes = term.add_to(nothing, model)  # weight, bias, weight, bias, ...
    return term.value(model), list(map(_folded, slopes[::2], slopes[1::2]))


def _folded(weight: Array, bias: Array) -> Array:
    """Return a layer's weight (out, in) and bias (out,), or their gradients, as one matrix."""
    return np.concatenate([bias[:, np.newaxis], weight], axis=1)
