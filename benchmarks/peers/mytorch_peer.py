"""mytorch itself, through `fit` and `predict`: with NumPy alone, and with the extra `fast`."""

from itertools import pairwise
from typing import Any

import numpy as np

from mytorch import nn
from mytorch.lab import networks
from mytorch.training import EpochRecord, evaluate, fit, predict

from ..networks import DCN, MLP, BlockCNN, Network
from ..profile import profile
from ..workloads import SEED_OF_MASKS, Data, Workload, make_order
from .peer import Inference, Peer

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def make(workload: Workload, data: Data, mode: str = "numpy") -> Peer:
    """Return the workload in mytorch; the mode names the kernels."""
    if workload.optimizer is None:
        return Calls(workload, data, mode)
    return Training(workload, data, mode)


def model_of(workload: Workload, data: Data) -> nn.Sequential:
    """Return the network with the workload's initial weights."""
    model = build(workload.network, workload.dtype)
    names = [name for name, _ in model.named_parameters()]
    initial = [p for layer in data.layers for p in layer]
    model.load_state_dict(dict(zip(names, initial, strict=True)), strict=False)  # no buffers
    return model


def build(network: Network, dtype: str) -> nn.Sequential:
    """Return the network: a chain of dense layers, or one of the courses' own."""
    rng = np.random.default_rng(SEED_OF_MASKS)
    match network:
        case MLP(sizes, activation):
            layers: list[nn.Module] = []
            for inputs, outputs in pairwise(sizes):
                linear = nn.Linear(inputs, outputs, init="zeros", dtype=dtype)
                layers += [linear, ACTIVATIONS[activation]()]
            return nn.Sequential(*layers[:-1])
        case DCN(image, classes, p):
            return networks.dcn(rng, image=image, classes=classes, p=p, dtype=dtype)
        case BlockCNN(image, classes, p, widths, hidden):
            return networks.block_cnn(
                rng, image=image, classes=classes, widths=widths, hidden=hidden, p=p, dtype=dtype
            )


def parameters_of(model: nn.Module) -> list[Any]:
    """Return W1, b1, W2, b2, ..., and what batch norms track."""
    tracked = [array for name, array in model.named_buffers() if "running" in name]
    return [*model.get_parameters(), *tracked]


class Training:
    """Training by `fit`."""

    def __init__(self, workload: Workload, data: Data, mode: str) -> None:
        train, held_out = (data.x, data.y), (data.held_out_x, data.held_out_y)
        self.sets = [train, held_out] if workload.held_out else []
        self.model, self.loss = model_of(workload, data), nn.SoftmaxCrossEntropy()
        parameters = self.model.get_parameters()
        if workload.optimizer == "sgd":
            self.optimizer: nn.Optimizer = nn.SGD(parameters, lr=workload.lr)
        else:
            self.optimizer = nn.Adam(parameters, lr=workload.lr, eps=workload.epsilon)
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
        """Return W1, b1, W2, b2, ..., and what batch norms track."""
        return parameters_of(self.model)

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

    def __init__(self, workload: Workload, data: Data, mode: str) -> None:
        super().__init__(workload, data)
        self.model, self.kernels = model_of(workload, data), mode

    def predict(self, x: Any) -> np.ndarray:
        """Return the scores of a batch."""
        if self.kernels == "numpy":
            return self.model.predict(x)
        return predict(self.model, x, kernels=self.kernels)

    def parameters(self) -> list[Any]:
        """Return W1, b1, W2, b2, ..., and what batch norms track."""
        return parameters_of(self.model)
