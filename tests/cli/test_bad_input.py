"""Whatever a person gives by mistake: one line on stderr, exit 2, nothing written, nothing run."""

import io
import json
import os
import pickle
import shutil
import struct
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mytorch.cli.main import main

pytest.importorskip("sklearn")
pillow = pytest.importorskip("PIL.Image")

RAN = []


class Bomb:
    """Runs when it is unpickled."""

    def __reduce__(self):
        return (RAN.append, ("run",))


def refused(capsys, arguments, folder, mention=""):
    """Run a command that must be refused; return the line that it printed."""
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    begun = time.monotonic()
    try:
        code = main([str(a) for a in arguments])
    except SystemExit as error:
        code = error.code
    seconds = time.monotonic() - begun
    out, err = capsys.readouterr()
    assert code == 2, (code, out, err)
    assert len(err.splitlines()) == 1, err
    assert err.startswith("mytorch")
    assert "Traceback" not in err
    assert mention in err, err
    assert seconds < 10
    assert RAN == []
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    return err


def npy(array, **options):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), **options)
    return file.getvalue()


def archive(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as held:
        for name, content in members.items():
            held.writestr(f"{name}.npy", content if isinstance(content, bytes) else npy(content))
    return file.getvalue()


def header(text, version=(1, 0)):
    """Return an npy file of a header alone."""
    text = text.ljust(117) + "\n"
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H", len(text)) + text.encode()


X, Y = np.random.default_rng(0).random((20, 3)), np.arange(20) % 2
GOOD_NPZ = archive(x=X, y=Y)
FLOATS = "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }"

NPZ = {
    "empty": b"",
    "text": b"hello",
    "html": b"<!DOCTYPE html><html></html>",
    "a pickle": pickle.dumps(Bomb()),
    "a zip of text": archive(x=b"hello", y=b"hello"),
    "a zip without members": archive(),
    "no y": archive(x=X),
    "no x": archive(y=Y),
    "other names": archive(images=X, labels=Y),
    "pickled objects": archive(x=npy(np.array([Bomb()], object), allow_pickle=True), y=Y),
    "objects in a structure": archive(x=npy(np.zeros(2, [("a", "O")]), allow_pickle=True), y=Y),
    "text as numbers": archive(x=np.array([["a"] * 3] * 20), y=Y),
    "times": archive(x=np.zeros((20, 3), "M8[s]"), y=Y),
    "complex numbers": archive(x=X.astype(complex), y=Y),
    "another length": archive(x=X, y=Y[:-1]),
    "no rows": archive(x=X[:0], y=Y[:0]),
    "one number": archive(x=np.float64(1), y=np.int64(1)),
    "a row": archive(x=X[0], y=Y[0]),
    "NaN": archive(x=np.where(X[3, 1] == X, np.nan, X), y=Y),
    "infinity": archive(x=np.where(X[3, 1] == X, np.inf, X), y=Y),
    "NaN as target": archive(x=X, y=np.full(20, np.nan)),
    "a negative label": archive(x=X, y=Y - 1),
    "labels of two columns": archive(x=X, y=np.stack([Y, Y], 1)),
    "too few rows": archive(x=X[:3], y=Y[:3]),
    "a bomb": archive(x=bytes(400_000_000), y=Y),
    "a header that promises an exabyte": archive(x=header(FLOATS % f"({2**57}, 1)"), y=Y),
    "a header that promises a little more": archive(x=header(FLOATS % "(20, 3)"), y=Y),
    "a negative shape": archive(x=header(FLOATS % "(-1, 3)"), y=Y),
    "a shape of text": archive(x=header(FLOATS % "('a',)"), y=Y),
    "a header that is a program": archive(x=header("__import__('os').abort()"), y=Y),
    "a header that is not finished": archive(x=header("{'descr': "), y=Y),
    "version 9": archive(x=header(FLOATS % "(0,)", (9, 9)), y=Y),
    "train without test": archive(x_train=X, y_train=Y),
    "a label of a billion": archive(x=X, y=Y * 10**9),
    "a label beyond 64 bits": archive(x=X, y=(Y.astype(np.uint64) << np.uint64(63))),
    "numbers beyond float32": archive(x=X * 1e300, y=Y),
}


@pytest.mark.parametrize("kind", NPZ)
def test_npz(kind, tmp_path, capsys):
    (tmp_path / "data.npz").write_bytes(NPZ[kind])
    refused(capsys, run_on(f"npz:{tmp_path}/data.npz", tmp_path), tmp_path, "data.npz")


def run_on(data, folder):
    return ["run", "nyu6953/p6", "--smoke", f"--data={data}", f"--out={folder}/out"]


@pytest.mark.parametrize("percent", range(100))
def test_npz_cut_at_every_percent_of_its_length(percent, tmp_path, capsys):
    (tmp_path / "data.npz").write_bytes(GOOD_NPZ[: len(GOOD_NPZ) * percent // 100])
    refused(capsys, run_on(f"npz:{tmp_path}/data.npz", tmp_path), tmp_path, "data.npz")


CSV = {
    "empty": b"",
    "blank lines": b"\n\n\n",
    "names alone": b"label,a,b\n",
    "one column": b"1\n2\n3\n4\n5\n",
    "ragged": b"0,1,2\n1,2\n",
    "ragged, longer": b"0,1,2\n1,2,3,4\n",
    "a word": b"label,a\n0,1\n1,two\n",
    "nothing in a cell": b"label,a\n0,1\n1,\n",
    "no label in a cell": b"label,a\n0,1\n,2\n",
    "NaN": b"label,a\n0,1\n1,nan\n",
    "infinity": b"label,a\n0,1\n1,inf\n",
    "labels that are fractions": b"label,a\n0.5,1\n1,2\n",
    "Latin-1": "label,a\nä,1\nb,2\n".encode("latin1"),
    "UTF-16": "label,a\n0,1\n".encode("utf-16"),
    "zeros": bytes(1000),
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "a quote that does not end": b'label,a\n"0,1\n1,2\n',
    "text behind a quote": b'label,a\n"0"x,1\n1,2\n',
    "semicolons": b"label;a\n0;1\n1;2\n",
    "too few rows": b"label,a\n0,1\n1,2\n",
    "a cell of a megabyte": b"label,a\n0," + b"1" * 1_000_000 + b"\n",
    "a number beyond float": b"label,a\n0,1e999\n1,2\n0,1\n1,1\n1,1\n",
}


@pytest.mark.parametrize("kind", CSV)
def test_csv(kind, tmp_path, capsys):
    (tmp_path / "data.csv").write_bytes(CSV[kind])
    refused(capsys, run_on(f"csv:{tmp_path}/data.csv", tmp_path), tmp_path, "data.csv")


@pytest.mark.parametrize("column", ["nothing", "9", "-9", "3"])
def test_a_column_that_is_not_there(column, tmp_path, capsys):
    (tmp_path / "data.csv").write_text("label,a,b\n" + "0,1,2\n1,2,3\n" * 5)
    refused(capsys, run_on(f"csv:{tmp_path}/data.csv#{column}", tmp_path), tmp_path, "column")


def png(size=(8, 8)):
    file = io.BytesIO()
    pillow.fromarray(np.zeros(size, np.uint8)).save(file, "PNG")
    return file.getvalue()


def images(folder, **others):
    for name in ("cat", "dog"):
        (folder / "pets" / name).mkdir(parents=True)
        for number in range(4):
            (folder / "pets" / name / f"{number}.png").write_bytes(png())
    for name, content in others.items():
        (folder / "pets" / "cat" / name.replace("_", ".")).write_bytes(content)


FOLDERS = {
    "text": {"x_txt": b"hello"},
    "an empty image": {"x_png": b""},
    "text as an image": {"x_png": b"hello"},
    "another size": {"x_png": png((9, 8))},
    "an image of the wrong kind": {"x_jpg": b"\xff\xd8\xff\xe0 not a photograph"},
    "a program": {"x_py": b"import os; os.abort()"},
}


@pytest.mark.parametrize("kind", FOLDERS)
def test_folders_of_images(kind, tmp_path, capsys):
    images(tmp_path, **FOLDERS[kind])
    refused(capsys, run_on(f"folder:{tmp_path}/pets", tmp_path), tmp_path, "pets")


@pytest.mark.parametrize("percent", range(0, 100, 3))
def test_an_image_cut_anywhere(percent, tmp_path, capsys):
    content = png((64, 64))
    images(tmp_path, x_png=content[: len(content) * percent // 100])
    refused(capsys, run_on(f"folder:{tmp_path}/pets#8x8", tmp_path), tmp_path, "x.png")


@pytest.mark.parametrize("told", ["8", "8x", "x", "0x0", "8x8x8", "-1x8", "99999999x99999999"])
def test_a_size_that_is_none(told, tmp_path, capsys):
    images(tmp_path)
    refused(capsys, run_on(f"folder:{tmp_path}/pets#{told}", tmp_path), tmp_path)


NOWHERE = [
    "csv:nowhere.csv",
    "npz:nowhere.npz",
    "folder:nowhere",
    "csv:",
    "npz:",
    "folder:",
    "csv:.",
    "npz:.",
    "folder:pyproject.toml",
    "nothing",
    "",
    "mnits",
    "jpg:x",
    "csv:a\0b",
    "npz:a\0b",
    "folder:a\0b",
    "csv:" + "x" * 5000,
    "npz:" + "x" * 5000,
    "folder:" + "x" * 5000,
]


@pytest.mark.parametrize("data", NOWHERE, ids=lambda data: repr(data[:20]))
def test_data_that_are_not_there(data, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(capsys, run_on(data, tmp_path), tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes in folders")
@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_a_device_is_no_file(kind, tmp_path, capsys):
    refused(capsys, run_on(f"{kind}:/dev/null", tmp_path), tmp_path)


MNIST = ["train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b" + bytes(50), bytes(1000)])
def test_published_files_that_are_others(content, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MYTORCH_DATA", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / MNIST[0]).write_bytes(content)
    refused(capsys, run_on("mnist", tmp_path), tmp_path, "its md5 is")
    refused(capsys, ["data", "fetch", "mnist"], tmp_path, "its md5 is")


@pytest.mark.parametrize("percent", range(0, 100, 10))
def test_published_files_that_are_cut(percent, real_data, tmp_path, capsys, monkeypatch):
    (tmp_path / "mnist").mkdir()
    for path in (real_data / "mnist").glob("*.gz"):
        shutil.copy(path, tmp_path / "mnist")
    path = tmp_path / "mnist" / MNIST[1]
    path.write_bytes(path.read_bytes()[: path.stat().st_size * percent // 100])
    monkeypatch.setenv("MYTORCH_DATA", str(tmp_path))
    refused(capsys, run_on("mnist", tmp_path), tmp_path, MNIST[1])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes in folders")
@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_a_pipe_that_nobody_writes_is_not_waited_for(kind, tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    refused(capsys, run_on(f"{kind}:{tmp_path}/pipe", tmp_path), tmp_path, "is not a file")


def test_a_name_with_a_line_end_stays_one_line(tmp_path, capsys):
    refused(capsys, run_on(f"csv:{tmp_path}/a\nb.csv", tmp_path), tmp_path, r"a\nb.csv")


def test_what_does_not_fit_into_memory(tmp_path, capsys):
    command = ["run", "nyu6953/p6", "--smoke", "--hidden=1,1000000,10000000", f"--out={tmp_path}/o"]
    refused(capsys, command, tmp_path, "not enough memory")


@pytest.mark.parametrize(
    "options",
    [["--lr=1e20"], ["--lr=1e20", "--monitor=1"], ["--lr=1e20", "--epochs=1", "--limit=64"]],
    ids=" ".join,
)
def test_a_training_that_diverges_is_one_line(options, tmp_path, capsys):
    command = ["run", "nyu6953/p6", "--smoke", "--check-samples=0", *options]
    assert main([*command, f"--out={tmp_path}/out"]) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1, err
    assert "weight has grown to" in err
    assert "learning rate" in err


FIELDS = [
    "--epochs=1" + "0" * 400,
    "--hidden=100000000000000",
    "--epochs=-1",
    "--epochs=two",
    "--epochs=1.5",
    "--epochs=",
    "--epochs",
    "--lr=-1",
    "--lr=nan",
    "--lr=inf",
    "--lr=fast",
    "--momentum=-0.1",
    "--hidden=0",
    "--hidden=-5,3",
    "--hidden=a,b",
    "--hidden=",
    "--hidden=1,,2",
    "--batch-size=0",
    "--batch-size=-1",
    "--limit=0",
    "--limit=x",
    "--seed=-1",
    "--seed=x",
    "--check-samples=-1",
    "--backend=tensorflow",
    "--nothing=1",
    "--out=",
    "--seeds=0",
    "--seeds=1",
    "--seeds=x",
    "--seeds=-3",
    "--monitor=0",
    "--monitor=x",
    "--save-every=-1",
    "--save-every=x",
    "--save-every=nan",
    "--resume",
    "extra",
    "--",
    "-x",
]


@pytest.mark.parametrize("field", FIELDS)
def test_fields(field, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(capsys, ["run", "nyu6953/p6", "--smoke", field], tmp_path)


COMMANDS = [
    ["nothing"],
    ["run"],
    ["run", "nothing"],
    ["run", "nyu6953/p7"],
    ["run", "../p6"],
    ["run", ""],
    ["data"],
    ["data", "nothing"],
    ["data", "fetch"],
    ["data", "fetch", "nothing"],
    ["data", "verify", "nothing"],
    ["data", "path", "nothing"],
    ["data", "list", "extra"],
    ["runs"],
    ["runs", "nothing"],
    ["runs", "list", "nowhere"],
    ["runs", "show"],
    ["runs", "show", "nowhere"],
    ["runs", "clean", "nowhere"],
    ["compare"],
    ["compare", "nowhere"],
    ["compare", "nowhere", "nowhere"],
    ["predict"],
    ["predict", "nowhere"],
    ["predict", "nowhere", "x.png"],
    ["check"],
    ["check", "nowhere.py"],
    ["list", "extra"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands(command, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(capsys, command, tmp_path)


# Run folders


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ended") / "run"
    data = folder.parent / "data.npz"
    data.write_bytes(GOOD_NPZ)
    assert main(["run", "nyu6953/p6", "--smoke", f"--data=npz:{data}", f"--out={folder}"]) == 0
    return folder


@pytest.fixture
def run(ended, tmp_path):
    shutil.copytree(ended, tmp_path / "run")
    (tmp_path / "rows.csv").write_text("1,2,3\n")
    return tmp_path / "run"


def test_the_copy_that_the_others_damage_is_right(run, tmp_path, capsys):
    assert main(["predict", str(run), str(tmp_path / "rows.csv")]) == 0
    assert main(["compare", str(run), str(run)]) == 0
    assert main(["runs", "show", str(run)]) == 0
    capsys.readouterr()


JSON = {
    "empty": "",
    "not json": "{",
    "a list": "[]",
    "a number": "1",
    "nothing in it": "{}",
    "deep": "[" * 100_000,
    "wrong types": json.dumps(
        dict.fromkeys(["architecture", "input", "classes", "experiment", "metrics", "config"], 7)
    ),
}


CHANGES = [
    ("config.json", {"config": None}, "look at config"),
    ("config.json", {"machine": None}, "look at machine"),
    ("config.json", {"seed": "one"}, "look at seed"),
    ("results.json", {"metrics": None}, "look at metrics"),
    ("results.json", {"metrics": {"test_accuracy": "good"}}, "look at metrics"),
    ("model.json", {"classes": ["a"]}, "names 1 classes for 2 outputs"),
    ("model.json", {"input": {}}, "does not describe a model"),
]


@pytest.mark.parametrize(("name", "change", "message"), CHANGES)
def test_files_of_a_run_with_one_wrong_value(name, change, message, run, tmp_path, capsys):
    content = json.loads((run / name).read_text())
    (run / name).write_text(json.dumps({**content, **change}))
    command = {
        "config.json": ["runs", "show", run],
        "results.json": ["compare", run, run],
        "model.json": ["predict", run, tmp_path / "rows.csv"],
    }[name]
    refused(capsys, command, tmp_path, message)
    if name == "results.json":
        assert main(["runs", "list", str(tmp_path)]) == 0
        assert "damaged" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [1, 10**6, 10**6]},
        {"shape": [-3]},
        {"mean": [1.0]},
        {"std": [[1.0]]},
        {"mean": "x"},
    ],
    ids=str,
)
def test_standardizers_that_do_not_fit(change, run, tmp_path, capsys):
    facts = json.loads((run / "model.json").read_text())
    facts["input"].update(change)
    (run / "model.json").write_text(json.dumps(facts))
    refused(capsys, ["predict", run, tmp_path / "rows.csv"], tmp_path, "model.json")


@pytest.mark.parametrize("kind", JSON)
@pytest.mark.parametrize("name", ["config.json", "results.json", "model.json"])
def test_damaged_files_of_a_run(kind, name, run, tmp_path, capsys):
    (run / name).write_text(JSON[kind])
    command = {
        "config.json": ["runs", "show", run],
        "results.json": ["compare", run, run],
        "model.json": ["predict", run, tmp_path / "rows.csv"],
    }[name]
    refused(capsys, command, tmp_path, "")


ARCHITECTURES = [
    {"module": "os.system"},
    {"module": "Sequential"},
    {"module": "Sequential", "modules": [{"module": "Linear"}]},
    {"module": "Linear", "in_features": -1, "out_features": 2, "bias": True},
    {"module": "Linear", "in_features": 10**12, "out_features": 10**12, "bias": True},
    {"module": "Linear", "in_features": "3", "out_features": 2, "bias": True},
    {"module": "Linear", "in_features": 3, "out_features": 2, "bias": True, "x": 1},
    {"module": ["Linear"]},
    {"module": None},
    "Linear",
    None,
    [],
]


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: json.dumps(a)[:40])
def test_architectures_that_are_none(architecture, run, tmp_path, capsys):
    facts = json.loads((run / "model.json").read_text())
    (run / "model.json").write_text(json.dumps({**facts, "architecture": architecture}))
    refused(capsys, ["predict", run, tmp_path / "rows.csv"], tmp_path, "model")


@pytest.mark.parametrize("percent", range(0, 100, 2))
def test_weights_cut_at_every_other_percent(percent, run, tmp_path, capsys):
    path = run / "model.npz"
    path.write_bytes(path.read_bytes()[: path.stat().st_size * percent // 100])
    refused(capsys, ["predict", run, tmp_path / "rows.csv"], tmp_path, "weights cannot be used")


@pytest.mark.parametrize("kind", ["empty", "a pickle", "a bomb", "pickled objects", "other names"])
def test_weights_that_are_none(kind, run, tmp_path, capsys):
    (run / "model.npz").write_bytes(NPZ[kind])
    refused(capsys, ["predict", run, tmp_path / "rows.csv"], tmp_path, "weights cannot be used")


ROWS = ["", "1,2\n", "1,2,3,4\n", "1,2,x\n", "1,2,nan\n", "1,2,\n", "a,b,c\n", "1,2,3\n1,2\n"]


@pytest.mark.parametrize("rows", ROWS)
def test_rows_that_do_not_fit_the_model(rows, run, tmp_path, capsys):
    (tmp_path / "rows.csv").write_text(rows)
    refused(capsys, ["predict", run, tmp_path / "rows.csv"], tmp_path, "rows.csv")


def test_hidden_files_of_somebody_else_are_left_alone(tmp_path, capsys):
    (tmp_path / "out" / ".git").mkdir(parents=True)
    (tmp_path / "out" / ".git" / ".mine.part").write_text("mine")
    refused(
        capsys, ["run", "nyu6953/p6", "--smoke", f"--out={tmp_path}/out"], tmp_path, "name a new"
    )


def test_an_image_for_a_model_of_floating_numbers(tmp_path, capsys):
    rng = np.random.default_rng(0)
    (tmp_path / "data.npz").write_bytes(archive(x=rng.random((20, 1, 8, 8)), y=Y))
    assert main(run_on(f"npz:{tmp_path}/data.npz", tmp_path)) == 0
    (tmp_path / "a.png").write_bytes(png())
    (tmp_path / "a.csv").write_text(",".join(["0.5"] * 64))
    capsys.readouterr()
    refused(capsys, ["predict", tmp_path / "out", tmp_path / "a.png"], tmp_path, "what their white")
    assert main(["predict", str(tmp_path / "out"), str(tmp_path / "a.csv")]) == 0
    capsys.readouterr()


def test_a_folder_that_holds_something(run, tmp_path, capsys):
    refused(capsys, ["run", "nyu6953/p6", "--smoke", f"--out={run}"], tmp_path, "--resume")
    refused(capsys, ["run", "nyu6953/p6", "--smoke", f"--out={tmp_path}"], tmp_path, "name a new")
    taken = tmp_path / "rows.csv"
    refused(capsys, ["run", "nyu6953/p6", "--smoke", f"--out={taken}"], tmp_path, "is a file")


@pytest.mark.skipif(sys.platform != "linux", reason="such places are Linux's")
@pytest.mark.parametrize("out", ["/proc/mytorch", "/sys/mytorch", "/dev/null/mytorch"])
def test_a_folder_that_cannot_be_written(out, tmp_path, capsys):
    refused(capsys, ["run", "nyu6953/p6", "--smoke", f"--out={out}"], tmp_path, out)


@pytest.mark.parametrize("part", range(6))
def test_a_disk_that_is_full_from_some_file_on(part, tmp_path, capsys, monkeypatch):
    from mytorch.utils import files

    write, count = files.os.fsync, []

    def full(handle):
        count.append(handle)
        if len(count) > 2 * part:
            raise OSError(28, "No space left on device")
        write(handle)

    monkeypatch.setattr(files.os, "fsync", full)
    assert main(["run", "nyu6953/p6", "--smoke", f"--out={tmp_path}/out"]) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert "No space left on device" in err
    monkeypatch.undo()
    left = list((tmp_path / "out").rglob("*.json"))
    assert all(json.loads(path.read_text()) for path in left)  # whole, or not there
    assert main(["run", "nyu6953/p6", "--smoke", f"--out={tmp_path}/out", "--resume"]) == 0
    capsys.readouterr()


def test_nothing_was_run():
    assert RAN == []
    assert Path(__file__).is_file()
