"""The training loop: a generator that yields what happened and never prints."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.batches import batch_indices
from ..nn import Loss, Module, Optimizer, Sequential
from ..nn.workspace import Workspaces
from ..utils.errors import ArgumentError, RunError
from .diagnosis import not_finite
from .metrics import evaluate

Array = NDArray[Any]


class StepRecord(NamedTuple):
    """One update: the epoch and the step (both from 1), and the loss of its batch before it."""

    epoch: int
    step: int
    loss: float


class EpochRecord(NamedTuple):
    """One pass over the training set; the losses are means over examples."""

    epoch: int
    step: int
    train_loss: float
    validation_loss: float | None
    validation_accuracy: float | None


def fit(
    model: Module,
    loss: Loss,
    optimizer: Optimizer,
    train: Iterable[Array],
    validation: Iterable[Array] | None = None,
    *,
    epochs: int,
    batch_size: int = 64,
    rng: np.random.Generator | None = None,
    micro_batch: int | None = None,
) -> Iterator[StepRecord | EpochRecord]:
    """Train by mini-batch gradient descent, yielding a record per step and per epoch.

    Parameters
    ----------
    train, validation
        Pairs (x, y): x of floating numbers, its first axis the examples.
    rng
        Shuffles the examples anew every epoch; without it they come in order.
    micro_batch
        Runs each batch in pieces of at most this many examples and adds up their gradients:
        the same step in less memory.

    Raises
    ------
    ArgumentError
        For no examples, or epochs or batch sizes below 1.
    RunError
        When the loss is no longer finite: the step, the layer and the likely cause.
    """
    x, y = train
    if len(x) != len(y):
        raise ArgumentError(f"fit: got {len(x)} examples and {len(y)} targets")
    if not len(x) or epochs < 1 or batch_size < 1 or (micro_batch is not None and micro_batch < 1):
        raise ArgumentError(
            f"fit: expected examples, epochs and batch sizes of at least 1, got {len(x)} examples, "
            f"epochs={epochs}, batch_size={batch_size}, micro_batch={micro_batch}"
        )
    workspaces, first = Workspaces(model, loss, optimizer), _first_layer(model)
    step = 0
    for epoch in range(1, epochs + 1):
        total = 0.0
        for rows in batch_indices(len(x), batch_size, rng):
            step += 1
            model.train()
            # Numbers that overflow show in the loss, and are told once, with their cause.
            quiet = np.errstate(over="ignore", invalid="ignore")
            with workspaces.lent(), _without_input_gradient(first), quiet:
                value, gradients = _gradients(model, loss, x, y, rows, micro_batch or batch_size)
                if not isfinite(value):
                    why = not_finite(model, optimizer.lr)
                    raise RunError(f"the loss is {value} at step {step} (epoch {epoch}); {why}")
                optimizer.step(gradients)
            total += value * len(rows)
            yield StepRecord(epoch, step, value)
        held_out = evaluate(model, loss, validation) if validation is not None else None
        yield EpochRecord(
            epoch,
            step,
            total / len(x),
            held_out.loss if held_out else None,
            held_out.accuracy if held_out else None,
        )


def _gradients(
    model: Module, loss: Loss, x: Array, y: Array, rows: Array, micro_batch: int
) -> tuple[float, list[Array]]:
    """Return the mean loss of a batch and its gradients, run piece by piece."""
    if len(rows) <= micro_batch:
        value = loss.forward(model.forward(x[rows]), y[rows])
        model.backward(loss.backward())
        return value, model.get_gradients()
    value, gradients = 0.0, [np.zeros_like(p) for p in model.get_parameters()]
    for start in range(0, len(rows), micro_batch):
        piece = rows[start : start + micro_batch]
        share = len(piece) / len(rows)  # each piece's mean loss counts by its examples
        part, part_gradients = _gradients(model, loss, x, y, piece, micro_batch)
        value += share * part
        for total, gradient in zip(gradients, part_gradients, strict=True):
            total += share * gradient
    return value, gradients


def _first_layer(model: Any) -> Any:
    """Return the first layer that has parameters: nobody wants its dL/dx in training."""
    if isinstance(model, Sequential):
        return next((_first_layer(layer) for layer in model if layer.get_parameters()), None)
    return model


@contextmanager
def _without_input_gradient(layer: Any) -> Iterator[None]:
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
