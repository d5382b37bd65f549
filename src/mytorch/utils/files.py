"""Files that appear whole or not at all."""

import json
import os
import re
import secrets
from pathlib import Path
from typing import Any

from .errors import DataError

UNFINISHED = ".part"


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically: to a temporary file beside it, synced, renamed.

    Whoever reads `path`, at any moment and after any crash, finds the old content or the new.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_text(path: Path, content: str) -> None:
    """Write text atomically, as UTF-8 with Unix line ends."""
    write_bytes(path, content.encode("utf-8", "backslashreplace"))  # a path need not be UTF-8


def write_json(path: Path, content: Any) -> None:
    """Write JSON atomically: indented, keys in the order given, NaN refused."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def remove_leftovers(folder: Path) -> None:
    """Remove what writers that were killed left in a folder and below."""
    for path in folder.rglob(f".*{UNFINISHED}"):
        if re.fullmatch(rf"\..+\.[0-9a-f]{{8}}{re.escape(UNFINISHED)}", path.name):
            path.unlink(missing_ok=True)


def check_regular(path: Path) -> None:
    """Refuse what is there and is no file: to read a pipe or a device may never end.

    Raises
    ------
    DataError
        Where it is a folder, a pipe or a device.
    """
    if path.exists() and not path.is_file():
        raise DataError(f"{path}: is not a file")


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut, where the system can (Windows cannot)."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
