"""Gradient clipping: shorter gradients, before an optimizer sees them.

Nothing is changed in place: the functions return what to pass to `optimizer.step`.
"""

from collections.abc import Iterable
from math import inf, isfinite, sqrt

import numpy as np

from ..utils.errors import ArgumentError, DtypeError, RunError
from .module import Array


def clip_grad_norm(
    gradients: Iterable[Array], max_norm: float, norm_type: float = 2.0
) -> tuple[list[Array], float]:
    """g <- g min(1, max_norm / (norm + 1e-6)), norm = (sum |g|^norm_type)^(1 / norm_type).

    The norm is that of all gradients together, as if they were one long vector, so that their
    direction stays. It is computed in float64, scaled so that no power of an entry overflows.

    Parameters
    ----------
    gradients
        `model.get_gradients()`; left as they are.
    max_norm
        The largest norm, above 0. `math.inf` clips nothing and returns the norm.
    norm_type
        The exponent, 1 or larger. `math.inf` is the largest absolute value.

    Returns
    -------
    The clipped gradients, in the dtype of each (the very arrays given, where nothing is to clip),
    and the norm before clipping.

    Raises
    ------
    ArgumentError, DtypeError
        For a max_norm not above 0, a norm_type below 1, or gradients that are no floating arrays.
    RunError
        Where the norm is not finite: one infinite entry would turn every gradient, and then
        every parameter, into zeros and NaN. PyTorch raises only with error_if_nonfinite=True.

    Reference: Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent neural
    networks", algorithm 1, with the 1e-6 of PyTorch's clip_grad_norm_.
    """
    gradients = _checked("clip_grad_norm", gradients)
    _above_0("clip_grad_norm", "max_norm", max_norm)
    if not norm_type >= 1:
        raise ArgumentError(f"clip_grad_norm: norm_type must be 1 or larger, got {norm_type}")
    norm = _norm(gradients, norm_type)
    if not isfinite(norm):
        raise RunError(f"clip_grad_norm: the norm of the gradients is {norm}{_where(gradients)}")
    coefficient = float(max_norm) / (norm + 1e-6)
    if coefficient >= 1:
        return gradients, norm
    # In float64 even for float32, whose numbers end at 1e-38: the coefficient may be smaller.
    factor = np.float64(coefficient)
    clipped = [np.multiply(g, factor, out=np.empty_like(g), casting="same_kind") for g in gradients]
    return clipped, norm


def clip_grad_value(gradients: Iterable[Array], clip_value: float) -> list[Array]:
    """g <- max(-clip_value, min(clip_value, g)), entry by entry.

    Parameters
    ----------
    gradients
        `model.get_gradients()`; left as they are.
    clip_value
        The largest absolute value, above 0. Infinite entries are clipped to it too.

    Returns
    -------
    The clipped gradients, in the dtype of each: the very array given, where nothing is to clip.

    Raises
    ------
    ArgumentError, DtypeError
        For a clip_value that is not above 0, or gradients that are no floating arrays.
    RunError
        For entries that are NaN, which no clipping mends. PyTorch passes them on.

    Reference: PyTorch's clip_grad_value_.
    """
    gradients = _checked("clip_grad_value", gradients)
    _above_0("clip_grad_value", "clip_value", clip_value)
    clip_value = float(clip_value)  # a Python number leaves float32 arithmetic in float32
    if np.isnan(_norm(gradients, inf)):
        raise RunError(f"clip_grad_value: a gradient is nan{_where(gradients)}")
    return [
        np.clip(g, -clip_value, clip_value) if _norm([g], inf) > clip_value else g
        for g in gradients
    ]


def _norm(gradients: list[Array], norm_type: float) -> float:
    """Return (sum |g|^norm_type)^(1 / norm_type), not finite where a gradient is not."""
    if norm_type == 2:
        flat = [g.ravel() for g in gradients]
        squares = sum(float(np.einsum("i,i->", g, g, dtype=np.float64)) for g in flat)
        if 1e-200 < squares < 1e200:  # far from where squares overflow, or vanish and are missed
            return sqrt(squares)
    each = np.array([np.max(np.abs(g), initial=0) for g in gradients], np.float64)
    largest = np.max(each, initial=0)
    if norm_type == inf or largest == 0 or not np.isfinite(largest):
        return float(largest)
    # |g| / largest is in 0..1, and float64 because `largest` is: powers can only underflow, and
    # then they are too small to count.
    powers = [np.sum((np.abs(g) / largest) ** norm_type) for g in gradients]
    return float(largest) * float(sum(powers)) ** (1 / norm_type)


def _checked(where: str, gradients: Iterable[Array]) -> list[Array]:
    """Return the gradients as a list of floating arrays."""
    if isinstance(gradients, np.ndarray):  # iterable too, over its rows
        raise ArgumentError(
            f"{where}: gradients are one array, expected a list of arrays; "
            "pass model.get_gradients()"
        )
    arrays = [np.asarray(g) for g in gradients]
    for position, g in enumerate(arrays):
        if g.dtype.kind != "f":
            raise DtypeError(
                f"{where}: gradient {position} has dtype {g.dtype}, expected floating numbers"
            )
    return arrays


def _above_0(where: str, what: str, value: float) -> None:
    if not value > 0:
        raise ArgumentError(f"{where}: {what} must be above 0, got {value}")


def _where(gradients: list[Array]) -> str:
    """Tell which gradient is not finite, for the end of a message."""
    for position, g in enumerate(gradients):
        count = g.size - np.count_nonzero(np.isfinite(g))
        if count:
            return (
                f": {count} of {g.size} entries of gradient {position}, of shape {g.shape}, are "
                "not finite; lower the learning rate or look for a division by 0 before this step"
            )
    return ": the entries are finite and their norm is too large for float64"
