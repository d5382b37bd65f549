"""Where data files lie, and whether they are what they should be.

`MYTORCH_DATA` is looked at first and never written; then the platform's cache folder, into which
what is missing is downloaded.
"""

import hashlib
import os
from pathlib import Path

from ..utils.errors import DataError
from ..utils.extras import require
from .download import download
from .recipe import File


def find(file: File) -> Path:
    """Return the path of a data file whose checksum is right, downloading it if need be.

    Raises
    ------
    DataError
        Where the file is missing and cannot be had (the message says where to put it), or is
        another file.
    """
    path = present(file)
    if path is not None:
        verify(path, file.md5)
        return path
    if file.urls:
        return download(file, cache_folder() / file.folder)
    places = " or ".join(str(folder / file.folder) for folder in _folders())
    raise DataError(
        f"{file.folder}: {file.name} is missing, and no server has it; put it into {places}, or "
        "use the data set digits, which needs no file"
    )


def present(file: File) -> Path | None:
    """Return where a data file lies, if it does."""
    places = [folder / file.folder / file.name for folder in _folders()]
    if file.elsewhere is not None:
        places.append(file.elsewhere.expanduser())
    return next((path for path in places if path.is_file()), None)


def verify(path: Path, md5: str) -> None:
    """Compare a file with its published checksum.

    Raises
    ------
    DataError
        Where they differ, or the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(
                file, lambda: hashlib.md5(usedforsecurity=False)
            ).hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    if found != md5:
        raise DataError(
            f"{path}: its md5 is {found}, expected {md5}; the file is damaged or another one: "
            "remove it, and it is downloaded anew, or replace it by the published file"
        )


def cache_folder() -> Path:
    """Return the folder that downloads go to, which need not exist."""
    return Path(require("platformdirs", "lab").user_cache_path("mytorch"))


def _folders() -> list[Path]:
    given = os.environ.get("MYTORCH_DATA")
    if not given:
        return [cache_folder()]
    if not Path(given).is_dir():
        raise DataError(f"MYTORCH_DATA={given} is not a folder")
    return [Path(given), cache_folder()]
