"""Difference quotients of a function of one entry, and what can be trusted of them.

(L(p + h) - L(p - h)) / 2h errs in three ways: by the round-off of L, divided by h; by the
curvature of L, times h squared; and, where a kink of the model (a ReLU's, a pool's tie) lies
within the interval, by any amount. The first is measured. The others differ in the jump between
the slopes to the right and to the left: that of a smooth function shrinks with h, that of a kink
stays until the interval no longer holds it.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .probe import Probe

Array = NDArray[Any]

SHRINK, RUNGS = 8.0, 5


class Slope(NamedTuple):
    """The derivative by one entry, as differences tell it.

    Attributes
    ----------
    value, bound
        The derivative, and how far it may be off.
    low, high
        The slopes on the two sides at the smallest interval, the smaller one first.
    at_kink
        Whether every interval holds a kink, so that `value` is none.
    """

    value: float
    bound: float
    low: float
    high: float
    at_kink: bool


class _Rung(NamedTuple):
    """One interval: the quotients in the middle and on the sides, and the middle's round-off."""

    centre: float
    left: float
    right: float
    blur: float

    @property
    def jump(self) -> float:
        return self.right - self.left


def central(probe: Probe, array: Array, epsilon: float) -> Iterator[float]:
    """Yield (L(p + eps) - L(p - eps)) / 2 eps for every entry p of a live array, in C order."""
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = above = kept + epsilon
        up = probe.value()
        array[index] = below = kept - epsilon
        down = probe.value()
        array[index] = kept
        step = above - below  # the one that was really taken: 0 where p is too large to move
        yield float((up - down) / step) if step else float("nan")


def slope(
    probe: Probe, array: Array, index: tuple[int, ...], epsilon: float, noise: float
) -> Slope:
    """Find the derivative by one entry from ever smaller intervals, and how sure it is."""
    rungs = list(_rungs(probe, array, index, epsilon, noise))
    low, high = sorted((rungs[-1].left, rungs[-1].right))
    smooth = [
        (abs(wide.centre - narrow.centre) + wide.blur + 3 * narrow.blur, wide.centre)
        for wide, narrow in pairwise(rungs)
        # A jump is a sum of three values of L over h: its round-off is sqrt(6) times the blur's.
        # What passes for smooth can still jump by 3 blurs, which is in the bound.
        if abs(narrow.jump - wide.jump / SHRINK) <= 2.5 * (narrow.blur + wide.blur / SHRINK)
    ]
    if smooth:
        bound, value = min(smooth)
        return Slope(value, bound, low, high, at_kink=False)
    return Slope(rungs[-1].centre, 2 * rungs[-1].blur, low, high, at_kink=True)


def _rungs(
    probe: Probe, array: Array, index: tuple[int, ...], epsilon: float, noise: float
) -> Iterator[_Rung]:
    kept = array[index]
    here = probe.value()
    for rung in range(RUNGS):
        h = epsilon * SHRINK ** (1 - rung)  # the first is wider: less round-off, if no kink
        array[index] = above = kept + h
        up = probe.value()
        array[index] = below = kept - h
        down = probe.value()
        array[index] = kept
        yield _Rung(
            centre=float((up - down) / (above - below)),
            left=float((here - down) / (kept - below)),
            right=float((up - here) / (above - kept)),
            blur=2 * noise / float(above - below),
        )
