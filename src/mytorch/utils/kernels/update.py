"""The updates of the optimizers, each as its paper's algorithm box, in place.

p is a parameter, g its gradient, t = 1, 2, ... the number of the step. Weight decay adds
weight_decay * p to g, the gradient of weight_decay / 2 |p|^2.

NumPy runs one operation after another over whole arrays; on large ones each would fetch them
from main memory again. So the boxes run block by block, and a block stays in the cache.
"""

from collections.abc import Callable
from functools import wraps
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

BLOCK = 1 << 17  # elements, 512 KiB of float32; smaller ones cost more calls than they save


def blockwise(count: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a box on one block after another of its first `count` arguments, arrays or None."""

    def decorate(box: Callable[..., None]) -> Callable[..., None]:
        @wraps(box)
        def run(*arguments: Any) -> None:
            size = arguments[0].size
            if size <= BLOCK:
                box(*arguments)
                return
            arrays, options = arguments[:count], arguments[count:]
            if not all(a is None or a.flags.c_contiguous for a in arrays):
                box(*arguments)
                return
            flat = [None if a is None else a.reshape(-1) for a in arrays]
            for start in range(0, size, BLOCK):
                end = start + BLOCK
                box(*(None if a is None else a[start:end] for a in flat), *options)

        return run

    return decorate


@blockwise(3)
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
    """v <- momentum v + (1 - dampening) g,   p <- p - lr v,   and without v  p <- p - lr g.

    With `nesterov`  p <- p - lr (g + momentum v).
    """
    if weight_decay:
        g = g + weight_decay * p
    if v is not None:
        v *= momentum
        v += g if dampening == 0 else (1 - dampening) * g
        g = g + momentum * v if nesterov else v
    p -= lr * g


@blockwise(3)
def adagrad(p: Array, g: Array, s: Array, lr: float, eps: float, weight_decay: float) -> None:
    """s <- s + g^2,   p <- p - lr g / (sqrt(s) + eps)."""
    if weight_decay:
        g = g + weight_decay * p
    s += g * g
    p -= lr * g / (np.sqrt(s) + eps)


@blockwise(5)
def rmsprop(
    p: Array,
    g: Array,
    s: Array,
    m: Array | None,
    v: Array | None,
    lr: float,
    alpha: float,
    eps: float,
    momentum: float,
    weight_decay: float,
) -> None:
    """s <- alpha s + (1 - alpha) g^2,   p <- p - lr g / (sqrt(s) + eps).

    With m (centered)  m <- alpha m + (1 - alpha) g,  and s - m^2 stands under the root.
    With v (momentum)  v <- momentum v + g / (...),   p <- p - lr v.
    """
    if weight_decay:
        g = g + weight_decay * p
    s *= alpha
    s += (1 - alpha) * g * g
    variance = s
    if m is not None:
        m *= alpha
        m += (1 - alpha) * g
        variance = s - m * m
    direction = g / (np.sqrt(variance) + eps)
    if v is not None:
        v *= momentum
        v += direction
        direction = v
    p -= lr * direction


@blockwise(5)
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
    """m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2.

    p <- p - lr m' / (sqrt(v') + eps),  m' = m / (1 - beta1^t),  v' = v / (1 - beta2^t).

    With `largest` (AMSGrad) the largest v so far stands for v. `decoupled` (AdamW) shrinks p by
    the factor 1 - lr weight_decay instead of adding to g.
    """
    if weight_decay and decoupled:
        p *= 1 - lr * weight_decay
    elif weight_decay:
        g = g + weight_decay * p
    m *= beta1
    m += (1 - beta1) * g
    v *= beta2
    v += (1 - beta2) * (g * g)
    if largest is not None:
        np.maximum(largest, v, out=largest)
        v = largest
    # Both corrections as two numbers: lr / c1 m / (sqrt(v) / c2 + eps), in one array.
    c1, c2 = 1 - beta1**t, sqrt(1 - beta2**t)
    change = np.empty_like(p)
    np.sqrt(v, out=change)
    change += eps * c2
    np.divide(m, change, out=change)
    change *= lr * c2 / c1
    p -= change
