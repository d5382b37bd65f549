"""Initial weights for PyTorch, and what each method does to the activations of a deep network.

The deviations are those of `mytorch.nn.init`; the normal numbers are drawn by PyTorch.
"""

import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mytorch.courses.arguments import program_parser, seed, whole
from mytorch.data import Dataset, load
from mytorch.data.transforms import flatten, standardized_rows, unit_range
from mytorch.nn import init
from mytorch.utils.console import exit_code
from mytorch.utils.errors import ArgumentError
from mytorch.utils.extras import require

Array = NDArray[Any]
Tensor = Any  # torch.Tensor, where the extra is installed
Network = Any  # torch.nn.Sequential
Source = Any  # torch.Generator, a seed, or None for PyTorch's own stream

METHODS = {"zero": "zeros", "small_random": "normal", "xavier": "xavier_normal", "he": "he_normal"}
ALIASES = {"small": "small_random", "normal": "small_random", "glorot": "xavier", "kaiming": "he"}
ACTIVATIONS = {"tanh": "Tanh", "relu": "ReLU"}
HIDDEN = (256,) * 5
BATCH = 256


def initialize_weights(shape: Sequence[int], method: str, generator: Source = None) -> Tensor:
    """Return W (fan_in, fan_out) ~ N(0, variance), a float32 tensor.

    The variance is 0 for "zero", 0.01^2 for "small_random" (or "small", "normal"),
    2 / (fan_in + fan_out) for "xavier" ("glorot"), and 2 / fan_in for "he" ("kaiming").
    `generator` is a torch.Generator, or a seed for one; without it PyTorch's own stream is drawn
    from, so that torch.manual_seed repeats it.

    Raises
    ------
    ArgumentError
        For another method, a shape that is not two sizes of at least 1, or a generator that is
        none.
    MissingExtraError
        Where PyTorch is not installed.

    Reference: see `mytorch.nn.init`.
    """
    torch = require("torch", "torch")
    normals: Any = _Normals(_generator(generator))  # has what the library's functions draw
    name = METHODS.get(ALIASES.get(method, method))
    if name is None:
        raise ArgumentError(
            f"no method named {method!r}; there are: {', '.join([*METHODS, *ALIASES])}"
        )
    sizes = tuple(shape) if isinstance(shape, Sequence) else ()
    if len(sizes) != 2 or not all(isinstance(n, int | np.integer) and n >= 1 for n in sizes):
        raise ArgumentError(
            f"expected a shape (fan_in, fan_out) of whole numbers of at least 1, got {shape!r}"
        )
    fan_in, fan_out = map(int, sizes)
    weight = init.initialize_weights((fan_out, fan_in), name, rng=normals)  # the library's order
    return torch.from_numpy(np.ascontiguousarray(weight.T))


class _Normals:
    """PyTorch's normal numbers, as NumPy's generators give theirs."""

    def __init__(self, generator: Source) -> None:
        self._generator = generator

    def standard_normal(self, shape: tuple[int, ...]) -> Array:
        torch = require("torch", "torch")
        return torch.randn(shape, generator=self._generator, dtype=torch.float64).numpy()


def _generator(given: Source) -> Source:
    """Return the torch.Generator that is given or made of a seed, or None."""
    torch = require("torch", "torch")
    if given is None or isinstance(given, torch.Generator):
        return given
    if not isinstance(given, int | np.integer) or not 0 <= given < 2**63:
        raise ArgumentError(f"expected a torch.Generator, or a seed from 0, got {given!r}")
    return torch.Generator().manual_seed(int(given))


def mlp(
    activation: str,
    method: str,
    seed: int = 0,
    *,
    inputs: int = 784,
    hidden: Sequence[int] = HIDDEN,
    classes: int = 10,
) -> Network:
    """Return the dense network 784-256-256-256-256-256-10 of the assignment, untrained.

    Its weights are drawn by a method of `initialize_weights`, its biases are zero. Two networks of
    the same seed differ by their methods alone.

    Raises
    ------
    ArgumentError
        For an activation other than "tanh" and "relu", or another method.
    MissingExtraError
        Where PyTorch is not installed.
    """
    nn = require("torch", "torch").nn
    if activation not in ACTIVATIONS:
        raise ArgumentError(
            f"no activation named {activation!r}; there are: {', '.join(ACTIVATIONS)}"
        )
    layers = []
    for fan_in, fan_out in pairwise((inputs, *hidden, classes)):
        dense = nn.utils.skip_init(nn.Linear, fan_in, fan_out)  # takes no number of PyTorch's own
        layers += [dense, getattr(nn, ACTIVATIONS[activation])()]
    network = nn.Sequential(*layers[:-1])
    set_weights(network, method, seed)
    return network


def set_weights(network: Network, method: str, generator: Source = None) -> None:
    """Draw the weights of every torch.nn.Linear anew, the first layer first; zero its biases."""
    torch = require("torch", "torch")
    generator = _generator(generator)  # one for all layers
    with torch.no_grad():
        for layer in network:
            if isinstance(layer, torch.nn.Linear):
                shape = layer.in_features, layer.out_features
                layer.weight.copy_(initialize_weights(shape, method, generator).T)  # (out, in)
                layer.bias.zero_()


def activation_statistics(network: Network, x: Array) -> list[tuple[float, float]]:
    """Return the mean and deviation of the activations of each hidden layer, for x (N, inputs)."""
    torch = require("torch", "torch")
    found = []
    with torch.no_grad():
        y = torch.from_numpy(x)
        for layer in list(network)[:-1]:  # the last one gives scores
            y = layer(y)
            if not isinstance(layer, torch.nn.Linear):
                found.append((y.mean().item(), y.std(correction=0).item()))
    return found


def batch(data: Dataset, size: int, rng: np.random.Generator) -> Array:
    """Return training examples drawn without repetition, (size, D) in float32.

    Pixels are mapped to [0, 1], and no further: their scale is what the first layer's activations
    are proportional to. Columns of a table, each of its own kind, are standardized.
    """
    rows = rng.permutation(len(data.train))[:size]
    if data.value_range is None:
        return standardized_rows(data).train.x[rows]
    return flatten(unit_range(data.train.x[rows], data.value_range))


def main(argv: Sequence[str]) -> int:
    """Print mean and deviation of the activations by layer, for each activation and method."""
    parser = program_parser(
        __file__, "Show what each initialization does to the activations of a deep network."
    )
    add = parser.add_argument
    add("--data", default="mnist", help="a data set, such as digits (default mnist)")
    add("--seed", type=seed, default=0, help="of weights and examples (default 0)")
    add("--batch", type=whole(1, 10**6), default=BATCH, help=f"examples (default {BATCH})")
    args = parser.parse_args(argv)
    require("torch", "torch")
    data = load(args.data)
    if args.batch > len(data.train):
        raise ArgumentError(
            f"--batch={args.batch}: {args.data} has {len(data.train)} training examples"
        )
    x = batch(data, args.batch, np.random.default_rng(args.seed))
    scale = "columns standardized" if data.value_range is None else "pixels in [0, 1]"
    print(f"{args.batch} examples of {args.data}, {scale}, seed {args.seed}, untrained")
    for activation in ACTIVATIONS:
        statistics = {
            method: activation_statistics(mlp(activation, method, args.seed, inputs=x.shape[1]), x)
            for method in METHODS
        }
        for position, what in enumerate(("mean", "standard deviation")):
            layers = "".join(f"{f'layer {n}':>12}" for n in range(1, len(HIDDEN) + 1))
            print(f"\n{f'{activation}, {what}':<26}{layers}")
            for method, found in statistics.items():
                values = "".join(f"{pair[position]:>12.3g}" for pair in found)
                print(f"  {method:<24}{values}")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code("initialize_weights.py", lambda: main(sys.argv[1:])))
