"""Why a training stopped making sense."""

import numpy as np

from ..nn import Module


def not_finite(model: Module, lr: float) -> str:
    """Say where a model that gives a loss of NaN or infinity broke, and what the cause may be."""
    for name, parameter in model.named_parameters():
        if not np.all(np.isfinite(parameter)):
            return (
                f"{name} is no longer finite: the updates grew without bound; "
                f"try a learning rate below {lr:g}"
            )
    sizes = {name: float(np.abs(p).max(initial=0.0)) for name, p in model.named_parameters()}
    largest = max(sizes, key=sizes.__getitem__, default=None)
    if largest is not None and sizes[largest] > 1e6:
        return f"{largest} has grown to {sizes[largest]:.0e}; try a learning rate below {lr:g}"
    return "every parameter is finite: look for values in the data that are not, or not scaled"
