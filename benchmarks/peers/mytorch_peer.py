"""mytorch itself, through `fit` and `predict`: with NumPy alone, and with the extra `fast`."""

from typing import Any

import numpy as np

from mytorch import nn
from mytorch.training import EpochRecord, evaluate, fit

from ..profile import profile
from ..workloads import Data, Workload, make_order
from .peer import Inference, Peer

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def make(workload: Workload, data: Data, mode: str = "numpy") -> Peer:
    """Return the workload in mytorch; the mode names the kernels."""
    if workload.optimizer is None:
        return Calls(workload, data)
    return Training(workload, data, mode)


def network(workload: Workload, data: Data) -> nn.Sequential:
    """Return the network with the workload's initial weights."""
    layers: list[nn.Module] = []
    for W, b in data.layers:
        fan_out, fan_in = W.shape
        linear = nn.Linear(fan_in, fan_out, init="zeros", dtype=W.dtype)
        weight, bias = linear.get_parameters()
        weight[:], bias[:] = W, b
        layers += [linear, ACTIVATIONS[workload.activation]()]
    return nn.Sequential(*layers[:-1])


class Training:
    """Training by `fit`."""

    def __init__(self, workload: Workload, data: Data, mode: str) -> None:
        train, held_out = (data.x, data.y), (data.held_out_x, data.held_out_y)
        self.sets = [train, held_out] if workload.held_out else []
        self.model, self.loss = network(workload, data), nn.SoftmaxCrossEntropy()
        optimizer = getattr(nn, {"sgd": "SGD", "adam": "Adam"}[str(workload.optimizer)])
        self.optimizer = optimizer(self.model.get_parameters(), lr=workload.lr)
        self.whole = workload.batch == 1
        self.records = fit(
            self.model,
            self.loss,
            self.optimizer,
            train,
            epochs=1_000_000,  # as many as are asked for
            batch_size=workload.batch,
            rng=make_order(),
            kernels=mode,
            # Example by example, a record per step would cost more than the step. The mean loss of
            # the epoch takes the loss of every step just the same.
            step_records=not self.whole,
        )

    def parameters(self) -> list[Any]:
        """Return W1, b1, W2, b2, ..."""
        return self.model.get_parameters()

    def run(self) -> list[float]:
        """Train for one epoch, then evaluate where there is something held out."""
        record = next(record for record in self.records if isinstance(record, EpochRecord))
        figures = [record.train_loss]
        for split in self.sets:
            result = evaluate(self.model, self.loss, split)
            figures += [result.loss, 1 - (result.accuracy or 0.0)]
        return figures

    def profile(self) -> dict[str, float]:
        """Return the seconds of an epoch by part; none where an epoch is one kernel."""
        return {} if self.whole else profile(self.run, self.model, self.loss, self.optimizer)


class Calls(Inference):
    """Inference by `predict`."""

    def __init__(self, workload: Workload, data: Data) -> None:
        super().__init__(workload, data)
        self.model = network(workload, data)

    def predict(self, x: Any) -> np.ndarray:
        """Return the scores of a batch."""
        return self.model.predict(x)

    def parameters(self) -> list[Any]:
        """Return W1, b1, W2, b2, ..."""
        return self.model.get_parameters()
