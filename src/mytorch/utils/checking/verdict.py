"""From the evidence on one array to a verdict.

Only differences convict, and only where they see: where analytic and numeric value differ by more
than round-off explains, and no kink is to blame. The complex step decides what is too small for
differences to see.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .quotients import Slope
from .report import ArrayCheck, relative_error

Array = NDArray[Any]
Index = tuple[int, ...]

TOLERANCE = 1e-5
WORTH_A_LOOK = 1e-7  # smaller errors stand as they are, where a better derivative is at hand
CLEAR = 1000  # so many times its round-off, and half a percent of a quotient can be told


class Evidence(NamedTuple):
    """What is known of one array.

    Attributes
    ----------
    analytic, numeric
        What backward gave, and the central difference quotient of every entry.
    blur, rounding
        The round-off of those quotients, and of each analytic entry.
    slope
        Finds the derivative by one entry from smaller intervals.
    exact
        Finds it by the complex step, or None where that is not to be believed.
    """

    name: str
    analytic: Array
    numeric: Array
    blur: float
    rounding: Array
    slope: Callable[[Index], Slope]
    exact: Callable[[Index], float] | None


class Finding(NamedTuple):
    """What a second look at one entry found: its error, the derivative, and what is not clear."""

    error: float
    numeric: float
    unresolved: str = ""


def judge(evidence: Evidence) -> ArrayCheck:
    """Return the verdict on one array: look again at every entry that stands out, worst first."""
    analytic, numeric = evidence.analytic, evidence.numeric
    if not np.all(np.isfinite(numeric)):
        return ArrayCheck(
            evidence.name,
            analytic.shape,
            "undecidable",
            0.0,
            "undecidable because L is not finite beside the point, or p is too large to move",
        )
    literal = relative_error(analytic, numeric)
    blind = np.abs(analytic - numeric) <= evidence.blur + evidence.rounding
    largest = np.maximum(np.abs(analytic), np.abs(numeric)).max(initial=0.0)
    faint = bool(0 < largest < CLEAR * evidence.blur)

    errors, best = literal.copy(), numeric.copy()
    suspects, unresolved = literal >= WORTH_A_LOOK, ""
    if evidence.exact is None:  # then there is nothing better to say of what differences cannot see
        suspects = (literal >= TOLERANCE) & ~blind
        errors[(literal >= TOLERANCE) & blind] = 0.0
        unresolved = _too_faint(evidence.blur) if faint else ""

    worst = 0.0
    flats = np.flatnonzero(suspects)
    for flat in flats[np.argsort(-literal.ravel()[flats], kind="stable")]:
        index = unravel(flat, literal.shape)
        if worst >= TOLERANCE and literal[index] <= 2 * worst:
            break  # the array is wrong, and no entry left is much worse
        found = second_look(evidence, index, bool(blind[index]))
        errors[index], best[index] = found.error, found.numeric
        worst = max(worst, found.error)
        if faint or not blind[index]:  # in an array of clear entries, some drown and may
            unresolved = unresolved or found.unresolved
    if worst >= TOLERANCE:
        np.minimum(errors, worst, out=errors)

    wrong = bool(errors.max(initial=0.0) >= TOLERANCE)
    check = ArrayCheck(
        evidence.name,
        literal.shape,
        "wrong" if wrong else "undecidable" if unresolved else "ok",
        reason="" if wrong or not unresolved else f"undecidable because {unresolved}",
        error=float(errors.max(initial=0.0)),
        analytic_gradient=analytic,
        central_quotients=numeric,
        errors=errors,
    )
    if not errors.size:
        return check
    # The entry to show: that of the largest error, or of the largest gradient.
    index = unravel(np.argmax(errors if errors.any() else np.abs(analytic)), errors.shape)
    return replace(check, index=index, analytic=float(analytic[index]), numeric=float(best[index]))


def second_look(evidence: Evidence, index: Index, blind: bool) -> Finding:
    """Decide one entry by the best derivative to be had."""
    analytic, numeric = float(evidence.analytic[index]), float(evidence.numeric[index])
    rounding = float(evidence.rounding[index])
    acquitted = None  # by the complex step
    if evidence.exact is not None:
        exact = evidence.exact(index)
        error = 0.0 if abs(analytic - exact) <= rounding else _error(analytic, exact)
        if error < TOLERANCE:
            acquitted = Finding(error, exact)
        elif not blind and abs(exact - numeric) <= evidence.blur:
            return Finding(error, exact)  # two that agree, against backward
    if _error(analytic, numeric) < TOLERANCE:
        return acquitted or Finding(_error(analytic, numeric), numeric)
    if blind:
        return acquitted or Finding(0.0, numeric, _too_faint(evidence.blur))

    seen = evidence.slope(index)
    bound = seen.bound + rounding
    if not seen.at_kink:
        if abs(analytic - seen.value) > bound:
            return Finding(_error(analytic, seen.value), seen.value)
        return acquitted or Finding(0.0, seen.value)
    if seen.low - bound <= analytic <= seen.high + bound:
        return Finding(0.0, analytic)  # any slope between those of the two sides will do
    return acquitted or Finding(  # kinks of several units at once can put the gradient outside
        0.0,
        seen.value,
        "the point lies on a kink, where the slopes on the two sides are "
        f"{seen.low:.3e} and {seen.high:.3e}",
    )


def unravel(flat: Any, shape: Index) -> Index:
    """Return the index of an entry from its number."""
    return tuple(int(i) for i in np.unravel_index(flat, shape))


def _error(analytic: float, numeric: float) -> float:
    return abs(analytic - numeric) / (abs(analytic) + abs(numeric))


def _too_faint(blur: float) -> str:
    return f"every entry is near or below the round-off of the difference quotient, {blur:.0e}"
