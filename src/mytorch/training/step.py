"""The gradients of one batch, as a training step takes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..nn import Loss, Module, Sequential
from ..utils.errors import ArgumentError

Array = NDArray[Any]


@runtime_checkable
class Replica(Protocol):
    """A model of one process among several that train together, each on its part of a batch."""

    def own_rows(self, rows: Array) -> Array:
        """Return the rows of a batch that this process takes."""

    def joint_loss(self, value: float) -> float:
        """Return the loss of the whole batch, from that of each process's rows."""


def gradients_of(
    model: Module, loss: Loss, x: Array, y: Array, micro_batch: int | None = None
) -> tuple[float, list[Array]]:
    """Return the loss of a batch and its gradients.

    With `micro_batch` the batch runs in pieces of at most so many examples, and their gradients
    are added up.
    """
    if micro_batch is None or len(x) <= micro_batch:
        value = loss.forward(model.forward(x), y)
        model.backward(loss.backward())
        return value, model.get_gradients()
    value, gradients = 0.0, [np.zeros_like(p) for p in model.get_parameters()]
    for start in range(0, len(x), micro_batch):
        piece = slice(start, start + micro_batch)
        share = examples_in(loss, x[piece]) / examples_in(loss, x)
        part, part_gradients = gradients_of(model, loss, x[piece], y[piece])
        value += share * part
        for total, gradient in zip(gradients, part_gradients, strict=True):
            total += share * gradient
    return value, gradients


def examples_in(loss: Loss, x: Array) -> int:
    """Return how many examples the loss of the batch x stands for: all, or 1 if it is a sum.

    So the losses of batches, each times this, add up to that of all examples.

    Raises
    ------
    ArgumentError
        For a loss that gives no number (reduction="none").
    """
    reduction = getattr(loss, "reduction", "mean")
    if reduction == "none":
        raise ArgumentError(f"{loss!r} gives no number to train on; use reduction='mean' or 'sum'")
    return 1 if reduction == "sum" else len(x)


def first_layer(model: Any) -> Any:
    """Return the first layer that has parameters: nobody wants its dL/dx in training."""
    if isinstance(model, Sequential):
        return next((first_layer(layer) for layer in model if layer.get_parameters()), None)
    return model


@contextmanager
def without_input_gradient(layer: Any) -> Iterator[None]:
    """Spare a layer the computation of dL/dx within this block."""
    before = getattr(layer, "needs_input_gradient", None)
    if before is None:  # not one of our modules
        yield
        return
    layer.needs_input_gradient = False
    try:
        yield
    finally:
        layer.needs_input_gradient = before
