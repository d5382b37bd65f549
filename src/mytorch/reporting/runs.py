"""Run folders: everything about one run, in files that appear whole or not at all."""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ..training import EpochRecord, StepRecord
from ..utils import files
from ..utils.errors import RunError
from . import machine

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Run:
    """One run, while it runs: collects what it measures and writes its folder.

    The folder holds config.json (what was asked for, and on what machine), metrics.jsonl (a
    line per step and epoch, as they happen), figures/, results.json (the outcome: the same
    bytes for the same config and machine) and timing.json (what the clock said). Nothing is
    created before there is something to write.

    Attributes
    ----------
    folder
        Where it is written, once it is.
    say
        Told what a person wants to read meanwhile: a label and a text.

    Raises
    ------
    RunError
        Where the folder cannot be made, or already holds something.
    """

    def __init__(
        self,
        header: dict[str, Any],
        command: str,
        out: Path | None,
        say: Callable[[str, str], None] = lambda label, text: None,
    ) -> None:
        if out is not None:
            _check_vacant(out)
        self.folder: Path | None = None
        self.say = say
        self._header, self._command, self._out = header, command, out
        self._results: dict[str, Any] = {"metrics": {}, "tables": {}, "figures": {}}
        self._timing: dict[str, float] = {}

    def record(self, records: Iterable[StepRecord | EpochRecord]) -> list[StepRecord | EpochRecord]:
        """Append training records to metrics.jsonl as they come, and return them all."""
        kept = []
        path = self._begun() / "metrics.jsonl"
        with path.open("a", encoding="utf-8", newline="\n") as file:
            for record in records:
                kind = "epoch" if isinstance(record, EpochRecord) else "step"
                file.write(json.dumps({"record": kind, **record._asdict()}) + "\n")
                if kind == "epoch":
                    file.flush()
                kept.append(record)
        return kept

    def metric(self, name: str, value: float) -> None:
        """Keep one number of the outcome."""
        self._results["metrics"][name] = value

    def table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Keep one table of the outcome."""
        self._results["tables"][name] = {
            "columns": list(columns),
            "rows": [list(row) for row in rows],
        }

    def figure(self, name: str, figure: "Figure", caption: str) -> None:
        """Write one figure to figures/NAME.svg, and keep its caption for the report."""
        from .figures import svg

        files.write_text(self._begun() / "figures" / f"{name}.svg", svg(figure))
        self._results["figures"][name] = caption

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Keep how many seconds the block took."""
        start = perf_counter()
        yield
        self._timing[name] = perf_counter() - start

    def end(self) -> Path:
        """Write timing.json, results.json and report.html; return the report's path."""
        from .html import render

        folder = self._begun()
        files.write_json(folder / "timing.json", self._timing)
        files.write_json(folder / "results.json", {**self._header, **self._results})
        files.write_text(folder / "report.html", render(folder))
        return folder / "report.html"

    def _begun(self) -> Path:
        """Return the folder; the first time, create it and write config.json."""
        if self.folder is not None:
            return self.folder
        try:
            if self._out is None:
                folder = _new_folder(Path("runs") / self._header["experiment"])
            else:
                folder = self._out
                folder.mkdir(parents=True, exist_ok=True)
            files.write_json(
                folder / "config.json",
                {**self._header, "command": self._command, "machine": machine.describe()},
            )
        except OSError as error:
            where = self._out or "runs"
            raise RunError(f"{where}: cannot be written ({error.strerror}); use --out") from error
        self.folder = folder
        return folder


def _new_folder(parent: Path) -> Path:
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


def _check_vacant(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        raise RunError(f"--out {folder}: holds files already; name a new folder, or remove it")
    if folder.exists() and not folder.is_dir():
        raise RunError(f"--out {folder}: is a file; name a folder")
