import json
import shutil

import numpy as np
import pytest

from mytorch.cli.main import main
from mytorch.data import load
from mytorch.reporting.predictor import Predictor

pytest.importorskip("sklearn")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs that have ended and one that was interrupted, below one folder."""
    root = tmp_path_factory.mktemp("all") / "runs"
    for name, seed in (("first", 0), ("second", 1)):
        command = ["run", "nyu6953/p6", "--smoke", f"--seed={seed}", f"--out={root / name}"]
        assert main(command) == 0
    shutil.copytree(root / "first", root / "third")
    for name in ("report.html", "results.json"):
        (root / "third" / name).unlink()
    return root


def test_the_list_has_a_line_for_each_run(runs, capsys):
    assert main(["runs", "list", str(runs)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        [str(runs / "first"), "ended"],
        [str(runs / "second"), "ended"],
        [str(runs / "third"), "interrupted"],
    ]
    accuracy = json.loads((runs / "first" / "results.json").read_text())["metrics"]["test_accuracy"]
    assert f"test accuracy {accuracy:.4g}" in lines[0]
    assert "digits, seed 1, numpy" in lines[1]


def test_one_run_is_shown_with_how_to_go_on(runs, capsys):
    assert main(["runs", "show", str(runs / "third")]) == 0
    out = capsys.readouterr().out
    assert f"mytorch run nyu6953/p6 --out={runs / 'third'} --resume" in out
    assert "hidden" in out
    assert main(["runs", "show", str(runs / "first")]) == 0
    out = capsys.readouterr().out
    assert "mytorch run nyu6953/p6 --seed=0 --smoke" in out
    assert "--resume" not in out


def test_cleaning_removes_checkpoints_and_only_where_asked_runs(runs, tmp_path, capsys):
    root = tmp_path / "runs"
    shutil.copytree(runs, root)
    assert main(["runs", "clean", str(root), "--dry-run"]) == 0
    assert "could be free again" in capsys.readouterr().out
    assert (root / "first" / "checkpoints").is_dir()
    assert main(["runs", "clean", str(root)]) == 0
    capsys.readouterr()
    assert not (root / "first" / "checkpoints").exists()
    assert (root / "third" / "checkpoints").is_dir()  # it is needed to go on
    assert main(["runs", "clean", str(root), "--interrupted"]) == 0
    capsys.readouterr()
    assert not (root / "third").exists()
    assert (root / "first" / "results.json").is_file()


def test_a_run_compared_with_itself_is_the_same(runs, capsys):
    assert main(["compare", str(runs / "first"), str(runs / "first")]) == 0
    out = capsys.readouterr().out
    assert "test accuracy" in out
    assert "same" in out
    assert "seed" not in out


def test_runs_that_differ_are_told_apart(runs, capsys):
    assert main(["compare", str(runs / "first"), str(runs / "second")]) == 1
    lines = capsys.readouterr().out.splitlines()
    metrics = [
        json.loads((runs / name / "results.json").read_text())["metrics"]
        for name in ("first", "second")
    ]
    assert ["seed", "0", "1"] in [line.split() for line in lines]
    (line,) = [line for line in lines if line.startswith("test loss")]
    change = metrics[1]["test_loss"] - metrics[0]["test_loss"]
    assert line.split()[2:] == [
        f"{metrics[0]['test_loss']:.6g}",
        f"{metrics[1]['test_loss']:.6g}",
        f"{change:+.4g}",
    ]


def test_the_model_of_a_run_predicts_as_it_did_in_the_run(runs):
    results = json.loads((runs / "first" / "results.json").read_text())
    digits = load("digits")
    predictor = Predictor(runs / "first")
    p = predictor.probabilities(digits.test.x)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    assert np.mean(p.argmax(axis=1) == digits.test.y) == results["metrics"]["test_accuracy"]


def test_images_are_predicted_from_their_files(runs, tmp_path, capsys):
    image = pytest.importorskip("PIL.Image")
    digits = load("digits")
    predictor = Predictor(runs / "first")
    for number in range(3):
        pixels = np.round(digits.test.x[number, 0] / 16 * 255).astype(np.uint8)
        image.fromarray(pixels).save(tmp_path / f"{number}.png")
    files = [str(tmp_path / f"{number}.png") for number in range(3)]
    assert main(["predict", str(runs / "first"), *files]) == 0
    lines = capsys.readouterr().out.splitlines()
    labels = predictor.probabilities(digits.test.x[:3]).argmax(axis=1)
    assert [line.split()[1] for line in lines] == [str(label) for label in labels]
    assert lines[0].startswith(files[0])


def test_rows_of_a_table_are_predicted(tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["run", "nyu6953/p6", "--data=iris", "--epochs=60", f"--out={out}"]) == 0
    capsys.readouterr()
    iris = load("iris")
    rows = "\n".join(",".join(map(str, row)) for row in iris.test.x[:5])
    (tmp_path / "rows.csv").write_text(f"a,b,c,d\n{rows}\n")
    assert main(["predict", str(out), str(tmp_path / "rows.csv")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    labels = Predictor(out).probabilities(iris.test.x[:5]).argmax(axis=1)
    assert [line.split()[1] for line in lines] == [iris.classes[label] for label in labels]
    assert lines[2].split()[0].endswith("rows.csv:3")
