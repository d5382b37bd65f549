"""Activation functions: value, derivative, range, and where the derivative does not exist."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..nn import MaxOut, Softmax
from ..utils.errors import ArgumentError
from . import functions
from .answer import Answer, Step, Value, value
from .digits import factor, short
from .draws import Rng
from .networks import Array, check_same_length
from .problem import Vector, array, as_json, option

CURVES = tuple(name for name in functions.NAMES if name != "identity")
CHOICES = ("all", *CURVES, "softmax", "maxout")
MOST = 64  # points


@dataclass(frozen=True)
class Problem:
    """The activations of the courses, at a few points.

    Softmax takes all points together, as scores; MaxOut is the largest of a few lines
    slope x + offset.
    """

    activation: str = option("all", "choice", "one of them, or all", choices=CHOICES)
    x: Vector = option((-2.0, -1.0, 0.0, 1.0, 2.0), "vector", "points", least=-1e6, most=1e6)
    alpha: float | None = option(
        None, "number", "slope of leaky-relu below 0 (0.01), or alpha of elu (1)", least=0
    )
    slopes: Vector = option((-1.0, 0.5), "vector", "of the lines of maxout")
    offsets: Vector = option((-1.0, 0.5), "vector", "of the lines of maxout")


def draw(rng: Rng, given: Mapping[str, Any]) -> Problem:
    """Return one activation at three different points, multiples of a half."""
    name = given.get("activation", CURVES[int(rng.integers(len(CURVES)))])
    halves = rng.choice(np.arange(-6, 7), 3, replace=False)
    slopes = rng.choice([-2, -1, 1, 2], 2, replace=False)
    return Problem(
        activation=name,
        x=tuple(int(h) / 2 for h in np.sort(halves)),
        slopes=tuple(float(s) for s in slopes),
        offsets=tuple(float(o) for o in rng.integers(-2, 2, 2, endpoint=True)),
    )


def solve(problem: Problem) -> Answer:
    """Return the values and derivatives of one activation, or of all."""
    x = array(problem.x)
    if x.size > MOST:
        raise ArgumentError(f"activations: --x has {x.size} points, expected at most {MOST}")
    names = CHOICES[1:] if problem.activation == "all" else (problem.activation,)
    if problem.alpha is not None and not {"all", "leaky-relu", "elu"} & {problem.activation}:
        raise ArgumentError(
            f"activations: --alpha is for leaky-relu and elu, and {problem.activation} has none"
        )
    steps, results = [], []
    for name in names:
        part = _softmax(x) if name == "softmax" else (
            _maxout(problem, x) if name == "maxout" else _curve(name, x, problem.alpha)
        )  # fmt: skip
        steps += part[0]
        results += part[1]
    what = "the activation functions" if len(names) > 1 else title(names[0])
    return Answer(
        topic="activations",
        title=f"Activations: {what}",
        question=f"What are the values and the derivatives of {what} at the points x? What values "
        "can the function take, and where does the derivative not exist?",
        given=(value("x", x), *_given(problem, names)),
        steps=tuple(steps),
        results=tuple(results),
        problem=as_json(problem),
    )


def title(name: str) -> str:
    """Return how a function is called in prose."""
    other = {"softmax": "softmax", "maxout": "MaxOut"}
    return other[name] if name in other else functions.FUNCTIONS[name].title


def _given(problem: Problem, names: tuple[str, ...]) -> list[Value]:
    given = []
    for name in names:
        alpha = None if name in ("softmax", "maxout") else functions.alpha_of(name, problem.alpha)
        if alpha is not None:
            symbol = rf"\alpha_{{\text{{{title(name)}}}}}"
            given.append(value(f"{_key(name)}.alpha", alpha, f"alpha of {title(name)}", symbol))
    if "maxout" in names:
        given += [
            value("maxout.slopes", problem.slopes, "slopes of MaxOut"),
            value("maxout.offsets", problem.offsets, "offsets of MaxOut"),
        ]
    return given


def _key(name: str) -> str:
    return name.replace("-", "_")


def _curve(name: str, x: Array, alpha: float | None) -> tuple[list[Step], list[Value]]:
    function, key = functions.FUNCTIONS[name], _key(name)
    y, slope = functions.value_and_slope(name, x, alpha)
    left, right = functions.sides(name, alpha)
    kink = left != right
    values = value(f"{key}.f", y, f"{function.title}(x)", r"f(x)")
    slopes = value(f"{key}.slope", slope, f"{function.title}'(x)", r"f'(x)")
    reach = functions.range_of(name, alpha)
    steps = [
        Step(
            f"{function.title}. Its range: {reach}.",
            functions.plain(name).replace("z", "x"),
            function.latex.replace("z", "x"),
            "",
            (values, value(f"{key}.range", reach, "range")),
            _workings(name, x, alpha, slope=False),
        ),
        Step(
            f"Its derivative. {_about(name, left, right, kink)}",
            functions.plain_slope(name).replace("z", "x"),
            function.slope_latex.replace("z", "x"),
            "",
            (
                slopes,
                value(f"{key}.undefined_at_0", kink, "derivative missing at 0"),
                value(f"{key}.slope_from_left", left, "f'(0) from the left"),
                value(f"{key}.slope_from_right", right, "f'(0) from the right"),
            ),
            _workings(name, x, alpha, slope=True),
        ),
    ]
    return steps, [
        Value(part.key, part.value, part.symbol, rf"\text{{{part.symbol}}}")
        for part in (values, slopes)
    ]


def _about(name: str, left: float, right: float, kink: bool) -> str:
    if kink:
        library = functions.value_and_slope(name, np.zeros(1), left)[1].item()
        told = f"It does not exist at 0: {short(left)} from the left, {short(right)} from the right"
        if name == "relu":
            told += (
                ". The library takes 0 there; a text that says 'x at 0 and above' in words "
                "takes 1, and by the formula [x > 0] it is 0."
            )
            return told
        return f"{told}. At 0 the library's number is {short(library)}."
    if name == "swish":
        return "It exists everywhere, and is negative left of the minimum at x = -1.278465."
    if name == "elu":
        return "It exists everywhere, as alpha = 1 makes both sides meet with the slope 1."
    if name == "sigmoid":
        return "It exists everywhere and is largest at 0, where it is 0.25."
    if name == "tanh":
        return "It exists everywhere and is largest at 0, where it is 1."
    return "It exists everywhere."


def _workings(
    name: str, x: Array, alpha: float | None, *, slope: bool
) -> tuple[tuple[str, str], ...]:
    """Return the arithmetic at each point, where it is more than a number."""
    mark = "f'" if slope else "f"
    told = (
        (f"{mark}({short(point)})", functions.numbers(name, float(point), alpha, slope=slope))
        for point in x
    )
    return tuple((symbol, text) for symbol, text in told if "(" in text or "*" in text)


def _softmax(x: Array) -> tuple[list[Step], list[Value]]:
    module = Softmax()
    p = module.forward(x)
    jacobian = np.stack([module.backward(row) for row in np.eye(x.size)])
    values = value("softmax.f", p, "softmax(x)")
    steps = [
        Step(
            "Softmax takes all numbers together, as scores: values in (0, 1) that add up to 1. Its "
            "derivative is a matrix, and exists everywhere.",
            "p_i = exp(x_i) / sum over k of exp(x_k), dp_i/dx_j = p_i ([i = j] - p_j)",
            r"p_i = \frac{e^{x_i}}{\sum_k e^{x_k}}, \quad "
            r"\frac{\partial p_i}{\partial x_j} = p_i ([i = j] - p_j)",
            "",
            (
                values,
                value("softmax.jacobian", jacobian, "dp/dx"),
                value("softmax.range", "(0, 1)", "range"),
            ),
        )
    ]
    return steps, [values]


def _maxout(problem: Problem, x: Array) -> tuple[list[Step], list[Value]]:
    check_same_length("activations", slopes=problem.slopes, offsets=problem.offsets)
    slopes, offsets = array(problem.slopes), array(problem.offsets)
    lines = x[:, np.newaxis] * slopes + offsets  # (N, k)
    module = MaxOut(slopes.size)
    y = module.forward(lines)[:, 0]  # (N,)
    slope = (module.backward(np.ones((x.size, 1))) * slopes).sum(axis=1)  # (N,)
    ties = [len(set(slopes[row == top])) > 1 for row, top in zip(lines, y, strict=True)]
    values = value("maxout.f", y, "MaxOut(x)")
    derivative = value("maxout.slope", slope, "MaxOut'(x)")
    reach = _reach(slopes, offsets)
    told = ", ".join(f"{short(a)} x + {factor(c)}" for a, c in zip(slopes, offsets, strict=True))
    steps = [
        Step(
            f"MaxOut: the largest of a few lines, whose slopes and offsets are learned. Values in "
            f"{reach}.",
            f"f(x) = max({told})",
            r"f(x) = \max_k (s_k x + o_k)",
            "",
            (value("maxout.lines", lines, "lines"), values, value("maxout.range", reach, "range")),
        ),
        Step(
            "Its derivative is the slope of the largest line. Where two lines of different slope "
            "tie, it does not exist; the library takes the first of them.",
            "f'(x) = slope of the largest line",
            r"f'(x) = s_{k^*}, \quad k^* = \operatorname{argmax}_k (s_k x + o_k)",
            "",
            (
                derivative,
                value("maxout.undefined", np.array(ties, np.float64), "1 where it does not exist"),
            ),
        ),
    ]
    return steps, [values, derivative]


def _reach(slopes: Array, offsets: Array) -> str:
    """Return the range of the largest of some lines: convex, so from its minimum on."""
    if np.all(slopes == 0):
        return f"[{short(offsets.max())}, {short(offsets.max())}]"
    if np.all(slopes > 0) or np.all(slopes < 0):
        return "all real numbers"
    bends = [
        (offsets[j] - offsets[i]) / (slopes[i] - slopes[j])
        for i in range(slopes.size)
        for j in range(i)
        if slopes[i] != slopes[j]
    ]
    lowest = min(float((slopes * bend + offsets).max()) for bend in bends)
    return f"[{short(lowest)}, infinity)"
