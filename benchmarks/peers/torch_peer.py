"""PyTorch: eager with its defaults, and with everything that may make it faster."""

from typing import Any, NamedTuple

import torch
from torch import nn

from ..networks import Activation, Conv, Dense, Dropout, Flatten, Layer, Norm, Pool
from ..workloads import SEED_OF_MASKS, Data, Workload, make_order
from .peer import Inference, Peer

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


class Mode(NamedTuple):
    """The optimizer's options, how images lie in memory, what torch.compile makes of it all."""

    optimizer: dict[str, bool]
    memory_format: Any = torch.contiguous_format
    compiled: bool = False  # forward and backward


FUSED = {"fused": True}
MODES = {
    "eager": Mode({}),
    "fused": Mode(FUSED),
    "foreach": Mode({"foreach": True}),
    "channels_last": Mode(FUSED, torch.channels_last),
    "compiled": Mode(FUSED, compiled=True),
    "compiled channels_last": Mode(FUSED, torch.channels_last, compiled=True),
}


def make(workload: Workload, data: Data, mode: str = "eager") -> Peer:
    """Return the workload in PyTorch."""
    torch.manual_seed(SEED_OF_MASKS)
    if workload.optimizer is None:
        return Calls(workload, data, MODES[mode])
    return Training(workload, data, MODES[mode])


def model_of(workload: Workload, data: Data, mode: Mode) -> nn.Sequential:
    """Return the network with the workload's initial weights."""
    model: Any = nn.Sequential(*map(module, workload.network.layers))
    initial = (torch.from_numpy(p) for layer in data.layers for p in layer)
    model.to(dtype=getattr(torch, workload.dtype))
    with torch.no_grad():
        for parameter, start in zip(model.parameters(), initial, strict=True):
            parameter.copy_(start)
    return model.to(memory_format=mode.memory_format)


def module(layer: Layer) -> nn.Module:
    """Return a layer as a module of PyTorch."""
    match layer:
        case Dense(inputs, outputs):
            return nn.Linear(inputs, outputs)
        case Conv(inputs, outputs, kernel, padding):
            return nn.Conv2d(inputs, outputs, kernel, padding=padding)
        case Pool(size):
            return nn.MaxPool2d(size)
        case Norm(channels):
            return nn.BatchNorm2d(channels)
        case Activation(function):
            return ACTIVATIONS[function]()
        case Dropout(p):
            return nn.Dropout(p)
        case Flatten():
            return nn.Flatten()


def tensor(x: Any, mode: Mode) -> Any:
    """Return examples as a tensor, images as the mode lays them."""
    found = torch.from_numpy(x)
    return found.to(memory_format=mode.memory_format) if x.ndim == 4 else found


def parameters_of(model: nn.Module) -> list[Any]:
    """Return W1, b1, W2, b2, ..., and what batch norms track, as NumPy arrays."""
    tracked = [buffer for name, buffer in model.named_buffers() if "running" in name]
    return [p.detach().numpy() for p in [*model.parameters(), *tracked]]


class Training:
    """The training loop of PyTorch's tutorials."""

    def __init__(self, workload: Workload, data: Data, mode: Mode) -> None:
        self.x, self.y = tensor(data.x, mode), torch.from_numpy(data.y)
        held_out = tensor(data.held_out_x, mode), torch.from_numpy(data.held_out_y)
        self.sets = [(self.x, self.y), held_out] if workload.held_out else []
        self.model, self.loss = model_of(workload, data, mode), nn.CrossEntropyLoss()
        options: dict[str, Any] = {"lr": workload.lr, **mode.optimizer}
        if workload.optimizer == "sgd":
            self.optimizer: Any = torch.optim.SGD(self.model.parameters(), **options)
        else:
            options["eps"] = workload.epsilon
            self.optimizer = torch.optim.Adam(self.model.parameters(), **options)
        self.batch, self.order = workload.batch, make_order()
        self.loss_of: Any = self.batch_loss
        if mode.compiled:
            self.loss_of = torch.compile(self.batch_loss, dynamic=False)

    def batch_loss(self, x: Any, y: Any) -> Any:
        """Return the mean loss of a batch."""
        return self.loss(self.model(x), y)

    def parameters(self) -> list[Any]:
        """Return W1, b1, W2, b2, ..., and what batch norms track."""
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
        self.model.eval()
        scores = self.model(x)
        self.model.train()
        wrong = (scores.argmax(dim=1) != y).double().mean()
        return [self.loss(scores, y).item(), wrong.item()]


class Calls(Inference):
    """Inference, in inference mode."""

    def __init__(self, workload: Workload, data: Data, mode: Mode) -> None:
        self.mode = mode
        super().__init__(workload, data)
        self.model = model_of(workload, data, mode).eval()
        self.call: Any = self.model
        if mode.compiled:
            self.call = torch.compile(self.model, dynamic=False)

    def convert(self, x: Any) -> Any:
        """Return a tensor."""
        return tensor(x, self.mode)

    def predict(self, x: Any) -> Any:
        """Return the scores of a batch."""
        with torch.inference_mode():
            return self.call(x)

    def parameters(self) -> list[Any]:
        """Return W1, b1, W2, b2, ..., and what batch norms track."""
        return parameters_of(self.model)
