"""Of a pickle only the numbers are taken."""

import os
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mytorch.data.readers import read_cifar
from mytorch.utils.errors import DataError

DATA = np.random.default_rng(0).integers(256, size=(4, 3072), dtype=np.uint8)


def batch(**changed):
    return {"batch_label": "a", "labels": [3, 8, 0, 9], "data": DATA} | changed


@pytest.mark.parametrize("protocol", range(5))  # CIFAR's own is 2; 5 stores arrays otherwise
def test_images_and_labels_come_out_of_every_protocol(protocol):
    x, y = read_cifar(pickle.dumps(batch(), protocol), "data_batch_1")
    np.testing.assert_array_equal(x, DATA.reshape(4, 3, 32, 32))
    assert y.tolist() == [3, 8, 0, 9]
    assert y.dtype == np.int64


def test_keys_that_python_2_wrote_as_bytes_are_read():
    # The published files: text and pixels are byte strings, in protocol 2.
    content = pickle.dumps(batch(), 2)
    keys = {name: pickle.dumps(name, 2)[2:-1] for name in ("data", "labels", "batch_label")}
    for name, key in keys.items():  # X....name becomes U.name
        memo = key.index(b"q")
        assert content.count(key[:memo]) == 1
        content = content.replace(key[:memo], b"U" + bytes([len(name)]) + name.encode())
    x, y = read_cifar(content, "data_batch_1")
    np.testing.assert_array_equal(x, DATA.reshape(4, 3, 32, 32))
    assert y.tolist() == [3, 8, 0, 9]


def test_cifar_100_has_two_kinds_of_labels():
    content = pickle.dumps(batch(fine_labels=[1, 2, 3, 99], coarse_labels=[0, 0, 0, 19]), 2)
    assert read_cifar(content, "train", "fine_labels")[1].tolist() == [1, 2, 3, 99]
    assert read_cifar(content, "train", "coarse_labels")[1].tolist() == [0, 0, 0, 19]


class Calls:
    """What asks for any call when it is unpickled."""

    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call[0], tuple(self.call[1:])


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (os.system, ("true",)),
        (eval, ("1",)),
        (np.zeros, (3,)),
        (np.load, ("x",)),
        (getattr, ("text", "upper")),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_whatever_else_it_asks_for_is_not_run(function, arguments, protocol):
    content = pickle.dumps(batch(more=Calls(function, *arguments)), protocol)
    with pytest.raises(DataError, match=r"batch_1: it asks for .*; it was not run"):
        read_cifar(content, "batch_1")


def test_an_array_larger_than_its_bytes_is_never_made():
    # numpy.ndarray called with a shape of 10^15, which NumPy would try to allocate.
    content = pickle.dumps(batch(data=Calls(np.ndarray, (10**15,), np.dtype("u1"))), 2)
    with pytest.raises(DataError, match="batch_1"):
        read_cifar(content, "batch_1")


def test_a_memo_of_gigabytes_is_never_made():
    content = pickle.dumps(batch(), 2)
    assert content[2:6] == b"}q\0("  # an empty dictionary, remembered as 0
    content = content[:3] + b"r\xff\xff\xff\x7f" + content[5:]
    with pytest.raises(DataError, match="under the number 2,147,483,647"):
        read_cifar(content, "batch_1")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"data": DATA[:, :100]}, r"'data' of bytes, shape \(N, 3072\)"),
        ({"data": DATA.astype(np.int16)}, "'data' of bytes"),
        ({"data": DATA.reshape(-1)}, "'data' of bytes"),
        ({"data": [1, 2]}, "'data' of bytes"),
        ({"data": np.array([DATA], object)}, "dtype 'O8' is not of numbers"),
        ({"labels": [3, 8, 0]}, "a list of 4 whole numbers as 'labels'"),
        ({"labels": [3, 8, 0, 9.0]}, "a list of 4 whole numbers"),
        ({"labels": None}, "a list of 4 whole numbers"),
    ],
)
def test_a_batch_of_something_else_is_refused(changed, why):
    with pytest.raises(DataError, match=why):
        read_cifar(pickle.dumps(batch(**changed), 2), "batch_1")


def test_no_dictionary_is_refused():
    with pytest.raises(DataError, match="'data' of bytes"):
        read_cifar(pickle.dumps([1, 2]), "batch_1")


def test_a_batch_cut_anywhere_is_refused_in_one_line():
    content = pickle.dumps(batch(data=DATA[:1], labels=[1]), 2)
    for length in range(len(content)):
        with pytest.raises(DataError) as caught:
            read_cifar(content[:length], "batch_1")
        assert "\n" not in str(caught.value)


@settings(max_examples=2000, deadline=None)
@given(position=st.integers(0, 400), byte=st.integers(0, 255))
def test_a_changed_byte_gives_a_batch_or_one_line(position, byte):
    content = bytearray(pickle.dumps(batch(data=DATA[:1], labels=[1]), 2))
    content[position] = byte
    try:
        x, y = read_cifar(bytes(content), "batch_1")
    except DataError as error:
        lines = str(error).splitlines()
    else:
        lines = ["read"]
        assert x.shape == (1, 3, 32, 32)
        assert y.shape == (1,)
    assert len(lines) == 1
