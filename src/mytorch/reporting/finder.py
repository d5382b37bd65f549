"""The runs there are below a folder, and how far each has come."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ..utils.errors import RunError
from ..utils.extras import require
from .runs import LOCK, read_config, read_results


class Found(NamedTuple):
    """A run folder: `state` is ended, running, interrupted or damaged; ended ones have metrics."""

    folder: Path
    state: str
    config: dict[str, Any]
    metrics: dict[str, float]
    size: int


def find(root: Path) -> Iterator[Found]:
    """Yield the runs below a folder, by path; those within another run (`--seeds`) are part of it.

    Raises
    ------
    RunError
        Where the folder is not there.
    """
    if not root.is_dir():
        raise RunError(f"{root}: there is no such folder of runs; 'mytorch run' makes one")
    for parent, folders, files in os.walk(root):
        folders.sort()
        if "config.json" not in files:
            continue
        try:
            yield look_at(Path(parent))
        except RunError:
            continue  # somebody else's config.json
        folders.clear()


def look_at(folder: Path) -> Found:
    """Return what is known of the run in a folder.

    Raises
    ------
    RunError
        Where it is none.
    """
    config = read_config(folder)
    ended = (folder / "report.html").is_file()
    state = "ended" if ended else "running" if _is_locked(folder) else "interrupted"
    metrics: dict[str, float] = {}
    if ended:
        try:
            metrics = read_results(folder)["metrics"]
        except RunError:
            state = "damaged"
    return Found(folder, state, config, metrics, size_of(folder))


def checkpoints(run: Found) -> list[Path]:
    """Return the folders of checkpoints of a run, and of the runs with several seeds in it."""
    found = [run.folder / "checkpoints", *sorted(run.folder.glob("seed-*/checkpoints"))]
    return [path for path in found if path.is_dir()]


def remove(run: Found, folders: Iterable[Path]) -> None:
    """Remove some of a run's folders, or its own.

    Raises
    ------
    RunError
        For a run that is still running.
    """
    if _is_locked(run.folder):
        raise RunError(f"{run.folder}: is running; interrupt it first, or wait")
    for folder in folders:
        shutil.rmtree(folder)


def size_of(folder: Path) -> int:
    """Return how many bytes the files in a folder hold; what vanishes meanwhile holds none."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(parent) / name).stat().st_size
    return total


def _is_locked(folder: Path) -> bool:
    if not (folder / LOCK).exists():
        return False
    filelock = require("filelock", "lab")
    lock = filelock.FileLock(folder / LOCK)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        return True
    lock.release()
    return False
