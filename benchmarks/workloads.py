"""What is measured: networks, sizes and data, the same for everyone."""

from dataclasses import dataclass
from typing import Any, NamedTuple

SEED = 20240229  # of the data, the initial weights, and the order of the examples


@dataclass(frozen=True)
class Workload:
    """A multilayer perceptron with softmax cross-entropy, and what is timed about it.

    With an optimizer, that is one epoch of training: the examples are shuffled, each batch is
    gathered from the full array, the loss of every batch is a number in the program's hands, and
    with `held_out` examples an evaluation of both sets ends the epoch: mean cross-entropy and
    error. Without one, it is inference: the scores of `examples` inputs, `batch` a call.
    """

    name: str
    sizes: tuple[int, ...]  # of the layers, from the input to the classes
    activation: str  # after every layer but the last: relu, tanh, sigmoid
    optimizer: str | None  # sgd, adam
    lr: float
    batch: int
    examples: int
    dtype: str = "float32"
    held_out: int = 0

    @property
    def title(self) -> str:
        """The network and what is done with it, in one line."""
        network = f"{_chain(self.sizes)} {self.activation}, {self.dtype}"
        if self.optimizer is None:
            calls = self.examples // self.batch
            return f"{network}: {calls:,} calls of inference, batch {self.batch:,}"
        evaluation = f", then evaluation on these and {self.held_out}" if self.held_out else ""
        return (
            f"{network}: {self.optimizer.upper()}, batch {self.batch}, "
            f"one epoch of {self.examples:,}{evaluation}"
        )


def _chain(sizes: tuple[int, ...]) -> str:
    """784-256-256-10 is written 784-2x256-10."""
    inner = sizes[1:-1]
    same = len(inner) > 1 and len(set(inner)) == 1
    hidden = [f"{len(inner)}x{inner[0]}"] if same else list(map(str, inner))
    return "-".join([str(sizes[0]), *hidden, str(sizes[-1])])


_P6 = (784, 128, 64, 10)
WORKLOADS = {
    workload.name: workload
    for workload in [
        Workload("W1", _P6, "relu", "sgd", 0.1, 64, 60_000),
        Workload("W3", (2352, 256, 128, 8), "relu", "adam", 1e-3, 64, 11_959),
        Workload("W4", (784, *[256] * 5, 10), "tanh", "sgd", 0.1, 128, 60_000),
        *(
            Workload(f"W2-D{d}", (128, d, 10), "sigmoid", "sgd", 0.1, 1, 500, "float64", 100)
            for d in (4, 50, 200)
        ),
        Workload("W7-1", _P6, "relu", None, 0, 1, 1_000),
        Workload("W7-1000", _P6, "relu", None, 0, 1_000, 10_000),
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
    """Examples and labels to train on and held out, and the initial (W, b) of every layer."""

    x: Any
    y: Any
    held_out_x: Any
    held_out_y: Any
    layers: list[tuple[Any, Any]]


def make_data(workload: Workload) -> Data:
    """Draw the arrays of a workload from `SEED`: uniform inputs, labels, Xavier's weights."""
    import numpy as np

    rng = np.random.default_rng(SEED)
    dtype: Any = np.dtype(workload.dtype).type

    def examples(n: int) -> tuple[Any, Any]:
        x = rng.random((n, workload.sizes[0]), dtype)
        return x, rng.integers(workload.sizes[-1], size=n)

    x, y = examples(workload.examples)
    held_out_x, held_out_y = examples(workload.held_out)
    layers = []
    for fan_in, fan_out in zip(workload.sizes, workload.sizes[1:], strict=False):
        std = (2 / (fan_in + fan_out)) ** 0.5
        W = (std * rng.standard_normal((fan_out, fan_in))).astype(dtype)
        layers.append((W, np.zeros(fan_out, dtype)))
    return Data(x, y, held_out_x, held_out_y, layers)


def make_order() -> Any:
    """The generator whose `permutation(n)` is the order of the examples in each epoch."""
    import numpy as np

    return np.random.default_rng(SEED + 1)
