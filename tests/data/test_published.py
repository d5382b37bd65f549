"""The sets that are downloaded, read from files generated in their formats."""

import io
import pickle
import tarfile

import numpy as np
import pytest

from mytorch.data import registry
from mytorch.data.readers import read_tar
from mytorch.utils.errors import DataError

RNG = np.random.default_rng(0)


def tar(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def load(name, *paths):
    return registry.get(name).load(name, list(paths))


def batch(n, labels, classes):
    x = RNG.integers(0, 256, (n, 3072), np.uint8)
    y = RNG.integers(0, classes, n).tolist()
    return x, y, pickle.dumps({"data": x, labels: y, "batch_label": "made up"}, protocol=2)


def test_cifar10_joins_its_five_batches_in_order(tmp_path):
    names = [f"cifar-10-batches-py/data_batch_{n}" for n in range(1, 6)]
    parts = {name: batch(4, "labels", 10) for name in [*names, "cifar-10-batches-py/test_batch"]}
    tar(tmp_path / "c.tar.gz", {name: content for name, (_, _, content) in parts.items()})
    data = load("cifar10", tmp_path / "c.tar.gz")
    assert data.train.x.shape == (20, 3, 32, 32)
    assert data.train.y.tolist() == [label for name in names for label in parts[name][1]]
    pixels = parts["cifar-10-batches-py/test_batch"][0]
    assert data.test.x[2, 1, 3, 5] == pixels[2, 1024 + 3 * 32 + 5]  # all red, then all green, rows
    assert len(data.classes) == 10


def test_cifar100_has_its_fine_labels(tmp_path):
    train, test = batch(5, "fine_labels", 100), batch(3, "fine_labels", 100)
    members = {"cifar-100-python/train": train[2], "cifar-100-python/test": test[2]}
    tar(tmp_path / "c.tar.gz", members)
    data = load("cifar100", tmp_path / "c.tar.gz")
    assert data.train.y.tolist() == train[1]
    assert len(data.classes) == len(set(data.classes)) == 100
    assert list(data.classes) == sorted(data.classes)
    assert data.classes[41] == "lawn mower"


def test_svhn_calls_the_digit_zero_zero(tmp_path):
    scipy = pytest.importorskip("scipy.io")
    x = RNG.integers(0, 256, (32, 32, 3, 6), np.uint8)
    y = np.array([[10], [1], [2], [9], [10], [5]], np.uint8)
    for name in ("train.mat", "test.mat"):
        scipy.savemat(tmp_path / name, {"X": x, "y": y})
    data = load("svhn", tmp_path / "train.mat", tmp_path / "test.mat")
    assert data.train.y.tolist() == [0, 1, 2, 9, 0, 5]
    assert data.train.x.shape == (6, 3, 32, 32)
    assert data.train.x[4, 2, 7, 9] == x[7, 9, 2, 4]


def test_stl10_has_columns_before_rows_and_labels_from_one(tmp_path):
    columns_first = RNG.integers(0, 256, (4, 3, 96, 96), np.uint8)
    labels = np.array([1, 10, 5, 2], np.uint8)
    members = {
        "stl10_binary/test_X.bin": columns_first[:2].tobytes(),
        "stl10_binary/test_y.bin": labels[:2].tobytes(),
        "stl10_binary/class_names.txt": b"airplane\n",
        "stl10_binary/train_X.bin": columns_first.tobytes(),
        "stl10_binary/train_y.bin": labels.tobytes(),
    }
    tar(tmp_path / "s.tar.gz", members)
    data = load("stl10", tmp_path / "s.tar.gz")
    assert data.train.y.tolist() == [0, 9, 4, 1]
    assert data.train.x[3, 1, 10, 20] == columns_first[3, 1, 20, 10]
    assert len(data.test) == 2


def medmnist(path, shape, columns=1, **changes):
    arrays = {}
    for part, n in (("train", 7), ("val", 3), ("test", 4)):
        arrays[f"{part}_images"] = RNG.integers(0, 256, (n, *shape), np.uint8)
        arrays[f"{part}_labels"] = RNG.integers(0, 2, (n, columns), np.uint8)
    arrays.update(changes)
    np.savez_compressed(path, **{k: v for k, v in arrays.items() if v is not None})
    return arrays


MEDMNIST = [name for name in registry.names() if registry.get(name).source.startswith("Yang")]


def test_all_twelve_sets_of_medmnist_are_known():
    assert len(MEDMNIST) == 12
    counts = {
        name: len(registry.get(name).classes)
        for name in ("bloodmnist", "pathmnist", "organamnist", "chestmnist", "breastmnist")
    }
    assert counts == {
        "bloodmnist": 8,
        "pathmnist": 9,
        "organamnist": 11,
        "chestmnist": 14,
        "breastmnist": 2,
    }


@pytest.mark.parametrize("shape", [(28, 28, 3), (28, 28)])
def test_medmnist_has_its_three_splits(shape, tmp_path):
    arrays = medmnist(tmp_path / "m.npz", shape)
    data = load("bloodmnist", tmp_path / "m.npz")
    assert [len(data.train), len(data.validation), len(data.test)] == [7, 3, 4]
    assert data.train.x.shape == (7, 3 if len(shape) == 3 else 1, 28, 28)
    pixel = arrays["val_images"][1, 5, 6]
    np.testing.assert_array_equal(data.validation.x[1, :, 5, 6], np.atleast_1d(pixel))
    assert data.test.y.tolist() == arrays["test_labels"][:, 0].tolist()


def test_chestmnist_has_a_row_of_labels_for_each_image(tmp_path):
    arrays = medmnist(tmp_path / "m.npz", (28, 28), 14)
    data = load("chestmnist", tmp_path / "m.npz")
    assert data.train.y.dtype == np.float32
    np.testing.assert_array_equal(data.train.y, arrays["train_labels"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"val_labels": None}, "has no array val_labels"),
        ({"train_images": np.zeros((7, 28, 28), np.float32)}, "expected images of bytes"),
        ({"train_images": np.zeros((7, 64, 64), np.uint8)}, "28 x 28"),
    ],
)
def test_another_npz_file_is_refused(changes, message, tmp_path):
    medmnist(tmp_path / "m.npz", (28, 28), **changes)
    with pytest.raises(DataError, match=message):
        load("bloodmnist", tmp_path / "m.npz")


def test_a_file_that_is_no_matlab_file_is_refused(tmp_path):
    pytest.importorskip("scipy.io")
    path = tmp_path / "train.mat"
    for content in (b"", b"hello", bytes(200), b"MATLAB 5.0" + bytes(500)):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"train\.mat: not a MATLAB file"):
            load("svhn", path, path)


def test_a_tar_archive_cut_anywhere_is_refused(tmp_path):
    path = tmp_path / "a.tar.gz"
    content = RNG.integers(0, 256, 5000, np.uint8).tobytes()
    tar(path, {"a": content, "b": content})
    whole = path.read_bytes()
    assert read_tar(path, ["a", "b"]) == {"a": content, "b": content}
    for percent in range(95):
        path.write_bytes(whole[: len(whole) * percent // 100])
        with pytest.raises(DataError, match=r"a\.tar\.gz"):
            read_tar(path, ["a", "b"])


def test_what_is_in_an_archive_is_only_what_was_asked_for(tmp_path, monkeypatch):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        member = tarfile.TarInfo("../outside")
        member.size = 3
        archive.addfile(member, io.BytesIO(b"abc"))
    with pytest.raises(DataError, match="link is not a file"):
        read_tar(path, ["link"])
    with pytest.raises(DataError, match="has no member b"):
        read_tar(path, ["b"])
    monkeypatch.setattr("mytorch.data.readers.tar.LARGEST", 2)
    with pytest.raises(DataError, match="outside is not a file of at most"):
        read_tar(path, ["../outside"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tar"]


@pytest.mark.parametrize("name", registry.names())
def test_every_set_says_where_it_comes_from_and_on_what_terms(name):
    recipe = registry.get(name)
    assert recipe.source
    assert recipe.licence
    for file in recipe.files:
        assert len(file.md5) == 32
        assert all(url.startswith(("https://", "http://")) for url in file.urls)
        assert all(file.name in url for url in file.urls)
