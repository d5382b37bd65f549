"""States on disk: npz files, and safetensors files that other libraries read too.

    save_file(model.state_dict(), "model.npz")
    model.load_state_dict(load_file("model.npz"))

A file appears whole or not at all. Nothing in it is ever unpickled.
"""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ..utils.errors import ArgumentError, DataError, one_line
from ..utils.extras import require
from ..utils.files import write_bytes
from ..utils.npz import npz_bytes, read_npz
from .module import Array


def save_file(state: Mapping[str, ArrayLike], path: str | PathLike[str]) -> None:
    """Write named arrays, such as a `state_dict`, to a .npz or .safetensors file.

    Raises
    ------
    ArgumentError
        For another ending, or an array that is not of numbers.
    MissingExtraError
        For .safetensors without the package of that name.
    """
    path, ending = Path(path), _ending(path)
    arrays = {str(name): np.asarray(value) for name, value in state.items()}
    for name, array in arrays.items():
        if array.dtype.kind not in "biufc":
            raise ArgumentError(f"save_file: {name} has dtype {array.dtype}, expected numbers")
    if ending == ".npz":
        write_bytes(path, npz_bytes(arrays))
    else:
        safetensors = require("safetensors.numpy", "safetensors")
        contiguous = {name: np.array(array, order="C") for name, array in arrays.items()}
        write_bytes(path, safetensors.save(contiguous))


def load_file(path: str | PathLike[str]) -> dict[str, Array]:
    """Return the named arrays of a .npz or .safetensors file.

    Raises
    ------
    ArgumentError
        For another ending.
    DataError
        For a file that is not there, cut short, or not of this kind.
    MissingExtraError
        For .safetensors without the package of that name.
    """
    path, ending = Path(path), _ending(path)
    if ending == ".npz":
        return read_npz(path)
    safetensors = require("safetensors.numpy", "safetensors")
    try:
        return dict(safetensors.load(path.read_bytes()))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:
        raise DataError(f"{path}: not a whole {ending} file ({one_line(error)})") from error


def _ending(path: str | PathLike[str]) -> str:
    ending = Path(path).suffix
    if ending not in (".npz", ".safetensors"):
        raise ArgumentError(f"{path}: expected a file name ending in .npz or .safetensors")
    return ending
