import hashlib
import os
import shutil

import numpy as np
import pytest

from mytorch.data import Split, load, names
from mytorch.utils.errors import DataError, ShapeError

# Published: how many training images MNIST has of each digit, and Fashion-MNIST of each class.
MNIST_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
FASHION_COUNTS = [6000] * 10


def test_digits_are_those_of_scikit_learn_cut_in_two():
    bundled = pytest.importorskip("sklearn.datasets").load_digits()
    digits = load("digits")
    assert digits.train.x.shape == (1437, 1, 8, 8)
    assert digits.test.x.shape == (360, 1, 8, 8)
    assert digits.train.x.dtype == np.uint8
    assert digits.train.x.max() == digits.value_range[1]
    ours = np.concatenate([digits.train.x, digits.test.x]).reshape(1797, 64)
    order = np.lexsort(ours.T)
    theirs = bundled.data[np.lexsort(bundled.data.T)]
    np.testing.assert_array_equal(ours[order], theirs)
    counts = np.bincount(digits.test.y)
    assert counts.min() >= 35  # stratified: every digit is a tenth of the test set
    assert counts.max() <= 37


def test_digits_are_cut_the_same_way_every_time():
    first, second = load("digits"), load("digits")
    np.testing.assert_array_equal(first.test.x, second.test.x)
    assert hashlib.sha256(first.test.y.astype("<i8").tobytes()).hexdigest()[:8] == "4493b205"


@pytest.mark.parametrize(
    ("name", "counts"), [("mnist", MNIST_COUNTS), ("fashion-mnist", FASHION_COUNTS)]
)
def test_idx_sets_have_the_published_sizes_and_classes(real_data, name, counts):
    data = load(name)
    assert data.train.x.shape == (60_000, 1, 28, 28)
    assert data.test.x.shape == (10_000, 1, 28, 28)
    assert np.bincount(data.train.y).tolist() == counts
    assert len(data.classes) == 10
    assert (data.train.x.min(), data.train.x.max()) == data.value_range


def test_a_split_unpacks_has_a_length_and_can_be_cut():
    split = Split(np.arange(10).reshape(5, 2), np.arange(5))
    x, y = split
    assert x is split.x
    assert y is split.y
    assert len(split) == 5
    assert split[:3].y.tolist() == [0, 1, 2]
    with pytest.raises(ShapeError, match="5 examples x but 4 labels y"):
        Split(split.x, split.y[:4])


def test_an_unknown_name_is_told_with_the_nearest_and_the_list():
    with pytest.raises(DataError, match="did you mean mnist") as caught:
        load("mnits")
    assert all(name in str(caught.value) for name in names())


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """A cache folder with nothing in it, and no MYTORCH_DATA."""
    platformdirs = pytest.importorskip("platformdirs")
    cache = tmp_path / "cache"
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: cache / name)
    monkeypatch.delenv("MYTORCH_DATA", raising=False)
    return cache


def test_a_missing_file_is_told_with_where_to_put_it(empty_cache):
    with pytest.raises(DataError) as caught:
        load("mnist")
    message = str(caught.value)
    assert "train-images-idx3-ubyte.gz is missing and cannot be downloaded" in message
    assert message.count("no connection") == 2  # of both mirrors
    assert str(empty_cache / "mytorch" / "mnist") in message
    assert "digits" in message
    assert "\n" not in message


def test_a_wrong_folder_in_the_environment_is_told(empty_cache, monkeypatch, tmp_path):
    monkeypatch.setenv("MYTORCH_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"MYTORCH_DATA=.*nowhere is not a folder"):
        load("mnist")


def test_another_file_of_the_right_name_is_refused(empty_cache, monkeypatch, tmp_path):
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte.gz").write_bytes(b"<html>not found</html>")
    monkeypatch.setenv("MYTORCH_DATA", str(tmp_path))
    with pytest.raises(DataError, match="expected f68b3c2dcbeaaa9fbdd348bbdeb94873"):
        load("mnist")


def test_the_cache_is_read_where_the_environment_has_no_such_set(real_data, empty_cache):
    shutil.copytree(real_data / "mnist", empty_cache / "mytorch" / "mnist")
    assert len(load("mnist").test) == 10_000  # empty_cache has unset MYTORCH_DATA


def test_loading_writes_nothing_into_the_data_folder(real_data):
    def listing():
        return [
            (root, name, os.stat(os.path.join(root, name)).st_mtime_ns)  # noqa: PTH116, PTH118
            for root, folders, files in os.walk(real_data)
            for name in [*folders, *files]
        ]

    before = listing()
    load("mnist")
    assert listing() == before
