"""rice576's own ways: weights (in, out), gradients summed over the examples, L2 in the update."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..profile import Contradiction, Profile
from .three_layer_neural_network import NeuralNetwork, initial_weights

STEP = 1e-20  # of the complex step: no difference is taken, so none is too small


def _l2_factor() -> Mapping[str, Any]:
    """Compare both updates with the gradient of the stated loss, on a small network."""
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((6, 2)), np.arange(6) % 2
    n = len(X)

    def slope(reg_lambda: float) -> float:
        """d(stated loss) / d W1[0, 0], by a complex step."""
        model = NeuralNetwork(2, 3, 2, reg_lambda=reg_lambda)
        for name in ("W1", "b1", "W2", "b2"):
            setattr(model, name, getattr(model, name).astype(complex))
        model.W1[0, 0] += 1j * STEP
        return float(np.imag(model.calculate_loss(X, y)) / STEP)

    def update(reduction: str) -> tuple[float, float]:
        """What the course's update follows for W1[0, 0], and its L2 term alone."""
        model = NeuralNetwork(2, 3, 2, reduction=reduction)
        model.predict(X)
        l2 = model.reg_lambda * model.W1[0, 0]
        return float(model.backprop(X, y)[0][0, 0] + l2), float(l2)

    of_loss, l2_of_loss = slope(0.01), slope(0.01) - slope(0.0)
    return {
        "examples": n,
        "summed update / gradient of the loss": update("sum")[0] / of_loss,
        "L2 term of the summed update / that of the loss": update("sum")[1] / l2_of_loss,
        "mean update / gradient of the loss": update("mean")[0] / of_loss,
        "L2 term of the mean update / that of the loss": update("mean")[1] / l2_of_loss,
    }


PROFILE = Profile(
    name="rice576",
    title="backpropagation in networks of three layers and more, in NumPy",
    programs=("three_layer_neural_network", "n_layer_neural_network"),
    loss="examples",
    gradient="nothing",
    other_gradients=("examples",),
    bias="row",
    rows_are_inputs=True,
    initial=initial_weights,
    contradictions=(
        Contradiction(
            says="the loss is divided by the number of examples N, L2 term included, and the "
            "update adds reg_lambda W to the gradients of the weights",
            holds="with gradients summed over the examples this is N times the gradient of the "
            "loss; with gradients divided by N, the L2 term is N times as strong as in the loss",
            shown=_l2_factor,
        ),
    ),
)
