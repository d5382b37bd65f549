"""What a training tells about itself."""

from typing import NamedTuple


class StepRecord(NamedTuple):
    """One update: the epoch and the step (both from 1), and the loss of its batch before it."""

    epoch: int
    step: int
    loss: float


class EpochRecord(NamedTuple):
    """One pass over the training set; the losses are means over examples.

    `train_loss` is the mean of the losses before each step, or with `fit(evaluate_train=True)`
    that of the network as the epoch leaves it; only then there is a `train_accuracy`.
    """

    epoch: int
    step: int
    train_loss: float
    validation_loss: float | None
    validation_accuracy: float | None
    train_accuracy: float | None = None


Record = StepRecord | EpochRecord
