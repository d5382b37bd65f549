"""The files that programs write: refused before anything is computed, and then written whole."""

import os
from collections.abc import Sequence
from pathlib import Path

from ..utils.errors import ArgumentError
from ..utils.files import write_bytes


def check_outputs(outputs: Sequence[Path], inputs: Sequence[Path] = ()) -> None:
    """Refuse files that cannot be written, or that would overwrite one another or an input.

    Before anything is computed: an error after an hour of training comes too late.

    Raises
    ------
    ArgumentError
        One line that names the file.
    """
    taken = {path.resolve(): path for path in inputs}
    for path in outputs:
        folder = path.resolve().parent
        if path.is_dir():
            raise ArgumentError(f"{path}: is a folder, expected the name of a file to write")
        if not folder.is_dir():
            raise ArgumentError(f"{path}: there is no folder {folder} to write it into")
        if not os.access(path if path.exists() else folder, os.W_OK):
            raise ArgumentError(f"{path}: may not be written")
        if _is_device(path):
            continue
        if path.resolve() in taken:
            raise ArgumentError(f"{path}: is another file of this run too; give each its own name")
        taken[path.resolve()] = path


def write_output(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; what is no file, such as /dev/stdout, is written to."""
    if _is_device(path):
        with path.open("wb") as file:
            file.write(content)
    else:
        write_bytes(path.resolve(), content)  # a link stays one


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file()
