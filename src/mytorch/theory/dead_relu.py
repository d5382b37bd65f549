"""Dead ReLUs: the condition over a dataset, those of a trained network, and who cannot die."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..utils.errors import ArgumentError, ShapeError
from . import functions
from .answer import Answer, Step, value
from .dead_units import dead_units_of_run
from .digits import dot, factor
from .draws import Rng, nonzero_whole, small_matrix
from .networks import Array, net_input, neuron
from .problem import Rows, Vector, array, as_json, option

OTHERS = ("relu", "leaky-relu", "elu")
FEW = 12  # examples whose net inputs are written out


@dataclass(frozen=True)
class Problem:
    """A ReLU neuron and a dataset; or a run of `mytorch run`, whose dead units are found."""

    x: Rows = option(
        ((1.0, 2.0), (0.5, 1.0), (2.0, 0.0), (0.0, 3.0)), "matrix", "a row for each example"
    )
    w: Vector = option((-1.0, -0.5), "vector", "weights, one for each column of x")
    b: float = option(-0.5, "number", "bias")
    alpha: float = option(0.01, "number", "slope of leaky ReLU below 0", least=0)
    run: str | None = option(None, "text", "folder of a finished run: find its dead units")


def draw(rng: Rng, given: Mapping[str, Any]) -> Problem:
    """Return four examples and a neuron that is dead half of the time."""
    count = len(given["w"] if "w" in given else given.get("x", ((0.0, 0.0),))[0])
    x = given.get("x", small_matrix(rng, 0, 4, 4, count))
    w = given.get("w", nonzero_whole(rng, 3, count))
    nets = [sum(a * c for a, c in zip(row, w, strict=False)) for row in x]
    margin = int(rng.integers(2))  # 0: the largest net input is 0, dead; 1: it is positive
    return Problem(x=x, w=w, b=float(margin - max(nets)))


def solve(problem: Problem) -> Answer:
    """Return whether the neuron is dead, what that does to its gradient, and who cannot die."""
    if problem.run is not None:
        return _of_run(problem, problem.run)
    x, w = array(problem.x), array(problem.w)
    if x.shape[1] != w.size:
        raise ShapeError(
            f"dead-relu: --x has {x.shape[1]} columns and --w {w.size} numbers, expected as many"
        )
    layer = neuron(w, problem.b)
    z = net_input(layer, x)  # (N, 1)
    alive = z[:, 0] > 0
    dead = not alive.any()
    highest = float((x @ w).max())
    largest_dead = -highest + 0.0  # not -0
    steps = [
        Step(
            "The net input of every example.",
            "z_i = w.x_i + b",
            r"z_i = w^T x_i + b",
            "",
            (value("z", z[:, 0]),),
            tuple(
                (f"z[{n}]", f"{dot(w, row)} + {factor(problem.b)}")
                for n, row in enumerate(x, 1)
                if len(x) <= FEW
            ),
        ),
        Step(
            "The neuron is dead on this dataset if no example has a positive net input: then its "
            "output and its slope are 0 for all of them.",
            "dead if w.x_i + b <= 0 for every i",
            r"\text{dead} \iff w^T x_i + b \le 0 \text{ for every } i",
            "",
            (
                value("largest_z", float(z.max()), "largest z"),
                value("active_examples", int(alive.sum()), "examples with z > 0"),
                value("dead", dead),
            ),
        ),
        Step(
            "In terms of the bias: dead exactly where b is at most minus the largest w.x_i.",
            "b <= -max over i of w.x_i",
            r"b \le -\max_i w^T x_i",
            "",
            (value("largest_dead_b", largest_dead, "largest dead b"),),
        ),
        *_gradients(problem, x, z, layer, dead),
        *_others(problem, x, z, layer),
        _underflow(),
    ]
    return Answer(
        topic="dead-relu",
        title="Is this ReLU dead?",
        question=(
            "A neuron computes max(0, w.x + b). For which b is it dead on the examples x_i, the "
            "rows of X, given w? Is it dead with the b given? Could a leaky ReLU or an ELU die?"
        ),
        given=(value("x", x, "X"), value("w", w), value("b", problem.b)),
        steps=tuple(steps),
        results=(
            value("dead", dead),
            value("largest_dead_b", largest_dead, "largest dead b"),
            value("active_examples", int(alive.sum()), "examples with z > 0"),
        ),
        problem=as_json(problem),
    )


def _gradient(name: str, alpha: float | None, x: Array, z: Array, layer: Any) -> Array:
    """Return dL/dw where every example hands down the upstream gradient 1."""
    f = functions.module(name, alpha)
    f.forward(z)
    layer.backward(f.backward(np.ones_like(z)))
    return layer.get_gradients()[0][0].copy()


def _gradients(problem: Problem, x: Array, z: Array, layer: Any, dead: bool) -> tuple[Step, ...]:
    told = (
        "Here all are 0: no step of gradient descent can change w or b, whatever the loss, and the "
        "neuron stays dead as long as the layers before it give it these inputs."
        if dead
        else "Here some example passes its gradient on, so the neuron learns."
    )
    return (
        Step(
            "What reaches the weights, where every example hands down an upstream gradient g_i, "
            f"1 in the numbers below. {told}",
            "dL/dw = sum over i of g_i [z_i > 0] x_i",
            r"\frac{\partial L}{\partial w} = \sum_i g_i [z_i > 0] x_i",
            "",
            (value("relu.dL_dw", _gradient("relu", None, x, z, layer), "dL/dw"),),
        ),
    )


def _others(problem: Problem, x: Array, z: Array, layer: Any) -> tuple[Step, ...]:
    steps = []
    for name, title, alpha, told in (
        (
            "leaky-relu",
            "leaky ReLU",
            problem.alpha,
            "cannot die while alpha > 0: its slope is alpha or 1 and never 0, so every example "
            "passes something on."
            if problem.alpha > 0
            else "with alpha = 0 is a ReLU, and can die.",
        ),
        (
            "elu",
            "ELU",
            1.0,
            "cannot die either: its slope alpha exp(z) is positive for every z. But it shrinks "
            "exponentially, and where all z are far below 0 the gradient vanishes all the same.",
        ),
    ):
        slopes = functions.value_and_slope(name, z, alpha)[1][:, 0]
        key = name.replace("-", "_")
        steps.append(
            Step(
                f"A {title} {told}" if name != "elu" else f"An {title} {told}",
                functions.plain_slope(name),
                functions.FUNCTIONS[name].slope_latex,
                "",
                (
                    value(f"{key}.slopes", slopes, "f'(z)", "f'(z)"),
                    value(f"{key}.smallest_slope", float(slopes.min()), "smallest slope"),
                    value(f"{key}.dL_dw", _gradient(name, alpha, x, z, layer), "dL/dw"),
                ),
            )
        )
    return tuple(steps)


def _underflow() -> Step:
    """Return how far below 0 an ELU is as good as dead."""
    points = np.array([-1.0, -10.0, -20.0, -100.0, -750.0])
    slopes = functions.value_and_slope("elu", points)[1]
    return Step(
        "How fast ELU's slope falls, with alpha = 1: at z = -10 a gradient is 22,000 times smaller "
        "than at z > 0, and below about -745 (in float32 -104) exp(z) is 0 in the computer.",
        "f'(z) = exp(z)",
        r"f'(z) = e^{z}",
        "",
        (
            value("elu.far_z", points, "z"),
            value("elu.far_slopes", slopes, "f'(z)", "f'(z)"),
            value(
                "elu.float32_slope_at_minus_104",
                float(np.exp(np.float32(-104.0))),
                "exp(-104) in float32",
                r"e^{-104} \text{ in float32}",
            ),
        ),
    )


def _of_run(problem: Problem, folder: str) -> Answer:
    layers = dead_units_of_run(Path(folder))
    if not layers:
        raise ArgumentError(f"{folder}: its network has no ReLU")
    steps, results = [], []
    for number, layer in enumerate(layers, 1):
        results.append(
            value(
                f"relu{number}.dead",
                np.flatnonzero(layer.active == 0),
                f"dead units of {layer.name}",
            )
        )
        steps.append(
            Step(
                f"{layer.name}: {layer.dead} of {layer.active.size} units are dead: their output "
                f"is 0 for all {layer.examples} training examples. The least active living one is "
                f"positive for {_least(layer.active)}.",
                "dead if w.x_i + b <= 0 for every i",
                r"\text{dead} \iff w^T x_i + b \le 0 \text{ for every } i",
                "",
                (
                    value(f"relu{number}.units", layer.active.size, "units"),
                    value(f"relu{number}.dead_units", layer.dead, "dead units"),
                    value(
                        f"relu{number}.active_examples",
                        layer.active,
                        "for how many examples each is positive",
                    ),
                ),
            )
        )
    return Answer(
        topic="dead-relu",
        title="The dead ReLUs of a trained network",
        question="Which ReLUs of the network that this run trained are dead on its training data?",
        given=(),
        steps=tuple(steps),
        results=tuple(results),
        problem=as_json(problem),
    )


def _least(active: np.ndarray[Any, np.dtype[np.int64]]) -> str:
    living = active[active > 0]
    return f"{living.min()} of them" if living.size else "none: there is no living one"
