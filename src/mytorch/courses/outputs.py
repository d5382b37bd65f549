"""What the courses' programs write: files that can be written, and pictures."""

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..utils.errors import ArgumentError
from ..utils.files import write_bytes

PICTURES = ("png", "svg", "pdf", "jpg", "jpeg")


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


def picture_file(out: Path, name: str) -> Path:
    """Return where a picture goes: to the file `out`, or into the folder `out` under its name.

    Raises
    ------
    ArgumentError
        Where it cannot be written, or its ending is not one of `PICTURES`.
    """
    path = out / name if out.is_dir() else out
    if path.suffix[1:].lower() not in PICTURES:
        raise ArgumentError(
            f"{out}: expected a folder that exists, or the name of a picture that ends in one of "
            f"{', '.join(f'.{kind}' for kind in PICTURES)}"
        )
    check_outputs([path])
    return path


def write_picture(path: Path, figure: Any) -> None:
    """Write a figure of matplotlib's, in the format that its file's name ends in."""
    picture = io.BytesIO()
    figure.savefig(picture, format=path.suffix[1:].lower(), dpi=150)
    write_output(path, picture.getvalue())


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file()
