"""nyu6953's own ways are the library's; two sentences of its text do not hold."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...nn import SGD, Linear, ReLU, Sequential, SoftmaxCrossEntropy, Tanh
from ...nn.init import xavier_normal
from ...utils.gradient_check import check_gradients
from ..profile import Contradiction, Profile

Array = NDArray[Any]


def initial(shape: tuple[int, ...], rng: "np.random.Generator | None" = None) -> Array:
    """Return W (out, in) ~ N(0, 2 / (in + out)) in float64; the course names no seed."""
    return xavier_normal(shape, rng=rng or np.random.default_rng(0), dtype=np.float64)


def _zero_network() -> Mapping[str, Any]:
    """Take the gradients of a network of zeros on a batch whose classes are not equally many."""
    y = np.array([0, 0, 0, 1, 2])
    x = np.random.default_rng(0).standard_normal((len(y), 4))
    layers = [Linear(n, m, init="zeros", dtype=np.float64) for n, m in ((4, 3), (3, 3), (3, 3))]
    model, loss = Sequential(layers[0], Tanh(), layers[1], Tanh(), layers[2]), SoftmaxCrossEntropy()
    loss.forward(model.forward(x), y)
    model.backward(loss.backward())
    *others, bias = model.get_gradients()
    return {
        "largest gradient of all else": max(float(np.abs(g).max()) for g in others),
        "gradient of the output bias": bias.tolist(),
        "mean of p - y": (1 / 3 - np.bincount(y) / len(y)).tolist(),
    }


def _literal_check() -> Mapping[str, float]:
    """Check correct code by the literal rule, and by what the library makes of it.

    The assignment's own network has 109,386 entries, some of them near zero, and takes half a
    minute. A small one gets such entries by training: once it is sure, all gradients are faint.
    """
    rng = np.random.default_rng(0)
    layers = [Linear(n, m, dtype=np.float64, rng=rng) for n, m in ((20, 16), (16, 10))]
    model, loss = Sequential(layers[0], ReLU(), layers[1]), SoftmaxCrossEntropy()
    optimizer = SGD(model.get_parameters(), lr=0.5)
    x, y = rng.standard_normal((5, 20)), rng.integers(0, 10, 5)
    for _ in range(3000):
        loss.forward(model.forward(x), y)
        model.backward(loss.backward())
        optimizer.step(model.get_gradients())
    report = check_gradients(model, x, y, check_input=False)
    literal = np.concatenate([check.literal_errors.ravel() for check in report.checks])
    return {
        "entries": literal.size,
        "entries that the literal rule convicts": int(np.sum(literal >= report.tolerance)),
        "largest error by the literal rule": float(literal.max()),
        "largest error as judged by the library": report.error,
        "tolerance": report.tolerance,
    }


PROFILE = Profile(
    name="nyu6953",
    title="initial weights for PyTorch (the assignment's own library is mytorch itself)",
    programs=("initialize_weights",),
    loss="examples",
    gradient="examples",
    bias="vector",
    rows_are_inputs=False,
    initial=initial,
    contradictions=(
        Contradiction(
            says="a network of zeros does not learn at all",
            holds="its weights stay zero, and so do the biases of its hidden layers; the output "
            "bias learns, for its gradient is the mean of p - y, which is zero only where the "
            "classes of a batch are equally many",
            shown=_zero_network,
        ),
        Contradiction(
            says="correct gradients have a relative error below 1e-5 at every entry, at epsilon "
            "1e-5",
            holds="entries near zero drown in the round-off of the difference quotient, and a ReLU "
            "may switch within its interval: taken literally, the rule convicts correct code; "
            "differences below that round-off must not count, and kinks must be looked at again",
            shown=_literal_check,
        ),
    ),
)
