"""The convolutional networks of the courses, each built once; `on_backend` gives PyTorch's twin.

All take images (N, C, H, W) and return scores (N, classes). `rng` draws weights and dropout masks.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..nn import (
    AdaptiveAvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    LeakyReLU,
    Linear,
    MaxOut,
    MaxPool2d,
    Module,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
)
from ..utils.errors import ArgumentError

Image = tuple[int, int, int]  # channels, height, width
Rng = np.random.Generator

ACTIVATIONS: dict[str, Callable[[], Module]] = {
    "relu": ReLU,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "leaky-relu": LeakyReLU,
    "maxout": MaxOut,
}


def dcn(
    rng: Rng,
    *,
    image: Image = (1, 28, 28),
    classes: int = 10,
    padding: int = 2,
    p: float = 0.5,
    activation: str = "relu",
    init: str | None = None,
    dtype: DTypeLike = np.float32,
) -> Sequential:
    """Return the deep convolutional network of rice576.

    conv 5x5 to 32, ReLU, pool 2, conv 5x5 to 64, ReLU, pool 2, dense 1024, ReLU, dropout, dense.

    Another of `ACTIVATIONS` may stand for ReLU: before MaxOut, which takes the larger of two,
    layers put out twice as many. `init` draws the weights of all layers; by default each draws
    its own way.
    """
    channels, *size = image
    options: dict[str, Any] = {"dtype": dtype, "rng": rng}
    options |= {} if init is None else {"init": init}
    f = ACTIVATIONS[activation]
    wide = 2 if activation == "maxout" else 1
    features = Sequential(
        *(Conv2d(channels, wide * 32, 5, padding=padding, **options), f(), MaxPool2d(2)),
        *(Conv2d(32, wide * 64, 5, padding=padding, **options), f(), MaxPool2d(2)),
    )
    for _ in range(2):
        size = [(n + 2 * padding - 4) // 2 for n in size]
    if min(size) < 1:
        raise ArgumentError(f"dcn: images of {image[1]} x {image[2]} pixels are too small for it")
    return Sequential(
        *features,
        Flatten(),
        *(Linear(64 * size[0] * size[1], wide * 1024, **options), f(), Dropout(p, rng=rng)),
        Linear(1024, classes, **options),
    )


def block_cnn(
    rng: Rng,
    *,
    image: Image = (1, 28, 28),
    classes: int = 10,
    widths: Sequence[int] = (32, 64, 128, 256),
    hidden: int = 128,
    p: float = 0.3,
    dtype: DTypeLike = np.float32,
) -> Sequential:
    """Return the convolutional network of purdue373; by `widths`, one of any depth.

    A block for each width: conv 3x3, ReLU, pool 2, batch norm, dropout; then dense, ReLU, dense.
    """
    channels, height, width = image
    options: dict[str, Any] = {"dtype": dtype, "rng": rng}
    layers: list[Module] = []
    for out in widths:
        layers += [Conv2d(channels, out, 3, padding=1, **options), ReLU(), MaxPool2d(2)]
        layers += [BatchNorm2d(out, dtype=dtype), Dropout(p, rng=rng)]
        channels, height, width = out, height // 2, width // 2
    if min(height, width) < 1:
        raise ArgumentError(
            f"block_cnn: images of {image[1]} x {image[2]} pixels are too small for {len(widths)} "
            "poolings"
        )
    return Sequential(
        *layers,
        Flatten(),
        *(Linear(channels * height * width, hidden, **options), ReLU()),
        Linear(hidden, classes, **options),
    )


def resnet(
    rng: Rng,
    *,
    image: Image = (3, 32, 32),
    classes: int = 10,
    widths: Sequence[int] = (16, 32, 64),
    dtype: DTypeLike = np.float32,
) -> Sequential:
    """Return a small residual network: a block for each width, each but the first halving the size.

    A block is y = relu(f(x) + s(x)), f conv 3x3, batch norm, ReLU, conv 3x3, batch norm; s is x
    itself, or where the size changes a conv 1x1 and a batch norm.

    Reference: He et al. 2016, "Deep residual learning for image recognition", figure 2 and
    section 4.2.
    """
    options: dict[str, Any] = {"bias": False, "dtype": dtype, "rng": rng}  # batch norm has one
    layers: list[Module] = [
        Conv2d(image[0], widths[0], 3, padding=1, **options),
        *(BatchNorm2d(widths[0], dtype=dtype), ReLU()),
    ]
    before = widths[0]
    for number, width in enumerate(widths):
        stride = 2 if number else 1
        shortcut = None
        if stride != 1 or before != width:
            shortcut = Sequential(
                Conv2d(before, width, 1, stride, **options), BatchNorm2d(width, dtype=dtype)
            )
        body = [
            *(Conv2d(before, width, 3, stride, 1, **options), BatchNorm2d(width, dtype=dtype)),
            ReLU(),
            *(Conv2d(width, width, 3, padding=1, **options), BatchNorm2d(width, dtype=dtype)),
        ]
        layers += [Residual(*body, shortcut=shortcut), ReLU()]
        before = width
    head = Linear(before, classes, dtype=dtype, rng=rng)
    return Sequential(*layers, AdaptiveAvgPool2d(1), Flatten(), head)
