"""What zero weights and equal weights cannot leave: small networks, trained."""

from typing import NamedTuple

import numpy as np

from ..nn import SGD, Linear, Sequential, SoftmaxCrossEntropy, Tanh
from .answer import Step, value
from .networks import Array

X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.5, -1.0]])
LABELS = np.array([0, 1, 1, 1])
STEPS, LR = 100, 0.5


class Trained(NamedTuple):
    """A network's loss before and after training, its first gradients and its last weights."""

    first: float
    last: float
    gradients: list[Array]  # of W1, b1, W2, b2 before the first step
    weight: Array  # of the hidden layer (3, 2)


def trained(constant: float | None) -> Trained:
    """Train 2 inputs, 3 tanh units, 2 classes; from Xavier's weights, or all of them equal."""
    rng = np.random.default_rng(0)
    hidden, output = (
        Linear(2, 3, dtype=np.float64, rng=rng),
        Linear(3, 2, dtype=np.float64, rng=rng),
    )
    if constant is not None:
        hidden.weight[:] = output.weight[:] = constant
    network, loss = Sequential(hidden, Tanh(), output), SoftmaxCrossEntropy()
    optimizer = SGD(network.get_parameters(), lr=LR)
    first = loss.forward(network.forward(X), LABELS)
    network.backward(loss.backward())
    gradients = network.get_gradients()
    for _ in range(STEPS):
        loss.forward(network.forward(X), LABELS)
        network.backward(loss.backward())
        optimizer.step(network.get_gradients())
    last = loss.forward(network.forward(X), LABELS)
    return Trained(first, last, gradients, hidden.weight.copy())


def symmetry() -> tuple[Step, ...]:
    """Return why zero weights are wrong, and why equal ones are."""
    zero, equal, random = trained(0.0), trained(0.5), trained(None)
    weights = max(float(np.abs(zero.gradients[k]).max()) for k in (0, 2))
    return (
        Step(
            "Zero weights, in a network of 2 inputs, 3 tanh units and 2 classes on 4 examples: the "
            "weight gradients are exactly 0, for the activations are 0 and nothing flows back "
            "through zero weights. It is not true that nothing learns: the bias of the output does "
            f"(its gradient is the mean of p - y), and after {STEPS} steps the network still gives "
            "every input the same answer, the share of each class.",
            "dL/dW1 = 0, dL/dW2 = 0, dL/db2 = mean of (p - y)",
            r"\frac{\partial L}{\partial W_1} = 0, \quad \frac{\partial L}{\partial W_2} = 0, "
            r"\quad \frac{\partial L}{\partial b_2} = \overline{p - y}",
            "",
            (
                value("zero.largest_weight_gradient", weights, "largest |dL/dW|"),
                value("zero.output_bias_gradient", zero.gradients[3], "dL/db2"),
                value("zero.loss_first", zero.first, "loss at first"),
                value("zero.loss_last", zero.last, f"loss after {STEPS} steps"),
            ),
        ),
        Step(
            "Equal weights other than 0 do move, but all hidden units get the same gradient and "
            "stay equal for ever: three units do the work of one. Different weights break that "
            "symmetry.",
            values=(
                value("equal.spread_of_units", _spread(equal), "equal: largest difference"),
                value("equal.loss_last", equal.last, f"equal: loss after {STEPS} steps"),
                value("xavier.spread_of_units", _spread(random), "xavier: largest difference"),
                value("xavier.loss_last", random.last, f"xavier: loss after {STEPS} steps"),
            ),
        ),
    )


def _spread(network: Trained) -> float:
    """Return how far apart the hidden units' weights are."""
    return float(np.ptp(network.weight, axis=0).max())
