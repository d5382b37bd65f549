"""What a gradient check found."""

from dataclasses import dataclass, field
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Verdict = Literal["ok", "wrong", "undecidable"]


@dataclass(frozen=True)
class ArrayCheck:
    """One parameter, or the input: its analytic gradient against the numeric one.

    Attributes
    ----------
    error
        The largest |analytic - numeric| / (|analytic| + |numeric|); 1 where there is no gradient
        to compare, 0 where the difference is below round-off.
    index, analytic, numeric
        The entry with that error, and the two values there.
    verdict, reason
        `ok`, `wrong`, or `undecidable`, and why where that is not plain from the numbers.
    analytic_gradient, central_quotients, errors
        The whole arrays: what backward gave, what the literal difference quotient gives, and
        the error of each entry as judged. Empty where there is no gradient to compare.
    """

    name: str
    shape: tuple[int, ...]
    verdict: Verdict
    error: float
    reason: str = ""
    index: tuple[int, ...] | None = None
    analytic: float | None = None
    numeric: float | None = None
    analytic_gradient: NDArray[Any] = field(default_factory=lambda: np.empty(0), repr=False)
    central_quotients: NDArray[Any] = field(default_factory=lambda: np.empty(0), repr=False)
    errors: NDArray[Any] = field(default_factory=lambda: np.empty(0), repr=False)

    @property
    def literal_errors(self) -> NDArray[Any]:
        """The relative errors by the literal formula, round-off and kinks counted as errors."""
        return relative_error(self.analytic_gradient, self.central_quotients)

    def __str__(self) -> str:
        line = f"{self.name:<12} {self.shape!s:<14} {self.verdict:<11} {self.error:8.1e}"
        if self.index is not None:
            line += (
                f"  at {list(self.index)}: backward {self.analytic:.6e}, numeric {self.numeric:.6e}"
            )
        return f"{line}  {self.reason}".rstrip()


@dataclass(frozen=True)
class GradientReport:
    """All that a gradient check found; printed, a table with a line per array.

    Attributes
    ----------
    parameters
        A check per parameter, in the order of `get_parameters`.
    input
        The check of the input's gradient, where it was asked for.
    samples, epsilon, tolerance, round_off
        The batch size, the half interval, the error that makes a gradient wrong, and the
        round-off of the difference quotient at that interval.
    """

    model: str
    parameters: tuple[ArrayCheck, ...]
    input: ArrayCheck | None
    samples: int
    epsilon: float
    tolerance: float
    round_off: float

    @property
    def checks(self) -> tuple[ArrayCheck, ...]:
        """Every array: the parameters, then the input."""
        return self.parameters if self.input is None else (*self.parameters, self.input)

    @property
    def error(self) -> float:
        """The largest error over all parameters; over the input where there are none."""
        return max(check.error for check in self.parameters or self.checks)

    @property
    def entries(self) -> int:
        """How many single parameters there are."""
        return sum(prod(check.shape) for check in self.parameters)

    @property
    def verdict(self) -> Verdict:
        """`wrong` if any array is, else `undecidable` if any is, else `ok`."""
        verdicts = [check.verdict for check in self.checks]
        for verdict in ("wrong", "undecidable"):
            if verdict in verdicts:
                return verdict
        return "ok"

    def __str__(self) -> str:
        largest = max(check.error for check in self.checks)  # the input's too
        plural = "" if self.samples == 1 else "s"
        head = (
            f"gradient check of {self.model} on {self.samples} sample{plural}, "
            f"{self.entries:,} parameters: {self.verdict}, largest relative error {largest:.1e}"
        )
        return "\n".join([head, *(f"  {check}" for check in self.checks)])


def relative_error(analytic: NDArray[Any], numeric: NDArray[Any]) -> NDArray[Any]:
    """|a - n| / (|a| + |n|) for every entry, 0 where both are 0."""
    scale = np.abs(analytic) + np.abs(numeric)
    return np.divide(np.abs(analytic - numeric), scale, out=np.zeros_like(scale), where=scale != 0)
