"""True or false: statements, each with the computation that settles it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .answer import Answer, Step, value
from .draws import Rng
from .problem import Whole, as_json, option
from .statements import COURSE, VARIED, Settled

COUNT = 5  # statements of an exercise


@dataclass(frozen=True)
class Problem:
    """Statements by name; the default are those of purdue373 and what belongs to them.

    An exercise takes some of the statements that have numbers in them, with other numbers, which
    make them true or false.
    """

    statements: tuple[str, ...] = option(
        tuple(COURSE), "choices", "names of statements", choices=(*COURSE, *VARIED)
    )
    numbers: Whole = option((), "wholes", "seeds of the numbers in the varied statements", least=0)


def draw(rng: Rng, given: Mapping[str, Any]) -> Problem:
    """Return statements in a new order: some of the course, some with fresh numbers."""
    fixed = rng.choice(list(COURSE), COUNT - 3, replace=False)
    varied = rng.choice(list(VARIED), 3, replace=False)
    chosen = rng.permutation([*fixed, *varied])
    numbers = rng.integers(0, 10**6, COUNT)
    return Problem(
        statements=tuple(map(str, chosen)), numbers=tuple(int(number) for number in numbers)
    )


def solve(problem: Problem) -> Answer:
    """Return each statement with its verdict and what settles it."""
    steps, results = [], []
    question = ["Which of these statements are true? Give a reason, or a number, for each."]
    for number, name in enumerate(problem.statements, 1):
        settled = _settle(problem, name, number)
        at = f"statement{number}"
        question.append(f"({number}) {settled.text}")
        steps.append(
            Step(
                f"{settled.text} {'True' if settled.true else 'False'}. {settled.why}",
                values=tuple(
                    value(f"{at}.{part.key}", part.value, part.symbol, part.latex)
                    for part in settled.values
                ),
            )
        )
        results.append(value(f"{at}.true", settled.true, f"({number})", rf"\text{{({number})}}"))
    return Answer(
        topic="true-false",
        title="True or false?",
        question="\n".join(question),
        given=(),
        steps=tuple(steps),
        results=tuple(results),
        problem=as_json(problem),
    )


def _settle(problem: Problem, name: str, number: int) -> Settled:
    """Return a statement; one with varied numbers takes them from its own seed."""
    if name in COURSE:
        return COURSE[name]()
    seeds = problem.numbers
    seed = seeds[number - 1] if number <= len(seeds) else number
    return VARIED[name](np.random.default_rng(seed))
