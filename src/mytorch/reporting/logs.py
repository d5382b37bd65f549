"""Files that only grow while a run runs, and are cut back when it resumes."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from ..utils.errors import RunError

Ends = dict[str, int]  # the length in bytes of each growing file, by its path within the folder

GROWING = ("*.jsonl", "tensorboard/**/*tfevents*")


class Log:
    """A file of JSON lines, appended to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def write(self, entry: Any) -> None:
        """Append one line."""
        if self._file is None:
            self._file = self.path.open("ab")
        self._file.write(json.dumps(entry).encode() + b"\n")

    def flush(self) -> None:
        """Let other processes see every line written."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Close the file; `write` opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def read(self, start: int, end: int) -> Iterator[Any]:
        """Yield the entries between two byte positions."""
        with self.path.open("rb") as file:
            file.seek(start)
            for line in file.read(end - start).splitlines():
                yield json.loads(line)


def ends(folder: Path) -> Ends:
    """Return where each growing file of a run folder ends, once the disk has all of it."""
    found = {}
    for path in _growing(folder):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
            found[path.relative_to(folder).as_posix()] = file.seek(0, os.SEEK_END)
    return found


def cut_back(folder: Path, to: Ends) -> None:
    """Cut every growing file to the length that it had, and remove those that were not there yet.

    Raises
    ------
    RunError
        Where one is shorter than it was: then lines are lost that nothing can bring back.
    """
    for name, end in to.items():
        path = folder / name
        size = path.stat().st_size if path.is_file() else 0
        if size < end:
            raise RunError(
                f"{path}: holds {size:,} bytes, and held {end:,} when the run was saved; it cannot "
                f"go on from there: remove {folder} and run again"
            )
    for path in _growing(folder):
        name = path.relative_to(folder).as_posix()
        if name in to:
            os.truncate(path, to[name])
        else:
            path.unlink()


def _growing(folder: Path) -> list[Path]:
    return sorted(path for pattern in GROWING for path in folder.glob(pattern))
