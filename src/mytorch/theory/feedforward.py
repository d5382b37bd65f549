"""The forward pass of a small dense network, for both readings of the weights' indices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..nn import Module, Softmax
from ..utils.errors import ArgumentError, ShapeError
from . import functions
from .answer import Answer, Step, value
from .digits import dot, factor
from .draws import Rng, tenths, tenths_matrix
from .networks import Array, dense, net_input
from .problem import Rows, Stack, Vector, array, as_json, option

READINGS = ("input-first", "neuron-first")
MEANING = {
    "input-first": "w_ij leads from input i to neuron j: row i of the matrix belongs to input i",
    "neuron-first": "w_ij leads to neuron i from input j: row i of the matrix belongs to neuron i",
}
NAMES = (*functions.NAMES, "softmax")
MOST_LAYERS = 16
FEW = 36  # weights of a layer whose sums are written out


@dataclass(frozen=True)
class Problem:
    """A dense network with all its numbers. The default is the question of cs4152, A1."""

    x: Vector = option((0.5, 0.3), "vector", "inputs")
    weights: Stack = option(
        (((0.8, -0.4), (0.2, 0.9)), ((0.5,), (-0.7,))),
        "stack",
        "w_ij of each layer: rows by semicolons, layers by bars",
    )
    biases: Rows = option(((0.1, -0.2), (0.3,)), "rows", "biases, the layers by semicolons")
    activations: tuple[str, ...] = option(
        ("sigmoid",), "choices", "one for all layers, or one for each", choices=NAMES
    )
    indices: str = option("input-first", "choice", "what w_ij means", choices=READINGS)


def draw(rng: Rng, given: Mapping[str, Any]) -> Problem:
    """Return the course's network, 2-2-1 or with as many inputs as are given, and other numbers."""
    inputs = len(given.get("x", (0.0, 0.0)))
    return Problem(
        x=tenths(rng, inputs),
        weights=(tenths_matrix(rng, inputs, 2), tenths_matrix(rng, 2, 1)),
        biases=(tenths(rng, 2), tenths(rng, 1)),
    )


def solve(problem: Problem) -> Answer:
    """Return every net input and activation of the reading asked for, then of the other one.

    A matrix that is not square can be read in one way only, for the sizes must fit; the other
    reading turns the square ones.
    """
    weights, names = _checked(problem)
    other = next(reading for reading in READINGS if reading != problem.indices)
    turned = [w.T if w.shape[0] == w.shape[1] else w for w in weights]
    steps, output = _forward(problem, problem.indices, weights, names)
    results = [value("default_reading", problem.indices, "reading of w_ij")]
    results.append(value(_key(problem.indices), output, "output"))
    ambiguous = any(not np.array_equal(a, b) for a, b in zip(weights, turned, strict=True))
    if ambiguous:
        steps.append(
            Step(
                "The question does not say which index comes first. So far "
                f"{MEANING[problem.indices]}. In the other reading, {MEANING[other]}."
            )
        )
        more, output = _forward(problem, other, turned, names)
        steps += more
        results.append(value(_key(other), output, "output, other reading", r"\text{other reading}"))
    sizes = "-".join(map(str, (len(problem.x), *(w.shape[0] for w in weights))))
    return Answer(
        topic="feedforward",
        title=f"The forward pass of a {sizes} network",
        question=(
            f"A dense network of sizes {sizes} has the activation"
            f"{'s' if len(set(names)) > 1 else ''} {', '.join(dict.fromkeys(names))}"
            f"{' everywhere' if len(set(names)) == 1 else ', layer by layer'}. What is its output? "
            "Row i, column j of each W holds w_ij: "
            + (
                "the text does not say whether that leads from input i to neuron j or from input j "
                "to neuron i. Answer for both."
                if ambiguous
                else f"{MEANING[problem.indices].partition(':')[0]}."
            )
        ),
        given=(
            value("x", problem.x),
            *(value(f"layer{k}.w", array(w), f"W{k}") for k, w in enumerate(problem.weights, 1)),
            *(value(f"layer{k}.b", b, f"b{k}") for k, b in enumerate(problem.biases, 1)),
        ),
        steps=tuple(steps),
        results=tuple(results),
        problem=as_json(problem),
    )


def _key(reading: str) -> str:
    return reading.replace("-", "_")


def _checked(problem: Problem) -> tuple[list[Array], list[str]]:
    """Return weights as (out, in) and an activation for each layer."""
    layers = len(problem.weights)
    if layers > MOST_LAYERS:
        raise ArgumentError(f"feedforward: {layers} layers, expected at most {MOST_LAYERS}")
    for name, count in (("biases", len(problem.biases)), ("activations", len(problem.activations))):
        if count != layers and not (name == "activations" and count == 1):
            raise ShapeError(
                f"feedforward: --weights has {layers} layers and --{name} {count}; separate "
                "weights of layers by |, biases by ;, activations by a comma"
            )
    given = [array(w) for w in problem.weights]
    weights = [w.T if problem.indices == "input-first" else w for w in given]  # (out, in)
    inputs = [len(problem.x), *(len(w) for w in weights)]
    what = "rows" if problem.indices == "input-first" else "columns"
    for k, (w, size) in enumerate(zip(weights, inputs, strict=False), 1):
        if w.shape[1] != size:
            raise ShapeError(
                f"feedforward: the weights of layer {k} have {w.shape[1]} {what}, expected {size}, "
                f"one for each {'input' if k == 1 else 'neuron before it'} (--indices "
                f"{problem.indices})"
            )
        if len(problem.biases[k - 1]) != len(w):
            raise ShapeError(
                f"feedforward: layer {k} has {len(w)} neurons and {len(problem.biases[k - 1])} "
                "biases"
            )
    names = list(problem.activations)
    return weights, names * layers if len(names) == 1 else names


def _forward(
    problem: Problem, reading: str, weights: list[Array], names: list[str]
) -> tuple[list[Step], Array]:
    """Return the steps of one reading, and the output."""
    steps, a = [], array(problem.x)
    first = reading == "input-first"
    formula = (
        "z_j = sum over i of w_ij x_i + b_j" if first else "z_i = sum over j of w_ij x_j + b_i"
    )
    latex = r"z_j = \sum_i w_{ij} x_i + b_j" if first else r"z_i = \sum_j w_{ij} x_j + b_i"
    turned = "^T" if first else ""
    for k, (w, name) in enumerate(zip(weights, names, strict=True), 1):
        b = array(problem.biases[k - 1])
        z = net_input(dense(w, b), a[np.newaxis])[0]  # (out,)
        after = _module(name).forward(z)  # (out,)
        at, source = f"{_key(reading)}.layer{k}", "x" if k == 1 else f"a{k - 1}"
        plain = f"z{k} = W{k}{turned} {source} + b{k}"
        tex = rf"z_{{{k}}} = W_{{{k}}}{turned} {_tex(source)} + b_{{{k}}}"
        steps.append(
            Step(
                f"Layer {k}, net inputs: the weighted inputs of each neuron plus its bias."
                + (f" ({MEANING[reading]}.)" if k == 1 else ""),
                plain + (f": {formula}" if k == 1 else ""),
                tex + (rf", \quad {latex}" if k == 1 else ""),
                "",
                (value(f"{at}.z", z, f"z{k}"),),
                _workings(f"z{k}", w, a, b),
            )
        )
        steps.append(
            Step(
                f"Layer {k}, activations.",
                f"a{k} = f(z{k}), {_plain(name)}",
                rf"a_{{{k}}} = f(z_{{{k}}}), \quad {_latex(name)}",
                functions.numbers(name, z.item()) if z.size == 1 and name != "softmax" else "",
                (value(f"{at}.a", after, f"a{k}"),),
            )
        )
        a = after
    return steps, a


def _workings(symbol: str, w: Array, a: Array, b: Array) -> tuple[tuple[str, str], ...]:
    """Return each neuron's sum with its numbers, where they are few."""
    if w.size > FEW:
        return ()
    sums = (f"{dot(row, a)} + {factor(float(bias))}" for row, bias in zip(w, b, strict=True))
    return tuple((f"{symbol}[{n}]", text) for n, text in enumerate(sums, 1))


def _module(name: str) -> Module:
    return Softmax() if name == "softmax" else functions.module(name)


def _plain(name: str) -> str:
    if name == "softmax":
        return "f(z)_i = exp(z_i) / sum over k of exp(z_k)"
    return functions.plain(name)


def _latex(name: str) -> str:
    if name == "softmax":
        return r"f(z)_i = \frac{e^{z_i}}{\sum_k e^{z_k}}"
    return functions.FUNCTIONS[name].latex


def _tex(source: str) -> str:
    return f"{source[0]}_{{{source[1:]}}}" if source[1:] else source
