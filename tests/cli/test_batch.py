"""Several experiments by one command."""

import json
import signal
from dataclasses import dataclass

import pytest

from mytorch.cli.main import main
from mytorch.lab import registry
from mytorch.lab.registry import Experiment
from mytorch.reporting.training import RunInterrupted
from mytorch.utils.errors import DataError

pytest.importorskip("matplotlib")


@dataclass(frozen=True)
class Plain:
    """Promises 1."""

    data: str = "none"
    seed: int = 0


@dataclass(frozen=True)
class Deep(Plain):
    """Promises 2."""

    depth: int = 2


@pytest.fixture
def experiments(monkeypatch):
    """Three experiments of two courses; what each does can be changed."""
    ran, does = [], {}

    def run(name):
        def of(config, held):
            ran.append((name, config))
            held.begin()
            does.get(name, lambda: None)()
            held.metric("one", 1.0)

        return of

    configs = {"a/first": Plain, "a/second": Deep, "b/third": Plain}
    there = {
        name: Experiment(name, f"{name}.", config, run(name), {})
        for name, config in configs.items()
    }
    monkeypatch.setattr(registry, "names", lambda: sorted(there))
    monkeypatch.setattr(registry, "get", there.__getitem__)
    return ran, does


def names(ran):
    return [name for name, _ in ran]


def test_all_and_a_course_run_each_into_a_folder_of_its_own(experiments, tmp_path, capsys):
    ran, _ = experiments
    assert main(["run", "--all", "--out", str(tmp_path / "all")]) == 0
    assert names(ran) == ["a/first", "a/second", "b/third"]
    for name in names(ran):
        assert (tmp_path / "all" / name / "report.html").is_file()
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "all")
    ran.clear()
    assert main(["run", "--course", "a", "--smoke", "--out", str(tmp_path / "a")]) == 0
    assert names(ran) == ["a/first", "a/second"]
    results = json.loads((tmp_path / "a" / "a" / "second" / "results.json").read_text())
    assert results["experiment"] == "a/second"


def test_without_out_they_go_below_runs(experiments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["run", "--course", "b"]) == 0
    folder = capsys.readouterr().out.splitlines()[-1]
    assert folder.startswith("runs/b/")
    assert (tmp_path / folder / "b" / "third" / "report.html").is_file()


def test_a_field_goes_to_the_experiments_that_have_it(experiments, tmp_path):
    ran, _ = experiments
    fields = ["--depth=3", "--seed=7"]
    assert main(["run", "--all", "--out", str(tmp_path / "all"), *fields]) == 0
    assert [config.seed for _, config in ran] == [7, 7, 7]
    assert [getattr(config, "depth", None) for _, config in ran] == [None, 3, None]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--all", "--width=3"], "all: no experiment has a field named --width"),
        (["--course=c"], "no course is named 'c'; there are: a, b"),
        (["--all", "--course=a"], "give one of NAME, --course and --all"),
        (["a/first", "--all"], "give one of NAME, --course and --all"),
        (["--all", "--resume"], "--resume needs --out DIR"),
    ],
)
def test_what_cannot_be_is_told_before_anything_runs(experiments, words, expected, capsys):
    ran, _ = experiments
    try:
        code = main(["run", *words])
    except SystemExit as stop:
        code = stop.code
    told = capsys.readouterr().err
    assert code == 2
    assert expected in told
    assert told.count("\n") == 1
    assert ran == []


def test_a_folder_that_holds_something_is_left_alone(experiments, tmp_path, capsys):
    ran, _ = experiments
    (tmp_path / "mine").write_text("mine")
    assert main(["run", "--all", "--out", str(tmp_path)]) == 2
    assert "holds files already" in capsys.readouterr().err
    assert ran == []


def test_one_that_fails_is_told_and_the_others_run(experiments, tmp_path, capsys):
    ran, does = experiments

    def fail():
        raise DataError("letters: not here")

    does["a/second"] = fail
    assert main(["run", "--all", "--out", str(tmp_path / "all")]) == 2
    assert names(ran) == ["a/first", "a/second", "b/third"]
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        "mytorch: a/second: letters: not here",
        "mytorch: failed: a/second",
    ]
    assert "2 of 3 experiments ended" in out


def test_a_signal_ends_all_and_resume_does_what_is_left(experiments, tmp_path, capsys):
    ran, does = experiments

    def interrupt():
        raise RunInterrupted("a/second was interrupted", signal.SIGINT)

    does["a/second"] = interrupt
    out = str(tmp_path / "all")
    assert main(["run", "--all", "--out", out, "--seed=3"]) == 130
    assert names(ran) == ["a/first", "a/second"]
    again = capsys.readouterr().err.splitlines()[-1]
    expected = f"mytorch: go on with all: mytorch run --all --out={out} --resume"
    assert again.startswith(expected)
    does.clear()
    ran.clear()
    assert main(again.removeprefix("mytorch: go on with all: mytorch ").split()) == 0
    assert [(name, config.seed) for name, config in ran] == [("a/second", 3), ("b/third", 3)]
    for name in ("a/first", "a/second", "b/third"):
        assert (tmp_path / "all" / name / "report.html").is_file()
