"""Gradient descent by hand: one or more steps of a linear neuron."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..nn import SGD, MSELoss
from .answer import Answer, Step, value
from .digits import dot, factor, short
from .draws import Rng, one_of, small_whole
from .networks import Array, check_same_length, neuron
from .problem import Vector, array, as_json, option

FACTORS = {"squared": 1.0, "half": 0.5}


@dataclass(frozen=True)
class Problem:
    """A linear neuron wx + b, a target y, a rate. The default is the question of cs4152, A3."""

    x: Vector = option((2.0,), "vector", "inputs")
    w: Vector = option((1.0,), "vector", "weights, one for each input")
    b: float = option(-1.0, "number", "bias")
    y: float = option(3.0, "number", "target")
    lr: float = option(0.1, "number", "learning rate", least=0)
    steps: int = option(1, "whole", "how many steps", least=1, most=200)
    loss: str = option("squared", "choice", "(y - (wx+b))^2, or half of it", choices=tuple(FACTORS))


def draw(rng: Rng, given: Mapping[str, Any]) -> Problem:
    """Return small whole numbers, a target that is missed, and a rate that converges."""
    count = len(given.get("x", given.get("w", (0.0,))))
    x = small_whole(rng, 1, 3, count)
    w = small_whole(rng, -3, 3, count)
    b = float(rng.integers(-3, 3, endpoint=True))
    output = sum(a * c for a, c in zip(given.get("x", x), given.get("w", w), strict=False)) + b
    y = output + one_of(rng, -4, -3, -2, -1, 1, 2, 3, 4)
    return Problem(x=x, w=w, b=b, y=y, lr=one_of(rng, 0.01, 0.02, 0.05))


def solve(problem: Problem) -> Answer:
    """Return every step: the output, the loss, both gradients, the new weight and bias."""
    check_same_length("gd-step", x=problem.x, w=problem.w)
    scale = FACTORS[problem.loss]
    x, w = array(problem.x), array(problem.w)
    layer, loss = neuron(w, problem.b), MSELoss()
    optimizer = SGD(layer.get_parameters(), lr=problem.lr)
    target = np.full((1, 1), problem.y)
    two, front, tex_front = ("2 ", "", "") if scale == 1 else ("", "1/2 ", r"\tfrac{1}{2} ")
    steps = []
    for number in range(1, problem.steps + 1):
        at, old, bias = f"step{number}", layer.weight[0].copy(), layer.get_parameters()[1].item()
        y_hat = layer.forward(x[np.newaxis])  # (1, 1)
        error = y_hat.item() - problem.y
        lost = scale * loss.forward(y_hat, target)
        layer.backward(loss.backward(np.float64(scale)))
        grad_w, grad_b = (gradient.copy() for gradient in layer.get_gradients())
        optimizer.step([grad_w, grad_b])
        new_w, new_b = (p.copy() for p in layer.get_parameters())
        times = "" if problem.steps == 1 else f"Step {number}. "
        steps += [
            Step(
                f"{times}The output.",
                "y_hat = w x + b",
                r"\hat{y} = w^T x + b",
                f"{dot(old, x)} + {factor(bias)}",
                (value(f"{at}.y_hat", y_hat.item(), "y_hat"),),
            ),
            Step(
                "The loss.",
                f"L = {front}(y - y_hat)^2",
                rf"L = {tex_front}(y - \hat{{y}})^2",
                f"{'' if scale == 1 else '1/2 * '}({short(problem.y)} - {factor(y_hat.item())})^2",
                (value(f"{at}.loss", lost, "L"),),
            ),
            Step(
                "The gradients.",
                f"dL/dw = -{two}(y - y_hat) x, dL/db = -{two}(y - y_hat)",
                rf"\frac{{\partial L}}{{\partial w}} = -{two}(y - \hat{{y}}) x, \quad "
                rf"\frac{{\partial L}}{{\partial b}} = -{two}(y - \hat{{y}})",
                "",
                (
                    value(f"{at}.dL_dw", grad_w[0], "dL/dw"),
                    value(f"{at}.dL_db", grad_b.item(), "dL/db"),
                ),
                _gradients(problem, y_hat.item(), scale),
            ),
            Step(
                "The update.",
                "w' = w - lr dL/dw, b' = b - lr dL/db",
                r"w' = w - \eta \frac{\partial L}{\partial w}, \quad "
                r"b' = b - \eta \frac{\partial L}{\partial b}",
                "",
                (
                    value(f"{at}.w", new_w[0], "w'"),
                    value(f"{at}.b", new_b.item(), "b'"),
                    value(f"{at}.error", error, "y_hat - y", r"\hat{y} - y"),
                ),
                _update(problem, old, bias, grad_w[0], grad_b.item()),
            ),
        ]
    rate = 1 - 2 * scale * problem.lr * (float(x @ x) + 1)
    after = scale * loss.forward(layer.forward(x[np.newaxis]), target)
    steps.append(
        Step(
            "How fast: the error y_hat - y is linear in w and b, and each step multiplies it by "
            f"{'1 - 2 lr (|x|^2 + 1)' if scale == 1 else '1 - lr (|x|^2 + 1)'}. " + _verdict(rate),
            f"y_hat' - y = (1 - {two}lr (|x|^2 + 1)) (y_hat - y)",
            rf"\hat{{y}}' - y = \left(1 - {two}\eta (\lVert x \rVert^2 + 1)\right)"
            r" (\hat{y} - y)",
            "",
            (value("error_factor", rate, "factor of the error"),),
        )
    )
    return Answer(
        topic="gd-step",
        title="Gradient descent on a linear neuron",
        question=(
            f"A linear neuron computes y_hat = w x + b; the loss is L = {front}(y - y_hat)^2. "
            f"What are w and b after {problem.steps} "
            f"step{'s' if problem.steps > 1 else ''} of gradient descent?"
        ),
        given=(
            value("x", x),
            value("w", w),
            value("b", problem.b),
            value("y", problem.y),
            value("lr", problem.lr, "lr", r"\eta"),
        ),
        steps=tuple(steps),
        results=(
            value("w", layer.weight[0], "w'"),
            value("b", layer.get_parameters()[1].item(), "b'"),
            value("loss_after", after, "L after the last step"),
        ),
        problem=as_json(problem),
    )


def _gradients(problem: Problem, y_hat: float, scale: float) -> tuple[tuple[str, str], ...]:
    """Return the arithmetic of the gradients of a neuron with one input."""
    error = f"-{'2 * ' if scale == 1 else ''}({short(problem.y)} - {factor(y_hat)})"
    with_x = (("dL/dw", f"{error} * {factor(problem.x[0])}"),) if len(problem.x) == 1 else ()
    return (*with_x, ("dL/db", error))


def _update(
    problem: Problem, w: Array, b: float, grad_w: Array, grad_b: float
) -> tuple[tuple[str, str], ...]:
    """Return the arithmetic of the update of a neuron with one input."""
    lr = short(problem.lr)
    of_w = (("w'", f"{short(w[0])} - {lr} * {factor(grad_w[0])}"),) if len(w) == 1 else ()
    return (*of_w, ("b'", f"{short(b)} - {lr} * {factor(grad_b)}"))


def _verdict(rate: float) -> str:
    if abs(rate) < 1e-12:
        return "Here that is 0: one step reaches the target exactly, and the loss is 0."
    if abs(abs(rate) - 1) < 1e-12:
        return "Here its size is 1: the error stays as large as it is."
    if abs(rate) < 1:
        return "Here its size is below 1: the error shrinks with every step."
    return "Here its size is above 1: the rate is too large, and the error grows."
