"""Zero, small, Xavier and He: the variance through depth, by formula and measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from ..nn import SGD, Linear, Sequential, SoftmaxCrossEntropy
from . import functions
from .answer import Answer, Step, Value, value
from .digits import short
from .draws import Rng
from .networks import Array
from .problem import as_json, option

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
NODES = 201  # of the quadrature


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
    steps += _symmetry()
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
    layer before. Expectations over N(0, q) are taken by Gauss-Hermite quadrature.
    """
    nodes, weights = hermegauss(NODES)
    weights = weights / weights.sum()
    gain = problem.width * variance
    squares, slopes = [1.0], []
    for _ in range(problem.depth):
        q = gain * squares[-1]
        if problem.activation == "relu":  # by symmetry half of all; quadrature would see the kink
            squares.append(q / 2)
            slopes.append(0.5 if q else 0.0)
            continue
        a, slope = functions.value_and_slope(problem.activation, sqrt(q) * nodes)
        squares.append(float(weights @ (a * a)))
        slopes.append(float(weights @ (slope * slope)))
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
    squares, a = [np.mean(x * x)], x
    for layer, f in zip(layers, activations, strict=True):
        a = f.forward(layer.forward(a))
        squares.append(np.mean(a * a))
    g = gradient
    back = [np.mean(g * g)]
    for layer, f in zip(reversed(layers), reversed(activations), strict=True):
        g = layer.backward(f.backward(g))
        back.append(np.mean(g * g))
    return Spread(np.array(squares), np.array(back[::-1]) / back[0])


def _rule(problem: Problem) -> Step:
    half = {
        "relu": " Of a ReLU's net inputs one half is cut off: mean a^2 = q / 2, and the slope is 1 "
        "half of the time.",
        "identity": " Without a nonlinearity a = z: mean a^2 = q.",
        "tanh": " tanh(z) is about z while q is small; the expectation is computed by quadrature.",
    }[problem.activation]
    return Step(
        "A net input is a sum of n products of independent numbers with mean 0, so its variance q "
        "is n times that of one product; s is the mean square of the activations. Going back it is the same, with the slope in the place of "
        f"the activation.{half}",
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


def _symmetry() -> tuple[Step, ...]:
    """Return two small networks, trained: what zero and what equal weights cannot leave."""
    x = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.5, -1.0]])
    labels = np.array([0, 1, 1, 1])
    told = []
    for constant in (0.0, 0.5, None):
        network = _small(constant)
        loss = SoftmaxCrossEntropy()
        first = loss.forward(network.forward(x), labels)
        network.backward(loss.backward())
        gradients = [g.copy() for g in network.get_gradients()]
        optimizer = SGD(network.get_parameters(), lr=0.5)
        for _ in range(100):
            loss.forward(network.forward(x), labels)
            network.backward(loss.backward())
            optimizer.step(network.get_gradients())
        last = loss.forward(network.forward(x), labels)
        told.append((first, gradients, last, network[0].weight.copy()))
    zero, equal, random = told
    return (
        Step(
            "Zero weights, in a network of 2 inputs, 3 tanh units and 2 classes on 4 examples: the "
            "weight gradients are exactly 0, for the activations are 0 and nothing flows back "
            "through zero weights. It is not true that nothing learns: the bias of the output does "
            "(its gradient is the mean of p - y), and after 100 steps the network still gives every "
            "input the same answer, the share of each class.",
            "dL/dW1 = 0, dL/dW2 = 0, dL/db2 = mean of (p - y)",
            r"\frac{\partial L}{\partial W_1} = 0, \quad \frac{\partial L}{\partial W_2} = 0, \quad "
            r"\frac{\partial L}{\partial b_2} = \overline{p - y}",
            "",
            (
                value("zero.largest_weight_gradient", _largest(zero[1][0], zero[1][2]), "max |dL/dW|"),
                value("zero.output_bias_gradient", zero[1][3], "dL/db2"),
                value("zero.loss_first", zero[0], "loss at first"),
                value("zero.loss_last", zero[2], "loss after 100 steps"),
            ),
        ),
        Step(
            "Equal weights other than 0 do move, but all hidden units get the same gradient and "
            "stay equal for ever: three units do the work of one. Different weights break that "
            "symmetry.",
            "",
            "",
            "",
            (
                value("equal.spread_of_units", _spread(equal[3]), "equal: largest difference of units"),
                value("equal.loss_last", equal[2], "equal: loss after 100 steps"),
                value(
                    "xavier.spread_of_units", _spread(random[3]), "xavier: largest difference of units"
                ),
                value("xavier.loss_last", random[2], "xavier: loss after 100 steps"),
            ),
        ),
    )


def _small(constant: float | None) -> Sequential:
    rng = np.random.default_rng(0)
    layers = [
        Linear(2, 3, dtype=np.float64, rng=rng),
        functions.module("tanh"),
        Linear(3, 2, dtype=np.float64, rng=rng),
    ]
    if constant is not None:
        for layer in (layers[0], layers[2]):
            layer.get_parameters()[0][:] = constant
    return Sequential(layers)


def _largest(*arrays: Array) -> float:
    return max(float(np.abs(a).max()) for a in arrays)


def _spread(weight: Array) -> float:
    return float(np.ptp(weight, axis=0).max())
