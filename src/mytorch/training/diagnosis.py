"""Why a training stopped making sense."""

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nn import Module, Sequential, no_cache

Array = NDArray[Any]

HUGE = 1e6  # no parameter of a network that learns is as large


def why_not_finite(model: Module, x: Array, rows: Array, lr: float | None = None) -> str:
    """Say where a model that gives a loss of NaN or infinity broke, and what the cause may be.

    x are the data, `rows` those of the batch whose loss it was, `lr` the learning rate.
    """
    advice = "train with a smaller learning rate"
    if lr is not None:
        advice = f"try a learning rate below {lr:g}"
    for name, parameter in model.named_parameters():
        if not np.all(np.isfinite(parameter)):
            return f"{name} is no longer finite: the updates grew without bound; {advice}"
    broken = [row for row in rows if not np.all(np.isfinite(x[row]))]
    if broken:
        value = x[broken[0]][~np.isfinite(x[broken[0]])].flat[0]
        whose = "evaluation's" if lr is None else "training"
        return f"example {broken[0]} of the {whose} data holds {value}; mend or remove it"
    sizes = {name: float(np.abs(p).max(initial=0.0)) for name, p in model.named_parameters()}
    largest = max(sizes, key=sizes.__getitem__, default="")
    if largest and sizes[largest] > HUGE:
        return f"{largest} has grown to {sizes[largest]:.0e}; {advice}"
    layer = _first_not_finite(model, x[rows])
    if layer is not None:
        return f"layer {layer} makes it of finite numbers; look for unscaled inputs, or {advice}"
    return "parameters and data are finite, the loss is not: look at the targets"


def _first_not_finite(model: Module, x: Array) -> str | None:
    """Return the layer whose output is the first that is not finite, as `number: layer`."""
    if not isinstance(model, Sequential):
        return None
    with no_cache(), np.errstate(all="ignore"):
        for name, layer in copy.deepcopy(model).named_children():
            x = layer.forward(x)
            if not np.all(np.isfinite(x)):
                return f"{name}, {layer!r},"
    return None
