"""PyTorch: eager with its defaults, with fused or foreach optimizers, and compiled."""

from typing import Any

import torch
from torch import nn

from ..workloads import Data, Workload, make_order
from .peer import Inference, Peer

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
OPTIMIZERS: dict[str, Any] = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
OPTIONS: dict[str, dict[str, bool]] = {
    "eager": {},
    "fused": {"fused": True},
    "foreach": {"foreach": True},
    "compiled": {"fused": True},  # the forward and backward are compiled
}


def make(workload: Workload, data: Data, mode: str = "eager") -> Peer:
    """Return the workload in PyTorch."""
    if workload.optimizer is None:
        return Calls(workload, data, mode)
    return Training(workload, data, mode)


def network(workload: Workload, data: Data) -> nn.Sequential:
    """Return the network with the workload's initial weights."""
    parts: list[nn.Module] = []
    for W, b in data.layers:
        fan_out, fan_in = W.shape
        linear = nn.Linear(fan_in, fan_out, dtype=torch.from_numpy(W).dtype)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W))
            linear.bias.copy_(torch.from_numpy(b))
        parts += [linear, ACTIVATIONS[workload.activation]()]
    return nn.Sequential(*parts[:-1])


def parameters_of(model: nn.Module) -> list[Any]:
    """Return W1, b1, W2, b2, ... as NumPy arrays."""
    return [p.detach().numpy() for p in model.parameters()]


class Training:
    """The training loop of PyTorch's tutorials."""

    def __init__(self, workload: Workload, data: Data, mode: str) -> None:
        self.x, self.y = torch.from_numpy(data.x), torch.from_numpy(data.y)
        held_out = torch.from_numpy(data.held_out_x), torch.from_numpy(data.held_out_y)
        self.sets = [(self.x, self.y), held_out] if workload.held_out else []
        self.model, self.loss = network(workload, data), nn.CrossEntropyLoss()
        optimizer = OPTIMIZERS[str(workload.optimizer)]
        self.optimizer = optimizer(self.model.parameters(), lr=workload.lr, **OPTIONS[mode])
        self.batch, self.order = workload.batch, make_order()
        self.loss_of: Any = self.batch_loss
        if mode == "compiled":
            self.loss_of = torch.compile(self.batch_loss, dynamic=False)

    def batch_loss(self, x: Any, y: Any) -> Any:
        """Return the mean loss of a batch."""
        return self.loss(self.model(x), y)

    def parameters(self) -> list[Any]:
        """Return W1, b1, W2, b2, ..."""
        return parameters_of(self.model)

    def run(self) -> list[float]:
        """Train for one epoch, then evaluate where there is something held out."""
        order: Any = torch.from_numpy(self.order.permutation(len(self.x)))
        total = 0.0
        for rows in order.split(self.batch):
            self.optimizer.zero_grad()
            loss = self.loss_of(self.x[rows], self.y[rows])
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(rows)
        return [total / len(order), *(f for x, y in self.sets for f in self.evaluate(x, y))]

    @torch.no_grad()
    def evaluate(self, x: Any, y: Any) -> list[float]:
        """Return mean cross-entropy and error."""
        scores = self.model(x)
        wrong = (scores.argmax(dim=1) != y).double().mean()
        return [self.loss(scores, y).item(), wrong.item()]


class Calls(Inference):
    """Inference, in inference mode."""

    def __init__(self, workload: Workload, data: Data, mode: str) -> None:
        super().__init__(workload, data)
        self.model = network(workload, data).eval()
        self.call: Any = self.model
        if mode == "compiled":
            self.call = torch.compile(self.model, dynamic=False)

    def convert(self, x: Any) -> Any:
        """Return a tensor."""
        return torch.from_numpy(x)

    def predict(self, x: Any) -> Any:
        """Return the scores of a batch."""
        with torch.inference_mode():
            return self.call(x)

    def parameters(self) -> list[Any]:
        """Return W1, b1, W2, b2, ..."""
        return parameters_of(self.model)
