"""What a stranger's npz file may do: give numbers, or be refused in one line."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from mytorch.utils import npz
from mytorch.utils.errors import DataError
from mytorch.utils.npz import read_npz


def member(array=None, header=None, body=b"", version=(1, 0)):
    """A .npy member: an array as NumPy writes it, or any header with any body."""
    content = io.BytesIO()
    if header is None:
        np.lib.format.write_array(content, array, version=version)
        return content.getvalue()
    text = header.encode()
    return b"\x93NUMPY" + bytes(version) + len(text).to_bytes(2, "little") + text + body


def archive(path, compression=zipfile.ZIP_STORED, **members):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return path


DTYPES = ["?", "u1", "<i2", ">i4", "<i8", "<f2", ">f4", "<f8", "<c16", "<U3", "S2"]


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_numpy_writes_comes_back_bit_for_bit(data, tmp_path_factory):
    shapes = arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
    dtype = np.dtype(data.draw(st.sampled_from(DTYPES)))
    a = data.draw(arrays_of.arrays(dtype, data.draw(shapes)))
    a = data.draw(st.sampled_from([a, a.T, a[::-1] if a.ndim else a]))
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    data.draw(st.sampled_from([np.savez, np.savez_compressed]))(path, a=a, b=np.arange(3))
    found = read_npz(path)
    assert list(found) == ["a", "b"]
    assert found["a"].dtype == a.dtype
    assert found["a"].shape == a.shape
    assert found["a"].tobytes() == a.tobytes()
    assert found["a"].flags.writeable
    np.testing.assert_array_equal(found["b"], np.arange(3))


def test_columns_first_stays_columns_first(tmp_path):
    a = np.arange(6.0).reshape(2, 3).T
    np.savez(tmp_path / "a.npz", a=a)
    found = read_npz(tmp_path / "a.npz")["a"]
    np.testing.assert_array_equal(found, a)
    assert found.flags.f_contiguous


def test_a_pickle_is_refused_and_never_run(tmp_path):
    class Command:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}\n"
    body = pickle.dumps(np.array([Command()]))
    for name, content in {
        "object": member(header=header, body=body),
        "bare": body,
    }.items():
        with pytest.raises(DataError, match="run any code" if name == "object" else "not a whole"):
            read_npz(archive(tmp_path / f"{name}.npz", a=content))
    assert not (tmp_path / "ran").exists()


def test_a_header_that_promises_more_than_there_is_allocates_nothing(tmp_path):
    for shape in ["(10**15,)", "(1000000000000000,)", "(-1,)", "(5,)", "(3,)", "(2**62, 2**62)"]:
        header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}\n"
        content = member(header=header, body=bytes(32))  # four numbers
        with pytest.raises(DataError, match=r"promises|not a whole"):
            read_npz(archive(tmp_path / "a.npz", a=content))
    exact = member(header=header.replace("(2**62, 2**62)", "(4,)"), body=bytes(32))
    assert read_npz(archive(tmp_path / "a.npz", a=exact))["a"].shape == (4,)


def test_a_file_that_unpacks_to_far_more_than_its_size_is_refused(tmp_path, monkeypatch):
    path = archive(tmp_path / "a.npz", zipfile.ZIP_DEFLATED, a=member(np.zeros(100_000)))
    assert path.stat().st_size * npz.MOST < 800_000
    assert len(read_npz(path)["a"]) == 100_000  # every machine can spare that
    monkeypatch.setattr(npz, "ROOMY", 100_000)
    with pytest.raises(DataError, match=r"would unpack to 800,128, and more than 100 times"):
        read_npz(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not a whole"),
        (b"1,2,3\n", "not a whole"),
        (member(np.zeros(3))[:-1], "promises 24 bytes, shape .3,.; there are 23"),
        (member(np.zeros(3)) + b"\0", "promises 24 bytes, shape .3,.; there are 25"),
        (member(np.zeros(3, [("x", "f4")]), version=(3, 0)), r"version \(3, 0\)"),
        (member(np.zeros(3, [("x", "f4")])), "expected numbers"),
        (member(np.zeros(3, "M8[s]")), "expected numbers"),
        (member(header="{'descr': '<f8'}\n"), "not a whole"),
        (member(header="open('x', 'w')\n"), "not a whole"),
        (member(header=" " * 60_000 + "\n"), "not a whole"),
    ],
)
def test_a_member_that_is_no_array_of_numbers_is_told_in_one_line(tmp_path, content, why):
    path = archive(tmp_path / "a.npz", fine=member(np.zeros(2)), bad=content)
    with pytest.raises(DataError, match=why) as caught:
        read_npz(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_file_with_any_byte_changed_gives_its_numbers_or_one_line(tmp_path, compression):
    a = np.arange(40, dtype=np.float32)
    content = archive(tmp_path / "a.npz", compression, a=member(a)).read_bytes()
    path, refused, read = tmp_path / "b.npz", 0, 0
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= 0x55
        path.write_bytes(changed)
        try:
            found = read_npz(path)
        except DataError as error:
            refused += str(error).count("\n") == 0
        else:  # a byte that says nothing about the numbers: a date, an attribute, a name
            assert [array.tobytes() for array in found.values()] == [a.tobytes()]
            read += 1
    assert refused + read == len(content)
    assert refused > len(content) / 2


def test_a_file_cut_at_any_byte_is_refused(tmp_path):
    content = archive(tmp_path / "a.npz", a=member(np.arange(40.0))).read_bytes()
    for length in range(len(content)):
        (tmp_path / "b.npz").write_bytes(content[:length])
        with pytest.raises(DataError, match="not a whole"):
            read_npz(tmp_path / "b.npz")


def test_what_cannot_be_opened_is_told(tmp_path):
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_npz(tmp_path / "none.npz")
    with pytest.raises(DataError, match="is not a file"):
        read_npz(tmp_path)


def test_an_archive_with_a_password_is_refused(tmp_path):
    path = archive(tmp_path / "a.npz", a=member(np.zeros(3)))
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flags of the member, here and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="not a whole"):
        read_npz(path)
