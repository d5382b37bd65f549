"""A training within a run: recorded, saved, interrupted without loss, and taken up again."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

from ..training import EpochRecord, Record, StepRecord, Training
from ..training.checkpoint import Checkpoints
from ..utils.errors import MytorchError, RunError, one_line
from ..utils.progress import progress
from ..utils.signals import deferred_signals
from .logs import Ends, Log, cut_back, ends


class Observer(Protocol):
    """Whoever wants to see a training while it runs, and writes what it sees to growing files."""

    def observe(self, name: str, training: Training, record: Record) -> None:
        """Take note of a record of the training `name`."""

    def flush(self) -> None:
        """Write everything down."""

    def close(self) -> None:
        """Let go of the files, until there is more to observe."""


class RunInterrupted(KeyboardInterrupt):
    """A signal ended the run; all that it did is saved."""

    def __init__(self, what: str, number: signal.Signals) -> None:
        super().__init__(what)
        self.number = number


class Recorder:
    """Runs the trainings of a run one after another, so that each can be taken up again.

    Parameters
    ----------
    folder
        The run's, where metrics.jsonl gets a line per record and checkpoints/ the states.
    every
        The seconds between two checkpoints of a training; it is saved when it ends, too.
    resume
        Whether to go on where the checkpoints in the folder say.
    refused
        Told, in one line each, which checkpoints are damaged.
    observers
        See every record, in order.
    """

    def __init__(
        self,
        folder: Path,
        *,
        every: float,
        resume: bool,
        refused: Callable[[str], None],
        observers: Sequence[Observer] = (),
    ) -> None:
        self._folder, self._every, self._resume, self._refused = folder, every, resume, refused
        self._log, self._observers = Log(folder / "metrics.jsonl"), observers
        self._ends: Ends = {}  # of the growing files, where all is done before

    def run(self, training: Training, name: str) -> tuple[list[Record], float]:
        """Run a training to its end; return its records, and the seconds it took in all."""
        checkpoints = Checkpoints(self._folder / "checkpoints" / name, self._refused)
        records, seconds, ended = self._take_up(training, checkpoints)
        if ended:
            return records, seconds
        bar = progress(
            training,
            total=training.total_records,
            initial=len(records),
            label=name.replace("_", " "),
            unit="step" if training.step_records else "epoch",
        )
        begun = saved = perf_counter()
        with closing(self), deferred_signals() as interrupted:
            for record in bar:
                records.append(record)
                self._write(name, training, record)
                now = perf_counter()
                if interrupted() or now - saved >= self._every:
                    self._save(training, checkpoints, seconds + now - begun)
                    saved = perf_counter()
                if number := interrupted():
                    done = f"step {training.step} (epoch {record.epoch} of {training.epochs})"
                    raise RunInterrupted(f"{name} was interrupted after {done}", number)
            seconds += perf_counter() - begun
            self._save(training, checkpoints, seconds, ended=True)
        self._ends = ends(self._folder)
        return records, seconds

    def close(self) -> None:
        """Let go of the growing files."""
        self._log.close()
        for observer in self._observers:
            observer.close()

    def _take_up(
        self, training: Training, checkpoints: Checkpoints
    ) -> tuple[list[Record], float, bool]:
        """Put a training where it was saved last.

        Return its records until then, the seconds it took, and whether it had ended.
        """
        saved = checkpoints.latest() if self._resume else None
        if saved is None:
            cut_back(self._folder, self._ends)
            return [], 0.0, False
        try:
            training.load_state_dict(saved["training"])
            to: Ends = {str(name): int(end) for name, end in saved["ends"].items()}
            seconds, ended = float(saved["seconds"]), bool(saved["ended"])
        except (MytorchError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise RunError(
                f"{checkpoints.folder}: its checkpoint is not of this training ({error}); remove "
                f"{self._folder} and run again"
            ) from error
        start, end = self._ends.get("metrics.jsonl", 0), to.get("metrics.jsonl", 0)
        if ended:  # what stands behind it may be of the next training
            self._ends = to
        else:
            cut_back(self._folder, to)
        try:
            return list(self._read(start, end)), seconds, ended
        except (LookupError, TypeError, ValueError) as error:
            raise RunError(
                f"{self._log.path}: is damaged ({one_line(error)}); remove {self._folder} and run "
                "again"
            ) from error

    def _save(
        self,
        training: Training,
        checkpoints: Checkpoints,
        seconds: float,
        *,
        ended: bool = False,
    ) -> None:
        self._log.flush()
        for observer in self._observers:
            observer.flush()
        state = {
            "training": training.state_dict(),
            "ends": ends(self._folder),
            "seconds": seconds,
            "ended": ended,
        }
        try:
            checkpoints.save(training.step, state)
        except OSError as error:
            raise RunError(
                f"{checkpoints.folder}: the checkpoint of step {training.step} cannot be written "
                f"({error.strerror}); the one before it stands: make room and go on with --resume"
            ) from error

    def _write(self, name: str, training: Training, record: Record) -> None:
        kind = "epoch" if isinstance(record, EpochRecord) else "step"
        self._log.write({"training": name, "record": kind, **record._asdict()})
        if kind == "epoch":
            self._log.flush()
        for observer in self._observers:
            observer.observe(name, training, record)

    def _read(self, start: int, end: int) -> Iterator[Record]:
        kinds: dict[str, Any] = {"epoch": EpochRecord, "step": StepRecord}
        for entry in self._log.read(start, end):
            values = {key: v for key, v in entry.items() if key not in ("training", "record")}
            yield kinds[entry["record"]](**values)
