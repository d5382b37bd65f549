import hashlib

import pytest

from mytorch.cli.main import main
from mytorch.data import registry, sets, storage
from mytorch.data.recipe import File, Parts, Recipe
from mytorch.utils.errors import DataError

pytest.importorskip("platformdirs")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.delenv("MYTORCH_DATA", raising=False)
    monkeypatch.setattr(storage, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def made_up(cache, monkeypatch):
    """A set of two files, of which the first is there."""
    contents = {"a.bin": b"first", "b.bin": b"second"}
    files = tuple(File("made-up", name, hashlib.md5(c).hexdigest()) for name, c in contents.items())
    recipe = Recipe(lambda paths: Parts(*paths), (), None, "nowhere", "none", files)
    monkeypatch.setitem(sets.RECIPES, "made-up", recipe)
    (cache / "made-up").mkdir(parents=True)
    (cache / "made-up" / "a.bin").write_bytes(b"first")
    return cache / "made-up"


def test_the_list_has_a_line_for_every_set(cache, capsys):
    assert main(["data", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == registry.names()
    by_name = {line.split()[0]: line for line in lines}
    assert "no file" in by_name["digits"]
    assert "to download" in by_name["mnist"]
    assert "to provide" in by_name["ocr-letters"]
    assert "checksum as published, not verified by us" in by_name["cifar10"]
    assert "not verified" not in by_name["mnist"]


def test_the_list_says_what_is_here(real_data, capsys):
    assert main(["data", "list"]) == 0
    line = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("mnist "))
    assert line.split()[1] == "here"


def test_verify_tells_right_files_from_wrong_and_missing_ones(made_up, capsys):
    assert main(["data", "verify", "made-up"]) == 1
    out, err = capsys.readouterr()
    assert out == f"{'made-up':<20}ok  {made_up / 'a.bin'}\n"
    assert err == "mytorch: made-up: b.bin is missing; 'mytorch data fetch made-up'\n"
    (made_up / "b.bin").write_bytes(b"second")
    assert main(["data", "verify"]) == 0  # all that are here
    assert len(capsys.readouterr().out.splitlines()) == 2
    (made_up / "a.bin").write_bytes(b"another")
    assert main(["data", "verify", "made-up"]) == 1
    assert "a.bin: its md5 is" in capsys.readouterr().err


def test_path_prints_where_the_files_are(made_up, capsys):
    (made_up / "b.bin").write_bytes(b"second")
    assert main(["data", "path", "made-up"]) == 0
    assert capsys.readouterr().out.splitlines() == [str(made_up / n) for n in ("a.bin", "b.bin")]


def test_fetch_says_where_to_put_what_no_server_has(made_up, capsys):
    assert main(["data", "fetch", "made-up"]) == 2
    err = capsys.readouterr().err
    assert "b.bin is missing, and no server has it; put it into" in err
    assert len(err.splitlines()) == 1


def test_fetch_of_a_set_without_files_needs_none(cache, capsys):
    assert main(["data", "fetch", "digits"]) == 0
    assert "needs no file" in capsys.readouterr().out


def test_fetch_verifies_what_is_there(real_data, capsys):
    assert main(["data", "fetch", "mnist"]) == 0
    assert main(["data", "verify", "mnist"]) == 0
    assert capsys.readouterr().out.count("mnist") >= 8


def test_a_missing_file_is_asked_of_the_servers(cache, monkeypatch):
    asked = []

    def download(file, folder):
        asked.append((file.name, folder))
        raise DataError("not now")

    monkeypatch.setattr(storage, "download", download)
    with pytest.raises(DataError, match="not now"):
        registry.load("kmnist")
    assert asked == [("train-images-idx3-ubyte.gz", cache / "kmnist")]
