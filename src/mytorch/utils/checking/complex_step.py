"""The complex-step derivative: dL/dp = Im L(p + ih) / h, exact to rounding for tiny h.

Nothing is subtracted, so nothing drowns in round-off, and the real parts, which decide every
ReLU and every maximum, do not move: a kink cannot lie inside the interval. It needs a forward
that is analytic in complex numbers. Whether one is cannot be known from outside, so it is
believed only where it agrees with differences on entries that these see well, and it is never
asked where they see well themselves.

Reference: Squire and Trapp 1998, "Using complex variables to estimate derivatives of real
functions".
"""

import warnings
from typing import Any

import numpy as np

from .probe import Probe

STEP = 1e-20


class ComplexStep:
    """Derivatives by single entries of a model that computes in complex numbers.

    Raises
    ------
    TypeError
        Where the model's forward, or the loss, does not.
    """

    def __init__(self, model: Any, probe: Probe) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy only warns where an imaginary part is lost
            try:
                self._probe = Probe(
                    model, probe.x, lambda _: probe.objective.astype(np.complex128), np.complex128
                )
                value = self._probe.value()
            except Exception as error:  # whatever somebody's code makes of complex numbers
                raise TypeError(f"no complex step: {error}") from error
        real = any(array.dtype.kind != "c" for array in self._probe.arrays)
        if real or not np.isclose(np.real(value), probe.value(), rtol=1e-10, atol=0):
            raise TypeError("no complex step: the model gives another value in complex numbers")

    def derivative(self, position: int, index: tuple[int, ...]) -> float:
        """Return dL/dp for one entry of one array of the probe."""
        array = self._probe.arrays[position]
        kept = array[index]
        array[index] = kept + STEP * 1j
        try:
            value = self._probe.value()
        finally:
            array[index] = kept
        return float(np.imag(value)) / STEP
