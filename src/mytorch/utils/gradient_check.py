"""Is this backward pass the derivative of this forward pass?

Every entry of every parameter is moved by +-epsilon and the change of the loss L is compared
with what backward said. Taken literally, that comparison convicts correct code: entries near
zero drown in the round-off of L, and a ReLU may switch inside the interval. So the round-off is
measured, and an entry that stands out is looked at again: over smaller intervals, which tell a
kink from a mistake, and by the complex step where the model computes in complex numbers. Where
nothing can tell, the report says `undecidable` and why.

Everything happens on a copy in float64: the model, its mode, its caches and every random
stream stay as they were. Dropout draws the same mask at every evaluation.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checking.examination import examine
from .checking.objective import GivenLoss, MeanCrossEntropy, Objective, Projection
from .checking.probe import Probe
from .checking.randomness import untouched_global_streams
from .checking.report import GradientReport
from .errors import ArgumentError, DtypeError, ShapeError

PROJECTION = 4  # a stream of its own: the user may have drawn x from `seed`


def gradient_check(
    model: Any, x: ArrayLike, y: ArrayLike, epsilon: float = 1e-5, *, loss: Any = None
) -> float:
    """Return the largest relative error |a - n| / (|a| + |n|) over all parameter entries.

    a is the entry of the analytic gradient, n = (L(p + eps) - L(p - eps)) / (2 eps), and L the
    mean softmax cross-entropy of `model.forward(x)` and y, or `loss.forward(output, y)`. 0/0
    counts as 0, a difference below the round-off of n as 0, and n is replaced by a better
    derivative where a kink lies in the interval. Correct code gives less than 1e-5, wrong code
    typically more than 1e-3; 1 means that a gradient is missing, misshapen or entirely wrong.
    A model without parameters is judged by the gradient of its input; elsewhere a wrong gradient of
    the input, and what is undecidable, show only in `check_gradients`.

    Parameters
    ----------
    model
        Anything with forward, backward, get_parameters and get_gradients.
    x, y
        A small batch: x (N, ...) of floating numbers; y (N,) integer labels or (N, C) rows of
        probabilities, or whatever `loss` takes.
    epsilon
        Half the interval of the central difference.
    loss
        A loss with forward(output, y) -> number and backward() -> dL/d(output). Its own
        backward is checked along.

    Raises
    ------
    ArgumentError, ShapeError, DtypeError
        Where something else than the gradient stands in the way: get_parameters returns copies,
        forward is random in a way that cannot be rewound, y does not fit the output.
    """
    return check_gradients(model, x, y, epsilon=epsilon, loss=loss, check_input=False).error


def check_gradients(
    model: Any,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    epsilon: float = 1e-5,
    loss: Any = None,
    check_input: bool = True,
    seed: int = 0,
) -> GradientReport:
    """Check every parameter and the input, and return the full report; print it to read it.

    As `gradient_check`; without y (and loss), L is the output projected on random numbers drawn
    from `seed`. The input is left out on request, unless there is nothing else to check.
    """
    if not 0 < epsilon < float("inf"):
        raise ArgumentError(f"gradient check: epsilon must be larger than 0, got {epsilon}")
    x = np.asarray(x)
    if x.dtype.kind not in "fiu":
        raise DtypeError(f"gradient check: x has dtype {x.dtype}, expected real numbers")
    if not np.all(np.isfinite(x)):
        raise ArgumentError("gradient check: x has entries that are not finite")
    if not x.size:
        raise ShapeError(f"gradient check: x has shape {x.shape}, expected at least one example")

    def objective(output: NDArray[Any]) -> Objective:
        if loss is not None:
            return GivenLoss(loss, y, output)
        if y is not None:
            return MeanCrossEntropy(y, output)
        return Projection(output, np.random.default_rng([seed, PROJECTION]))

    with untouched_global_streams():
        probe = Probe(model, x, objective, np.float64)
        return examine(model, probe, epsilon, check_input)
