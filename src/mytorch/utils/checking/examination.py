"""From gradients and quotients to a verdict on every array."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..progress import progress
from .complex_step import ComplexStep
from .probe import Probe
from .quotients import central, round_off, slope
from .report import ArrayCheck, GradientReport, relative_error

Array = NDArray[Any]
Index = tuple[int, ...]

TOLERANCE = 1e-5
WORTH_A_LOOK = 1e-7  # smaller errors stand as they are, where a better derivative is at hand


class _Entry(NamedTuple):
    """What a second look at one entry found."""

    error: float
    numeric: float
    undecidable: str = ""


class Examination:
    """One gradient check: a first look at every entry, a second at those that stand out."""

    def __init__(self, model: Any, probe: Probe, epsilon: float, check_input: bool) -> None:
        self._model, self._probe, self._epsilon = model, probe, epsilon
        self._arrays = [*probe.parameters, probe.x]
        self._names = [*_parameter_names(probe.model, probe.parameters), "input"]
        grads, grad_input = probe.gradients()
        grads += [None] * (len(probe.parameters) - len(grads))  # get_gradients gave too few
        given = [*grads[: len(probe.parameters)], grad_input]
        self._faults = [_fault(a, g) for a, g in zip(self._arrays, given, strict=True)]
        self._analytic = [
            np.zeros(a.shape) if fault else g.reshape(a.shape).astype(np.float64)
            for a, g, fault in zip(self._arrays, given, self._faults, strict=True)
        ]
        self._noise = round_off(probe, self._analytic)
        self._blur = self._noise.value / epsilon  # the round-off of the central quotient
        last = len(self._arrays) if check_input or not probe.parameters else len(self._arrays) - 1
        self._chosen = range(last)

    def report(self) -> GradientReport:
        """Look at everything and say what was found."""
        numeric = self._first_look()
        self._believed = self._complex_step(numeric)
        checks = [self._judge(position, numeric.get(position)) for position in self._chosen]
        count = len(self._probe.parameters)
        return GradientReport(
            model=type(self._model).__name__,
            parameters=tuple(checks[:count]),
            input=checks[count] if len(checks) > count else None,
            samples=len(self._probe.x) if self._probe.x.ndim else 1,
            epsilon=self._epsilon,
            tolerance=TOLERANCE,
            round_off=self._blur,
        )

    def _first_look(self) -> dict[int, Array]:
        """Return the central difference quotient of every entry of every comparable array."""
        positions = [position for position in self._chosen if not self._faults[position]]
        quotients = progress(
            (
                quotient
                for position in positions
                for quotient in central(self._probe, self._arrays[position], self._epsilon)
            ),
            total=sum(self._arrays[position].size for position in positions),
            label="gradient check",
            unit="entry",
        )
        return {
            position: np.array(
                [next(quotients) for _ in range(self._arrays[position].size)]
            ).reshape(self._arrays[position].shape)
            for position in positions
        }

    def _complex_step(self, numeric: dict[int, Array]) -> dict[int, bool]:
        """Tell for which arrays the complex step can be believed."""
        try:
            self._step = ComplexStep(self._model, self._probe)
        except TypeError:
            return dict.fromkeys(numeric, False)
        opinions = {
            position: self._step.agrees(position, quotients, self._blur)
            for position, quotients in numeric.items()
        }
        # Where differences see nothing, the model's other arrays vouch for it.
        others = True in opinions.values() and False not in opinions.values()
        return {p: others if opinion is None else opinion for p, opinion in opinions.items()}

    def _judge(self, position: int, numeric: Array | None) -> ArrayCheck:
        """Return the verdict on one array."""
        name, shape = self._names[position], self._arrays[position].shape
        if numeric is None:
            return ArrayCheck(name, shape, "wrong", 1.0, self._faults[position])
        analytic = self._analytic[position]
        literal = relative_error(analytic, numeric)
        below = np.abs(analytic - numeric) <= self._blur + self._noise.gradients[position]
        errors, best = literal.copy(), numeric.copy()
        if self._believed[position]:
            suspects = literal >= WORTH_A_LOOK
        else:
            suspects = (literal >= TOLERANCE) & ~below
            errors[(literal >= TOLERANCE) & below] = 0.0

        undecided: list[str] = []
        worst = 0.0
        flats = np.flatnonzero(suspects)
        for flat in flats[np.argsort(-literal.ravel()[flats], kind="stable")]:  # worst first
            index = tuple(int(i) for i in np.unravel_index(flat, shape))
            if worst >= TOLERANCE and literal[index] <= worst:
                break  # the array is wrong, and no entry left can be worse
            entry = self._second_look(position, index)
            errors[index], best[index] = entry.error, entry.numeric
            worst = max(worst, entry.error)
            if entry.undecidable:
                undecided.append(entry.undecidable)

        seen = np.maximum(np.abs(analytic), np.abs(numeric)).max(initial=0.0)
        if not self._believed[position] and 0 < seen <= self._blur:
            undecided.append(
                f"every entry lies below the round-off of the difference quotient, {self._blur:.0e}"
            )
        index = _largest(errors, analytic)
        error = float(errors[index]) if errors.size else 0.0
        return ArrayCheck(
            name,
            shape,
            verdict="wrong" if error >= TOLERANCE else "undecidable" if undecided else "ok",
            error=error,
            reason=f"undecidable because {undecided[0]}" if undecided else "",
            index=index if errors.size else None,
            analytic=float(analytic[index]) if errors.size else None,
            numeric=float(best[index]) if errors.size else None,
            analytic_gradient=analytic,
            central_quotients=numeric,
            errors=errors,
        )

    def _second_look(self, position: int, index: Index) -> _Entry:
        """Decide one entry by the best derivative to be had.

        The complex step alone acquits; to convict, differences must not contradict it.
        """
        analytic = float(self._analytic[position][index])
        rounding = float(self._noise.gradients[position][index])
        exact = self._step.derivative(position, index) if self._believed[position] else None
        if exact is not None and abs(analytic - exact) <= rounding:
            return _Entry(0.0, exact)
        if exact is not None and _error(analytic, exact) < TOLERANCE:
            return _Entry(_error(analytic, exact), exact)

        seen = slope(self._probe, self._arrays[position], index, self._epsilon, self._noise.value)
        bound = seen.bound + rounding
        if seen.at_kink:
            low, high = sorted(seen.one_sided)
            if low - bound <= analytic <= high + bound:
                return _Entry(0.0, analytic)  # any slope between the two is a subgradient
            return _Entry(
                0.0,
                seen.value,
                "the point lies on a kink, where the slopes to the left and right are "
                f"{seen.one_sided[0]:.3e} and {seen.one_sided[1]:.3e}",
            )
        if exact is not None and abs(exact - seen.value) <= bound:
            return _Entry(_error(analytic, exact), exact)
        if abs(analytic - seen.value) <= bound:
            return _Entry(0.0, seen.value)
        return _Entry(_error(analytic, seen.value), seen.value)


def _error(analytic: float, numeric: float) -> float:
    return abs(analytic - numeric) / (abs(analytic) + abs(numeric))


def _largest(errors: Array, analytic: Array) -> Index:
    """Return the entry to show: that of the largest error, or of the largest gradient."""
    if not errors.size:
        return ()
    flat = np.argmax(errors if errors.max() > 0 else np.abs(analytic))
    return tuple(int(i) for i in np.unravel_index(flat, errors.shape))


def _fault(array: Array, grad: Any) -> str:
    """Return why a gradient cannot even be compared, or nothing."""
    if grad is None:
        return "backward gave no gradient"
    if grad.dtype.kind not in "fiu":
        return f"the gradient has dtype {grad.dtype}"
    if grad.shape != array.shape and _squeezed(grad.shape) != _squeezed(array.shape):
        return f"the gradient has shape {grad.shape}, expected {array.shape}"
    if not np.all(np.isfinite(grad)):
        return "the gradient is not finite"
    return ""


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape without its ones: (1, H) serves as the gradient of (H,)."""
    return tuple(size for size in shape if size != 1)


def _parameter_names(model: Any, parameters: list[Array]) -> list[str]:
    """Name parameters as the model does, or by the attributes that hold them."""
    if hasattr(model, "named_parameters"):
        names = [name for name, _ in model.named_parameters()]
        if len(names) == len(parameters):
            return names
    held = {id(value): name for name, value in getattr(model, "__dict__", {}).items()}
    return [held.get(id(p), f"parameter {n}") for n, p in enumerate(parameters)]
