"""Downloads: from several mirrors, resumed where they broke off, and never half there.

What has come so far stands in `.NAME.part` beside the file; only what has the published checksum
gets the file's name. One process downloads a file at a time, and the others wait for it.
"""

import logging
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..utils.errors import DataError, one_line
from ..utils.extras import require
from ..utils.progress import progress
from .recipe import File

CONNECT, STALL = 3.0, 10.0  # seconds to wait for a connection, and for the next bytes
CHUNK, MIB = 1 << 16, 1 << 20  # bytes
TRIES = 5  # on one mirror, as long as each brings more


class _MirrorError(Exception):
    """A mirror does not serve the file; the message says why."""


class _BrokenOffError(_MirrorError):
    """The connection ended early; what came is kept."""


def download(file: File, folder: Path) -> Path:
    """Return the path of a file in `folder`, downloaded where it is not there yet.

    Raises
    ------
    DataError
        Where no mirror serves it; one line says what each answered.
    """
    filelock = require("filelock", "lab")
    reasons: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / f".{file.name}.lock"):
            for url in file.urls:
                try:
                    return _from_mirror(url, file, folder)
                except _MirrorError as error:
                    reasons.append(f"{urlsplit(url).hostname}: {error}")
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror or error})") from error
    raise DataError(
        f"{file.folder}: {file.name} is missing and cannot be downloaded ({'; '.join(reasons)}); "
        f"put it into {folder}, or use the data set digits, which needs no file"
    )


def _from_mirror(url: str, file: File, folder: Path) -> Path:
    pooch = require("pooch", "lab")
    pooch.get_logger().setLevel(logging.ERROR)  # it would announce each file
    part = folder / f".{file.name}.part"
    for _ in range(2):
        begun = _size(part) > 0
        try:
            # pooch verifies the checksum and renames, or finds that the file is there.
            pooch.retrieve(
                url, f"md5:{file.md5}", file.name, folder, downloader=partial(_fetch, part)
            )
        except ValueError:  # what pooch raises for another checksum
            if not begun:
                break
            continue  # what was there before may have been another mirror's: all of it anew
        return folder / file.name
    raise _MirrorError("sent another file")


def _fetch(part: Path, url: str, output: str, _pooch: object) -> None:
    """Download a file to `output`, by way of `part`: what a try brings, the next one builds on."""
    for _ in range(TRIES):
        before = _size(part)
        try:
            _append(url, part)
        except _BrokenOffError:
            if _size(part) <= before:
                raise
        else:
            part.replace(output)
            return
    raise _BrokenOffError(f"the connection broke off {TRIES} times")


def _append(url: str, part: Path) -> None:
    """Ask for what is missing of a file, and append it to `part`."""
    requests, urllib3 = require("requests", "lab"), require("urllib3", "lab")
    have = _size(part)
    # The bytes as they are: a server that compresses them on the way cannot be resumed.
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    try:
        with requests.get(url, headers=headers, stream=True, timeout=(CONNECT, STALL)) as answer:
            have = _where_it_begins(answer, have, part)
            length = answer.headers.get("Content-Length")
            whole = have + int(length) if length else None
            chunks = progress(
                answer.raw.stream(CHUNK, decode_content=False),
                total=None if whole is None else ceil(whole / CHUNK),
                initial=have // CHUNK,
                label=urlsplit(url).path.rpartition("/")[2],
                unit="MiB",
                per_item=CHUNK / MIB,
            )
            with part.open("r+b" if have else "wb") as content:
                content.truncate(have)
                content.seek(have)
                for chunk in chunks:
                    content.write(chunk)
    except (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError) as error:
        raise _BrokenOffError(f"nothing came for {STALL:g} seconds") from error
    except requests.exceptions.ConnectTimeout as error:
        raise _MirrorError(f"no connection within {CONNECT:g} seconds") from error
    except requests.exceptions.ConnectionError as error:
        raise _MirrorError("no connection") from error
    except requests.exceptions.RequestException as error:
        raise _MirrorError(one_line(error)) from error
    except urllib3.exceptions.HTTPError as error:
        raise _BrokenOffError("the connection broke off") from error
    if whole is not None and _size(part) < whole:
        raise _BrokenOffError("the connection broke off")


def _where_it_begins(answer: Any, have: int, part: Path) -> int:
    """Return at which byte of the file the answer begins: where we asked, or at the first."""
    if answer.status_code == 416:  # there is nothing beyond what we have: it is another file's
        part.unlink()
        raise _MirrorError("has less of it than came before; run again to begin anew")
    if answer.status_code not in (200, 206):
        raise _MirrorError(f"answers {answer.status_code} {answer.reason}")
    if "text/html" in answer.headers.get("Content-Type", ""):
        raise _MirrorError("answers with a web page instead of the file")
    if answer.status_code == 200:
        return 0
    if not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        raise _MirrorError("answers with another part of the file than asked for")
    return have


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
