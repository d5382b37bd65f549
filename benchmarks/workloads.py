"""What is measured: networks, sizes and data, the same for everyone."""

from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

from .networks import CNN, DCN, MLP, BlockCNN, Conv, Dense, Network, Norm

SEED = 20240229  # of the data, the initial weights, and the order of the examples
SEED_OF_MASKS = SEED + 2  # of dropout: everyone draws with a generator of their own


@dataclass(frozen=True)
class Workload:
    """A network with softmax cross-entropy, and what is timed about it.

    With an optimizer, that is one epoch of training: the examples are shuffled, each batch is
    gathered from the full array, the loss of every batch is a number in the program's hands, and
    with `held_out` examples an evaluation of both sets ends the epoch: mean cross-entropy and
    error. Without one, it is inference: the scores of `examples` inputs, `batch` a call.
    """

    name: str
    network: Network
    optimizer: str | None  # sgd, adam
    lr: float
    batch: int
    examples: int
    dtype: str = "float32"
    held_out: int = 0
    epsilon: float = 1e-8  # Adam's

    @property
    def title(self) -> str:
        """The network and what is done with it, in one line."""
        network = f"{self.network.title}, {self.dtype}"
        if self.optimizer is None:
            calls = self.examples // self.batch
            return f"{network}: {calls:,} calls of inference, batch {self.batch:,}"
        evaluation = f", then evaluation on these and {self.held_out}" if self.held_out else ""
        return (
            f"{network}: {self.optimizer.upper()}, batch {self.batch}, "
            f"one epoch of {self.examples:,}{evaluation}"
        )

    @property
    def images(self) -> bool:
        """Whether its examples are images."""
        return isinstance(self.network, CNN)

    @property
    def noisy(self) -> bool:
        """Whether everyone draws masks of their own, so that figures agree roughly at best."""
        return self.optimizer is not None and self.network.p > 0


_P6 = MLP((784, 128, 64, 10), "relu")
WORKLOADS = {
    workload.name: workload
    for workload in [
        Workload("W1", _P6, "sgd", 0.1, 64, 60_000),
        Workload("W3", MLP((2352, 256, 128, 8), "relu"), "adam", 1e-3, 64, 11_959),
        Workload("W4", MLP((784, *[256] * 5, 10), "tanh"), "sgd", 0.1, 128, 60_000),
        Workload("W5", DCN(), "sgd", 0.01, 64, 1_280),
        Workload("W6", BlockCNN(), "adam", 1e-3, 64, 1_280),
        *(
            Workload(f"W2-D{d}", MLP((128, d, 10), "sigmoid"), "sgd", 0.1, 1, 500, "float64", 100)
            for d in (4, 50, 200)
        ),
        Workload("W7-1", _P6, None, 0, 1, 1_000),
        Workload("W7-1000", _P6, None, 0, 1_000, 10_000),
        Workload("W7-CNN-1", DCN(), None, 0, 1, 250),
        Workload("W7-CNN-250", DCN(), None, 0, 250, 1_000),
    ]
}


def select(names: list[str]) -> list[Workload]:
    """Return the workloads named, `W2` standing for all of W2-...; no names mean all.

    Raises
    ------
    ValueError
        For a name that fits none.
    """
    chosen = {}
    for name in names or WORKLOADS:
        fitting = {k: w for k, w in WORKLOADS.items() if k == name or k.startswith(f"{name}-")}
        if not fitting:
            raise ValueError(f"no workload {name!r}: choose from {', '.join(WORKLOADS)}")
        chosen.update(fitting)
    return list(chosen.values())


class Data(NamedTuple):
    """Examples and labels to train on and held out, and the initial weights.

    `layers` holds (W, b) of every layer that has some, batch norms among them, in PyTorch's shapes.
    """

    x: Any
    y: Any
    held_out_x: Any
    held_out_y: Any
    layers: list[tuple[Any, Any]]


def make_data(workload: Workload) -> Data:
    """Draw the arrays of a workload from `SEED`: uniform inputs, labels, normal weights."""
    import numpy as np

    rng = np.random.default_rng(SEED)
    dtype: Any = np.dtype(workload.dtype).type
    network = workload.network

    def examples(n: int) -> tuple[Any, Any]:
        x = rng.random((n, *network.input), dtype)
        return x, rng.integers(network.classes, size=n)

    x, y = examples(workload.examples)
    held_out_x, held_out_y = examples(workload.held_out)
    layers = []
    for layer in network.layers:
        if isinstance(layer, Dense | Conv):
            outputs, *window = layer.weight
            std = network.std(prod(window), outputs)
            W = (std * rng.standard_normal(layer.weight)).astype(dtype)
            layers.append((W, np.zeros(outputs, dtype)))
        elif isinstance(layer, Norm):
            layers.append((np.ones(layer.channels, dtype), np.zeros(layer.channels, dtype)))
    return Data(x, y, held_out_x, held_out_y, layers)


def make_order() -> Any:
    """The generator whose `permutation(n)` is the order of the examples in each epoch."""
    import numpy as np

    return np.random.default_rng(SEED + 1)
