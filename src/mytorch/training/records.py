"""What a training tells about itself."""

from typing import NamedTuple


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


Record = StepRecord | EpochRecord
