"""Files appear whole or not at all."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from mytorch.utils.files import write_bytes, write_json, write_text


@pytest.mark.parametrize("function", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError("no space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("old", [b"old", None], ids=["over an old file", "in a new place"])
def test_a_write_that_fails_leaves_what_was_there_and_nothing_else(
    tmp_path, monkeypatch, function, error, old
):
    path = tmp_path / "results.json"
    if old is not None:
        path.write_bytes(old)

    def fail(*arguments):
        raise error

    monkeypatch.setattr(os, function, fail)
    with pytest.raises(type(error)):
        write_bytes(path, b"new")
    left = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert left == ({} if old is None else {"results.json": old})


def test_the_content_is_on_the_disk_before_the_name_changes(tmp_path, monkeypatch):
    path, calls = tmp_path / "file", []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(handle):
        calls.append("sync folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "sync file")
        real_fsync(handle)

    def replace(source, target):
        calls.append("rename")
        with open(source, "rb") as file:  # noqa: PTH123
            assert file.read() == b"content"
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    write_bytes(path, b"content")
    assert calls[:2] == ["sync file", "rename"]
    assert calls[2:] == (["sync folder"] if hasattr(os, "O_DIRECTORY") else [])


def test_a_write_replaces_the_content_and_leaves_no_temporary(tmp_path):
    path = tmp_path / "file"
    write_bytes(path, b"a longer first content")
    write_bytes(path, b"second")
    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]


def test_missing_folders_are_made(tmp_path):
    write_text(tmp_path / "a" / "b" / "file", "text")
    assert (tmp_path / "a" / "b" / "file").read_text(encoding="utf-8") == "text"


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_permissions_follow_the_umask(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        write_bytes(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


def test_of_many_writers_at_once_one_wins_whole(tmp_path):
    path, contents = tmp_path / "file", [bytes([i]) * 10_000 for i in range(20)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda content: write_bytes(path, content), contents))
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


def test_text_is_utf_8_with_the_line_ends_it_was_given(tmp_path):
    write_text(tmp_path / "file", "σ = 1\r\nµ = 0\n")
    assert (tmp_path / "file").read_bytes() == "σ = 1\r\nµ = 0\n".encode()


def test_json_keeps_the_order_of_its_keys_and_ends_with_a_newline(tmp_path):
    write_json(tmp_path / "file", {"b": "é", "a": [1.5]})
    expected = '{\n  "b": "é",\n  "a": [\n    1.5\n  ]\n}\n'
    assert (tmp_path / "file").read_bytes() == expected.encode()


@pytest.mark.parametrize("content", [float("nan"), float("inf"), object()])
def test_what_json_cannot_say_is_refused_and_the_file_stays(tmp_path, content):
    write_json(tmp_path / "file", 1)
    with pytest.raises((ValueError, TypeError)):
        write_json(tmp_path / "file", {"loss": content})
    assert (tmp_path / "file").read_text(encoding="utf-8") == "1\n"
