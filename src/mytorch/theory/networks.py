"""Dense layers and neurons with given numbers, in float64."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nn import Linear
from ..utils.errors import ShapeError

Array = NDArray[np.float64]


def dense(weight: Array, bias: Any) -> Linear:
    """Return a Linear whose weight (out, in) and bias (out,) are copies of these."""
    out_features, in_features = weight.shape
    layer = Linear(in_features, out_features, init="zeros", dtype=np.float64)
    layer.weight[:] = weight
    if layer.bias is not None:
        layer.bias[:] = bias
    return layer


def neuron(w: Array, b: float) -> Linear:
    """Return a Linear with one output: w (D,), b a number."""
    return dense(w[np.newaxis], b)


def net_input(layer: Linear, x: Array) -> Array:
    """Return x W^T + b of (N, D) as (N, out); what rounding cannot tell from 0 is 0.

    By hand 0.1 + 0.2 - 0.3 is 0; in floating point it is 6e-17, and a ReLU would be awake.
    """
    z = layer.forward(x)
    largest = np.abs(x) @ np.abs(layer.weight).T
    if layer.bias is not None:
        largest = largest + np.abs(layer.bias)
    rounding = np.finfo(np.float64).eps * (x.shape[1] + 1) * largest
    return np.where(np.isfinite(z) & (np.abs(z) <= rounding), 0.0, z)


def check_same_length(topic: str, **vectors: Any) -> None:
    """Refuse vectors of different lengths, by the names of their options.

    Raises
    ------
    ShapeError
        One line with each option's length.
    """
    lengths = {name: len(vector) for name, vector in vectors.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"--{name} has {length}" for name, length in lengths.items())
        raise ShapeError(f"{topic}: expected as many numbers in each, but {told}")
