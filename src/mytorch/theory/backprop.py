"""Backpropagation through a dense network of any depth, every matrix with its shape."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from ..utils.errors import ArgumentError, ShapeError
from . import backprop_columns, backprop_rows, functions
from .answer import Answer
from .draws import Rng, tenths_matrix
from .passes import run
from .problem import Rows, Stack, Vector, Whole, array, as_json, option

LAYOUTS = ("denominator", "rows")
MOST = 64  # of a size
MOST_LAYERS = 8
TRIES = 100  # to draw weights that leave no net input where f' does not exist


@dataclass(frozen=True)
class Problem:
    """A network with sigmoid (or other) hidden units, in any number of layers, and softmax output.

    The sizes are those of the written part of cmu10601; numbers that are not given are drawn.
    """

    sizes: Whole = option(
        (6, 4, 3), "wholes", "inputs, hidden units by layer, classes", least=1, most=MOST
    )
    examples: int = option(1, "whole", "how many, where x is not given", least=1, most=MOST)
    x: Rows | None = option(None, "matrix", "inputs: a row for each example, without the 1")
    y: Vector | None = option(None, "vector", "labels, from 0", least=0, most=MOST)
    alpha: Rows | None = option(None, "matrix", "(hidden, 1 + inputs), the biases in column 0")
    beta: Rows | None = option(None, "matrix", "(classes, 1 + hidden), the biases in column 0")
    weights: Stack | None = option(
        None, "stack", "all layers' matrices, instead of alpha and beta, biases in column 0"
    )
    activation: str = option("sigmoid", "choice", "of the hidden layers", choices=functions.NAMES)
    layout: str = option(
        "denominator", "choice", "columns with a 1 on top, or rows (rice576)", choices=LAYOUTS
    )
    lr: float = option(0.1, "number", "learning rate of the update", least=0)
    reg_lambda: float = option(
        0.0, "number", "strength of an L2 penalty, with --layout rows", least=0
    )


def draw(rng: Rng, given: Mapping[str, Any]) -> Problem:
    """Return inputs of 0 and 1, weights of one digit, labels; of the sizes given."""
    return _filled(Problem(**given), rng)


def solve(problem: Problem) -> Answer:
    """Return the forward pass, the backward pass and the update in the layout asked for."""
    problem = _filled(problem, np.random.default_rng(0))
    count = len(problem.x or ())
    if problem.layout == "denominator" and count > 1:
        raise ArgumentError(
            f"backprop: --layout denominator is for one example, and x has {count}; "
            "use --layout rows"
        )
    if problem.layout == "denominator" and problem.reg_lambda:
        raise ArgumentError("backprop: --reg-lambda needs --layout rows")
    f = problem.activation
    done = run(array(problem.x), array(problem.y), _matrices(problem), f)
    title, question, given, steps, results = (
        backprop_columns.worked(done, f, problem.lr)
        if problem.layout == "denominator"
        else backprop_rows.worked(done, f, problem.lr, problem.reg_lambda)
    )
    return Answer("backprop", title, question, given, steps, results, as_json(problem))


def _matrices(problem: Problem) -> list[Any]:
    """Return the weights of all layers, first to last."""
    if problem.weights is not None:
        return list(map(array, problem.weights))
    return [array(problem.alpha), array(problem.beta)]


def _filled(problem: Problem, rng: Rng) -> Problem:
    """Return the problem with what is not given drawn, in the sizes of what is.

    Weights are drawn so that no hidden net input lies where the activation has no derivative:
    there the answer would be a matter of taste.
    """
    sizes, examples = _sizes(problem)
    bits = rng.integers(0, 1, (examples, sizes[0]), endpoint=True)
    x = tuple(tuple(float(bit) for bit in row) for row in bits)
    y = tuple(float(label) for label in rng.integers(0, sizes[-1], examples))
    left, right = functions.sides(problem.activation)
    for _ in range(TRIES):
        filled = replace(
            problem,
            sizes=sizes,
            examples=examples,
            x=x if problem.x is None else problem.x,
            y=y if problem.y is None else problem.y,
            **_weights(problem, sizes, rng),
        )
        _check(filled)
        done = run(array(filled.x), array(filled.y), _matrices(filled), filled.activation)
        if left == right or all(np.all(net != 0) for net in done.nets[:-1]):
            break
    return filled


def _weights(problem: Problem, sizes: tuple[int, ...], rng: Rng) -> dict[str, Any]:
    """Return the weights by option: as they are given, or drawn."""
    if problem.weights is not None:
        return {"weights": problem.weights}
    drawn = tuple(tenths_matrix(rng, after, 1 + before, 0.5) for before, after in pairwise(sizes))
    if len(drawn) != 2:
        return {"weights": drawn}
    return {
        "alpha": drawn[0] if problem.alpha is None else problem.alpha,
        "beta": drawn[1] if problem.beta is None else problem.beta,
    }


def _sizes(problem: Problem) -> tuple[tuple[int, ...], int]:
    """Return the sizes of the layers and how many examples there are: of what is given."""
    sizes, examples = list(problem.sizes), problem.examples
    folded = (problem.alpha, problem.beta)
    if problem.weights is not None:
        if folded != (None, None):
            raise ArgumentError("backprop: give --weights, or --alpha and --beta, not both")
        sizes = [len(problem.weights[0][0]) - 1, *map(len, problem.weights)]
    if not 2 <= len(sizes) <= MOST_LAYERS + 1:
        raise ArgumentError(
            f"backprop: --sizes has {len(sizes)} numbers, expected 2 to {MOST_LAYERS + 1}: "
            "inputs, hidden units by layer, classes"
        )
    if folded != (None, None) and len(sizes) != 3:
        raise ArgumentError(
            f"backprop: --alpha and --beta are the weights of a network with one hidden layer, "
            f"and --sizes has {len(sizes)} numbers; use --weights"
        )
    if problem.x is not None:
        examples, sizes[0] = len(problem.x), len(problem.x[0])
    elif problem.y is not None:
        examples = len(problem.y)
    if problem.alpha is not None:
        sizes[1] = len(problem.alpha)
        sizes[0] = len(problem.alpha[0]) - 1 if problem.x is None else sizes[0]
    if problem.beta is not None:
        sizes[2] = len(problem.beta)
        sizes[1] = len(problem.beta[0]) - 1 if problem.alpha is None else sizes[1]
    if min(sizes[:-1]) < 1:
        raise ShapeError("backprop: weights need a column of biases and one of weights")
    if max(*sizes, examples) > MOST:
        raise ArgumentError(f"backprop: sizes of at most {MOST} are worked out")
    return tuple(sizes), examples


def _check(problem: Problem) -> None:
    sizes = problem.sizes
    shapes = [(after, 1 + before) for before, after in pairwise(sizes)]
    matrices = _matrices(problem)
    names = [f"matrix {k} of --weights" for k in range(1, len(shapes) + 1)]
    if problem.weights is None:
        names = ["--alpha", "--beta"]
    for name, matrix, shape in (
        *zip(names, matrices, shapes, strict=True),
        ("--y", array(problem.y), (problem.examples,)),
    ):
        if matrix.shape != shape:
            raise ShapeError(
                f"backprop: {name} has shape {matrix.shape}, expected {shape} for sizes "
                f"{'-'.join(map(str, sizes))} and as many examples as x has, {problem.examples}"
            )
    for label in problem.y or ():
        if label != int(label) or label >= sizes[-1]:
            raise ArgumentError(
                f"backprop: --y has {label:g}, expected whole numbers from 0 to {sizes[-1] - 1}"
            )
