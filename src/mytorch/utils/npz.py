"""npz files; from those of strangers only numbers come out, never more than a file can hold.

`numpy.load` allocates what a header promises before it looks at the rest of the file. Here every
promise is compared with the file first.
"""

import io
import zipfile
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from .errors import DataError, one_line
from .files import check_regular

Array = NDArray[Any]

HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
ROOMY = 1 << 28  # bytes that every machine can spare, however well they were compressed
MOST = 100  # times its own size is the most that a larger file may unpack to


def npz_bytes(arrays: Mapping[str, Array], comment: bytes = b"") -> bytes:
    """Return the content of an npz file: the same bytes for the same arrays.

    Unlike `numpy.savez` it has room for every name, and writes no clock. The archive's comment is
    the last thing in it.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
        archive.comment = comment
    return content.getvalue()


def read_npz(path: Path) -> dict[str, Array]:
    """Return the named arrays of an npz file.

    Raises
    ------
    DataError
        For a file that cannot be read, is cut short or damaged, holds anything but arrays of
        numbers (pickled objects could run code), or unpacks to far more than its own size.
    """
    check_regular(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            total, size = sum(member.file_size for member in members), path.stat().st_size
            if total > max(ROOMY, MOST * size):
                raise DataError(
                    f"{path}: its {size:,} bytes would unpack to {total:,}, and more than {MOST} "
                    "times is refused; save the arrays again with numpy.savez"
                )
            arrays = {}
            for member in members:
                with archive.open(member) as file:
                    name = member.filename.removesuffix(".npy")
                    arrays[name] = _read_member(f"{path}: {name}", file, member.file_size)
            return arrays
    except DataError:
        raise
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:  # zipfile, zlib and numpy.lib.format raise many kinds
        raise DataError(f"{path}: not a whole .npz file ({one_line(error)})") from error


def _read_member(where: str, file: IO[bytes], size: int) -> Array:
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        raise DataError(f"{where} is in version {version} of the npy format, expected 1.0 or 2.0")
    shape, in_fortran_order, dtype = HEADERS[version](file)
    if dtype.kind not in "biufcSU":
        raise DataError(
            f"{where} has dtype {dtype}, expected numbers; objects are pickled, and a pickle from "
            "somebody else can run any code"
        )
    expected, held = prod(shape) * dtype.itemsize, size - file.tell()
    if expected != held:
        raise DataError(
            f"{where}: the header promises {expected:,} bytes, shape {shape}; there are {held:,}"
        )
    content = bytearray(file.read())  # so that the array can be written to
    return np.frombuffer(content, dtype).reshape(shape, order="F" if in_fortran_order else "C")
