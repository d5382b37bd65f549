"""Batches of one: a whole epoch of a dense chain as one kernel."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..nn import (
    SGD,
    Linear,
    Loss,
    Module,
    Optimizer,
    ReLU,
    Sequential,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
)
from ..utils.kernels import Kernels, per_example

Array = NDArray[Any]

ACTIVATIONS = {
    ReLU: per_example.RELU,
    Sigmoid: per_example.SIGMOID,
    Tanh: per_example.TANH,
}


class Chain(NamedTuple):
    """Dense layers one after another, each with its activation, ready for the kernel."""

    weights: list[Array]
    biases: list[Array]
    activations: list[int]

    def epoch(self, x: Array, y: Array, order: Array, lr: float, kernels: Kernels) -> Array:
        """Update the parameters after each example; return the losses before the updates."""
        return per_example.sgd_epoch(*self, x[order], y[order], float(lr), kernels.one_by_one)


def chain(model: Module, loss: Loss, optimizer: Optimizer, x: Array, y: Array) -> Chain | None:
    """Return the model as a chain, if the kernel does exactly what these would do together.

    That is: Linear, activation, Linear, ..., Linear; the plain cross-entropy with labels; plain
    SGD over these very parameters; one dtype throughout.
    """
    layers: list[Any] = list(model) if isinstance(model, Sequential) else [model]
    plain = (
        type(loss) is SoftmaxCrossEntropy
        and repr(loss) == "SoftmaxCrossEntropy()"
        and type(optimizer) is SGD
        and not (optimizer.momentum or optimizer.weight_decay or optimizer.maximize)
        and y.ndim == 1
        and y.dtype.kind in "iu"
        and x.ndim == 2
    )
    if not plain or len(layers) % 2 == 0 or not all(type(la) is Linear for la in layers[::2]):
        return None
    activations = [ACTIVATIONS.get(type(layer)) for layer in layers[1::2]]
    parameters = model.get_parameters()
    weights, biases = parameters[::2], parameters[1::2]
    if (
        None in activations
        or any(layer.bias is None for layer in layers[::2])
        or {p.dtype for p in parameters} != {x.dtype}
        or list(map(id, parameters)) != list(map(id, optimizer.parameters))
        or any(a.shape[0] != b.shape[1] for a, b in pairwise(weights))
        or x.shape[1] != weights[0].shape[1]
        or y.min() < 0
        or y.max() >= len(weights[-1])
    ):
        return None
    return Chain(
        weights, biases, [*(a for a in activations if a is not None), per_example.IDENTITY]
    )


def first_not_finite(losses: Array) -> tuple[int, float] | None:
    """Return (position, loss) of the first loss that is NaN or infinite, if one is."""
    wrong = ~np.isfinite(losses)
    if not np.any(wrong):
        return None
    position = int(np.argmax(wrong))
    return position, float(losses[position])
