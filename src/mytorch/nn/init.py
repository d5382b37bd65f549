"""Initial weights.

Shapes are PyTorch's: (out, in) for dense layers, (out, in, kh, kw) for convolutions, so that
fan_in = in * kh * kw and fan_out = out * kh * kw. Each function returns a new array; numbers
are drawn in float64 and then cast, so that one seed gives the same weights in every dtype.
`rng` is the generator to draw from; without one, the draw is different every time.
"""

from collections.abc import Callable
from math import prod, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from ..utils.errors import ArgumentError, DtypeError
from .module import Array

Shape = tuple[int, ...]
Rng: TypeAlias = "np.random.Generator | None"  # quoted: NumPy loads its generators when asked


def zeros(shape: Shape, *, rng: Rng = None, dtype: DTypeLike = np.float32) -> Array:
    """W = 0. Hidden units then stay equal for ever: right for biases, wrong for weights."""
    return np.zeros(shape, dtype)


def normal(
    shape: Shape, std: float = 0.01, *, rng: Rng = None, dtype: DTypeLike = np.float32
) -> Array:
    """W ~ N(0, std^2)."""
    return (_generator(rng).standard_normal(shape) * std).astype(dtype)


def uniform(
    shape: Shape, a: float = 0.0, b: float = 1.0, *, rng: Rng = None, dtype: DTypeLike = np.float32
) -> Array:
    """W ~ U(a, b)."""
    return _generator(rng).uniform(a, b, shape).astype(dtype)


def xavier_normal(shape: Shape, *, rng: Rng = None, dtype: DTypeLike = np.float32) -> Array:
    """W ~ N(0, 2 / (fan_in + fan_out)) (Glorot and Bengio 2010, "Understanding the difficulty of
    training deep feedforward neural networks", section 4.2).
    """
    return normal(shape, sqrt(2 / sum(_fans(shape))), rng=rng, dtype=dtype)


def xavier_uniform(shape: Shape, *, rng: Rng = None, dtype: DTypeLike = np.float32) -> Array:
    """W ~ U(-a, a), a = sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010, equation 16)."""
    a = sqrt(6 / sum(_fans(shape)))
    return uniform(shape, -a, a, rng=rng, dtype=dtype)


def he_normal(shape: Shape, *, rng: Rng = None, dtype: DTypeLike = np.float32) -> Array:
    """W ~ N(0, 2 / fan_in) (He et al. 2015, "Delving deep into rectifiers", equation 10)."""
    return normal(shape, sqrt(2 / _fans(shape)[0]), rng=rng, dtype=dtype)


def he_uniform(shape: Shape, *, rng: Rng = None, dtype: DTypeLike = np.float32) -> Array:
    """W ~ U(-a, a), a = sqrt(6 / fan_in): the variance of `he_normal`."""
    a = sqrt(6 / _fans(shape)[0])
    return uniform(shape, -a, a, rng=rng, dtype=dtype)


def orthogonal(shape: Shape, *, rng: Rng = None, dtype: DTypeLike = np.float32) -> Array:
    """W with orthonormal rows or columns, whichever are fewer, over W.reshape(out, -1)
    (Saxe et al. 2014, "Exact solutions to the nonlinear dynamics of learning", section 3).
    """
    _fans(shape)
    rows, columns = shape[0], prod(shape[1:])
    gaussian = _generator(rng).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(gaussian)
    q *= np.sign(np.diag(r))  # makes the draw uniform over orthogonal matrices
    return (q if rows >= columns else q.T).reshape(shape).astype(dtype, order="C")


METHODS: dict[str, Callable[..., Array]] = {
    "zeros": zeros,
    "normal": normal,
    "uniform": uniform,
    "xavier_normal": xavier_normal,
    "xavier_uniform": xavier_uniform,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "orthogonal": orthogonal,
}
# The names that courses and other libraries use.
ALIASES = {
    "zero": "zeros",
    "small": "normal",
    "small_random": "normal",
    "xavier": "xavier_normal",
    "glorot": "xavier_normal",
    "glorot_normal": "xavier_normal",
    "glorot_uniform": "xavier_uniform",
    "he": "he_normal",
    "kaiming": "he_normal",
    "kaiming_normal": "he_normal",
    "kaiming_uniform": "he_uniform",
}


def initialize_weights(
    shape: Shape,
    method: str = "xavier_normal",
    *,
    rng: Rng = None,
    dtype: DTypeLike = np.float32,
) -> Array:
    """Return initial weights by the name of a method (`METHODS`, `ALIASES`).

    Raises
    ------
    ArgumentError
        For an unknown method (the message lists them), a size below 1, or a shape without two
        axes where the method needs a fan.
    DtypeError
        For a dtype that is not floating.
    """
    if np.dtype(dtype).kind not in "fc":
        raise DtypeError(f"weights need a floating dtype, got {np.dtype(dtype)}")
    if min(shape, default=1) < 1:
        raise ArgumentError(f"expected a weight shape with sizes of at least 1, got {shape}")
    function = METHODS.get(ALIASES.get(method, method))
    if function is None:
        raise ArgumentError(f"no initialization named {method!r}; there are: {', '.join(METHODS)}")
    return function(shape, rng=rng, dtype=dtype)


def _fans(shape: Shape) -> tuple[int, int]:
    """(fan_in, fan_out)."""
    if len(shape) < 2:
        raise ArgumentError(f"expected a weight shape (out, in, ...), got {shape}")
    receptive_field = prod(shape[2:])
    return shape[1] * receptive_field, shape[0] * receptive_field


def _generator(rng: Rng) -> "np.random.Generator":
    if rng is None:
        return np.random.default_rng()
    if not hasattr(rng, "standard_normal"):  # RandomState, which some courses prescribe, has it
        raise ArgumentError(
            f"rng must be a numpy.random.Generator, got {rng!r}; use np.random.default_rng(seed)"
        )
    return rng
