"""A worked answer as plain text, for the terminal."""

import textwrap
from collections.abc import Sequence

import numpy as np

from ..answer import Answer, Step, Value
from ..digits import fits, short

WIDTH = 96
INDENT = "     "


def document(answers: Sequence[Answer], with_answer: bool = True) -> str:
    """Return all answers, one below the other; without answers, the questions alone."""
    return "\n\n".join("\n".join(_lines(answer, with_answer)) for answer in answers) + "\n"


def _lines(answer: Answer, with_answer: bool) -> list[str]:
    lines = [answer.title, "=" * len(answer.title), ""]
    for paragraph in answer.question.split("\n"):
        lines += _prose(paragraph, "")
    lines += _values(answer.given)
    if not with_answer:
        return lines
    for number, step in enumerate(answer.steps, 1):
        lines += ["", *_prose(step.say, f"{number}.".ljust(len(INDENT)))]
        lines += _formula(step)
        lines += _values(step.values)
    lines += ["", "Result", *_values(answer.results)]
    return lines


def _prose(text: str, first: str) -> list[str]:
    text = text.replace("`", "")
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first))


def _formula(step: Step) -> list[str]:
    lines = _arithmetic(step.formula, "  ") if step.formula else []
    if step.numbers:
        lines += _arithmetic(f"  = {step.numbers}", "    ")
    for symbol, arithmetic in step.workings:
        lines += _arithmetic(f"{symbol} = {arithmetic}", "    ")
    return lines


def _arithmetic(text: str, deeper: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=INDENT,
        subsequent_indent=INDENT + deeper,
        break_on_hyphens=False,
    )


def _values(values: Sequence[Value]) -> list[str]:
    return [line for part in values for line in _value(part)]


def _value(part: Value) -> list[str]:
    head = f"{INDENT}{part.symbol} = "
    number = part.value
    if not isinstance(number, np.ndarray):
        return [f"{head}{_word(number)}"]
    if not number.size:
        return [f"{head}none"]
    if not fits(number):
        return [f"{head}{_sizes(number)} numbers (--json shows them)"]
    if number.ndim < 2:
        return textwrap.wrap(
            f"{head}[{', '.join(map(short, number))}]",
            WIDTH,
            drop_whitespace=True,
            subsequent_indent=" " * (len(head) + 1),
        )
    lines = []
    for which, matrix in enumerate(number.reshape(-1, *number.shape[-2:])):
        cells = [[short(entry) for entry in row] for row in matrix]
        width = max((len(cell) for row in cells for cell in row), default=0)
        rows = ["[ " + "  ".join(cell.rjust(width) for cell in row) + " ]" for row in cells]
        start = head if which == 0 else " " * len(head)
        lines += [
            (start if position == 0 else " " * len(head)) + row for position, row in enumerate(rows)
        ]
        lines.append("")
    lines.pop()
    lines[0] += f"   {_sizes(number)}"
    return lines


def _sizes(array: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    return " x ".join(map(str, array.shape))


def _word(number: float | str | bool | None) -> str:
    if number is None:
        return "not defined"
    if isinstance(number, bool):
        return "true" if number else "false"
    return number if isinstance(number, str) else short(number)
