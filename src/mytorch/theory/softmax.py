"""Softmax: the probabilities and the full Jacobian."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..nn import LogSoftmax, Sigmoid, Softmax
from ..utils.errors import ArgumentError
from .answer import Answer, Step, value
from .draws import Rng
from .problem import Vector, array, as_json, option

MOST = 64  # scores


@dataclass(frozen=True)
class Problem:
    """Scores. The default is the question of cs4152, A8."""

    z: Vector = option((2.0, 1.5), "vector", "scores")


def draw(rng: Rng, given: Mapping[str, Any]) -> Problem:
    """Return two or three scores, multiples of a half."""
    halves = rng.integers(-4, 6, int(rng.integers(2, 3, endpoint=True)), endpoint=True)
    return Problem(z=tuple(int(h) / 2 for h in halves))


def solve(problem: Problem) -> Answer:
    """Return exponentials, probabilities, the Jacobian, and what is not a softmax."""
    z = array(problem.z)
    if z.size > MOST:
        raise ArgumentError(f"softmax: --z has {z.size} scores, expected at most {MOST}")
    exponentials = np.exp(z - z.max())  # (C,)
    module = Softmax()
    p = module.forward(z)  # (C,)
    # Backward of the i-th unit vector is the i-th row: J is the derivative of p_i by z_j.
    jacobian = np.stack([module.backward(row) for row in np.eye(z.size)])  # (C, C)
    sigmoids = Sigmoid().forward(z)  # (C,)
    steps = [
        Step(
            "Subtract the largest score from all: no exponential is above 1 then, and the "
            "probabilities stay the same, as numerator and denominator change by one factor.",
            "e_i = exp(z_i - max z)",
            r"e_i = e^{z_i - \max_k z_k}",
            "",
            (value("exponentials", exponentials, "e"),),
        ),
        Step(
            "Divide by their sum.",
            "p_i = e_i / sum over k of e_k",
            r"p_i = \frac{e_i}{\sum_k e_k} = \frac{e^{z_i}}{\sum_k e^{z_k}}",
            "",
            (
                value("sum", float(exponentials.sum()), "sum of e", r"\textstyle\sum_k e_k"),
                value("p", p),
                value("p_sum", float(p.sum()), "sum of p", r"\textstyle\sum_k p_k"),
            ),
        ),
        Step(
            "The logarithms, as cross-entropy needs them: never log 0.",
            "log p_i = z_i - log(sum over k of exp(z_k))",
            r"\log p_i = z_i - \log \sum_k e^{z_k}",
            "",
            (value("log_p", LogSoftmax().forward(z), "log p", r"\log p"),),
        ),
        Step(
            "The Jacobian: every probability depends on every score. On the diagonal "
            "p_i (1 - p_i), beside it -p_i p_j.",
            "dp_i/dz_j = p_i ([i = j] - p_j), J = diag(p) - p p^T",
            r"\frac{\partial p_i}{\partial z_j} = p_i ([i = j] - p_j), \quad "
            r"J = \operatorname{diag}(p) - p p^T",
            "",
            (
                value("jacobian", jacobian, "J"),
                value("row_sums", jacobian.sum(axis=1), "row sums of J"),
            ),
        ),
        Step(
            "Each row of J adds up to 0, up to rounding, as the probabilities add up to 1 whatever "
            "the scores; and J is symmetric.",
            "",
            "",
            "",
            (
                value(
                    "jacobian_is_symmetric",
                    bool(np.array_equal(jacobian, jacobian.T)),
                    "J is symmetric",
                ),
            ),
        ),
        Step(
            "A softmax is not a sigmoid of each score: those do not add up to 1. (A text that "
            "calls the output of several classes a sigmoid means this softmax.)",
            "sigmoid(z_i) = 1 / (1 + exp(-z_i))",
            r"\sigma(z_i) = \frac{1}{1 + e^{-z_i}}",
            "",
            (
                value("sigmoids", sigmoids, "sigmoid(z)", r"\sigma(z)"),
                value(
                    "sigmoids_sum",
                    float(sigmoids.sum()),
                    "their sum",
                    r"\textstyle\sum_i \sigma(z_i)",
                ),
            ),
        ),
    ]
    if z.size == 2:
        steps.append(
            Step(
                "Of two classes, the softmax is the sigmoid of the difference of the scores.",
                "p_1 = sigmoid(z_1 - z_2)",
                r"p_1 = \sigma(z_1 - z_2)",
                "",
                (
                    value(
                        "sigmoid_of_difference",
                        Sigmoid().forward(z[:1] - z[1:]).item(),
                        "sigmoid(z_1 - z_2)",
                        r"\sigma(z_1 - z_2)",
                    ),
                ),
            )
        )
    return Answer(
        topic="softmax",
        title="Softmax and its Jacobian",
        question="What is the softmax of these scores, and what is its Jacobian dp/dz?",
        given=(value("z", z),),
        steps=tuple(steps),
        results=(value("p", p), value("jacobian", jacobian, "J")),
        problem=as_json(problem),
    )
