"""TensorBoard's event files, written while a training runs and without PyTorch."""

import secrets
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..training import Record, StepRecord, Training
from ..utils.extras import require

Array = NDArray[Any]

RGBA = 4  # channels of a picture
FOLDER = "tensorboard"  # of a run
POINTS = 1000  # of a training's curve that are written; more cannot be seen


class TensorBoard:
    """Writes losses, accuracies and learning rates to an event file in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # A RecordWriter: the SummaryWriter writes in a thread, so that nobody knows how far it is.
        self._writer: Any = None

    def observe(self, name: str, training: Training, record: Record) -> None:
        """Write a record's numbers: of a step by step, of an epoch by epoch."""
        if isinstance(record, StepRecord):
            if (record.step - 1) % -(-training.total_records // POINTS) == 0:
                self.scalar(f"{name}/loss", record.loss, record.step)
                self.scalar(f"{name}/lr", training.optimizer.lr, record.step)
            return
        if not is_shown(record.epoch, training.epochs, POINTS):
            return
        for key in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy"):
            value = getattr(record, key)
            if value is not None:
                self.scalar(f"{name}/{key}", value, record.epoch)

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Write one number."""
        summary = _load("proto.summary_pb2").Summary
        # Not tensorboardX.summary.scalar, which prints a line of its own for every NaN.
        self._write(step, summary(value=[summary.Value(tag=tag, simple_value=float(value))]))

    def histogram(self, tag: str, values: Array, step: int, bins: int) -> None:
        """Write how some numbers are distributed, over bins of one width."""
        self._write(step, _load("summary").histogram(tag, values.astype(float), bins))

    def picture(self, tag: str, content: bytes) -> None:
        """Write one PNG picture."""
        make = _load("proto.summary_pb2").Summary
        width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))  # IHDR
        image = make.Image(
            encoded_image_string=content, width=width, height=height, colorspace=RGBA
        )
        self._write(0, make(value=[make.Value(tag=tag, image=image)]))

    def flush(self) -> None:
        """Write down what waits to be written."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Close the file; what comes later goes into another one."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _write(self, step: int, summary: Any) -> None:
        make = _load("proto.event_pb2").Event
        now = time.time()
        if self._writer is None:
            records = _load("record_writer")
            self._folder.mkdir(exist_ok=True, parents=True)
            # Readers take the files in the order of their names; a run may resume within a second.
            name = f"events.out.tfevents.{now:.0f}.{secrets.token_hex(4)}"
            self._writer = records.RecordWriter(str(self._folder / name))
            first = make(wall_time=now, file_version="brain.Event:2")
            self._writer.write(first.SerializeToString())
        event = make(step=step, wall_time=now, summary=summary)
        self._writer.write(event.SerializeToString())


def is_shown(epoch: int, epochs: int, most: int) -> bool:
    """Return whether an epoch is one of about `most` at equal distances, or the last."""
    return (epoch - 1) % -(-epochs // most) == 0 or epoch == epochs


def write_pictures(folder: Path, pictures: Mapping[str, bytes]) -> None:
    """Write the figures of a run (PNG, by name) to tensorboard/figures/, in place of older ones."""
    place = folder / FOLDER / "figures"
    if place.is_dir():
        shutil.rmtree(place)
    if pictures:
        board = TensorBoard(place)
        for name, content in pictures.items():
            board.picture(name, content)
        board.close()


def _load(module: str) -> Any:
    """Return a module of tensorboardX, without PyTorch.

    Where PyTorch is installed, tensorboardX imports it for a type annotation. That takes seconds,
    so it is told that there is none, unless somebody uses it already.
    """
    hidden = "torch" not in sys.modules
    if hidden:
        sys.modules["torch"] = None  # type: ignore[assignment]  # importing it is an ImportError
    try:
        return require(f"tensorboardX.{module}", "lab")
    finally:
        if hidden:
            del sys.modules["torch"]
