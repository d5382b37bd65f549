"""CIFAR's batches: pickles, of which only the numbers are taken and nothing is run."""

import io
import pickle
import pickletools
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...utils.errors import DataError, one_line

Array = NDArray[Any]


def read_cifar(content: bytes, where: str | Path, labels: str = "labels") -> tuple[Array, Array]:
    """Return images (N, 3, 32, 32) uint8 and labels (N,) of one of CIFAR's python batches.

    Parameters
    ----------
    content
        The bytes of the file; `where` names it in errors.
    labels
        "labels" in CIFAR-10, "fine_labels" or "coarse_labels" in CIFAR-100.

    A pickle is a program. This one may build dictionaries, lists, numbers, text and one kind of
    array; whatever else it asks for is refused before it is called.

    Raises
    ------
    DataError
        For a pickle that asks for more, that is damaged, or that holds something else.
    """
    try:
        _refuse_a_huge_memo(content)
        batch = _NumbersOnly(io.BytesIO(content), encoding="latin1").load()
    except DataError as error:
        raise DataError(f"{where}: {error}") from None
    except Exception as error:  # a damaged pickle raises anything
        raise DataError(f"{where}: not a batch of CIFAR ({one_line(error)})") from error
    data = batch.get("data") if isinstance(batch, dict) else None
    y = batch.get(labels) if isinstance(batch, dict) else None
    x = data.array if isinstance(data, _Array) else None
    if x is None or x.dtype != np.uint8 or x.ndim != 2 or x.shape[1] != 3072:
        raise DataError(f"{where}: expected 'data' of bytes, shape (N, 3072)")
    if not isinstance(y, list) or len(y) != len(x) or not all(type(v) is int for v in y):
        raise DataError(f"{where}: expected a list of {len(x)} whole numbers as {labels!r}")
    return x.reshape(-1, 3, 32, 32), np.array(y, np.int64)


def _refuse_a_huge_memo(content: bytes) -> None:
    """Refuse to remember a thing under a large number: Python would make a list that long."""
    for opcode, argument, _ in pickletools.genops(content):
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT") and int(argument or 0) > len(content):
            raise DataError(f"it remembers a thing under the number {argument:,}, for no reason")


class _Dtype:
    """Stands for numpy.dtype: remembers what it is called with."""

    def __init__(self, code: Any, *_: Any) -> None:
        if not isinstance(code, str) or not re.fullmatch("[biuf][1248]", code):
            raise DataError(f"a dtype {code!r} is not of numbers")
        self.code, self.order = code, "|"

    def __setstate__(self, state: Any) -> None:
        if state[1] not in ("|", "<", ">", "="):
            raise DataError(f"a byte order {state[1]!r} does not exist")
        self.order = state[1]


class _Array:
    """Stands for numpy.ndarray: an array made from bytes that are really there."""

    array: Array

    def __setstate__(self, state: Any) -> None:
        _version, shape, dtype, in_fortran_order, raw = state
        raw = raw.encode("latin1") if isinstance(raw, str) else raw
        values = np.frombuffer(raw, np.dtype(dtype.code).newbyteorder(dtype.order))
        self.array = values.reshape(shape, order="F" if in_fortran_order else "C")


def _new_array(*_: Any) -> _Array:
    return _Array()


def _encode(text: Any, encoding: Any) -> bytes:
    if not isinstance(text, str) or encoding != "latin1":
        raise DataError(f"an encoding {encoding!r} is not one of numbers")
    return text.encode("latin1")


class _NumbersOnly(pickle.Unpickler):
    """Knows the few names that an array of numbers needs, and gives stand-ins for them."""

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("numpy", "ndarray"): _Array,
            ("numpy", "dtype"): _Dtype,
            ("numpy.core.multiarray", "_reconstruct"): _new_array,
            ("numpy._core.multiarray", "_reconstruct"): _new_array,
            ("_codecs", "encode"): _encode,
        }
        if (module, name) not in known:
            wanted = ascii(f"{module}.{name}")
            raise DataError(f"it asks for {wanted}, which numbers do not need; it was not run")
        return known[module, name]

    def persistent_load(self, pid: Any) -> Any:
        raise DataError("it refers to objects outside the file")
