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
    largest = max((float(np.abs(p).max()) for p in model.get_parameters()), default=0.0)
    if largest > 1e6:
        return f"the parameters have grown to {largest:.0e}; try a learning rate below {lr:g}"
    return "every parameter is finite: look for values in the data that are not, or not scaled"
