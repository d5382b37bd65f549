"""Backpropagation through a network with one hidden layer, every matrix with its shape."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..utils.errors import ArgumentError, ShapeError
from . import backprop_columns, backprop_rows, functions
from .answer import Answer
from .draws import Rng, tenths_matrix
from .one_hidden import run
from .problem import Rows, Vector, Whole, array, as_json, option

LAYOUTS = ("denominator", "rows")
MOST = 64  # of a size


@dataclass(frozen=True)
class Problem:
    """A network with sigmoid (or another) hidden units and softmax output.

    The sizes are those of the written part of cmu10601; numbers that are not given are drawn.
    """

    sizes: Whole = option((6, 4, 3), "wholes", "inputs, hidden units, classes", least=1, most=MOST)
    examples: int = option(1, "whole", "how many, where x is not given", least=1, most=MOST)
    x: Rows | None = option(None, "matrix", "inputs: a row for each example, without the 1")
    y: Vector | None = option(None, "vector", "labels, from 0", least=0, most=MOST)
    alpha: Rows | None = option(None, "matrix", "(hidden, 1 + inputs), the biases in column 0")
    beta: Rows | None = option(None, "matrix", "(classes, 1 + hidden), the biases in column 0")
    activation: str = option("sigmoid", "choice", "of the hidden layer", choices=functions.NAMES)
    layout: str = option(
        "denominator", "choice", "columns with a 1 on top, or rows (rice576)", choices=LAYOUTS
    )


def draw(rng: Rng, given: Mapping[str, Any]) -> Problem:
    """Return inputs of 0 and 1, weights of one digit, labels; of the sizes given."""
    kept = {name: given[name] for name in given if name != "layout"}
    return _filled(Problem(**kept), rng)


def solve(problem: Problem) -> Answer:
    """Return the forward and the backward pass in the layout asked for."""
    problem = _filled(problem, np.random.default_rng(0))
    if problem.layout == "denominator" and len(problem.x or ()) > 1:
        raise ArgumentError(
            f"backprop: --layout denominator is for one example, and x has {len(problem.x or ())}; "
            "use --layout rows"
        )
    done = run(*map(array, (problem.x, problem.y, problem.alpha, problem.beta)), problem.activation)
    show = backprop_columns if problem.layout == "denominator" else backprop_rows
    title, question, given, steps, results = show.worked(done, problem.activation)
    return Answer("backprop", title, question, given, steps, results, as_json(problem))


def _filled(problem: Problem, rng: Rng) -> Problem:
    """Return the problem with what is not given drawn, in the sizes of what is."""
    if len(problem.sizes) != 3:
        raise ArgumentError(
            f"backprop: --sizes has {len(problem.sizes)} numbers, expected 3: inputs, hidden "
            "units, classes"
        )
    inputs, hidden, classes = problem.sizes
    examples = problem.examples
    if problem.x is not None:
        examples, inputs = len(problem.x), len(problem.x[0])
    elif problem.y is not None:
        examples = len(problem.y)
    if problem.alpha is not None:
        hidden = len(problem.alpha)
        inputs = len(problem.alpha[0]) - 1 if problem.x is None else inputs
    if problem.beta is not None:
        classes = len(problem.beta)
        hidden = len(problem.beta[0]) - 1 if problem.alpha is None else hidden
    if min(inputs, hidden) < 1:
        raise ShapeError("backprop: alpha and beta need a column of biases and one of weights")
    if max(inputs, hidden, classes, examples) > MOST:
        raise ArgumentError(f"backprop: sizes of at most {MOST} are worked out")
    bits = rng.integers(0, 1, (examples, inputs), endpoint=True)
    drawn = Problem(
        x=tuple(tuple(float(bit) for bit in row) for row in bits),
        y=tuple(float(label) for label in rng.integers(0, classes, examples)),
        alpha=tenths_matrix(rng, hidden, 1 + inputs, 0.5),
        beta=tenths_matrix(rng, classes, 1 + hidden, 0.5),
    )
    filled = replace(
        problem,
        sizes=(inputs, hidden, classes),
        examples=examples,
        **{
            name: getattr(drawn if getattr(problem, name) is None else problem, name)
            for name in ("x", "y", "alpha", "beta")
        },
    )
    _check(filled)
    return filled


def _check(problem: Problem) -> None:
    inputs, hidden, classes = problem.sizes
    wanted = {
        "alpha": (hidden, 1 + inputs),
        "beta": (classes, 1 + hidden),
        "y": (problem.examples,),
    }
    for name, shape in wanted.items():
        got = array(getattr(problem, name)).shape
        if got != shape:
            raise ShapeError(
                f"backprop: --{name} has shape {got}, expected {shape} for {inputs} inputs, "
                f"{hidden} hidden units, {classes} classes and {problem.examples} examples"
            )
    for label in problem.y or ():
        if label != int(label) or label >= classes:
            raise ArgumentError(
                f"backprop: --y has {label:g}, expected whole numbers from 0 to {classes - 1}"
            )
