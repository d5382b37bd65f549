"""The long trainings, tried on a few images: what they write, when they go on, what they judge."""

import json

import numpy as np
import pytest

from benchmarks.acceptance import __main__ as command
from benchmarks.acceptance import experiments, trials
from mytorch import nn
from mytorch.data.dataset import Split
from mytorch.utils.errors import DataError, RunError


@pytest.fixture
def few(monkeypatch):
    """A handful of images instead of the real ones, and a small network."""
    pytest.importorskip("matplotlib")

    def images(name, held_out):
        rng = np.random.default_rng(0)
        return [
            Split(rng.standard_normal((n, 1, 8, 8)).astype(np.float32), rng.integers(0, 3, n))
            for n in (60, 10, 20)
        ]

    def small(rng, dtype=np.float32):
        return nn.Sequential(
            nn.Conv2d(1, 2, 3, dtype=dtype, rng=rng),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.5, rng=rng),
            nn.Linear(18, 3, dtype=dtype, rng=rng),
        )

    monkeypatch.setattr(trials, "images", images)
    monkeypatch.setattr(trials.networks, "dcn", small)


TRAINING = trials.Training("dcn", "few", 10, 2, 16, 0.5)


def test_a_training_is_judged_by_its_test_accuracy_and_not_repeated(few, tmp_path, monkeypatch):
    outcome = TRAINING(tmp_path / "run")
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    accuracy = results["metrics"]["test_accuracy"]
    assert outcome.measured == f"{accuracy:.4f}"
    assert outcome.reached == (accuracy >= 0.5)
    assert outcome.seconds > 0
    monkeypatch.setattr(trials, "fit", None)  # would fail if it trained again
    assert TRAINING(tmp_path / "run") == outcome


def test_an_interrupted_training_goes_on_to_the_same_end(few, tmp_path, monkeypatch):
    whole = TRAINING(tmp_path / "whole")

    def interrupt(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as changed:
        changed.setattr(trials, "evaluate", interrupt)
        with pytest.raises(KeyboardInterrupt):
            TRAINING(tmp_path / "again")
    assert not (tmp_path / "again" / "results.json").exists()
    assert TRAINING(tmp_path / "again").measured == whole.measured


def test_both_libraries_train_in_step_and_a_difference_is_seen(few, tmp_path, monkeypatch):
    pytest.importorskip("torch")
    trial = trials.LockStep("dcn", "few", steps=3, batch_size=16)
    outcome = trial(tmp_path / "one")
    assert outcome.reached
    assert float(outcome.measured) < 1e-12
    step = nn.SGD.step

    def wrong(self, gradients=None):
        step(self, [1.001 * g for g in gradients])

    monkeypatch.setattr(nn.SGD, "step", wrong)
    assert trial(tmp_path / "one") == outcome  # as it was
    assert not trial(tmp_path / "two").reached


def test_the_table_tells_what_was_wanted_and_what_came_out(tmp_path, monkeypatch, capsys):
    tried = [
        trials.Trial("good", "one thing", ">= 1", lambda folder: trials.Outcome("2", True, 5)),
        trials.Trial("bad", "another", ">= 3", lambda folder: trials.Outcome("2", False, 600)),
    ]
    monkeypatch.setattr(command, "TRIALS", tried)
    page = tmp_path / "page.md"
    assert command.main(["good", "--out", str(page)]) == 0
    assert "another" not in page.read_text()
    assert command.main(["--out", str(page)]) == 1
    text = page.read_text()
    assert text.startswith("# Long runs on real data\n")
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in text.splitlines()]
    assert ["another", ">= 3", "2", "NO", "10 minutes"] in rows
    assert ["one thing", ">= 1", "2", "yes", "5 seconds"] in rows
    capsys.readouterr()


def test_mistakes_and_interruptions_are_one_line(tmp_path, monkeypatch, capsys):
    def missing(folder):
        raise DataError("mnist is missing")

    def interrupted(folder):
        raise KeyboardInterrupt

    for run, code, line in [
        (missing, 2, "acceptance: mnist is missing\n"),
        (interrupted, 130, "interrupted: the same command goes on from here\n"),
    ]:
        monkeypatch.setattr(command, "TRIALS", [trials.Trial("it", "it", "", run)])
        assert command.main([]) == code
        assert capsys.readouterr().err == line
    with pytest.raises(SystemExit):
        command.main(["nothing"])
    assert "no trial 'nothing': choose from it" in capsys.readouterr().err


def trial(*arguments):
    return experiments.Experiments(*arguments, options=("--smoke", "--data=digits"))


def test_an_experiment_is_judged_by_its_results_and_not_repeated(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib")
    asked = trial(("nyu6953/p6",), experiments.accuracy(0.99))
    outcome = asked(tmp_path)
    found = json.loads((tmp_path / "nyu6953/p6/results.json").read_text())["metrics"]
    assert outcome.measured == f"{found['test_accuracy']:.4f}"
    assert not outcome.reached
    assert trial(("nyu6953/p6",), experiments.accuracy(0.1))(tmp_path).reached
    monkeypatch.setattr(experiments, "mytorch", None)  # would fail if it ran again
    assert asked(tmp_path) == outcome
    assert trial(("nyu6953/p6",), experiments.in_time)(tmp_path).reached
    (tmp_path / "seconds.json").write_text("31")
    assert trial(("nyu6953/p6",), experiments.in_time)(tmp_path).measured == "31 s"
    assert not trial(("nyu6953/p6",), experiments.in_time)(tmp_path).reached


@pytest.mark.parametrize(("code", "raised"), [(130, KeyboardInterrupt), (2, RunError)])
def test_an_experiment_that_does_not_end_is_not_judged(code, raised, tmp_path, monkeypatch):
    monkeypatch.setattr(experiments, "mytorch", lambda words: code)
    with pytest.raises(raised):
        trial(("nyu6953/p6",), experiments.accuracy(0))(tmp_path)
    assert not list(tmp_path.iterdir())


def initializations(gradient=0.0, stuck=0.1135, learned=0.97):
    methods = {"zero": stuck, "small_random": 0.1135, "xavier": learned, "he": 0.98}
    columns = ["weights", "largest weight gradient, untrained", "trained", "change"]
    rows = [["small_random", 1.0, 1.0, 1.0], ["zero", 0.0, gradient, 0.0]]
    return {
        "metrics": {
            f"test_accuracy_{f}_{method}": value
            for f in ("tanh", "relu")
            for method, value in methods.items()
        },
        "tables": {f"trainings_{f}": {"columns": columns, "rows": rows} for f in ("tanh", "relu")},
    }


@pytest.mark.parametrize(
    ("changed", "reached"),
    [({}, True), ({"gradient": 1e-9}, False), ({"stuck": 0.2}, False), ({"learned": 0.9}, False)],
)
def test_initial_weights_have_to_vanish_and_to_learn(changed, reached):
    measured, found = experiments.initializations([initializations(**changed)], 1.0)
    assert found is reached
    assert measured.startswith("1e-09;" if "gradient" in changed else "0;")
