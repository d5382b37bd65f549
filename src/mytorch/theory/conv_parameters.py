"""How many parameters convolutional layers have, and what is no parameter at all."""

import re
from inspect import signature
from typing import Any, NamedTuple

import numpy as np

from ..nn import SGD, Conv2d
from ..utils.errors import ArgumentError
from .answer import Part, Step, Value, value
from .conv_sizes import output_size
from .draws import Rng

MOST = 2**20  # filters, channels; and weights of a layer that is built
K = 2  # stands for an unknown number where a layer is built
Counts = tuple[int, int]  # a + b K


class Layer(NamedTuple):
    """Filters (None where their number is called K) of height and width."""

    filters: int | None
    height: int
    width: int


def read_layers(text: str) -> tuple[Layer, ...]:
    """Return layers given as `4x6x6,3x3x3`: filters, height and width; K stands for unknown.

    Raises
    ------
    ArgumentError
        For anything else, and more than one K.
    """
    layers = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*([0-9]{1,6}|[kK])x([0-9]{1,4})x([0-9]{1,4})\s*", part)
        numbers = [] if found is None else [g for g in found.groups() if g.lower() != "k"]
        if found is None or min(map(int, numbers)) < 1:
            raise ArgumentError(
                f"--layers: expected FILTERSxHEIGHTxWIDTH of each layer, as in 4x6x6,3x3x3 or "
                f"Kx4x4; got {part.strip()[:40]!r}"
            )
        filters = None if found[1].lower() == "k" else int(found[1])
        layers.append(Layer(filters, int(found[2]), int(found[3])))
    if sum(layer.filters is None for layer in layers) > 1:
        raise ArgumentError("--layers: expected a K in one layer only")
    if len(layers) > 32:
        raise ArgumentError(f"--layers: {len(layers)} layers, expected at most 32")
    return tuple(layers)


def drawn_layers(rng: Rng) -> dict[str, Any]:
    """Return an image, in colour half of the time, and one or two layers."""
    length = int(rng.choice([12, 16, 20, 28, 32, 40]))
    channels = int(rng.choice([1, 3]))
    texts = []
    for _ in range(int(rng.integers(1, 2, endpoint=True))):
        k = int(rng.integers(2, 6, endpoint=True))
        texts.append(f"{int(rng.integers(1, 8, endpoint=True))}x{k}x{k}")
    return {"input": (channels, length, length), "layers": ",".join(texts)}


def parameters(image: tuple[int, ...], layers: tuple[Layer, ...], key: str) -> Part:
    """Return weights and biases of every layer, their sums, and the known wrong answer."""
    if len(image) != 3:
        raise ArgumentError(
            f"conv: --input has {len(image)} numbers, expected channels, height and width"
        )
    channels: Counts = (image[0], 0)
    size = image[1], image[2]
    steps = []
    with_bias: Counts = (0, 0)
    without: Counts = (0, 0)
    naive: Counts = (0, 0)
    for number, layer in enumerate(layers, 1):
        area = layer.height * layer.width
        filters: Counts = (0, 1) if layer.filters is None else (layer.filters, 0)
        weights = _times(_times(filters, channels), (area, 0))
        size = output_size(size, (layer.height, layer.width), 1, 0)
        at = f"{key}.layer{number}"
        steps.append(
            Step(
                f"Layer {number}, {_counted(filters, 'filter')}: {_each(filters)} {layer.height} x "
                f"{layer.width} weights for each channel, here {_told(channels)}, and one bias. "
                "The size of the image plays no part.",
                "parameters = filters (channels height width + 1)",
                r"\text{parameters} = K (C \, k_h k_w + 1)",
                f"{_told(filters)} * ({_told(channels)} * {layer.height} * {layer.width} + 1)",
                (
                    _count(f"{at}.with_bias", _plus(weights, filters), "with biases"),
                    _count(f"{at}.without_bias", weights, "without biases"),
                    *_built(at, channels, layer),
                    value(f"{at}.output", f"{_told(filters)} x {size[0]} x {size[1]}", "output"),
                ),
            )
        )
        with_bias = _plus(with_bias, _plus(weights, filters))
        without = _plus(without, weights)
        naive = _plus(naive, _times(filters, (area + 1, 0)))
        channels = filters
    if naive != with_bias:
        steps.append(
            Step(
                "A known mistake: whoever forgets the channels, and counts each filter as a single "
                "square, arrives at",
                "filters (height width + 1)",
                r"K (k_h k_w + 1)",
                "",
                (_count(f"{key}.naive", naive, "forgetting the channels"),),
            )
        )
    told = ", then ".join(
        f"{_counted((layer.filters, 0) if layer.filters else (0, 1), 'filter')} of "
        f"{layer.height} x {layer.width}"
        for layer in layers
    )
    return Part(
        f"How many parameters are there in {told}, on an image of {image[1]} x {image[2]} with "
        f"{image[0]} channel{'s' if image[0] > 1 else ''}?",
        (),
        tuple(steps),
        (
            _count(f"{key}.with_bias", with_bias, f"parameters, {_short(image, layers)}"),
            _count(f"{key}.without_bias", without, "the same without biases"),
        ),
    )


def hyper_parameters() -> Part:
    """Return which quantities are chosen, which are learned, and which belong to the data."""
    layer = Conv2d(1, 2, 3, stride=1, padding=1, dtype=np.float64, rng=np.random.default_rng(0))
    options = tuple(signature(Conv2d).parameters)
    before = [p.copy() for p in layer.get_parameters()]
    sizes = []
    for length in (8, 12):
        sizes.append(layer.forward(np.ones((1, 1, length, length))).shape)
    layer.backward(np.ones(sizes[-1]))
    SGD(layer.get_parameters(), lr=0.1).step(layer.get_gradients())
    moved = [not np.array_equal(a, b) for a, b in zip(before, layer.get_parameters(), strict=True)]
    chosen = ("out_channels", "kernel_size", "stride", "padding")
    return Part(
        "Which of these are hyper-parameters of a convolutional layer: number of filters, filter "
        "size, stride, padding, weights, biases, size of the image?",
        (),
        (
            Step(
                "Hyper-parameters are chosen before training: they are arguments of the layer's "
                "constructor, and no step of gradient descent changes them.",
                values=tuple(
                    value(f"hyper.{name}", name in options, f"{name} is an argument")
                    for name in chosen
                ),
            ),
            Step(
                "Parameters are learned: one step of gradient descent has changed them.",
                values=(
                    value("hyper.weights_moved", moved[0], "weights changed"),
                    value("hyper.biases_moved", moved[1], "biases changed"),
                ),
            ),
            Step(
                "The size of the image belongs to the data: the same layer, with the same "
                "parameters, has just worked on images of 8 x 8 and of 12 x 12.",
                values=(
                    value("hyper.output_of_8", sizes[0][2], "size of the output of 8"),
                    value("hyper.output_of_12", sizes[1][2], "size of the output of 12"),
                ),
            ),
        ),
        (
            value(
                "hyper.are",
                "number of filters, filter size, stride, padding",
                "hyper-parameters",
            ),
            value("hyper.are_not", "weights, biases, size of the image", "no hyper-parameters"),
        ),
    )


def _built(key: str, channels: Counts, layer: Layer) -> tuple[Value, ...]:
    """Return how many parameters the library's layer has, where it is small enough to be built."""
    real_channels = channels[0] + channels[1] * K
    filters = K if layer.filters is None else layer.filters
    if real_channels * filters * layer.height * layer.width > MOST:
        return ()
    built = Conv2d(real_channels, filters, (layer.height, layer.width), init="zeros")
    at = f" at K = {K}" if channels[1] or layer.filters is None else ""
    size = sum(p.size for p in built.get_parameters())
    return (value(f"{key}.built", size, f"parameters of the library's layer{at}"),)


def _plus(a: Counts, b: Counts) -> Counts:
    return a[0] + b[0], a[1] + b[1]


def _times(a: Counts, b: Counts) -> Counts:
    """Return a product; one of the two is without K."""
    return a[0] * b[0], a[0] * b[1] + a[1] * b[0]


def _told(count: Counts) -> str:
    a, b = count
    with_k = "" if not b else "K" if b == 1 else f"{b} K"
    return with_k if with_k and not a else f"{with_k} + {a}" if with_k else str(a)


def _counted(count: Counts, what: str) -> str:
    return f"{_told(count)} {what}{'' if count == (1, 0) else 's'}"


def _each(count: Counts) -> str:
    return "it has" if count == (1, 0) else "each has"


def _count(key: str, count: Counts, symbol: str) -> Value:
    return value(key, count[0] if not count[1] else _told(count), symbol)


def _short(image: tuple[int, ...], layers: tuple[Layer, ...]) -> str:
    told = ", ".join(
        f"{'K' if layer.filters is None else layer.filters}x{layer.height}x{layer.width}"
        for layer in layers
    )
    return f"{told} on {image[1]}x{image[2]}x{image[0]}"
