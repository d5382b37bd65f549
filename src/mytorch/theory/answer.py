"""A worked answer: what is asked, the steps, the results. Every format is written from it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..utils.errors import ArgumentError
from .symbols import latex_symbol


@dataclass(frozen=True)
class Value:
    """A number, text, or array under a key that does not change from version to version.

    Attributes
    ----------
    key
        Its name in JSON: words joined by _ and, within groups, by a dot.
    value
        A Python number, bool, text or None (not defined), or an array of float64.
    symbol, latex
        How formulas call it, in plain text and in LaTeX.
    """

    key: str
    value: Any
    symbol: str
    latex: str

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an array; () for a single number."""
        return self.value.shape if isinstance(self.value, np.ndarray) else ()


def value(key: str, number: Any, symbol: str | None = None, latex: str | None = None) -> Value:
    """Return a Value; the symbol is the key, and its LaTeX made from the symbol, if not given."""
    if isinstance(number, np.generic):
        number = number.item()
    if isinstance(number, np.ndarray | list | tuple):
        number = np.array(number, np.float64)  # a copy: nobody changes it later
        number.flags.writeable = False
    symbol = key if symbol is None else symbol
    return Value(key, number, symbol, latex_symbol(symbol) if latex is None else latex)


@dataclass(frozen=True)
class Step:
    """One step: a sentence, the formula, the formula with its numbers, and what comes out.

    In `say`, what stands between backticks is code. `numbers` continues `formula` after an
    equals sign. `latex` is the formula in LaTeX. `workings` are pairs of a symbol and the
    arithmetic that gives it: `("z1[1]", "0.8 * 0.5 + 0.1")`.
    """

    say: str
    formula: str = ""
    latex: str = ""
    numbers: str = ""
    values: tuple[Value, ...] = ()
    workings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answer:
    """A question (paragraphs, a line each), what is given, the steps, and the results.

    Raises
    ------
    ArgumentError
        Where a number is not finite: the numbers given are too large for floating point.
    """

    topic: str
    title: str
    question: str
    given: tuple[Value, ...]
    steps: tuple[Step, ...]
    results: tuple[Value, ...]
    problem: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for part in (*self.given, *self.values(), *self.results):
            number = part.value
            if isinstance(number, float | np.ndarray) and not np.all(np.isfinite(number)):
                raise ArgumentError(
                    f"{self.topic}: {part.symbol} is beyond what floating point can hold; "
                    "give smaller numbers"
                )

    def values(self) -> tuple[Value, ...]:
        """Return what all steps computed, in order."""
        return tuple(part for step in self.steps for part in step.values)


@dataclass(frozen=True)
class Part:
    """One of several questions of an answer."""

    question: str
    given: tuple[Value, ...]
    steps: tuple[Step, ...]
    results: tuple[Value, ...]
