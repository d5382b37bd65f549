"""The training loop: a generator that yields what happened and never prints."""

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.batches import batch_indices
from ..nn import Loss, Module, Optimizer, Penalty
from ..nn.workspace import Workspaces
from ..utils.errors import ArgumentError, RunError
from ..utils.kernels import choose
from .diagnosis import not_finite
from .metrics import evaluate
from .per_example import chain, first_not_finite
from .step import examples_in, first_layer, gradients_of, without_input_gradient

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
    penalties: Sequence[Penalty] = (),
    step_records: bool = True,
    kernels: str = "auto",
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
    penalties
        Terms added to the training loss, such as `L2Penalty(1e-4)`. The records of training
        include them, the validation loss does not.
    step_records
        Where False, only epochs are recorded. A dense network with batches of one (Linear and
        activations, plain cross-entropy and plain SGD) then runs an epoch as one kernel.
    kernels
        "numpy", "numba", or "auto": Numba's where it is installed (the extra `fast`) and all
        that takes part is the library's own. The two agree to rounding, not to the last bit.

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
    spaces = Workspaces(model, loss, optimizer, kernels=choose(kernels))
    first = first_layer(model)
    examples_in(loss, x)  # refuses a loss that is not a number
    whole = batch_size == 1 and not step_records and not penalties
    dense = chain(model, loss, optimizer, x, y) if whole and spaces.ours else None
    step = 0
    for epoch in range(1, epochs + 1):
        total = 0.0
        model.train()
        if dense is not None:
            (order,) = batch_indices(len(x), len(x), rng)
            with _quiet():
                losses = dense.epoch(x, y, order, optimizer.lr, spaces.kernels)
            if broken := first_not_finite(losses):
                raise _diverged(model, optimizer, epoch, step + 1 + broken[0], broken[1])
            total, step = float(losses.sum()), step + len(x)
        for rows in batch_indices(len(x), batch_size, rng) if dense is None else ():
            step += 1
            if not getattr(model, "training", True):  # whoever got the last record changed it
                model.train()
            with spaces.lent(), without_input_gradient(first), _quiet():
                batch = spaces.take("x", x, rows), spaces.take("y", y, rows)
                value, gradients = gradients_of(model, loss, *batch, micro_batch)
                for penalty in penalties:
                    value += penalty.value(model)
                    gradients = penalty.add_to(gradients, model)
                if not isfinite(value):
                    raise _diverged(model, optimizer, epoch, step, value)
                optimizer.step(gradients)
            total += value * examples_in(loss, rows)
            if step_records:
                yield StepRecord(epoch, step, value)
        held_out = evaluate(model, loss, validation) if validation is not None else None
        yield EpochRecord(
            epoch,
            step,
            total / len(x),
            held_out.loss if held_out else None,
            held_out.accuracy if held_out else None,
        )


def _quiet() -> np.errstate:
    """Numbers that overflow show in the loss, and are told once, with their cause."""
    return np.errstate(over="ignore", invalid="ignore")


def _diverged(model: Module, optimizer: Optimizer, epoch: int, step: int, value: float) -> RunError:
    why = not_finite(model, optimizer.lr)
    return RunError(f"the loss is {value} at step {step} (epoch {epoch}); {why}")
