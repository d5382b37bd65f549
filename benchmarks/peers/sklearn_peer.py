"""scikit-learn's MLPClassifier: `partial_fit` is one epoch."""

from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from ..networks import MLP
from ..workloads import Data, Workload, make_order
from .peer import Peer

ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic"}


class SharedOrder(np.random.RandomState):
    """The kind of generator that scikit-learn takes, shuffling as everybody else here does."""

    def __init__(self) -> None:
        super().__init__(0)
        self.order = make_order()

    def shuffle(self, x: Any) -> None:
        """Shuffle in place."""
        self.order.shuffle(x)


def make(workload: Workload, data: Data, mode: str = "") -> Peer:
    """Return the workload in scikit-learn."""
    assert isinstance(workload.network, MLP), workload.network
    return Training(workload, data, workload.network)


class Training:
    """MLPClassifier with what PyTorch calls SGD or Adam, without weight decay."""

    def __init__(self, workload: Workload, data: Data, network: MLP) -> None:
        self.x, self.y = data.x, data.y
        held_out = data.held_out_x, data.held_out_y
        self.sets = [(self.x, self.y), held_out] if workload.held_out else []
        self.model: Any = MLPClassifier(
            network.sizes[1:-1],
            activation=ACTIVATIONS[network.activation],
            solver=workload.optimizer,
            alpha=0.0,
            batch_size=workload.batch,
            learning_rate_init=workload.lr,
            momentum=0.0,
            nesterovs_momentum=False,
            epsilon=workload.epsilon,
        )
        # A first epoch makes the arrays; then they are given the workload's weights, and the
        # next epoch begins with a new optimizer.
        few, classes = slice(workload.batch), np.arange(network.classes)
        self.model.partial_fit(self.x[few], self.y[few], classes=classes)
        arrays = zip(self.model.coefs_, self.model.intercepts_, data.layers, strict=True)
        for coefficients, intercepts, (W, b) in arrays:
            coefficients[:], intercepts[:] = W.T, b
        del self.model._optimizer
        self.model.set_params(random_state=SharedOrder())

    def parameters(self) -> list[Any]:
        """Return W1, b1, W2, b2, ..."""
        arrays = zip(self.model.coefs_, self.model.intercepts_, strict=True)
        return [p for W, b in arrays for p in (W.T, b)]

    def run(self) -> list[float]:
        """Train for one epoch, then evaluate where there is something held out."""
        self.model.partial_fit(self.x, self.y)
        figures = (figure for x, y in self.sets for figure in self.evaluate(x, y))
        return [float(self.model.loss_), *figures]

    def evaluate(self, x: Any, y: Any) -> list[float]:
        """Return mean cross-entropy and error."""
        p = self.model.predict_proba(x)
        loss = -np.log(p[np.arange(len(y)), y]).mean()
        return [float(loss), float(np.mean(p.argmax(axis=1) != y))]
