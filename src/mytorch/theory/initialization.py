"""Zero, small, Xavier and He: the variance through depth, by formula and measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any, NamedTuple

import numpy as np

from ..nn import Linear
from . import functions
from .answer import Answer, Step, Value, value
from .digits import short
from .draws import Rng
from .networks import Array
from .problem import as_json, option
from .symmetry import symmetry

METHODS = {"zero": "zeros", "small": "normal", "xavier": "xavier_normal", "he": "he_normal"}
FORMULAS = {
    "zero": ("Var(w) = 0", r"\operatorname{Var}(w) = 0"),
    "small": ("Var(w) = 0.01^2", r"\operatorname{Var}(w) = 0.01^2"),
    "xavier": (
        "Var(w) = 2 / (n_in + n_out)",
        r"\operatorname{Var}(w) = \frac{2}{n_{\text{in}} + n_{\text{out}}}",
    ),
    "he": ("Var(w) = 2 / n_in", r"\operatorname{Var}(w) = \frac{2}{n_{\text{in}}}"),
}
ACTIVATIONS = ("identity", "tanh", "relu")
# Expectations over N(0, 1) are sums over even steps: for smooth functions that fall off like this
# density the sum is exact to the last digits, long before the steps are as fine as these.
NODES = np.linspace(-12, 12, 2401)
WEIGHTS = np.exp(-NODES * NODES / 2)
WEIGHTS /= WEIGHTS.sum()


@dataclass(frozen=True)
class Problem:
    """A deep network of layers of one width; the inputs are N(0, 1). cs4152, A5, and nyu6953."""

    width: int = option(256, "whole", "neurons in every layer", least=2, most=1024)
    depth: int = option(5, "whole", "layers", least=1, most=64)
    activation: str = option("tanh", "choice", "after every layer", choices=ACTIVATIONS)
    samples: int = option(256, "whole", "inputs to measure with", least=16, most=4096)
    weights_seed: int = option(0, "whole", "of the weights and inputs measured", least=0)


class Spread(NamedTuple):
    """Mean squares by layer: of the activations going forward, of the gradients going back."""

    forward: Array  # (depth + 1,), the input first
    backward: Array  # (depth + 1,), the input first


def draw(rng: Rng, given: Mapping[str, Any]) -> Problem:
    """Return a network whose variances are easy by hand: identity or ReLU, few layers."""
    return Problem(
        width=int(rng.choice([50, 64, 100, 128, 200])),
        depth=int(rng.integers(2, 6, endpoint=True)),
        activation=("identity", "relu")[int(rng.integers(2))],
        weights_seed=int(rng.integers(1000)),
    )


def solve(problem: Problem) -> Answer:
    """Return for each method the variance that the formula foretells and the measured one."""
    steps = [_rule(problem)]
    results: list[Value] = []
    for method in METHODS:
        variance = weight_variance(method, problem.width)
        told, seen = foretold(problem, variance), measured(problem, method)
        steps.append(_method(problem, method, variance, told, seen))
        results += [
            _named(method, "forward", told.forward[-1], "mean a^2 after the last layer"),
            _named(method, "backward", told.backward[0], "mean (dL/dx)^2 over mean (dL/da)^2"),
        ]
    steps += symmetry()
    shape = f"{problem.depth} layers of {problem.width} neurons"
    return Answer(
        topic="initialization",
        title="Initial weights, and the variance through depth",
        question=(
            f"A network has {shape} with the activation "
            f"{functions.FUNCTIONS[problem.activation].title}, biases 0, inputs from N(0, 1). For "
            "weights that are zero, N(0, 0.01^2), Xavier's and He's: how large are the activations "
            "after the last layer, and how large is the gradient that arrives at the input, if the "
            "one at the output has mean square 1? Why are zero weights wrong?"
        ),
        given=(
            value("width", problem.width, "n"),
            value("depth", problem.depth, "layers"),
        ),
        steps=tuple(steps),
        results=tuple(results),
        problem=as_json(problem),
    )


def weight_variance(method: str, width: int) -> float:
    """Return Var(w) of a square layer by the method's formula."""
    return {"zero": 0.0, "small": 0.01**2, "xavier": 2 / (2 * width), "he": 2 / width}[method]


def foretold(problem: Problem, variance: float) -> Spread:
    """Return what the recursion says, exact for an infinite width.

    The net inputs of a layer are sums of many terms: N(0, q) with q = n Var(w) mean a^2 of the
    layer before. Expectations over N(0, q) are sums over `NODES`.
    """
    gain = problem.width * variance
    squares, slopes = [1.0], []
    for _ in range(problem.depth):
        q = gain * squares[-1]
        if problem.activation == "relu":  # by symmetry half of all; quadrature would see the kink
            squares.append(q / 2)
            slopes.append(0.5 if q else 0.0)
            continue
        a, slope = functions.value_and_slope(problem.activation, sqrt(q) * NODES)
        squares.append(float(WEIGHTS @ (a * a)))
        slopes.append(float(WEIGHTS @ (slope * slope)))
    back = [1.0]
    for slope_square in reversed(slopes):
        back.append(gain * slope_square * back[-1])
    return Spread(np.array(squares), np.array(back[::-1]))


def measured(problem: Problem, method: str) -> Spread:
    """Return the same of one network of the library, with a random gradient at its output."""
    rng = np.random.default_rng(problem.weights_seed)
    n = problem.width
    x = rng.standard_normal((problem.samples, n))
    gradient = rng.standard_normal((problem.samples, n))
    layers = [Linear(n, n, init=METHODS[method], dtype=np.float64, rng=rng) for _ in
              range(problem.depth)]  # fmt: skip
    activations = [functions.module(problem.activation) for _ in layers]
    squares, a = [float(np.mean(x * x))], x
    for layer, f in zip(layers, activations, strict=True):
        a = f.forward(layer.forward(a))
        squares.append(float(np.mean(a * a)))
    g = gradient
    back = [float(np.mean(g * g))]
    for layer, f in zip(reversed(layers), reversed(activations), strict=True):
        g = np.asarray(layer.backward(f.backward(g)))
        back.append(float(np.mean(g * g)))
    return Spread(np.array(squares), np.array(back[::-1]) / back[0])


def _rule(problem: Problem) -> Step:
    half = {
        "relu": " Of a ReLU's net inputs one half is cut off: mean a^2 = q / 2, and the slope is 1 "
        "half of the time.",
        "identity": " Without a nonlinearity a = z: mean a^2 = q.",
        "tanh": " tanh(z) is about z while q is small; the expectation is computed as a fine sum.",
    }[problem.activation]
    return Step(
        "A net input is a sum of n products of independent numbers with mean 0, so its variance q "
        "is n times that of one product; s is the mean square of the activations. Going back it is "
        f"the same, with the slope in the place of the activation.{half}",
        "q_l = n Var(w) s_(l-1), s_l = E[f(z)^2] with z from N(0, q_l), s_0 = 1",
        r"q_l = n \operatorname{Var}(w) \, s_{l-1}, \quad s_l = E[f(z)^2] "
        r"\text{ with } z \sim N(0, q_l), \quad s_0 = 1",
    )


def _method(problem: Problem, method: str, variance: float, told: Spread, seen: Spread) -> Step:
    plain, latex = FORMULAS[method]
    gain = problem.width * variance
    return Step(
        f"{method.capitalize() if method != 'zero' else 'Zero'}: n Var(w) = {short(gain)}. "
        + _verdict(told),
        plain,
        latex,
        "",
        (
            _named(method, "variance", variance, "Var(w)", r"\operatorname{Var}(w)"),
            _named(method, "forward_formula", told.forward, "mean a^2 by layer, formula"),
            _named(method, "forward_measured", seen.forward, "mean a^2 by layer, measured"),
            _named(method, "backward_formula", told.backward, "mean g^2 by layer, formula"),
            _named(method, "backward_measured", seen.backward, "mean g^2 by layer, measured"),
        ),
    )


def _named(method: str, key: str, number: Any, symbol: str, latex: str | None = None) -> Value:
    return value(f"{method}.{key}", number, f"{method}: {symbol}", latex)


def _verdict(told: Spread) -> str:
    last = float(told.forward[-1])
    if last == 0:
        return "Every activation is 0, and no gradient passes."
    if last < 1e-3:
        return f"The activations vanish: their mean square falls to {last:.2g}."
    if last > 1e3:
        return f"The activations explode: their mean square grows to {last:.2g}."
    return f"The mean square after the last layer is {last:.3g}."
