"""Where data files lie, and whether they are what they should be.

`MYTORCH_DATA` is looked at first and never written; then the platform's cache folder.
"""

import hashlib
import os
from pathlib import Path

from ..utils.errors import DataError
from ..utils.extras import require


def find(data_set: str, file: str, md5: str) -> Path:
    """Return the path of a data file whose checksum is right.

    Raises
    ------
    DataError
        Where the file is missing (the message says where to put it), or is another file.
    """
    folders = [folder / data_set for folder in _folders()]
    for folder in folders:
        path = folder / file
        if path.is_file():
            _verify(path, md5)
            return path
    raise DataError(
        f"{data_set}: {file} is missing; put it into {' or '.join(map(str, folders))}, "
        "or use the data set digits, which needs no file"
    )


def _folders() -> list[Path]:
    cache = Path(require("platformdirs", "lab").user_cache_path("mytorch"))
    given = os.environ.get("MYTORCH_DATA")
    if not given:
        return [cache]
    if not Path(given).is_dir():
        raise DataError(f"MYTORCH_DATA={given} is not a folder")
    return [Path(given), cache]


def _verify(path: Path, md5: str) -> None:
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
            "replace it by the published file"
        )
