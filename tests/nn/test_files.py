"""States on disk come back as they were, or not at all."""

import errno
import io
import os
import pickle
import zipfile

import numpy as np
import pytest

from mytorch import nn
from mytorch.nn import BatchNorm1d, Linear, Sequential, load_file, save_file
from mytorch.utils.errors import ArgumentError, DataError, MissingExtraError

ENDINGS = ["npz", "safetensors"]
STATE = {
    "0.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "1.running_var": np.array([np.nan, -0.0, np.inf]),
    "1.num_batches_tracked": np.array(7),
    "turned": np.arange(6.0).reshape(2, 3).T,
    "file": np.zeros((0, 3), np.float32),
}

both_endings = pytest.mark.parametrize("ending", ENDINGS)


@both_endings
def test_a_state_comes_back_bit_for_bit(tmp_path, ending):
    if ending == "safetensors":
        pytest.importorskip("safetensors")
    path = tmp_path / f"model.{ending}"
    save_file(STATE, path)
    loaded = load_file(str(path))
    assert set(loaded) == set(STATE)
    for name, a in STATE.items():
        assert loaded[name].dtype == a.dtype
        assert loaded[name].shape == a.shape
        assert loaded[name].tobytes() == a.tobytes()
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@both_endings
def test_the_same_state_gives_the_same_bytes(tmp_path, ending):
    if ending == "safetensors":
        pytest.importorskip("safetensors")
    first, second = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    save_file(STATE, first)
    save_file(STATE, second)
    assert first.read_bytes() == second.read_bytes()


@both_endings
def test_a_model_is_restored_with_its_running_statistics(tmp_path, ending):
    if ending == "safetensors":
        pytest.importorskip("safetensors")
    make = lambda: Sequential(Linear(3, 4), BatchNorm1d(4))  # noqa: E731
    model, other = make(), make()
    x = np.random.default_rng(0).standard_normal((8, 3)).astype(np.float32)
    model.forward(x)
    save_file(model.state_dict(), tmp_path / f"model.{ending}")
    other.load_state_dict(load_file(tmp_path / f"model.{ending}"))
    np.testing.assert_array_equal(other.predict(x), model.predict(x))


def test_safetensors_files_are_those_of_torch(tmp_path):
    torch = pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.torch")
    ours, theirs = Linear(3, 2), torch.nn.Linear(3, 2)
    safetensors.save_file(theirs.state_dict(), tmp_path / "theirs.safetensors")
    ours.load_state_dict(load_file(tmp_path / "theirs.safetensors"))
    np.testing.assert_array_equal(ours.weight, theirs.weight.detach())
    ours.weight *= 2
    save_file(ours.state_dict(), tmp_path / "ours.safetensors")
    theirs.load_state_dict(safetensors.load_file(tmp_path / "ours.safetensors"))
    np.testing.assert_array_equal(ours.weight, theirs.weight.detach())


@both_endings
def test_a_file_cut_anywhere_is_refused_in_one_line(tmp_path, ending):
    if ending == "safetensors":
        pytest.importorskip("safetensors")
    path = tmp_path / f"model.{ending}"
    save_file(STATE, path)
    whole = path.read_bytes()
    for size in range(0, len(whole), 7):
        path.write_bytes(whole[:size])
        with pytest.raises(DataError, match=rf"^.*: not a whole \.{ending} file \(.*\)$"):
            load_file(path)


def test_a_changed_byte_in_an_npz_file_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    save_file({"w": np.arange(100.0)}, path)
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="not a whole"):
        load_file(path)


def test_nothing_is_unpickled(tmp_path):
    class Bomb:
        def __reduce__(self):
            return pytest.fail, ("unpickled",)

    path = tmp_path / "model.npz"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(DataError):
        load_file(path)
    inner = io.BytesIO()
    np.lib.format.write_array(inner, np.array([Bomb()], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("w.npy", inner.getvalue())
    with pytest.raises(DataError, match="run any code"):
        load_file(path)


def test_a_failed_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "model.npz"
    save_file({"w": np.ones(3)}, path)
    with pytest.raises(ArgumentError, match=r"^save_file: w has dtype object, expected numbers$"):
        save_file({"w": np.array([None])}, path)
    np.testing.assert_array_equal(load_file(path)["w"], np.ones(3))


@both_endings
def test_a_save_that_a_full_disk_ends_leaves_the_old_file_alone(tmp_path, monkeypatch, ending):
    if ending == "safetensors":
        pytest.importorskip("safetensors")
    path = tmp_path / f"model.{ending}"
    save_file({"w": np.ones(3)}, path)

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_file({"w": np.zeros(3)}, path)
    np.testing.assert_array_equal(load_file(path)["w"], np.ones(3))
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("act", [lambda p: save_file({}, p), load_file])
@pytest.mark.parametrize("name", ["model.pt", "model"])
def test_another_ending_is_refused(tmp_path, act, name):
    with pytest.raises(
        ArgumentError, match=r"expected a file name ending in \.npz or \.safetensors"
    ):
        act(tmp_path / name)


def test_a_file_that_is_not_there_is_told_in_one_line(tmp_path):
    with pytest.raises(DataError, match=r"model\.npz: cannot be read: No such file or directory$"):
        load_file(tmp_path / "model.npz")


def test_without_the_package_the_error_says_what_to_install(tmp_path, monkeypatch):
    def refuse(name):
        raise ModuleNotFoundError(name, name="safetensors")

    monkeypatch.setattr("mytorch.utils.extras.importlib.import_module", refuse)
    for act in (lambda p: save_file({}, p), load_file):
        with pytest.raises(MissingExtraError, match=r"pip install 'mytorch\[safetensors\]'"):
            act(tmp_path / "model.safetensors")


def test_they_are_exported():
    assert nn.save_file is save_file
    assert nn.load_file is load_file
