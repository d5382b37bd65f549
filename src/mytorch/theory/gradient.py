"""The gradient of one neuron: dL/dw, dL/db, dL/dx, and the updated weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..nn import SGD, MSELoss
from ..utils.errors import ArgumentError
from . import functions
from .answer import Answer, Step, Value, value
from .digits import dot, factor, short
from .draws import Rng, tenths
from .networks import Array, check_same_length, net_input, neuron
from .problem import Vector, array, as_json, option

# key, factor of the squared error: PyTorch's mean squared error, and with 1/2
CONVENTIONS = (("mse", 1.0), ("half", 0.5))


@dataclass(frozen=True)
class Problem:
    """A neuron a = f(w.x + b), a target y, a rate. The default is the question of cs4152, A2."""

    activation: str = option("sigmoid", "choice", "f", choices=functions.NAMES)
    x: Vector = option((0.7,), "vector", "inputs")
    w: Vector = option((-0.5,), "vector", "weights, one for each input")
    b: float = option(0.2, "number", "bias")
    y: float = option(1.0, "number", "target")
    lr: float = option(0.1, "number", "learning rate of the update", least=0)
    alpha: float | None = option(
        None, "number", "slope of leaky-relu below 0 (0.01), or alpha of elu (1)", least=0
    )


def draw(rng: Rng, given: Mapping[str, Any]) -> Problem:
    """Return a neuron with as many inputs as are given, one if none are."""
    count = len(given.get("x", given.get("w", (0.0,))))
    x, w = tenths(rng, count), tenths(rng, count)
    (b,) = tenths(rng, 1)
    return Problem(x=x, w=w, b=b, y=float(rng.integers(0, 1, endpoint=True)))


def solve(problem: Problem) -> Answer:
    """Return the forward pass, the chain rule and the update, with and without 1/2 in the loss."""
    check_same_length("gradient", x=problem.x, w=problem.w)
    f = problem.activation
    alpha = functions.alpha_of(f, problem.alpha)
    if problem.alpha is not None and alpha is None:
        raise ArgumentError(f"gradient: --alpha is for leaky-relu and elu, and {f} has none")
    x, w = array(problem.x), array(problem.w)
    layer, activation = neuron(w, problem.b), functions.module(f, alpha)
    z = net_input(layer, x[np.newaxis])  # (1, 1)
    a = activation.forward(z)  # (1, 1)
    slope = activation.backward(np.ones_like(z)).item()
    net = z.item()

    steps = [
        Step(
            "The net input.",
            "z = w.x + b",
            r"z = w^T x + b",
            f"{dot(w, x)} + {factor(problem.b)}",
            (value("z", net),),
        ),
        Step(
            f"The activation, {functions.FUNCTIONS[f].title}.",
            f"a = f(z), {functions.plain(f)}",
            rf"a = f(z), \quad {functions.FUNCTIONS[f].latex}",
            functions.numbers(f, net, alpha),
            (value("a", a.item()),),
        ),
        Step(
            "Its derivative by the net input.",
            functions.plain_slope(f),
            functions.FUNCTIONS[f].slope_latex,
            functions.numbers(f, net, alpha, slope=True),
            (value("slope", slope, "f'(z)", "f'(z)"),),
        ),
        Step(
            "So the derivatives of the neuron itself, whatever the loss: z is linear in w and b.",
            "da/dw_j = f'(z) x_j, da/db = f'(z)",
            r"\frac{\partial a}{\partial w_j} = f'(z) \, x_j, \quad "
            r"\frac{\partial a}{\partial b} = f'(z)",
            "",
            (value("da_dw", slope * x, "da/dw"), value("da_db", slope, "da/db")),
        ),
    ]
    steps += _kink(f, net, slope, alpha)
    results: list[Value] = []
    for key, scale in CONVENTIONS:
        some, found = _backward(problem, key, scale, layer, activation, a)
        steps += some
        results += found
    return Answer(
        topic="gradient",
        title=f"The gradient of one neuron: {functions.FUNCTIONS[f].title}",
        question=(
            f"A neuron computes a = f(w.x + b) with f = {functions.FUNCTIONS[f].title}"
            + ("" if alpha is None else f" (alpha = {short(alpha)})")
            + ". The loss is the squared error (a - y)^2. What are dL/dw, dL/db and dL/dx, and "
            "what are w and b after one step of gradient descent? Answer for the loss with a "
            "factor 1/2, too."
        ),
        given=(
            value("x", x),
            value("w", w),
            value("b", problem.b),
            value("y", problem.y),
            value("lr", problem.lr, "lr", r"\eta"),
        ),
        steps=tuple(steps),
        results=tuple(results),
        problem=as_json(problem),
    )


def _backward(
    problem: Problem, key: str, scale: float, layer: Any, activation: Any, a: Array
) -> tuple[list[Step], list[Value]]:
    """Return the steps from the loss back to the weights, and the results."""
    x, w = array(problem.x), array(problem.w)
    loss = MSELoss()
    squared = scale * loss.forward(a, np.full_like(a, problem.y))
    grad_a = loss.backward(np.float64(scale))  # (1, 1)
    delta = activation.backward(grad_a)  # (1, 1)
    grad_x = layer.backward(delta)[0]  # (D,)
    grad_w, grad_b = (gradient.copy() for gradient in layer.get_gradients())  # (1, D), (1,)
    moved_w, moved_b = layer.weight.copy(), layer.bias.copy()
    SGD([moved_w, moved_b], lr=problem.lr).step([grad_w, grad_b])

    front, tex_front = ("", "") if scale == 1 else ("1/2 ", r"\tfrac{1}{2} ")
    two, tex_two = ("2 ", "2 ") if scale == 1 else ("", "")
    error = f"({short(a.item())} - {factor(problem.y)})"
    d, e = delta.item(), grad_a.item()
    slope = activation.backward(np.ones_like(a)).item()

    lr = short(problem.lr)

    def named(what: str, number: Any, symbol: str) -> Value:
        return value(f"{key}.{what}", number, symbol)

    with_half = "" if scale == 1 else " with the factor 1/2"
    gradients = (
        named("dL_dw", grad_w[0], "dL/dw"),
        named("dL_db", grad_b.item(), "dL/db"),
        named("dL_dx", grad_x, "dL/dx"),
    )
    moved = (
        named("new_w", moved_w[0], "w'"),
        named("new_b", moved_b.item(), "b'"),
    )
    steps = [
        Step(
            f"The loss{with_half}.",
            f"L = {front}(a - y)^2",
            rf"L = {tex_front}(a - y)^2",
            f"{'' if scale == 1 else '1/2 * '}{error}^2",
            (named("loss", squared, "L"),),
        ),
        Step(
            "Its derivative by the activation: the outermost factor of the chain rule.",
            f"dL/da = {two}(a - y)",
            rf"\frac{{\partial L}}{{\partial a}} = {tex_two}(a - y)",
            f"{'2 * ' if scale == 1 else ''}{error}",
            (named("dL_da", e, "dL/da"),),
        ),
        Step(
            "Times the derivative of the activation: the derivative by the net input, delta.",
            "delta = dL/dz = dL/da f'(z)",
            r"\delta = \frac{\partial L}{\partial z} = \frac{\partial L}{\partial a} f'(z)",
            f"{factor(e)} * {factor(slope)}",
            (named("delta", d, "delta"),),
        ),
        Step(
            "z is linear in w, b and x: dz/dw_j = x_j, dz/db = 1, dz/dx_j = w_j.",
            "dL/dw = delta x, dL/db = delta, dL/dx = delta w",
            r"\frac{\partial L}{\partial w} = \delta x, \quad "
            r"\frac{\partial L}{\partial b} = \delta, \quad "
            r"\frac{\partial L}{\partial x} = \delta w",
            "",
            gradients,
            (
                (
                    ("dL/dw", f"{factor(d)} * {factor(x[0])}"),
                    ("dL/dx", f"{factor(d)} * {factor(w[0])}"),
                )
                if w.size == 1
                else ()
            ),
        ),
        Step(
            "One step of gradient descent.",
            "w' = w - lr dL/dw, b' = b - lr dL/db",
            r"w' = w - \eta \frac{\partial L}{\partial w}, \quad "
            r"b' = b - \eta \frac{\partial L}{\partial b}",
            "",
            moved,
            (
                *((("w'", f"{short(w[0])} - {lr} * {factor(d * x[0])}"),) if w.size == 1 else ()),
                ("b'", f"{short(problem.b)} - {lr} * {factor(d)}"),
            ),
        ),
    ]
    results = tuple(
        Value(part.key, part.value, f"{part.symbol}{with_half}", part.latex + _tag(scale))
        for part in (*gradients, *moved)
    )
    return steps, list(results)


def _tag(scale: float) -> str:
    return "" if scale == 1 else r"\ (\tfrac{1}{2})"


def _kink(f: str, z: float, slope: float, alpha: float | None) -> list[Step]:
    """Return what is to be said where the derivative does not exist."""
    left, right = functions.sides(f, alpha)
    if z != 0 or left == right:
        return []
    return [
        Step(
            f"At z = 0 the derivative does not exist: from the left it is {short(left)}, from the "
            f"right {short(right)}. Any number between them is a subgradient. The library takes "
            f"{short(slope)}; some course texts take {short(right if slope == left else left)}, "
            "and then every gradient below changes in that proportion.",
            "",
            "",
            "",
            (
                value("slope_from_left", left, "f'(0) from the left"),
                value("slope_from_right", right, "f'(0) from the right"),
            ),
        )
    ]
