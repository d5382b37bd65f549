"""Models described as data: what stands beside saved weights, so that a model can be built again.

A description is a dictionary of text and numbers, such as
`{"module": "Linear", "in_features": 2, "out_features": 3, "bias": true}`, for a file in JSON. It
names classes of the library and their options; nothing in it can run.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..utils.errors import ArgumentError, one_line
from .module import Module
from .modules.activation import ELU, GELU, Identity, LeakyReLU, ReLU, Sigmoid, SiLU, Softplus, Tanh
from .modules.conv import Conv2d
from .modules.dropout import Dropout, Dropout2d
from .modules.linear import Linear
from .modules.maxout import MaxOut
from .modules.normalization import BatchNorm1d, BatchNorm2d, LayerNorm
from .modules.pooling import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d
from .modules.reshape import Flatten
from .modules.softmax import LogSoftmax, Softmax
from .residual import Residual
from .sequential import Sequential

# The arguments that each class is built with, which are its attributes too.
WINDOW = ("kernel_size", "stride", "padding")
BATCH_NORM = ("num_features", "eps", "momentum", "affine", "track_running_stats", "frozen")
OPTIONS: dict[type[Module], tuple[str, ...]] = {
    Linear: ("in_features", "out_features", "bias"),
    Conv2d: ("in_channels", "out_channels", *WINDOW, "dilation", "groups", "bias"),
    MaxPool2d: (*WINDOW, "dilation", "ceil_mode"),
    AvgPool2d: (*WINDOW, "ceil_mode", "count_include_pad", "divisor_override"),
    AdaptiveAvgPool2d: ("output_size",),
    Flatten: ("start_dim", "end_dim"),
    Dropout: ("p",),
    Dropout2d: ("p",),
    BatchNorm1d: BATCH_NORM,
    BatchNorm2d: BATCH_NORM,
    LayerNorm: ("normalized_shape", "eps", "elementwise_affine", "bias"),
    MaxOut: ("num_pieces",),
    Identity: (),
    ReLU: (),
    LeakyReLU: ("negative_slope",),
    ELU: ("alpha",),
    SiLU: (),
    GELU: ("approximate",),
    Sigmoid: (),
    Tanh: (),
    Softplus: ("beta", "threshold"),
    Softmax: ("dim",),
    LogSoftmax: ("dim",),
}
CLASSES = {cls.__name__: cls for cls in OPTIONS}
TYPED = (Linear, Conv2d, BatchNorm1d, BatchNorm2d, LayerNorm)  # those that take a dtype


def describe(model: Module) -> dict[str, Any]:
    """Return the description of a model of the library's own modules.

    Raises
    ------
    ArgumentError
        For a module of somebody else's.
    """
    if type(model) is Sequential:
        return {"module": "Sequential", "modules": [describe(layer) for layer in model]}
    if type(model) is Residual:
        shortcut = None if model.shortcut is None else describe(model.shortcut)
        return {"module": "Residual", "modules": [*map(describe, model.body)], "shortcut": shortcut}
    if type(model) not in OPTIONS:
        raise ArgumentError(f"describe: {model!r} is not a module of this library")
    options = {name: getattr(model, name) for name in OPTIONS[type(model)]}
    if "bias" in options:
        options["bias"] = options["bias"] is not None
    return {"module": type(model).__name__, **options}


def build(description: Any, dtype: Any = np.float32) -> Module:
    """Return the model of a description, its weights to be loaded.

    Raises
    ------
    ArgumentError
        For what is no description.
    """
    if not isinstance(description, Mapping) or "module" not in description:
        raise ArgumentError(f"build: expected a description of a module, got {description!r:.80}")
    options = {str(name): value for name, value in description.items() if name != "module"}
    name = description["module"]
    try:
        if name in ("Sequential", "Residual"):
            inner = [build(layer, dtype) for layer in options["modules"]]
            if name == "Sequential":
                return Sequential(*inner)
            shortcut = options["shortcut"]
            return Residual(*inner, shortcut=None if shortcut is None else build(shortcut, dtype))
        cls = CLASSES[name]
        if cls in (Linear, Conv2d):
            options["init"] = "zeros"
        if cls in TYPED:
            options["dtype"] = dtype
        return cls(**options)
    except ArgumentError:
        raise
    except (KeyError, TypeError, ValueError, RecursionError, MemoryError) as error:
        raise ArgumentError(f"build: {name!r} cannot be built ({one_line(error)})") from error
