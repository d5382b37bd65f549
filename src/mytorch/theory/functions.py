"""The activation functions of one number: the library's modules and their formulas.

Each formula is text that SymPy reads; the tests differentiate it and compare.
"""

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..nn import ELU, Elementwise, Identity, LeakyReLU, ReLU, Sigmoid, SiLU, Tanh
from .digits import factor, short

Array = NDArray[np.float64]


class Piece(NamedTuple):
    """f and f' where a condition on z holds; an empty condition holds everywhere."""

    where: str
    value: str
    slope: str


class Function(NamedTuple):
    """An activation: its pieces, the same in LaTeX, its range, the default of an `alpha`."""

    title: str
    pieces: tuple[Piece, ...]
    latex: str
    slope_latex: str
    range: str
    alpha: float | None = None


FUNCTIONS = {
    "identity": Function(
        "identity", (Piece("", "z", "1"),), "f(z) = z", "f'(z) = 1", "all real numbers"
    ),
    "sigmoid": Function(
        "sigmoid",
        (Piece("", "1 / (1 + exp(-z))", "sigmoid(z) * (1 - sigmoid(z))"),),
        r"\sigma(z) = \frac{1}{1 + e^{-z}}",
        r"\sigma'(z) = \sigma(z) (1 - \sigma(z))",
        "(0, 1)",
    ),
    "tanh": Function(
        "tanh",
        (Piece("", "(exp(z) - exp(-z)) / (exp(z) + exp(-z))", "1 - tanh(z)^2"),),
        r"\tanh(z) = \frac{e^{z} - e^{-z}}{e^{z} + e^{-z}}",
        r"\tanh'(z) = 1 - \tanh^2(z)",
        "(-1, 1)",
    ),
    "relu": Function(
        "ReLU",
        (Piece("z > 0", "z", "1"), Piece("z < 0", "0", "0")),
        r"f(z) = \max(0, z)",
        r"f'(z) = \begin{cases} 1 & z > 0 \\ 0 & z < 0 \end{cases}",
        "[0, infinity)",
    ),
    "leaky-relu": Function(
        "leaky ReLU",
        (Piece("z > 0", "z", "1"), Piece("z < 0", "alpha * z", "alpha")),
        r"f(z) = \begin{cases} z & z > 0 \\ \alpha z & z \le 0 \end{cases}",
        r"f'(z) = \begin{cases} 1 & z > 0 \\ \alpha & z < 0 \end{cases}",
        "all real numbers",
        0.01,
    ),
    "elu": Function(
        "ELU",
        (Piece("z > 0", "z", "1"), Piece("z < 0", "alpha * (exp(z) - 1)", "alpha * exp(z)")),
        r"f(z) = \begin{cases} z & z > 0 \\ \alpha (e^{z} - 1) & z \le 0 \end{cases}",
        r"f'(z) = \begin{cases} 1 & z > 0 \\ \alpha e^{z} & z < 0 \end{cases}",
        "(-alpha, infinity)",
        1.0,
    ),
    "swish": Function(
        "Swish",
        (Piece("", "z * sigmoid(z)", "sigmoid(z) + z * sigmoid(z) * (1 - sigmoid(z))"),),
        r"f(z) = z \, \sigma(z)",
        r"f'(z) = \sigma(z) + z \, \sigma(z) (1 - \sigma(z))",
        "[-0.278465, infinity)",
    ),
}
NAMES = tuple(FUNCTIONS)


def module(name: str, alpha: float | None = None) -> Elementwise:
    """Return the library's module for a name; `alpha` where the function has one."""
    parameter = alpha_of(name, alpha)
    if parameter is not None:
        return LeakyReLU(parameter) if name == "leaky-relu" else ELU(parameter)
    modules: dict[str, type[Elementwise]] = {
        **{"identity": Identity, "sigmoid": Sigmoid, "tanh": Tanh},
        **{"relu": ReLU, "swish": SiLU},
    }
    return modules[name]()


def alpha_of(name: str, alpha: float | None = None) -> float | None:
    """Return alpha, its default where it is not given, or None where the function has none."""
    default = FUNCTIONS[name].alpha
    return default if alpha is None or default is None else alpha


def value_and_slope(name: str, z: Array, alpha: float | None = None) -> tuple[Array, Array]:
    """Return f(z) and f'(z), both by the library: f' as the backward of an upstream gradient 1."""
    f = module(name, alpha)
    value = f.forward(z)
    return value, f.backward(np.ones_like(z))


def sides(name: str, alpha: float | None = None) -> tuple[float, float]:
    """Return the limits of f' at 0 from the left and from the right, by formula."""
    smooth = {"identity": 1.0, "sigmoid": 0.25, "tanh": 1.0, "swish": 0.5}
    if name in smooth:
        return smooth[name], smooth[name]
    return alpha_of(name, alpha) or 0.0, 1.0  # ReLU: 0 from the left


def range_of(name: str, alpha: float | None = None) -> str:
    """Return the values that f takes, as an interval."""
    parameter = alpha_of(name, alpha)
    if parameter == 0:
        return FUNCTIONS["relu"].range
    text = FUNCTIONS[name].range
    return text if parameter is None else text.replace("alpha", short(parameter))


def plain(name: str) -> str:
    """Return f as plain text, all pieces."""
    pieces = [(p.where.replace("<", "<="), p.value) for p in FUNCTIONS[name].pieces]
    return "f(z) = " + _joined(pieces)  # all are continuous, and this is what f(0) is


def plain_slope(name: str) -> str:
    """Return f' as plain text, all pieces."""
    return "f'(z) = " + _joined([(p.where, p.slope) for p in FUNCTIONS[name].pieces])


def numbers(name: str, z: float, alpha: float | None = None, *, slope: bool = False) -> str:
    """Return the formula of f, or f', that holds at z, with the number put in; "" at a kink."""
    function = FUNCTIONS[name]
    if z == 0 and len(function.pieces) > 1:
        return ""
    piece = function.pieces[-1 if z < 0 else 0]
    text = piece.slope if slope else piece.value
    parameter = alpha_of(name, alpha)
    if parameter is not None:
        text = re.sub(r"\balpha\b", factor(parameter), text)
    text = text.replace("(-z)", f"({short(-z)})").replace("(z)", f"({short(z)})")
    return re.sub(r"\bz\b", factor(z), text)


def _joined(pieces: list[tuple[str, str]]) -> str:
    return ", ".join(f"{text} if {where}" if where else text for where, text in pieces)
