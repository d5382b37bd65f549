import gzip
import struct

import numpy as np
import pytest

from mytorch.data.readers import read_idx
from mytorch.utils.errors import DataError


def idx(values: np.ndarray, code: int) -> bytes:
    """An idx file, written from the format's description."""
    lengths = struct.pack(f">{values.ndim}I", *values.shape)
    return bytes([0, 0, code, values.ndim]) + lengths + values.tobytes()


@pytest.mark.parametrize(
    ("code", "dtype"),
    [(8, ">u1"), (9, ">i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")],
)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_reads_every_type_of_the_format(tmp_path, code, dtype, suffix):
    values = np.arange(24).reshape(2, 3, 4).astype(dtype)
    content = idx(values, code)
    path = tmp_path / f"file{suffix}"
    path.write_bytes(gzip.compress(content) if suffix else content)
    read = read_idx(path)
    np.testing.assert_array_equal(read, values)
    assert read.dtype == np.dtype(dtype).newbyteorder("=")


GOOD = idx(np.arange(200, dtype=np.uint8).reshape(10, 20), 8)


@pytest.mark.parametrize("cut", range(0, len(GOOD), max(1, len(GOOD) // 100)))
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_refuses_a_file_cut_at_any_length(tmp_path, cut, suffix):
    path = tmp_path / f"file{suffix}"
    whole = gzip.compress(GOOD) if suffix else GOOD
    path.write_bytes(whole[: len(whole) * cut // len(GOOD)])
    with pytest.raises(DataError, match=str(path)) as caught:
        read_idx(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an idx file"),
        (b"<!doctype html>", "not an idx file"),
        (b"\0\0\x07\x01\0\0\0\0", "not an idx file"),  # no such type
        (b"\0\0\x08\0", "not an idx file"),  # no axes
        (GOOD + b"!", "the file holds more"),
        (b"\0\0\x08\x03" + b"\xff" * 12 + b"12", "promises"),  # a huge header
    ],
)
def test_refuses_what_is_not_idx(tmp_path, content, message):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_idx(path)


def test_refuses_a_missing_file_and_a_gz_that_is_none(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path / "absent")
    path = tmp_path / "file.gz"
    path.write_bytes(GOOD)
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(path)
