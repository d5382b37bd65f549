"""idx, the format of MNIST."""

import gzip
import zlib
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...utils.errors import DataError

IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
DEFLATE_LIMIT = 1032  # no gzip file grows by more than this factor


def read_idx(path: Path) -> NDArray[Any]:
    """Read an idx file, gzipped where its name ends in .gz.

    Two zero bytes, a byte for the type, a byte for the number of axes, each axis's length as a
    big-endian 32-bit integer, then the numbers in C order. The array is read-only.

    Raises
    ------
    DataError
        Where the file cannot be read, is not idx, or holds fewer or more numbers than it says.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            head = file.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in IDX_TYPES or head[3] == 0:
                raise DataError(f"{path}: not an idx file (it begins with {head!r})")
            dtype, axes = np.dtype(IDX_TYPES[head[2]]), head[3]
            lengths = file.read(4 * axes)
            if len(lengths) < 4 * axes:
                raise DataError(f"{path}: the idx header is cut off")
            shape = tuple(int(n) for n in np.frombuffer(lengths, ">u4"))
            expected = prod(shape) * dtype.itemsize
            if expected > DEFLATE_LIMIT * path.stat().st_size:
                raise DataError(
                    f"{path}: its header promises {expected:,} bytes, more than it holds"
                )
            content = file.read(expected + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    if len(content) != expected:
        found = "more" if len(content) > expected else f"{len(content):,}"
        raise DataError(
            f"{path}: its header promises {expected:,} bytes, shape {shape}; the file holds {found}"
        )
    values = np.frombuffer(content, dtype).reshape(shape)
    return values if dtype.itemsize == 1 else values.astype(dtype.newbyteorder("="))
