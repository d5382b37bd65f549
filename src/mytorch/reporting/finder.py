"""The runs there are below a folder, and how far each has come."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..utils.errors import RunError
from ..utils.extras import require
from .runs import LOCK, read_config, read_results


class Found(NamedTuple):
    """A run folder: `state` is "ended", "running" or "interrupted"; `metrics` are of ended ones."""

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
    metrics = read_results(folder)["metrics"] if ended else {}
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Found(folder, state, config, metrics, size)


def clean(run: Found, *, everything: bool) -> int:
    """Remove a run's checkpoints, or all of it; return how many bytes that were.

    Raises
    ------
    RunError
        For a run that is still running.
    """
    if _is_locked(run.folder):
        raise RunError(f"{run.folder}: is running; interrupt it first, or wait")
    target = run.folder if everything else run.folder / "checkpoints"
    if not target.is_dir():
        return 0
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    shutil.rmtree(target)
    return size


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
