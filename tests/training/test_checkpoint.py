import json

import numpy as np
import pytest

from mytorch.training.checkpoint import Checkpoints, load_checkpoint, save_checkpoint
from mytorch.utils.errors import DataError
from mytorch.utils.npz import npz_bytes

STATE = {
    "step": 12,
    "rate": 0.1,
    "best": float("inf"),
    "none": None,
    "model": {"0.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "0.bias": np.zeros(2)},
    "generators": [{"state": 2**127 + 1, "key": np.arange(3, dtype=np.uint32)}, {"state": 5}],
    "empty": {},
    "flag": True,
    "text": "a/b",
}


def assert_same(found, wanted):
    assert type(found) is type(wanted)
    if isinstance(wanted, dict):
        assert list(found) == list(wanted)
        for key in wanted:
            assert_same(found[key], wanted[key])
    elif isinstance(wanted, list):
        for a, b in zip(found, wanted, strict=True):
            assert_same(a, b)
    elif isinstance(wanted, np.ndarray):
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)
    else:
        assert found == wanted


def test_a_state_comes_back_as_it_was(tmp_path):
    save_checkpoint(tmp_path / "a.npz", STATE)
    assert_same(load_checkpoint(tmp_path / "a.npz"), STATE)


def test_numbers_of_numpy_become_plain_ones(tmp_path):
    state = {"step": np.int64(3), "rate": np.float64(0.1), "flag": np.True_, "zero": np.array(2.5)}
    save_checkpoint(tmp_path / "a.npz", state)
    found = load_checkpoint(tmp_path / "a.npz")
    zero = found.pop("zero")
    assert found == {"step": 3, "rate": 0.1, "flag": True}
    assert zero.shape == ()


def test_the_same_state_has_the_same_bytes_and_numpy_reads_it(tmp_path):
    for name in "ab":
        save_checkpoint(tmp_path / f"{name}.npz", STATE)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz") as arrays:
        np.testing.assert_array_equal(arrays["model/0.weight"], STATE["model"]["0.weight"])
        assert json.loads(arrays["state"].tobytes())["step"] == 12


def test_a_checkpoint_cut_at_any_byte_is_refused(tmp_path):
    path, cut = tmp_path / "a.npz", tmp_path / "cut.npz"
    save_checkpoint(path, STATE)
    content = path.read_bytes()
    for length in range(len(content)):
        cut.write_bytes(content[:length])
        with pytest.raises(DataError, match=r"cut\.npz: is damaged"):
            load_checkpoint(cut)


def test_a_checkpoint_with_any_byte_changed_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    save_checkpoint(path, STATE)
    content = path.read_bytes()
    for position in range(0, len(content), 7):
        changed = bytearray(content)
        changed[position] ^= 1
        path.write_bytes(changed)
        with pytest.raises(DataError, match="is damaged"):
            load_checkpoint(path)


def test_a_sealed_file_that_holds_no_state_is_refused(tmp_path):
    import hashlib

    path = tmp_path / "a.npz"
    for arrays in ({}, {"state": np.frombuffer(b"[1, 2", np.uint8)}, {"state": np.zeros((), int)}):
        content = npz_bytes(arrays, comment=b"0" * 64)[:-64]
        path.write_bytes(content + hashlib.sha256(content).hexdigest().encode())
        with pytest.raises(DataError, match="holds no state of a training"):
            load_checkpoint(path)


def test_a_missing_checkpoint_is_told(tmp_path):
    with pytest.raises(DataError, match=r"gone\.npz: cannot be read: No such file"):
        load_checkpoint(tmp_path / "gone.npz")


def test_the_last_two_are_kept_and_the_newest_whole_one_is_found(tmp_path):
    lines = []
    checkpoints = Checkpoints(tmp_path / "training", lines.append)
    assert checkpoints.latest() is None
    for step in (1, 20, 300):
        checkpoints.save(step, {"step": step})
    names = sorted(path.name for path in (tmp_path / "training").iterdir())
    assert names == ["step-000000020.npz", "step-000000300.npz"]
    assert checkpoints.latest() == {"step": 300}
    newest = tmp_path / "training" / "step-000000300.npz"
    newest.write_bytes(newest.read_bytes()[:-1])
    assert checkpoints.latest() == {"step": 20}
    (line,) = lines
    assert "step-000000300.npz: is damaged" in line
    assert "the one before it" in line
    (tmp_path / "training" / "step-000000020.npz").write_bytes(b"")
    assert checkpoints.latest() is None
