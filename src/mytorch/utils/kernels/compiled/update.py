"""Steps of optimizers."""

from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import update
from .jit import flat, jit

Array = NDArray[Any]


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
    if arrays := flat(p, g, v):
        _sgd(*arrays, *options)
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
    if arrays := flat(p, g, m, v, largest):
        _adam(*arrays, *options)
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
