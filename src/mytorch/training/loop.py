"""The training loop: yields what happened and never prints."""

import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import ceil, isfinite
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..data.batches import batch_indices, cut
from ..nn import Loss, Module, Optimizer, Penalty, ReduceLROnPlateau, clip_grad_norm
from ..nn.workspace import Workspaces
from ..utils.errors import ArgumentError, RunError
from ..utils.kernels import choose
from ..utils.random import generator, generator_state
from . import state
from .diagnosis import why_not_finite
from .metrics import evaluate
from .per_example import Chain, chain, first_not_finite
from .records import EpochRecord, Record, StepRecord
from .step import Replica, examples_in, first_layer, gradients_of, without_input_gradient
from .stopping import EarlyStopping

Array = NDArray[Any]


class Training(Iterator[Record]):
    """Mini-batch gradient descent, yielding a record per step and per epoch: `fit(...)`.

    Between any two records, `state_dict()` is all it takes to go on from there, bit for bit, in
    another process: `load_state_dict` on a training made with the same arguments.

    Parameters
    ----------
    train, validation
        Pairs (x, y): x of floating numbers, its first axis the examples.
    rng
        Shuffles the examples anew every epoch; without it they come in order.
    order
        The order of the examples instead, as a function of how many epochs are done: a
        permutation of the row numbers.
    micro_batch
        Runs each batch in pieces of at most this many examples and adds up their gradients:
        the same step in less memory.
    augment
        Changes the examples of each batch before the step, such as `transforms.Compose`. Its
        generators are part of the state where it holds them or closes over them, and not where it
        looks them up in a module.
    penalties
        Terms added to the training loss, such as `L2Penalty(1e-4)`. The records of training
        include them, the validation loss does not.
    max_norm
        Shortens the gradient of each step to at most this length (`clip_grad_norm`).
    schedule
        Sets the learning rate: a function of the number of steps done, before each step; or a
        `ReduceLROnPlateau`, which sees the validation loss (without validation, the training
        loss) after each epoch.
    stopping
        Ends the training early, and puts the best weights back when it ends.
    step_records
        Where False, only epochs are recorded. A dense network with batches of one (Linear and
        activations, plain cross-entropy and plain SGD) then runs an epoch as one kernel.
    kernels
        "numpy", "numba", or "auto": Numba's where it is installed (the extra `fast`) and all
        that takes part is the library's own. The two agree to rounding, not to the last bit.

    Attributes
    ----------
    epoch, step
        How many epochs and steps are done.

    Raises
    ------
    ArgumentError
        For no examples, or epochs or batch sizes below 1.
    RunError
        When the loss is no longer finite: the step, the layer and the likely cause.
    """

    def __init__(
        self,
        model: Module,
        loss: Loss,
        optimizer: Optimizer,
        train: Iterable[Array],
        validation: Iterable[Array] | None = None,
        *,
        epochs: int,
        batch_size: int = 64,
        rng: np.random.Generator | None = None,
        order: Callable[[int], Array] | None = None,
        micro_batch: int | None = None,
        augment: Callable[[Array], Array] | None = None,
        penalties: Sequence[Penalty] = (),
        max_norm: float | None = None,
        schedule: Callable[[int], float] | ReduceLROnPlateau | None = None,
        stopping: EarlyStopping | None = None,
        step_records: bool = True,
        kernels: str = "auto",
    ) -> None:
        x, y = train
        if len(x) != len(y):
            raise ArgumentError(f"fit: got {len(x)} examples and {len(y)} targets")
        sizes = [len(x), epochs, batch_size, 1 if micro_batch is None else micro_batch]
        if min(sizes) < 1:
            raise ArgumentError(
                "fit: expected examples, epochs and batch sizes of at least 1, got "
                f"{len(x)} examples, {epochs=}, {batch_size=}, {micro_batch=}"
            )
        if rng is not None and order is not None:
            raise ArgumentError("fit: rng shuffles the examples and order says theirs; give one")
        examples_in(loss, x)  # refuses a loss that is not a number
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.x, self.y, self.validation = x, y, validation
        self.epochs, self.batch_size, self.micro_batch = epochs, batch_size, micro_batch
        self.rng, self.order, self.augment = rng, order, augment
        self.penalties, self.max_norm = penalties, max_norm
        self.schedule, self.stopping, self.step_records = schedule, stopping, step_records
        # How far it is: whole epochs and steps, and the batches of the epoch under way, the sum of
        # their losses, and what `rng` was before it shuffled them.
        self.epoch = self.step = self.batch = 0
        self.total = 0.0
        self.shuffled_by: Any = None
        self._spaces = Workspaces(model, loss, optimizer, kernels=choose(kernels))
        self._first = first_layer(model)
        self._replica = model if isinstance(model, Replica) else None
        whole = batch_size == 1 and not (
            step_records or augment or penalties or max_norm or schedule
        )
        self._chain = chain(model, loss, optimizer, x, y) if whole and self._spaces.ours else None
        self._records = self._run()

    @property
    def total_records(self) -> int:
        """How many records there are in all, unless it stops early."""
        steps = ceil(len(self.x) / self.batch_size) if self.step_records else 0
        return self.epochs * (steps + 1)

    def state_dict(self) -> dict[str, Any]:
        """Return copies of everything that the records still to come depend on."""
        return state.capture(self)

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Go on where the training was whose `state_dict` this is.

        Raises
        ------
        ArgumentError
            Where it is that of another training; nothing that was trained is changed then.
        """
        state.restore(self, saved)
        self._records = self._run()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Record:
        return next(self._records)

    def _run(self) -> Iterator[Record]:
        while self.epoch < self.epochs and not (self.stopping and self.stopping.stopped):
            self.model.train()
            if self._chain is not None:
                self._epoch_as_one_kernel(self._chain)
            else:
                yield from self._steps()
            yield self._end_of_epoch()
        if self.stopping:
            self.stopping.restore(self.model)

    def _steps(self) -> Iterator[StepRecord]:
        for rows in self._batches():
            if not getattr(self.model, "training", True):  # who got the last record changed it
                self.model.train()
            if callable(self.schedule):
                self.optimizer.lr = self.schedule(self.step)
            value = self._update(rows)
            self.total += value * examples_in(self.loss, rows)
            self.step, self.batch = self.step + 1, self.batch + 1
            if self.step_records:
                yield StepRecord(self.epoch + 1, self.step, value)

    def _update(self, rows: Array) -> float:
        """Make one step along the gradients of some rows; return their loss before it."""
        with self._spaces.lent(), without_input_gradient(self._first), _quiet():
            if self._replica is not None:
                rows = self._replica.own_rows(rows)
            x, y = self._spaces.take("x", self.x, rows), self._spaces.take("y", self.y, rows)
            if self.augment is not None:
                x = self.augment(x)
            value, gradients = gradients_of(self.model, self.loss, x, y, self.micro_batch)
            if self._replica is not None:
                value = self._replica.joint_loss(value)
            for penalty in self.penalties:
                value += penalty.value(self.model)
                gradients = penalty.add_to(gradients, self.model)
            if not isfinite(value):
                raise self._diverged(value, rows, self.step + 1)
            if self.max_norm is not None:
                gradients = self._clipped(gradients, self.max_norm)
            self.optimizer.step(gradients)
        return value

    def _clipped(self, gradients: list[Array], max_norm: float) -> list[Array]:
        try:
            return clip_grad_norm(gradients, max_norm)[0]
        except RunError as error:  # the loss is finite, and its gradient is not
            raise RunError(f"step {self.step + 1} (epoch {self.epoch + 1}): {error}") from error

    def _epoch_as_one_kernel(self, layers: Chain) -> None:
        order = np.concatenate(list(self._batches()))
        with _quiet():
            losses = layers.epoch(self.x, self.y, order, self.optimizer.lr, self._spaces.kernels)
        if broken := first_not_finite(losses):
            position, value = broken
            raise self._diverged(value, order[position : position + 1], self.step + 1 + position)
        self.total, self.step = float(losses.sum()), self.step + len(order)

    def _batches(self) -> list[Array]:
        """Return the rows of the batches that are left of the epoch under way."""
        if self.order is not None:
            batches = cut(self._ordered(self.order), self.batch_size)
        elif self.rng is None:
            batches = batch_indices(len(self.x), self.batch_size)
        elif self.batch == 0:
            self.shuffled_by = generator_state(self.rng)
            batches = batch_indices(len(self.x), self.batch_size, self.rng)
        else:  # resumed: shuffle again as it was shuffled, with a generator on the side
            batches = batch_indices(len(self.x), self.batch_size, generator(self.shuffled_by))
        return list(batches)[self.batch :]

    def _ordered(self, order: Callable[[int], Array]) -> Array:
        rows = np.asarray(order(self.epoch))
        if not np.array_equal(np.sort(rows, axis=None), np.arange(len(self.x))):
            raise ArgumentError(
                f"fit: order({self.epoch}) must be the row numbers 0 to {len(self.x) - 1} in some "
                f"order, got {reprlib.repr(rows.tolist())}"
            )
        return rows

    def _end_of_epoch(self) -> EpochRecord:
        if not all(np.isfinite(p).all() for p in self.model.get_parameters()):
            raise self._diverged(np.nan, np.arange(1), self.step + 1)  # the loss it would have
        held_out = None
        if self.validation is not None:
            held_out = evaluate(
                self.model, self.loss, self.validation, kernels=self._spaces.kernels.name
            )
        record = EpochRecord(
            self.epoch + 1,
            self.step,
            self.total / len(self.x),
            held_out.loss if held_out else None,
            held_out.accuracy if held_out else None,
        )
        self.epoch, self.batch, self.total = self.epoch + 1, 0, 0.0
        if isinstance(self.schedule, ReduceLROnPlateau):
            self.optimizer.lr = self.schedule.step(held_out.loss if held_out else record.train_loss)
        if self.stopping:
            self.stopping.update(record, self.model)
        return record

    def _diverged(self, value: float, rows: Array, step: int) -> RunError:
        why = why_not_finite(self.model, self.x, rows, self.optimizer.lr)
        return RunError(f"the loss is {value} at step {step} (epoch {self.epoch + 1}); {why}")


fit = Training  # what the library and its users call it: `for record in fit(...)`


def _quiet() -> np.errstate:
    """Numbers that overflow show in the loss, and are told once, with their cause."""
    return np.errstate(over="ignore", invalid="ignore")
