"""The complex-step derivative: dL/dp = Im L(p + ih) / h, exact to rounding for tiny h.

Nothing is subtracted, so nothing drowns in round-off, and the real parts, which decide every
ReLU and every maximum, do not move: a kink cannot lie inside the interval. It needs a forward
that is analytic in complex numbers. Whether one is cannot be known from outside, so a model is
believed only where its complex step agrees with its differences on entries that both see well.

Reference: Squire and Trapp 1998, "Using complex variables to estimate derivatives of real
functions".
"""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .probe import Probe

STEP = 1e-20
AGREEMENT = 1e-5


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
                    model,
                    probe.x,
                    lambda _: probe.objective.astype(np.complex128),
                    np.complex128,
                )
                value = self._probe.value()
            except Exception as error:  # whatever somebody's code makes of complex numbers
                raise TypeError(f"no complex step: {error}") from error
        real = [p.dtype.kind != "c" for p in self._probe.parameters]
        if any(real) or not np.isclose(np.real(value), probe.value(), rtol=1e-10, atol=0):
            raise TypeError("no complex step: the model gives another value in complex numbers")
        self._arrays = [*self._probe.parameters, self._probe.x]

    def derivative(self, array: int, index: tuple[int, ...]) -> float:
        """Return dL/dp for one entry of a parameter (by position), or of the input (the last)."""
        entries = self._arrays[array]
        kept = entries[index]
        entries[index] = kept + STEP * 1j
        try:
            value = self._probe.value()
        finally:
            entries[index] = kept
        return float(np.imag(value)) / STEP

    def agrees(self, array: int, numeric: NDArray[Any], noise: float) -> bool | None:
        """Tell whether complex step and differences agree where differences see well.

        None where they see nothing well: no entry stands clear of the round-off `noise`.
        """
        size = np.abs(numeric).ravel()
        clear = np.flatnonzero(size > noise / AGREEMENT)
        if not len(clear):
            return None
        rng = np.random.default_rng(0)
        largest = clear[np.argsort(size[clear])[-4:]]
        chosen = np.union1d(largest, rng.choice(clear, min(8, len(clear)), replace=False))
        agreeing = 0
        for flat in chosen:
            index = tuple(int(i) for i in np.unravel_index(flat, numeric.shape))
            difference = self.derivative(array, index) - numeric[index]
            agreeing += abs(difference) <= 2 * AGREEMENT * size[flat]
        return agreeing >= 0.7 * len(chosen)  # one or two intervals may hold a kink
