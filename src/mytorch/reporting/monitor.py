"""What happens inside a network while it trains: its weights, its net inputs, its activations."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..training import Record, StepRecord, Training
from ..training.outputs import layer_outputs
from .logs import Log
from .tensorboard import TensorBoard

Array = NDArray[Any]

BINS = 30


class Summary(NamedTuple):
    """The distribution of some numbers: a histogram has BINS bins of one width from min to max.

    Numbers that are not finite are counted apart; where there are no others, the rest is None.
    """

    min: float | None
    max: float | None
    mean: float | None
    std: float | None
    counts: list[int]
    not_finite: int


def summarize(values: Array) -> Summary:
    """Return the distribution of some numbers."""
    finite = values[np.isfinite(values)].astype(np.float64)
    left_out = values.size - finite.size
    if not finite.size:
        return Summary(None, None, None, None, [], left_out)
    low, high = float(finite.min()), float(finite.max())
    counts, _ = np.histogram(finite, bins=BINS, range=(low, high))
    mean, std = float(finite.mean()), float(finite.std())
    return Summary(low, high, mean, std, counts.tolist(), left_out)


def read_monitor(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the lines of a run's monitor.jsonl by training; none where nothing was monitored."""
    found: dict[str, list[dict[str, Any]]] = {}
    path = folder / "monitor.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        entry = json.loads(line)
        found.setdefault(entry["training"], []).append(entry)
    return found


class Monitor:
    """Every `every` steps, and after the first: a summary of each parameter and layer's output.

    The outputs are those of the first batch of the training data, in evaluation mode, so that
    what changes is the network alone. A layer with weights puts out the net inputs of the next;
    an activation or a pooling, the activations. monitor.jsonl gets a line for each, TensorBoard
    the four numbers and the histogram.
    """

    def __init__(self, folder: Path, board: TensorBoard, every: int = 100) -> None:
        self._every, self._board = every, board
        self._log = Log(folder / "monitor.jsonl")

    def observe(self, name: str, training: Training, record: Record) -> None:
        """Look at the network, if it is time to."""
        if not self._is_time(training, record):
            return
        with np.errstate(over="ignore", invalid="ignore"):  # the loss tells of that, once
            seen = [(what, values, summarize(values)) for what, values in self._tensors(training)]
        for what, values, summary in seen:
            entry = {"training": name, "step": record.step, "of": what, **summary._asdict()}
            self._log.write(entry)
            if not summary.counts:
                continue
            tag = f"{name}/{what.replace(' ', '_')}"
            for key in ("min", "max", "mean", "std"):
                self._board.scalar(f"{tag}/{key}", getattr(summary, key), record.step)
            self._board.histogram(tag, values[np.isfinite(values)], record.step, BINS)

    def flush(self) -> None:
        """Write down what waits to be written."""
        self._log.flush()

    def close(self) -> None:
        """Close the file, until there is more."""
        self._log.close()

    def _is_time(self, training: Training, record: Record) -> bool:
        if isinstance(record, StepRecord):
            return record.step == 1 or record.step % self._every == 0
        if training.step_records:
            return False
        before = record.step * (record.epoch - 1) // record.epoch  # every epoch has as many steps
        return before == 0 or record.step // self._every > before // self._every

    def _tensors(self, training: Training) -> Iterator[tuple[str, Array]]:
        yield from training.model.named_parameters()
        yield from layer_outputs(training.model, training.x[: training.batch_size])
