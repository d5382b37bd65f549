"""Run folders: everything about one run, in files that appear whole or not at all."""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ..data import Dataset, Split
from ..data.transforms import Standardizer
from ..nn import Module, architecture, save_file
from ..training import Record, Training
from ..utils import files
from ..utils.errors import RunError, one_line
from ..utils.extras import require
from . import machine
from .held_out import HeldOut
from .monitor import Monitor, read_monitor
from .tensorboard import FOLDER, TensorBoard, write_pictures
from .training import Observer, Recorder
from .weights import Weights

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAVE_EVERY = 30.0  # seconds
LOCK = ".lock"
MONITOR_CAPTION = (
    "Weights, biases and, for the first batch of the training data, the output of every layer: the "
    "mean (line), one standard deviation to either side (blue), the smallest to the largest (grey)."
)
HISTOGRAM_CAPTION = (
    "How the same numbers are distributed: a column for each look, dark where most of them are."
)


class Run:
    """One run, while it runs: collects what it measures and writes its folder.

    The folder holds config.json (what was asked for, and on what machine), metrics.jsonl (a
    line per step and epoch, as they happen), checkpoints/, figures/, results.json (the outcome: the
    same bytes for the same config and machine), timing.json (what the clock said) and, written
    last, report.html. Nothing is created before there is something to write.

    An experiment that is run again in the folder of an interrupted run, with `resume`, does the
    same once more; but each training goes on where it was saved.

    Parameters
    ----------
    header
        What was asked for: experiment, data, backend, seed, config.
    command
        What repeats the run.
    out
        The folder; where there is none, a new one below runs/ named by the clock.
    say, warn
        Told what a person wants to read meanwhile: a label and a text; one line.
    resume
        Whether the folder may hold an interrupted run of the same header, to be taken up.
    save_every
        The seconds between two checkpoints.
    monitor_every
        The steps between two looks at what happens inside the network (`Monitor`), if any.

    Attributes
    ----------
    folder
        Where it is written, once it is.
    resumed
        Whether it goes on with an interrupted run.

    Raises
    ------
    RunError
        Where the folder cannot be made, holds something else, or is being written by another
        process; where another machine or another header would give other numbers.
    """

    def __init__(
        self,
        header: dict[str, Any],
        command: str,
        out: Path | None,
        *,
        say: Callable[[str, str], None] = lambda label, text: None,
        warn: Callable[[str], None] = lambda line: None,
        resume: bool = False,
        save_every: float = SAVE_EVERY,
        monitor_every: int | None = None,
    ) -> None:
        self.folder: Path | None = None
        self.say, self._warn = say, warn
        self._header, self._command, self._out = header, command, out
        self._save_every, self._monitor_every = save_every, monitor_every
        self.resumed = resume and out is not None and (out / "config.json").is_file()
        if out is not None and not self.resumed:
            check_vacant(out)
        self._results: dict[str, Any] = {"metrics": {}, "findings": {}, "tables": {}, "figures": {}}
        self._pictures: dict[str, bytes] = {}
        self._timing: dict[str, float] = {}
        self._recorder: Recorder | None = None
        self._held_out: Mapping[str, Split] = {}
        self._lock: Any = None

    def watch(self, every: int, held_out: Mapping[str, Split]) -> None:
        """Look closer at the trainings to come.

        Every `every` steps the monitor looks inside the network, unless the run was told when. At
        the end of each epoch the error is taken on the examples `held_out`, by their names.
        """
        self._monitor_every = self._monitor_every or every
        self._held_out = held_out

    def train(self, training: Training, name: str = "training") -> list[Record]:
        """Run a training to its end, saving it now and then, and return its records.

        With `resume`, a training that was saved under this name goes on from there.
        """
        if self._recorder is None:
            folder = self.begin()
            board = TensorBoard(folder / FOLDER)
            observers: list[Observer] = [board]
            if self._monitor_every is None:
                observers.append(Weights(board))
            else:  # which looks at the parameters, too
                observers.append(Monitor(folder, board, self._monitor_every))
            if self._held_out:
                observers.append(HeldOut(folder, board, self._held_out))
            self._recorder = Recorder(
                folder,
                every=self._save_every,
                resume=self.resumed,
                refused=self._warn,
                observers=observers,
            )
        records, self._timing[name] = self._recorder.run(training, name)
        return records

    def metric(self, name: str, value: float) -> None:
        """Keep one number of the outcome."""
        self._results["metrics"][name] = value

    def table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Keep one table of the outcome."""
        self._results["tables"][name] = {
            "columns": list(columns),
            "rows": [list(row) for row in rows],
        }

    def finding(self, name: str, question: str, *sentences: str) -> None:
        """Keep the answer to a question of the assignment.

        The sentences are computed from what this run measured; what its numbers do not support is
        left out.
        """
        self._results["findings"][name] = {"question": question, "answer": " ".join(sentences)}

    def stand_in(self, what: str) -> None:
        """Mark everything that comes out: the data are not those that were meant, but `what`."""
        self._header["stand_in"] = what
        self.say("stand-in data", what)

    def figure(self, name: str, figure: "Figure", caption: str, title: str = "") -> None:
        """Write one figure to figures/NAME.svg and .png, and keep its caption for the report.

        Its title is its own, if it has one, or `title`, or its name.
        """
        from .figures import finish, png, svg

        mark = "STAND-IN DATA" if "stand_in" in self._header else None
        figure = finish(figure, title or name.replace("_", " ").capitalize(), mark)
        folder = self.begin() / "figures"
        self._pictures[name] = png(figure)
        figure.set_layout_engine("none")  # the places are found, and finding takes half the drawing
        files.write_text(folder / f"{name}.svg", svg(figure))
        files.write_bytes(folder / f"{name}.png", self._pictures[name])
        self._results["figures"][name] = caption

    def model(self, model: Module, standardizer: Standardizer, data: Dataset) -> None:
        """Keep the trained model, and what it takes to use it: model.npz and model.json."""
        folder = self.begin()
        save_file(model.state_dict(), folder / "model.npz")
        facts = {
            "architecture": architecture.describe(model),
            "input": standardizer.to_json(),
            "classes": list(data.classes),
        }
        if "stand_in" in self._header:
            facts["stand_in"] = self._header["stand_in"]
        files.write_json(folder / "model.json", facts)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Keep how many seconds the block took."""
        start = perf_counter()
        yield
        self._timing[name] = perf_counter() - start

    def end(self) -> Path:
        """Write timing.json, results.json and report.html; return the report's path."""
        from . import figures
        from .histograms import histograms
        from .html import render

        folder = self.begin()
        for name, entries in read_monitor(folder).items():
            of = f"_{name}" if name != "training" else ""
            self.figure(f"monitor{of}", figures.monitor(entries), MONITOR_CAPTION)
            self.figure(f"histograms{of}", histograms(entries), HISTOGRAM_CAPTION)
        write_pictures(folder, self._pictures)
        files.write_json(folder / "timing.json", self._timing)
        files.write_json(folder / "results.json", {**self._header, **self._results})
        files.write_text(folder / "report.html", render(folder))
        self.close()
        return folder / "report.html"

    def close(self) -> None:
        """Let other processes have the folder."""
        if self._lock is not None:
            with suppress(OSError):  # Windows does not remove what is open
                Path(self._lock.lock_file).unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    def begin(self) -> Path:
        """Return the folder; the first time, create it and write config.json."""
        if self.folder is not None:
            return self.folder
        try:
            if self._out is None:
                folder = new_folder(Path("runs") / self._header["experiment"])
            else:
                folder = self._out
                folder.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(folder)
            here = {
                **self._header,
                "command": self._command,
                "machine": machine.describe(self._header["backend"]),
            }
            if self.resumed:
                _check_same(folder, here)
            else:
                check_vacant(folder)  # another process may have been here since we looked
            files.remove_leftovers(folder)
            if not self.resumed:
                files.write_json(folder / "config.json", here)
        except OSError as error:
            where = self._out or "runs"
            raise RunError(f"{where}: cannot be written ({error.strerror}); use --out") from error
        self.folder = folder
        return folder


def new_folder(parent: Path) -> Path:
    """Create a folder under `parent` named by the clock; two runs never share one."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    for suffix in itertools.chain([""], (f"-{n}" for n in itertools.count(2))):
        folder = parent / f"{stamp}{suffix}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise AssertionError("unreachable: the numbers never end")


def check_vacant(folder: Path) -> None:
    """Refuse a folder that holds something.

    Raises
    ------
    RunError
        Where it does; the message says how to go on.
    """
    if folder.exists() and not folder.is_dir():
        raise RunError(f"--out {folder}: is a file; name a folder")
    if folder.is_dir() and not all(map(_is_left_over, folder.iterdir())):
        how = "go on with --resume" if (folder / "config.json").is_file() else "name a new folder"
        raise RunError(f"--out {folder}: holds files already; {how}, or remove it")


def _is_left_over(path: Path) -> bool:
    """Tell whether a file may lie in the folder of a run that was killed as it began."""
    return path.name == LOCK or (
        path.name.startswith(".config.json.") and path.name.endswith(files.UNFINISHED)
    )


def _lock(folder: Path) -> Any:
    """Hold the folder for this process, until it ends."""
    filelock = require("filelock", "lab")
    lock = filelock.FileLock(folder / LOCK)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        raise RunError(
            f"{folder}: another process is writing it; wait until it has ended"
        ) from None
    return lock


def _check_same(folder: Path, here: dict[str, Any]) -> None:
    """Refuse to go on where the numbers would not be those of the interrupted run."""
    there = read_config(folder)
    here = json.loads(json.dumps(here))
    for key in ("experiment", "data", "backend", "seed", "config"):
        if there[key] != here[key]:
            raise RunError(f"{folder}: was run with {key} {there[key]}, and now {here[key]}")
    for key, mend in machine.DECISIVE.items():
        was, now = there["machine"].get(key), here["machine"].get(key)
        if was != now:
            raise RunError(
                f"{folder}: cannot go on to the same bits: {key} was {was}, and here it is {now}; "
                f"{mend.format(was)}, or run it anew in another folder"
            )


def read_results(folder: Path) -> dict[str, Any]:
    """Return the results.json of a run that has ended.

    Raises
    ------
    RunError
        Where it has not, or the file is damaged.
    """
    return _read(
        folder / "results.json",
        {"experiment", "data", "backend", "seed", "config", "metrics", "tables", "figures"},
        "results",
    )


def read_config(folder: Path) -> dict[str, Any]:
    """Return the config.json of a run folder.

    Raises
    ------
    RunError
        Where there is none, or none that a run wrote.
    """
    return _read(
        folder / "config.json",
        {"experiment", "data", "backend", "seed", "config", "command", "machine"},
        "config",
    )


def _read(path: Path, wanted: set[str], what: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(f"{path}: {error.strerror}; it should hold the {what} of a run") from error
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path}: is not JSON ({one_line(error)})") from error
    if not isinstance(content, dict):
        raise RunError(f"{path}: not the {what} of a run: expected names with values")
    wrong = sorted(name for name in wanted if not isinstance(content.get(name), TYPES[name]))
    numbers = content.get("metrics", {})
    if not wrong and not all(isinstance(value, int | float) for value in numbers.values()):
        wrong = ["metrics"]
    if wrong:
        raise RunError(f"{path}: not the {what} of a run: look at {', '.join(wrong)}")
    return dict(content)


TYPES: dict[str, type] = {
    **dict.fromkeys(("experiment", "data", "backend", "command"), str),
    **dict.fromkeys(("config", "machine", "metrics", "tables", "figures"), dict),
    "seed": int,
}
