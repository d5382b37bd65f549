"""A worked answer as a LaTeX document: article, amsmath, and what every TeX has; any engine."""

import re
from collections.abc import Sequence

import numpy as np

from ..answer import Answer, Step, Value
from ..digits import WIDEST
from ..symbols import escape
from .mathematics import equation, formulas

HEAD = rf"""\documentclass{{article}}
\usepackage[margin=2.5cm]{{geometry}}
\usepackage{{amsmath}}
\usepackage{{graphicx}}
% \fit{{...}}: mathematics, made smaller where it is wider than a line
\newsavebox{{\fitted}}
\newcommand{{\fit}}[1]{{\sbox{{\fitted}}{{$\displaystyle #1$}}%
\ifdim\wd\fitted>0.95\linewidth \resizebox{{0.95\linewidth}}{{!}}{{\usebox{{\fitted}}}}%
\else\usebox{{\fitted}}\fi}}
\setcounter{{MaxMatrixCols}}{{{WIDEST}}}
\setlength{{\parindent}}{{0pt}}
\setlength{{\parskip}}{{6pt}}
\allowdisplaybreaks
\begin{{document}}
"""
TAIL = "\\end{document}\n"


def document(answers: Sequence[Answer], with_answer: bool = True) -> str:
    """Return a complete document with a section for each answer, or each question alone."""
    parts = (line for answer in answers for line in _lines(answer, with_answer))
    return HEAD + "\n".join(parts) + "\n" + TAIL


def _lines(answer: Answer, with_answer: bool) -> list[str]:
    lines = [rf"\section*{{{escape(answer.title)}}}"]
    lines += [f"{_prose(paragraph)}\n" for paragraph in answer.question.split("\n")]
    lines += _display([_aligned(part) for part in answer.given])
    if not with_answer:
        return lines
    for number, step in enumerate(answer.steps, 1):
        lines += ["", rf"\textbf{{{number}.}} {_prose(step.say)}"]
        lines += _display(_formula(step) + [_aligned(part) for part in step.values])
    lines += ["", r"\subsection*{Result}"]
    return lines + _display([_aligned(part) for part in answer.results])


def _prose(text: str) -> str:
    """Return escaped text; what stands between backticks in the type of code."""
    pieces = re.split("`", text)
    return "".join(
        rf"\texttt{{{escape(piece)}}}" if position % 2 else escape(piece)
        for position, piece in enumerate(pieces)
    )


def _formula(step: Step) -> list[str]:
    """Return lines for align*: each equation, and what it goes on with, further right."""
    return [
        f"& {line}" if position == 0 else rf"& \qquad {line}"
        for lines in formulas(step)
        for position, line in enumerate(lines)
    ]


def _aligned(part: Value) -> str:
    if isinstance(part.value, np.ndarray):
        return rf"& \fit{{{equation(part)}}}"
    return f"& {equation(part)}"


def _display(lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    return [r"\begin{align*}", " \\\\\n".join(lines), r"\end{align*}"]
