"""Difference quotients of a function of one entry, and what can be trusted of them.

(L(p + h) - L(p - h)) / 2h errs in three ways: by the round-off of L, divided by h; by the
curvature of L, times h squared; and, where a kink of the model (a ReLU's, a pool's tie) lies
within the interval, by any amount. The first is measured, the others are told apart by
shrinking h: curvature fades, a kink stays until the interval no longer holds it.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .probe import Probe

Array = NDArray[Any]

SHRINK, RUNGS = 8.0, 4


class RoundOff(NamedTuple):
    """How much rounding moves L and each entry of the analytic gradients."""

    value: float
    gradients: list[Array]


class Slope(NamedTuple):
    """The derivative by one entry, as differences tell it.

    Attributes
    ----------
    value
        The central quotient of the interval that errs least.
    bound
        How far the derivative may be from it.
    one_sided
        The slopes to the left and to the right at the smallest interval.
    at_kink
        Whether these differ because the point itself lies on a kink.
    """

    value: float
    bound: float
    one_sided: tuple[float, float]
    at_kink: bool


def round_off(probe: Probe, analytic: list[Array], draws: int = 8) -> RoundOff:
    """Measure round-off: move every number by one unit in its last place, see what changes.

    The computation rounds every intermediate result by as much, so what L and its gradients
    change by is what rounding makes of them (the idea of stochastic arithmetic, Vignes 1993,
    "A stochastic arithmetic for reliable scientific computation"). The largest of `draws`
    changes is taken, times a margin of 2, and for L never less than the spacing of floating
    numbers there.
    """
    arrays = [*probe.parameters, probe.x]
    kept = [array.copy() for array in arrays]
    rng = np.random.default_rng(0)
    base = float(probe.value())
    value = float(np.spacing(abs(base)))
    changes = [np.zeros(gradient.shape) for gradient in analytic]
    for _ in range(draws):
        for array, original in zip(arrays, kept, strict=True):
            ulp = np.spacing(np.abs(original)) * (original != 0)  # exact zeros stay exact
            array[...] = original + ulp * rng.choice([-1.0, 1.0], original.shape)
        value = max(value, abs(float(probe.value()) - base))
        grads, grad_input = probe.gradients()
        for change, new, old in zip(changes, [*grads, grad_input], analytic, strict=True):
            if np.shape(new) == old.shape:
                np.maximum(change, np.abs(new - old), out=change)
    for array, original in zip(arrays, kept, strict=True):
        array[...] = original
    for change, gradient in zip(changes, analytic, strict=True):
        if change.size:
            np.maximum(change, np.sqrt(np.mean(change**2)), out=change)  # a draw can be lucky
            # More than this is no rounding: a unit at its kink has flipped.
            np.minimum(change, 1e-10 * np.abs(gradient).max(), out=change)
    return RoundOff(2 * value, [2 * change for change in changes])


def central(probe: Probe, array: Array, epsilon: float) -> Iterator[float]:
    """Yield (L(p + eps) - L(p - eps)) / 2 eps for every entry p of a live array, in C order."""
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = above = kept + epsilon
        up = probe.value()
        array[index] = below = kept - epsilon
        down = probe.value()
        array[index] = kept
        yield float((up - down) / (above - below))  # the step that was really taken


def slope(
    probe: Probe, array: Array, index: tuple[int, ...], epsilon: float, noise: float
) -> Slope:
    """Find the derivative by one entry from ever smaller intervals, and how sure it is."""
    kept = array[index]
    here = probe.value()
    centre, error, left, right = [], [], [], []
    for rung in range(RUNGS):
        h = epsilon / SHRINK**rung
        array[index] = above = kept + h
        up = probe.value()
        array[index] = below = kept - h
        down = probe.value()
        array[index] = kept
        centre.append(float((up - down) / (above - below)))
        right.append(float((up - here) / (above - kept)))
        left.append(float((here - down) / (kept - below)))
        error.append(2 * noise / float(above - below))
    bounds = [
        abs(centre[rung] - centre[rung + 1]) + error[rung] + error[rung + 1]
        for rung in range(RUNGS - 1)
    ]
    best = int(np.argmin(bounds))
    jump, jump_before = abs(right[-1] - left[-1]), abs(right[-2] - left[-2])
    return Slope(
        value=centre[best],
        bound=bounds[best],
        one_sided=(left[-1], right[-1]),
        # Curvature makes the jump SHRINK times smaller a rung; a kink leaves it as it is.
        at_kink=jump > 8 * error[-1] and jump > jump_before / 2,
    )
