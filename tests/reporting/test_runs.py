import json

import pytest

from mytorch.reporting.runs import Run
from mytorch.training import EpochRecord, StepRecord
from mytorch.utils import files
from mytorch.utils.errors import RunError

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

HEADER = {
    "experiment": "course/name",
    "title": "A <made-up> experiment.",
    "data": "none",
    "backend": "numpy",
    "seed": 0,
    "config": {"epochs": 1},
}
RECORDS = [StepRecord(1, 1, 2.5), StepRecord(1, 2, 0.1), EpochRecord(1, 2, 1.3, None, None)]


def finished(out):
    run = Run(HEADER, "mytorch run course/name", out)
    with run.timed("training"):
        run.record(iter(RECORDS))
    run.metric("test_accuracy", 0.5)
    run.table("layers", ["name", "size"], [["0 & 1", 12345], ["2", None]])
    run.end()
    return run


def test_a_run_leaves_every_file_of_its_folder(tmp_path):
    folder = finished(tmp_path / "run").folder
    names = sorted(path.name for path in folder.iterdir())
    expected = ["config.json", "metrics.jsonl", "report.html", "results.json", "timing.json"]
    assert names == expected
    results = json.loads((folder / "results.json").read_text())
    assert results["metrics"] == {"test_accuracy": 0.5}
    assert results["tables"]["layers"]["rows"] == [["0 & 1", 12345], ["2", None]]
    config = json.loads((folder / "config.json").read_text())
    assert config["command"] == "mytorch run course/name"
    assert config["machine"]["numpy"]
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert lines[0] == {"record": "step", "epoch": 1, "step": 1, "loss": 2.5}
    assert lines[2]["record"] == "epoch"
    assert lines[2]["train_loss"] == 1.3


def test_nothing_is_created_before_there_is_something_to_write(tmp_path):
    Run(HEADER, "", tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(RunError, match="holds files already; name a new folder"):
        Run(HEADER, "", tmp_path)
    with pytest.raises(RunError, match="is a file; name a folder"):
        Run(HEADER, "", tmp_path / "precious")
    assert (tmp_path / "precious").read_text() == "mine"


def test_an_empty_folder_is_used(tmp_path):
    assert finished(tmp_path).folder == tmp_path


def test_runs_in_the_same_second_get_folders_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = {finished(None).folder for _ in range(3)}
    assert len(folders) == 3
    assert all(folder.parent.as_posix() == "runs/course/name" for folder in folders)


def test_records_up_to_an_interruption_are_kept(tmp_path):
    def interrupted():
        yield RECORDS[0]
        raise KeyboardInterrupt

    run = Run(HEADER, "", tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run.record(interrupted())
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 1
    assert not (tmp_path / "results.json").exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_bytes", full)
    with pytest.raises(RunError, match=r"cannot be written \(No space left on device\)"):
        finished(tmp_path)


def test_the_report_is_one_file_and_the_same_every_time(tmp_path):
    from mytorch.reporting.html import render

    folder = finished(tmp_path).folder
    page = (folder / "report.html").read_text()
    assert page == render(folder)
    assert "A &lt;made-up&gt; experiment." in page
    assert "0 &amp; 1" in page
    assert "12,345" in page
    assert "src=" not in page
    assert "http" not in page
