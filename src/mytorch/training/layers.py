"""What stands in a network: shapes, parameters and gradients, layer by layer."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..nn import Loss, Sequential

Array = NDArray[Any]


class LayerSummary(NamedTuple):
    """One layer: its number and name, the shape of one example's output, how many parameters
    it has, and the Euclidean norm of their gradient (None without parameters).
    """

    name: str
    layer: str
    output_shape: tuple[int, ...]
    parameters: int
    gradient_norm: float | None


def summarize(model: Sequential, loss: Loss, x: Array, y: Array) -> list[LayerSummary]:
    """Describe every layer of a network by one forward and backward over the batch (x, y)."""
    shapes = []
    output = x
    with np.errstate(over="ignore", invalid="ignore"):  # whoever evaluates it tells of that
        for layer in model:
            output = layer.forward(output)
            shapes.append(output.shape[1:])
        loss.forward(output, y)
        model.backward(loss.backward())
    rows = []
    for (name, layer), shape in zip(model.named_children(), shapes, strict=True):
        count = sum(p.size for p in layer.get_parameters())
        norm = np.sqrt(sum(float(np.sum(g.astype(np.float64) ** 2)) for g in layer.get_gradients()))
        rows.append(LayerSummary(name, repr(layer), shape, count, float(norm) if count else None))
    return rows
