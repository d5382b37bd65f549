"""The error of a network on examples that it does not learn from, epoch by epoch."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ..data import Split
from ..training import EpochRecord, Record, Training, evaluate
from .logs import Log
from .tensorboard import TensorBoard

FILE = "held_out.jsonl"


class Error(NamedTuple):
    """The share of the examples `of` that a network gets wrong after an epoch of a training."""

    training: str
    epoch: int
    step: int
    of: str
    error: float


def read_held_out(folder: Path) -> dict[str, list[Error]]:
    """Return the errors that a run wrote down, by training."""
    found: dict[str, list[Error]] = {}
    path = folder / FILE
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        error = Error(**json.loads(line))
        found.setdefault(error.training, []).append(error)
    return found


class HeldOut:
    """At the end of every epoch: the errors on validation examples and on others.

    held_out.jsonl gets a line for each, TensorBoard a number. `splits` are those others, by name.
    """

    def __init__(self, folder: Path, board: TensorBoard, splits: Mapping[str, Split]) -> None:
        self._board, self._splits = board, splits
        self._log = Log(folder / FILE)

    def observe(self, name: str, training: Training, record: Record) -> None:
        """Evaluate the network, if an epoch has ended."""
        if not isinstance(record, EpochRecord):
            return
        accuracies = {"validation": record.validation_accuracy}
        for of, split in self._splits.items():
            found = evaluate(training.model, training.loss, split, kernels="auto")
            accuracies[of] = found.accuracy
        for of, accuracy in accuracies.items():
            if accuracy is not None:
                error = Error(name, record.epoch, record.step, of, 1 - accuracy)
                self._log.write(error._asdict())
                self._board.scalar(f"{name}/{of}_error", error.error, record.epoch)

    def flush(self) -> None:
        """Write down what waits to be written."""
        self._log.flush()

    def close(self) -> None:
        """Close the file, until there is more."""
        self._log.close()
