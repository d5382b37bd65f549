"""How far rounding alone can move L and its gradients: measured, not guessed."""

from math import factorial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .probe import Probe

Array = NDArray[Any]

DRAWS = 8
ENTRIES, POINTS, KINK = 5, 9, 30
# Units in the last place of the largest number in the backward pass. A result can be coarser than
# the numbers it comes from (1 - y for y near 1), and no move of those shows it.
ULPS = 64


class RoundOff(NamedTuple):
    """The round-off of L while an array is moved, and that of its analytic gradient."""

    value: float
    gradient: Array


def measure(probe: Probe, analytic: list[Array | None], epsilon: float) -> list[RoundOff]:
    """Measure the round-off for each array, given the analytic gradients (None: there is none)."""
    value, gradients = _by_last_places(probe, analytic)
    upstream = np.abs(probe.objective.gradient(probe.output())).max(initial=0.0)
    sizes = [np.abs(gradient).max(initial=0.0) for gradient in analytic if gradient is not None]
    largest = max([probe.objective.gradient_scale, float(upstream), *sizes])
    floor = ULPS * np.finfo(np.float64).eps * largest
    # Changes far above the floor are no rounding: a unit at its kink has flipped.
    return [
        RoundOff(
            max(2 * value, 4 * _by_small_moves(probe, array, epsilon)),
            np.clip(2 * change, floor, 1e4 * floor),
        )
        for array, change in zip(probe.arrays, gradients, strict=True)
    ]


def _by_last_places(probe: Probe, analytic: list[Array | None]) -> tuple[float, list[Array]]:
    """Move every number by one unit in its last place and see what L and the gradients change by.

    The computation rounds its intermediate results by as much (the idea of stochastic arithmetic:
    Vignes 1993, "A stochastic arithmetic for reliable scientific computation").
    """
    kept = [array.copy() for array in probe.arrays]
    rng = np.random.default_rng(0)
    base = float(probe.value())
    value = float(np.spacing(max(abs(base), probe.objective.value_scale)))
    changes = [np.zeros(array.shape) for array in kept]
    for _ in range(DRAWS):
        for array, original in zip(probe.arrays, kept, strict=True):
            ulp = np.spacing(np.abs(original)) * (original != 0)  # exact zeros stay exact
            array[...] = original + ulp * rng.choice([-1.0, 1.0], original.shape)
        value = max(value, abs(float(probe.value()) - base))
        for change, old, new in zip(changes, analytic, probe.gradients(), strict=True):
            if old is not None and not isinstance(new, str):
                np.maximum(change, np.abs(new - old), out=change)
    for array, original in zip(probe.arrays, kept, strict=True):
        array[...] = original
    for change in changes:
        if change.size:  # a single entry can be lucky in every draw
            np.maximum(change, np.sqrt(np.mean(change**2)), out=change)
    return value, changes


def _by_small_moves(probe: Probe, array: Array, epsilon: float) -> float:
    """Return the noise of L along short lines in one array, as differences of high order show it.

    On a grid, the smooth part of L vanishes from differences of growing order and rounding stays,
    that of steps inside the model in lower precision included (Moré and Wild 2011, "Estimating
    computational noise"). The lines begin beside the point, which may be a kink itself.
    """
    rng = np.random.default_rng(0)
    noises = []
    for flat in rng.permutation(array.size)[:ENTRIES]:
        index = np.unravel_index(flat, array.shape)
        noise = 0.0
        for step in (epsilon / 4, epsilon / 64, epsilon / 1024):
            finer = _along(probe, array, index, step)
            # Rounding is much the same on every grid; where a finer one shows far less, the
            # coarser has a kink.
            if finer and (not noise or noise > KINK * finer):
                noise = finer
        if noise:  # else L does not depend on this entry
            noises.append(noise)
    return float(np.median(noises)) if noises else 0.0


def _along(probe: Probe, array: Array, index: tuple[Any, ...], step: float) -> float:
    """Return the noise of L on one line, 0 where L does not change along it."""
    kept = array[index]
    values = []
    for point in range(1, POINTS + 1):
        array[index] = kept + point * step
        values.append(float(probe.value()))
    array[index] = kept
    return _noise(np.array(values)) if len(set(values)) > 1 else 0.0


def _noise(values: Array) -> float:
    """Return the standard deviation of the noise in values on a grid, from their differences."""
    levels = []
    for order in range(1, len(values) - 2):
        values = np.diff(values)
        gamma = factorial(order) ** 2 / factorial(2 * order)  # the k-th difference of white noise
        levels.append(float(np.sqrt(gamma * np.mean(values**2))))
    return min(levels)
