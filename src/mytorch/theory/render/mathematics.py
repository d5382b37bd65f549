"""What Markdown and LaTeX share: a value and a step in LaTeX's mathematics."""

import numpy as np

from ..answer import Step, Value
from ..digits import fits, short
from ..symbols import escape, latex_numbers, latex_symbol

LONGEST = 60  # of a line of arithmetic, in characters


def equation(part: Value) -> str:
    """Return `symbol = value`; a matrix in brackets, of images one for each channel."""
    return f"{part.latex} = {_value(part)}"


def broken(text: str) -> list[str]:
    """Return plain arithmetic in LaTeX, in lines that fit a page: broken before plus signs."""
    lines = [""]
    for position, term in enumerate(text.split(" + ")):
        piece = term if position == 0 else f" + {term}"
        line = lines[-1]
        if position and line.count("(") == line.count(")") and len(line + piece) > LONGEST:
            lines.append(piece)
        else:
            lines[-1] += piece
    return [latex_numbers(line) for line in lines]


def formulas(step: Step) -> list[list[str]]:
    """Return the equations of a step, each as lines: the formula, its numbers, the workings."""
    equations = []
    if step.latex:
        numbers = broken(f"= {step.numbers}") if step.numbers else []
        equations.append([step.latex, *numbers])
    for symbol, arithmetic in step.workings:
        first, *rest = broken(arithmetic)
        equations.append([f"{latex_symbol(symbol)} = {first}", *rest])
    return equations


def _value(part: Value) -> str:
    number = part.value
    if number is None:
        return r"\text{not defined}"
    if isinstance(number, bool):
        return r"\text{true}" if number else r"\text{false}"
    if isinstance(number, str):
        return rf"\text{{{escape(number)}}}"
    if not isinstance(number, np.ndarray):
        return latex_numbers(short(number))
    if not number.size:
        return r"\text{none}"
    if not fits(number):
        sizes = r" \times ".join(map(str, number.shape))
        return rf"\text{{an array of }} {sizes}"
    matrices = number.reshape(-1, *(number.shape[-2:] if number.ndim > 1 else (1, number.size)))
    return r",\ ".join(map(_matrix, matrices))


def _matrix(matrix: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    rows = (" & ".join(latex_numbers(short(entry)) for entry in row) for row in matrix)
    return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"
