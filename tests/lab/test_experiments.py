import json
import re

import pytest

from mytorch.cli.main import main
from mytorch.lab import registry
from mytorch.utils.errors import ArgumentError

pytest.importorskip("sklearn")


def run(out, *arguments):
    """Run an experiment through the command line and return its results."""
    assert main(["run", *arguments, "--out", str(out)]) == 0
    return json.loads((out / "results.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", registry.names())
def test_every_experiment_runs_in_seconds_with_smoke(name, all_smoke):
    if getattr(registry.get(name).config(), "backend", "numpy") == "torch":
        pytest.importorskip("torch")
    folder = all_smoke / name
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert results["experiment"] == name
    assert results["metrics"]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert f"mytorch run {name} --smoke" in page


@pytest.mark.parametrize("name", registry.names())
def test_every_experiment_has_a_title_and_settings_that_promise_a_number(name):
    experiment = registry.get(name)
    assert experiment.title.endswith(".")
    assert any(letter.isdigit() for letter in experiment.config.__doc__)
    assert {"data", "seed"} <= set(experiment.config.__dataclass_fields__)
    assert set(experiment.smoke) <= set(experiment.config.__dataclass_fields__)


def test_an_unknown_experiment_is_told_with_the_nearest():
    with pytest.raises(ArgumentError, match="did you mean nyu6953/p6"):
        registry.get("nyu6953/p7")


@pytest.mark.parametrize("seed", range(5))
def test_p6_reads_digits_with_every_seed(seed, tmp_path):
    results = run(tmp_path / "run", "nyu6953/p6", f"--seed={seed}")
    least = 0.95 if seed == 0 else 0.94
    assert results["config"]["epochs"] == 30
    assert results["metrics"]["test_accuracy"] >= least
    assert results["metrics"]["gradient_check_error"] < 1e-5


def test_p6_reads_mnist(real_data, tmp_path, capsys):
    results = run(tmp_path / "run", "nyu6953/p6", "--data", "mnist")
    assert results["config"]["epochs"] == 3
    assert results["metrics"]["test_accuracy"] >= 0.96
    assert 0 < results["metrics"]["gradient_check_error"] < 1e-5
    assert sum(row[3] for row in results["tables"]["layers"]["rows"][:-1]) == 109_386
    assert "gradient check    ok, largest relative error" in capsys.readouterr().out
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert len(lines) == 3 * (938 + 1)  # ceil(60,000 / 64) steps and an epoch's end, three times


def test_the_same_command_writes_the_same_results(tmp_path):
    arguments = ("nyu6953/p6", "--epochs=2", "--seed=3")
    first, second = run(tmp_path / "a", *arguments), run(tmp_path / "b", *arguments)
    assert first == second
    for name in ("results.json", "metrics.jsonl", "figures/training_loss.svg"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    other = run(tmp_path / "c", "nyu6953/p6", "--epochs=2", "--seed=4")
    assert other["metrics"] != first["metrics"]


def test_p6_shows_what_the_course_asks_for(tmp_path):
    results = run(tmp_path / "run", "nyu6953/p6", "--smoke")
    figures = {path.stem for path in (tmp_path / "run" / "figures").iterdir()}
    assert figures == {"gradient_check", "training_loss", "confusion_matrix", "test_images"}
    assert set(results["tables"]) == {"gradient_check", "layers", "confusion_matrix"}
    counts = [row[1:] for row in results["tables"]["confusion_matrix"]["rows"]]
    right = sum(counts[i][i] for i in range(10))
    assert sum(map(sum, counts)) == 360
    assert right / 360 == pytest.approx(results["metrics"]["test_accuracy"])
    names = [row[0] for row in results["tables"]["gradient_check"]["rows"]]
    assert names == ["0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias", "input"]


@pytest.mark.parametrize(
    "field", ["--momentum=0.9", "--limit=100", "--batch_size=32", "--lr=0.2", "--hidden=9"]
)
def test_every_setting_of_p6_changes_what_is_learned(field, tmp_path):
    plain = run(tmp_path / "plain", "nyu6953/p6", "--smoke")["metrics"]["final_train_loss"]
    other = run(tmp_path / "other", "nyu6953/p6", "--smoke", field)["metrics"]["final_train_loss"]
    assert plain != other


def test_no_id_stands_twice_in_a_report(tmp_path):
    run(tmp_path / "run", "nyu6953/p6", "--smoke")
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    by_figure = [
        set(re.findall(r'\bid="([^"]+)"', svg)) for svg in re.findall(r"<svg.*?</svg>", page, re.S)
    ]
    assert len(by_figure) == 4
    assert len(set.union(*by_figure)) == sum(map(len, by_figure))
    for svg in re.findall(r"<svg.*?</svg>", page, re.S):
        ids = set(re.findall(r'\bid="([^"]+)"', svg))
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg)) <= ids
