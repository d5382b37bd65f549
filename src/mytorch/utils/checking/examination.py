"""From gradients and quotients to a verdict on every array.

Only differences convict, and only where they see: where analytic and numeric value differ by more
than round-off explains, at an interval without a kink. The complex step decides what is too small
for differences to see.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..progress import progress
from . import round_off
from .complex_step import ComplexStep
from .probe import Probe
from .quotients import Slope, central, slope
from .report import ArrayCheck, GradientReport, relative_error

Array = NDArray[Any]
Index = tuple[int, ...]

TOLERANCE = 1e-5
WORTH_A_LOOK = 1e-7  # smaller errors stand as they are, where a better derivative is at hand
CLEAR = 1000  # so many times its round-off, and half a percent of a quotient can be told


class _Entry(NamedTuple):
    """What a second look at one entry found."""

    error: float
    numeric: float
    unresolved: str = ""


class Examination:
    """One gradient check: a first look at every entry, a second at those that stand out."""

    def __init__(self, model: Any, probe: Probe, epsilon: float, check_input: bool) -> None:
        self._model, self._probe, self._epsilon = model, probe, epsilon
        self._names = [*_parameter_names(probe.model, probe.arrays[:-1]), "input"]
        self._gradients = probe.gradients()
        analytic = [None if isinstance(g, str) else g for g in self._gradients]
        self._noise = round_off.measure(probe, analytic, epsilon)
        self._blur = [noise.value / epsilon for noise in self._noise]  # of the central quotients
        last = probe.parameters + (1 if check_input or not probe.parameters else 0)
        self._chosen = range(last)

    def report(self) -> GradientReport:
        """Look at everything and say what was found."""
        numeric = self._first_look()
        self._believed = self._complex_step(numeric)
        checks = [self._judge(position, numeric) for position in self._chosen]
        count = self._probe.parameters
        return GradientReport(
            model=type(self._model).__name__,
            parameters=tuple(checks[:count]),
            input=checks[count] if len(checks) > count else None,
            samples=len(self._probe.x) if self._probe.x.ndim else 1,
            epsilon=self._epsilon,
            tolerance=TOLERANCE,
            round_off=max(self._blur[position] for position in self._chosen),
        )

    def _first_look(self) -> dict[int, Array]:
        """Return the central difference quotient of every entry of every comparable array."""
        arrays = {
            position: self._probe.arrays[position]
            for position in self._chosen
            if not isinstance(self._gradients[position], str)
        }
        quotients = progress(
            (q for array in arrays.values() for q in central(self._probe, array, self._epsilon)),
            total=sum(array.size for array in arrays.values()),
            label="gradient check",
            unit="entry",
        )
        return {
            position: np.array([next(quotients) for _ in range(array.size)]).reshape(array.shape)
            for position, array in arrays.items()
        }

    # Whom to believe

    def _complex_step(self, numeric: dict[int, Array]) -> dict[int, bool]:
        """Tell for which arrays the complex step can be believed."""
        try:
            self._step = ComplexStep(self._model, self._probe)
        except TypeError:
            return dict.fromkeys(numeric, False)
        opinions = {
            position: self._step_agrees(position, quotients)
            for position, quotients in numeric.items()
        }
        # Where differences see nothing, the model's other arrays vouch for it.
        others = True in opinions.values() and False not in opinions.values()
        return {p: others if opinion is None else opinion for p, opinion in opinions.items()}

    def _step_agrees(self, position: int, quotients: Array) -> bool | None:
        """Tell whether complex step and differences agree, on some entries that both see well."""
        size = np.abs(quotients).ravel()
        clear = np.flatnonzero(size > CLEAR * self._blur[position])
        rng = np.random.default_rng(0)
        some = {*clear[np.argsort(size[clear])[-4:]], *rng.permutation(clear)[:8]}
        opinion = None
        for flat in sorted(some):
            index = _index(flat, quotients.shape)
            seen = self._slope(position, index)
            if not seen.at_kink:
                exact = self._step.derivative(position, index)
                if abs(exact - seen.value) > seen.bound + TOLERANCE * abs(seen.value):
                    return False
                opinion = True
        return opinion

    def _slope(self, position: int, index: Index) -> Slope:
        array = self._probe.arrays[position]
        return slope(self._probe, array, index, self._epsilon, self._noise[position].value)

    # Verdicts

    def _judge(self, position: int, quotients: dict[int, Array]) -> ArrayCheck:
        """Return the verdict on one array."""
        name, shape = self._names[position], self._probe.arrays[position].shape
        analytic = self._gradients[position]
        if isinstance(analytic, str):
            return ArrayCheck(name, shape, "wrong", 1.0, analytic)
        numeric = quotients[position]
        literal = relative_error(analytic, numeric)
        blind = np.abs(analytic - numeric) <= self._blur[position] + self._noise[position].gradient
        errors, best = literal.copy(), numeric.copy()
        if self._believed[position]:
            suspects = np.flatnonzero(literal >= WORTH_A_LOOK)
        else:
            suspects = np.flatnonzero((literal >= TOLERANCE) & ~blind)
            errors[(literal >= TOLERANCE) & blind] = 0.0

        worst, unresolved = 0.0, ""
        largest = np.maximum(np.abs(analytic), np.abs(numeric)).max(initial=0.0)
        faint = 0 < largest < CLEAR * self._blur[position]
        if faint and not self._believed[position]:
            unresolved = self._too_faint(position)
        for flat in suspects[np.argsort(-literal.ravel()[suspects], kind="stable")]:
            index = _index(flat, shape)
            if worst >= TOLERANCE and literal[index] <= 2 * worst:
                break  # the array is wrong, and no entry left is much worse
            entry = self._second_look(position, index, float(numeric[index]), bool(blind[index]))
            errors[index], best[index] = entry.error, entry.numeric
            worst = max(worst, entry.error)
            if entry.unresolved and (faint or not blind[index]):
                unresolved = unresolved or entry.unresolved
        if worst >= TOLERANCE:  # entries not looked at again are no worse
            np.minimum(errors, worst, out=errors)

        index = _most_telling(errors, analytic)
        error = float(errors[index]) if errors.size else 0.0
        return ArrayCheck(
            name,
            shape,
            verdict="wrong" if error >= TOLERANCE else "undecidable" if unresolved else "ok",
            error=error,
            reason=f"undecidable because {unresolved}" if unresolved and error < TOLERANCE else "",
            index=index if errors.size else None,
            analytic=float(analytic[index]) if errors.size else None,
            numeric=float(best[index]) if errors.size else None,
            analytic_gradient=analytic,
            central_quotients=numeric,
            errors=errors,
        )

    def _second_look(self, position: int, index: Index, numeric: float, blind: bool) -> _Entry:
        """Decide one entry by the best derivative to be had."""
        analytic = float(self._gradients[position][index])  # type: ignore[index]
        rounding = float(self._noise[position].gradient[index])
        exact = self._step.derivative(position, index) if self._believed[position] else None
        refined = None  # the error by the complex step, where that finds none
        if exact is not None:
            error = 0.0 if abs(analytic - exact) <= rounding else _error(analytic, exact)
            refined = _Entry(error, exact) if error < TOLERANCE else None
        literal = _error(analytic, numeric)
        if literal < TOLERANCE:
            return refined or _Entry(literal, numeric)
        if blind:
            return refined or _Entry(0.0, numeric, self._too_faint(position))
        if exact is not None and abs(exact - numeric) <= self._blur[position]:
            return _Entry(_error(analytic, exact), exact)  # two that agree, against backward

        seen = self._slope(position, index)
        bound = seen.bound + rounding
        if not seen.at_kink:
            if abs(analytic - seen.value) > bound:
                return _Entry(_error(analytic, seen.value), seen.value)
            return refined or _Entry(0.0, seen.value)
        if seen.low - bound <= analytic <= seen.high + bound:
            return _Entry(0.0, analytic)  # any slope between those of the sides will do
        # Kinks of several units at once can put the gradient outside.
        return refined or _Entry(
            0.0,
            seen.value,
            "the point lies on a kink, where the slopes on the two sides are "
            f"{seen.low:.3e} and {seen.high:.3e}",
        )

    def _too_faint(self, position: int) -> str:
        blur = self._blur[position]
        return f"every entry is near or below the round-off of the difference quotient, {blur:.0e}"


def _error(analytic: float, numeric: float) -> float:
    return abs(analytic - numeric) / (abs(analytic) + abs(numeric))


def _index(flat: Any, shape: Index) -> Index:
    return tuple(int(i) for i in np.unravel_index(flat, shape))


def _most_telling(errors: Array, analytic: Array) -> Index:
    """Return the entry to show: that of the largest error, or of the largest gradient."""
    if not errors.size:
        return ()
    return _index(np.argmax(errors if errors.max() > 0 else np.abs(analytic)), errors.shape)


def _parameter_names(model: Any, parameters: list[Array]) -> list[str]:
    """Name parameters as the model does, or by the attributes that hold them."""
    if hasattr(model, "named_parameters"):
        names = [name for name, _ in model.named_parameters()]
        if len(names) == len(parameters):
            return names
    held = {id(value): name for name, value in getattr(model, "__dict__", {}).items()}
    return [held.get(id(p), f"parameter {n}") for n, p in enumerate(parameters)]
