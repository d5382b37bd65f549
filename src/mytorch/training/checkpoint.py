"""Checkpoints: states on disk, sealed, so that the newest whole one is found again.

A checkpoint is an npz file whose last 64 bytes, the archive's comment, are the SHA-256 of all
bytes before them in hexadecimal. `numpy.load` reads it like any other: the arrays by their path in
the state (`model/0.weight`), and `state`, everything else, as the bytes of a JSON text.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..utils.errors import DataError, one_line
from ..utils.files import write_bytes
from ..utils.npz import npz_bytes, read_npz

Array = NDArray[Any]

KEPT = 2  # the newest, and the one before it
SEAL = 64  # hexadecimal digits of a SHA-256


def save_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state (dictionaries and lists of arrays, numbers and text), whole or not at all."""
    arrays: dict[str, Array] = {}
    text = json.dumps(_without_arrays(state, "", arrays))
    arrays["state"] = np.frombuffer(text.encode(), np.uint8)
    content = npz_bytes(arrays, comment=b"0" * SEAL)[:-SEAL]
    write_bytes(path, content + hashlib.sha256(content).hexdigest().encode())


def load_checkpoint(path: Path) -> Any:
    """Return the state of a checkpoint.

    Raises
    ------
    DataError
        For a file that cannot be read, or that is not, to the last bit, as it was written.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    if hashlib.sha256(content[:-SEAL]).hexdigest().encode() != content[-SEAL:]:
        raise DataError(f"{path}: is damaged: its checksum is not that of its {len(content)} bytes")
    arrays = read_npz(path)
    try:
        return _with_arrays(json.loads(arrays["state"].tobytes()), arrays)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: holds no state of a training ({one_line(error)})") from error


class Checkpoints:
    """The last two checkpoints of a training, in a folder of their own.

    `refused` is told, in one line each, which checkpoints cannot be used and why.
    """

    def __init__(self, folder: Path, refused: Callable[[str], None] = lambda line: None) -> None:
        self.folder, self._refused = folder, refused

    def save(self, step: int, state: Mapping[str, Any]) -> None:
        """Write the checkpoint of a step, and remove all but the last two."""
        save_checkpoint(self.folder / f"step-{step:09d}.npz", state)
        for old in self._found()[KEPT:]:
            old.unlink(missing_ok=True)

    def latest(self) -> Any:
        """Return the state of the newest checkpoint that is whole, or None where none is."""
        for path in self._found():
            try:
                return load_checkpoint(path)
            except DataError as error:
                self._refused(f"{error}; going back to the one before it, or to the beginning")
        return None

    def _found(self) -> list[Path]:
        """Return the checkpoints there are, the newest first."""
        return sorted(self.folder.glob("step-*.npz"), reverse=True)


def _without_arrays(tree: Any, path: str, arrays: dict[str, Array]) -> Any:
    """Return a tree with `{"$array": path}` in place of each array, which `arrays` collects."""
    if isinstance(tree, np.ndarray):
        arrays[path] = tree
        return {"$array": path}
    if isinstance(tree, Mapping):
        return {
            key: _without_arrays(value, f"{path}/{key}".lstrip("/"), arrays)
            for key, value in tree.items()
        }
    if isinstance(tree, list | tuple):
        return [_without_arrays(item, f"{path}/{i}", arrays) for i, item in enumerate(tree)]
    return tree.item() if isinstance(tree, np.generic) else tree


def _with_arrays(tree: Any, arrays: Mapping[str, Array]) -> Any:
    if isinstance(tree, list):
        return [_with_arrays(item, arrays) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if set(tree) == {"$array"}:
        return arrays[tree["$array"]]
    return {key: _with_arrays(value, arrays) for key, value in tree.items()}
