"""The networks that are measured: lists of layers, which every peer turns into its own kind."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import ClassVar, NamedTuple

Shape = tuple[int, ...]  # of one example: (features,) or (channels, height, width)

NORM_EPSILON, NORM_MOMENTUM = 1e-5, 0.1  # of every batch norm


class Dense(NamedTuple):
    """y = x W^T + b."""

    inputs: int
    outputs: int

    @property
    def weight(self) -> Shape:
        """The shape of W."""
        return self.outputs, self.inputs


class Conv(NamedTuple):
    """A cross-correlation with square kernels, step by step of one pixel, plus b per channel."""

    inputs: int
    outputs: int
    kernel: int
    padding: int

    @property
    def weight(self) -> Shape:
        """The shape of W."""
        return self.outputs, self.inputs, self.kernel, self.kernel


class Pool(NamedTuple):
    """The largest of every window; windows side by side, what fills none is left out."""

    size: int


class Norm(NamedTuple):
    """Batch norm of every channel, with weight and bias; it tracks mean and variance."""

    channels: int


class Activation(NamedTuple):
    """A function of every number: relu, tanh, sigmoid."""

    function: str


class Dropout(NamedTuple):
    """In training, zeros with probability p and everything else divided by 1 - p."""

    p: float


class Flatten(NamedTuple):
    """An image as a row of numbers: channel after channel, row after row."""


Layer = Dense | Conv | Pool | Norm | Activation | Dropout | Flatten
RELU = Activation("relu")


def after(layer: Layer, shape: Shape) -> Shape:
    """Return the shape of what a layer makes of this one."""
    match layer:
        case Dense(_, outputs):
            return (outputs,)
        case Conv(_, outputs, kernel, padding):
            return outputs, *(n + 2 * padding - kernel + 1 for n in shape[1:])
        case Pool(size):
            return shape[0], *(n // size for n in shape[1:])
        case Flatten():
            return (prod(shape),)
    return shape


def shapes(shape: Shape, layers: Iterable[Layer]) -> Iterator[Shape]:
    """Yield the shape of what each layer gets, and of what the last one makes."""
    yield shape
    for layer in layers:
        shape = after(layer, shape)
        yield shape


@dataclass(frozen=True)
class MLP:
    """Dense layers, an activation after every one but the last."""

    sizes: tuple[int, ...]  # from the input to the classes
    activation: str
    p: ClassVar[float] = 0.0

    @property
    def input(self) -> Shape:
        """The shape of an example."""
        return self.sizes[:1]

    @property
    def classes(self) -> int:
        """How many scores there are."""
        return self.sizes[-1]

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers in order."""
        found: list[Layer] = []
        for inputs, outputs in pairwise(self.sizes):
            found += [Dense(inputs, outputs), Activation(self.activation)]
        return tuple(found[:-1])

    @property
    def title(self) -> str:
        """784-256-256-10 is written 784-2x256-10."""
        inner = self.sizes[1:-1]
        same = len(inner) > 1 and len(set(inner)) == 1
        hidden = [f"{len(inner)}x{inner[0]}"] if same else list(map(str, inner))
        chain = "-".join([str(self.sizes[0]), *hidden, str(self.classes)])
        return f"{chain} {self.activation}"

    def std(self, fan_in: int, fan_out: int) -> float:
        """Return the standard deviation of initial weights: Xavier's."""
        return (2 / (fan_in + fan_out)) ** 0.5


@dataclass(frozen=True)
class CNN:
    """A convolutional network: images (channels, height, width) in, scores out."""

    image: tuple[int, int, int] = (1, 28, 28)
    classes: int = 10
    p: float = 0.0  # of every dropout
    name: ClassVar[str]

    @property
    def input(self) -> Shape:
        """The shape of an example."""
        return self.image

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers in order."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        """Its name, the channels of its convolutions, and the sizes of its dense layers."""
        parts = [f"{self.name} of {'x'.join(map(str, self.image))}"]
        for label, kind in (("conv", Conv), ("dense", Dense)):
            those = [layer for layer in self.layers if isinstance(layer, kind)]
            sizes = [those[0].inputs, *(layer.outputs for layer in those)]
            parts.append(f"{label} {'-'.join(map(str, sizes))}")
        return ", ".join([*parts, f"dropout {self.p:g}"])

    def std(self, fan_in: int, fan_out: int) -> float:
        """Return the standard deviation of initial weights: He's."""
        return (2 / fan_in) ** 0.5


@dataclass(frozen=True)
class DCN(CNN):
    """Twice conv 5x5, ReLU, pool; dense 1024, ReLU, dropout, dense."""

    p: float = 0.5
    name: ClassVar[str] = "rice576's DCN"

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers in order."""
        features: tuple[Layer, ...] = (
            *(Conv(self.image[0], 32, 5, 2), RELU, Pool(2)),
            *(Conv(32, 64, 5, 2), RELU, Pool(2)),
            Flatten(),
        )
        *_, (size,) = shapes(self.image, features)
        return (
            *features,
            *(Dense(size, 1024), RELU, Dropout(self.p)),
            Dense(1024, self.classes),
        )


@dataclass(frozen=True)
class BlockCNN(CNN):
    """For each width conv 3x3, ReLU, pool, batch norm, dropout; then dense, ReLU, dense."""

    p: float = 0.3
    widths: tuple[int, ...] = (32, 64, 128, 256)
    hidden: int = 128
    name: ClassVar[str] = "purdue373's CNN"

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers in order."""
        features: list[Layer] = []
        channels = self.image[0]
        for width in self.widths:
            features += [Conv(channels, width, 3, 1), RELU, Pool(2), Norm(width), Dropout(self.p)]
            channels = width
        features.append(Flatten())
        *_, (size,) = shapes(self.image, features)
        return (*features, Dense(size, self.hidden), RELU, Dense(self.hidden, self.classes))


Network = MLP | DCN | BlockCNN
