"""nyu6953's experiments: what the assignment asks for is there, and the sentences are true."""

import dataclasses
import json
import re
import sys
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from mytorch import interop
from mytorch.cli.main import main
from mytorch.data import Dataset, Split, registry
from mytorch.data.recipe import Parts
from mytorch.data.sets import RECIPES
from mytorch.data.sets.blood_cells import blood_cells
from mytorch.data.transforms import flatten
from mytorch.lab import classes, inspection, mistakes, signals, trainings
from mytorch.lab.signals import Signal
from mytorch.lab.trainings import Advice, Learned, Movement
from mytorch.reporting.runs import Run
from mytorch.training import EpochRecord, Evaluation
from mytorch.training.mistakes import Confusion, Quadrant

pytest.importorskip("sklearn")
pytest.importorskip("matplotlib")

CELLS = registry.get("bloodmnist").classes
METHODS = ["zero", "small_random", "xavier", "he"]
SMOKE = ("--smoke", "--dtype=float64")


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """A function that runs an experiment once: its folder, results, and figures as drawn."""
    done = {}

    def run(name, backend, *options):
        key = name, backend, options
        if key not in done:
            pytest.importorskip("torch")
            folder = tmp_path_factory.mktemp("runs") / "run"
            drawn, original = {}, Run.figure

            def figure(self, name, figure, *words):
                drawn[name] = figure
                original(self, name, figure, *words)

            Run.figure = figure
            try:
                words = [f"--backend={backend}", *options, f"--out={folder}"]
                assert main(["run", f"nyu6953/{name}", *words]) == 0
            finally:
                Run.figure = original
            results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
            done[key] = SimpleNamespace(**{**results, "folder": folder, "figures": drawn})
        return done[key]

    return run


@pytest.fixture
def p4(smoke):
    return smoke("p4", "torch", *SMOKE)


@pytest.fixture
def p5(smoke):
    return smoke("p5", "torch", *SMOKE)


def rows(results, table):
    return results.tables[table]["rows"]


def assert_same(one, other, where):
    """Two outcomes are equal, their numbers to a relative 1e-10."""
    assert type(one) is type(other), where
    if isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key in one:
            assert_same(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list):
        assert len(one) == len(other), where
        for number, pair in enumerate(zip(one, other, strict=True)):
            assert_same(*pair, f"{where}[{number}]")
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-10, abs=0), where
    else:
        assert one == other, where


@pytest.mark.parametrize("name", ["p4", "p5", "p6"])
def test_both_backends_do_the_same(name, smoke):
    options = (*SMOKE, "--check-samples=0") if name == "p6" else SMOKE
    ours, theirs = smoke(name, "numpy", *options), smoke(name, "torch", *options)
    for part in ("metrics", "tables", "findings"):
        assert_same(getattr(ours, part), getattr(theirs, part), part)
    assert ours.backend != theirs.backend


def test_pytorch_is_what_the_course_asks_for():
    from mytorch.lab import registry as experiments

    defaults = {n: experiments.get(f"nyu6953/{n}").config() for n in ("p4", "p5", "p6")}
    assert [config.backend for config in defaults.values()] == ["torch", "torch", "numpy"]
    p4, p5 = defaults["p4"], defaults["p5"]
    assert (p4.data, p4.hidden, p4.lr, p4.epochs, p4.batch_size) == (
        *("bloodmnist", (256, 128), 1e-3),
        *(30, 64),
    )
    assert (p5.data, p5.hidden, p5.lr, p5.epochs, p5.batch_size, p5.samples) == (
        *("mnist", (256,) * 5, 0.1),
        *(10, 128, 256),
    )


# P4


def test_the_data_are_explored(p4):
    assert rows(p4, "splits") == [["training", 11959], ["validation", 1712], ["test", 3421]]
    images = p4.figures["training_images"]
    assert len(images.axes) == 16
    titles = [axes.get_title().replace("\n", " ") for axes in images.axes]
    assert titles == [name for name in CELLS for _ in range(2)]
    seen = [axes.images[0].get_array().tobytes() for axes in images.axes]
    assert len(set(seen)) == 16
    bars = p4.figures["class_counts"].axes[0]
    published = [852, 2181, 1085, 2026, 849, 993, 2330, 1643]
    assert [patch.get_height() for patch in bars.patches] == published
    assert [label.get_text() for label in bars.get_xticklabels()] == list(CELLS)
    assert [row[:2] for row in rows(p4, "class_counts")] == [
        list(pair) for pair in zip(CELLS, published, strict=True)
    ]
    assert p4.findings["exploration"]["answer"] == (
        "There are 11,959 training, 1,712 validation, 3,421 test images. Imbalanced: neutrophil "
        "has 2,330 training examples and lymphocyte 849, a ratio of 2.74, which is above 1.5."
    )


@pytest.mark.parametrize(
    ("what", "last"),
    [
        ("loss", ("final_train_loss", "final_validation_loss")),
        ("accuracy", ("train_accuracy", "validation_accuracy")),
    ],
)
def test_loss_and_accuracy_are_drawn_by_epoch_for_training_and_validation(what, last, p4):
    (axes,) = p4.figures[what].axes
    train, validation = axes.lines
    assert [line.get_label() for line in axes.lines] == ["training", "validation"]
    assert train.get_xdata().tolist() == [1, 2, 3, 4, 5]
    lines = (p4.folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    epochs = [r for r in map(json.loads, lines) if r["record"] == "epoch"]
    for line, name, metric in zip((train, validation), ("train", "validation"), last, strict=True):
        assert line.get_ydata().tolist() == [record[f"{name}_{what}"] for record in epochs]
        assert line.get_ydata()[-1] == p4.metrics[metric]
    assert axes.get_xlabel() == "epoch"


def test_the_confusion_matrix_and_what_follows_from_it_agree(p4):
    counts = np.array([row[1:] for row in rows(p4, "confusion_matrix")])
    assert counts.shape == (8, 8)
    assert counts.sum(axis=1).tolist() == [244, 624, 311, 579, 243, 284, 666, 470]
    accuracy = counts.trace() / 3421
    assert p4.metrics["test_accuracy"] == pytest.approx(accuracy, rel=1e-12, abs=0)
    texts = [t.get_text() for t in p4.figures["confusion_matrix"].axes[0].texts]
    assert texts == [str(n) for n in counts.ravel() if n]

    off = counts - np.diag(counts.diagonal())
    for (true, taken, n, share, back), size in zip(
        rows(p4, "most_confused"), sorted(off.ravel())[::-1], strict=False
    ):
        i, j = CELLS.index(true), CELLS.index(taken)
        assert off[i, j] == n == size
        assert back == off[j, i]
        assert share == pytest.approx(n / counts[i].sum(), rel=1e-12, abs=0)
    assert len({frozenset(row[:2]) for row in rows(p4, "most_confused")}) == 2

    for c, (name, precision, recall, f1, examples) in enumerate(rows(p4, "per_class")):
        hits, predicted, true = counts[c, c], counts[:, c].sum(), counts[c].sum()
        assert (name, examples) == (CELLS[c], true)
        assert precision == (pytest.approx(hits / predicted) if predicted else None)
        assert recall == pytest.approx(hits / true)
        assert f1 == pytest.approx(2 * hits / (predicted + true))

    answer = p4.findings["errors"]["answer"]
    assert f"Right on {accuracy:.2%} of 3,421 test images." in answer
    weak = min(rows(p4, "per_class"), key=lambda row: row[2])
    assert f"The class with the lowest recall is {weak[0]}, with {weak[2]:.3f}" in answer
    mistaken_for = CELLS[int(off[CELLS.index(weak[0])].argmax())]
    assert f"taken for {mistaken_for}" in answer
    assert "Hypothesis: " in answer


def test_five_images_of_the_weakest_class_are_shown_with_what_they_are_taken_for(p4):
    shown = rows(p4, "missed_images")
    weak = min(rows(p4, "per_class"), key=lambda row: row[2])[0]
    assert len(shown) == len({row[0] for row in shown}) == 5
    assert {row[1] for row in shown} == {weak}
    assert weak not in {row[2] for row in shown}
    data = registry.load("bloodmnist-stand-in")
    titles = [axes.get_title().replace("\n", " ") for axes in p4.figures["missed_images"].axes]
    assert titles == [f"as {taken} confidence {p:.2f}" for _, _, taken, p in shown]
    for axes, (row, *_) in zip(p4.figures["missed_images"].axes, shown, strict=True):
        assert data.classes[data.test.y[row]] == weak
        picture = data.test.x[row].transpose(1, 2, 0) / 255
        np.testing.assert_allclose(axes.images[0].get_array(), picture, atol=1e-6)


def test_two_images_of_each_quadrant_are_shown_or_it_is_said_that_there_are_fewer(p4):
    numbers = {name: n for name, n, _ in rows(p4, "quadrants")}
    assert list(numbers) == [
        f"{sure} and {right}" for right in ("right", "wrong") for sure in ("confident", "uncertain")
    ]
    shown = rows(p4, "confidence")
    found = Counter(row[0] for row in shown)
    assert all(found[name] == min(n, 2) for name, n in numbers.items())
    for quadrant, _, true, predicted, p in shown:
        assert (0.9 < p <= 1) if quadrant.startswith("confident") else (1 / 8 <= p < 0.6)
        assert (true == predicted) == quadrant.endswith("right")
    axes = p4.figures["confidence"].axes
    assert len(axes) == 8
    titles = [a.get_title() for a in axes]
    assert [a.spines["left"].get_visible() for a in axes] == [
        "wrong\ntrue" in title for title in titles
    ]
    for quadrant, _, true, predicted, p in shown:
        wanted = f"{quadrant} true {true} predicted {predicted} confidence {p:.3f}"
        assert wanted in [title.replace("\n", " ") for title in titles]
    answer = p4.findings["confidence"]["answer"]
    for name, n in numbers.items():
        assert (f"{name}." in answer) == (n < 2)
    assert len(re.findall(r"[.]( |$)", answer)) >= 3


def test_everything_is_marked_where_the_data_stand_in(p4, smoke):
    assert "in place of bloodmnist" in p4.stand_in
    assert all("STAND-IN DATA" in [t.get_text() for t in f.texts] for f in p4.figures.values())
    assert "Stand-in data." in (p4.folder / "report.html").read_text(encoding="utf-8")
    assert "stand_in" in json.loads((p4.folder / "model.json").read_text(encoding="utf-8"))
    assert "stand_in" in json.loads((p4.folder / "config.json").read_text(encoding="utf-8"))


def test_several_seeds_of_a_stand_in_are_marked_too(no_figures, tmp_path, monkeypatch, capsys):
    few = blood_cells((9,) * 8)
    recipe = RECIPES["bloodmnist-stand-in"]
    fewer = dataclasses.replace(recipe, read=lambda _: Parts(few, few, few))
    monkeypatch.setitem(RECIPES, "bloodmnist-stand-in", fewer)
    words = ["--data=bloodmnist-stand-in", "--check-samples=0", f"--out={tmp_path / 'run'}"]
    assert main(["run", "nyu6953/p6", "--smoke", "--seeds=2", *words]) == 0
    results = json.loads((tmp_path / "run" / "results.json").read_text(encoding="utf-8"))
    assert "in place of bloodmnist" in results["stand_in"]
    capsys.readouterr()
    assert main(["runs", "show", str(tmp_path / "run/seed-1")]) == 0
    assert "in place of bloodmnist" in capsys.readouterr().out


@pytest.fixture
def no_figures(monkeypatch):
    """Figures are not drawn, which takes most of the time of a small run."""
    monkeypatch.setattr(Run, "figure", lambda *_: None)


@pytest.fixture
def bloodmnist(tmp_path, monkeypatch):
    """A file in BloodMNIST's format where the medmnist package keeps it."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part, n in (("train", 200), ("val", 40), ("test", 60)):
        y = np.arange(n, dtype=np.uint8)[:, np.newaxis] % 8
        noise = rng.integers(0, 100, (n, 28, 28, 3))
        noise[..., 0] += (15 * y)[:, :, np.newaxis]
        arrays[f"{part}_images"], arrays[f"{part}_labels"] = noise.astype(np.uint8), y
    home = tmp_path / "home"
    (home / ".medmnist").mkdir(parents=True)
    path = home / ".medmnist" / "bloodmnist.npz"
    np.savez_compressed(path, **arrays)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(home))
    monkeypatch.delenv("MYTORCH_DATA", raising=False)
    return path


def test_what_lies_in_medmnists_own_folder_is_read_if_it_is_the_published_file(
    bloodmnist, no_figures, tmp_path, monkeypatch, capsys
):
    pytest.importorskip("torch")
    command = ["run", "nyu6953/p4", "--epochs=2", "--hidden=16", f"--out={tmp_path / 'run'}"]
    assert main(command) == 2
    said = capsys.readouterr().err
    assert f"{bloodmnist}: its md5 is" in said
    assert "expected 7053d0359d879ad8a5505303e11de1dc" in said
    assert not (tmp_path / "run").exists()

    md5 = re.search(r"md5 is (\w+)", said)[1]
    recipe = RECIPES["bloodmnist"]
    file = recipe.files[0]._replace(md5=md5)
    monkeypatch.setitem(RECIPES, "bloodmnist", dataclasses.replace(recipe, files=(file,)))
    assert main(command) == 0
    results = json.loads((tmp_path / "run" / "results.json").read_text(encoding="utf-8"))
    assert "stand_in" not in results
    assert [row[1] for row in results["tables"]["splits"]["rows"]] == [200, 40, 60]
    assert "Stand-in" not in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert results["findings"]["exploration"]["answer"].endswith("which is not above 1.5.")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("p4", "moons", "nyu6953/p4 is about images, and an example of moons has the shape (2,)"),
        ("p4", "sine", "nyu6953/p4 is about classes, and sine has none"),
        ("p5", "sine", "nyu6953/p5 is about classes, and sine has none"),
    ],
)
def test_data_that_do_not_fit_are_refused(name, data, message, tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["run", f"nyu6953/{name}", f"--data={data}", "--smoke", f"--out={out}"]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not out.exists()


def test_images_of_two_channels_cannot_be_looked_at(tmp_path, capsys):
    np.savez(tmp_path / "two.npz", x=np.zeros((20, 2, 4, 4)), y=np.arange(20) % 2)
    command = ["run", "nyu6953/p4", "--smoke", f"--data=npz:{tmp_path / 'two.npz'}"]
    assert main([*command, f"--out={tmp_path / 'run'}"]) == 2
    assert "has the shape (2, 4, 4); try digits" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--hidden=9", "--hidden=9: expected two layers or more"),
        ("--samples=1438", "--samples=1438: digits has 1437 training examples"),
        ("--samples=0", "--samples=0: expected a number of at least 1"),
        ("--dtype=float16", "--dtype=float16: expected float32 or float64"),
    ],
)
def test_settings_of_p5_that_cannot_be_are_refused(option, message, tmp_path, capsys):
    assert main(["run", "nyu6953/p5", "--smoke", option, f"--out={tmp_path / 'run'}"]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["p4", "p5"])
def test_without_pytorch_there_is_one_line(name, tmp_path, monkeypatch, capsys):
    for module in [m for m in sys.modules if m.startswith("mytorch.interop.")]:
        if module.rpartition(".")[2] in ("torch", "twins", "distributed"):
            monkeypatch.delitem(sys.modules, module)
            monkeypatch.delattr(interop, module.rpartition(".")[2])
    monkeypatch.setitem(sys.modules, "torch", None)
    out = tmp_path / "run"
    assert main(["run", f"nyu6953/{name}", "--smoke", "--data=digits", f"--out={out}"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not out.exists()


def test_p4_looks_at_any_images(no_figures, tmp_path):
    pytest.importorskip("torch")
    words = ["--smoke", "--data=digits", "--backend=numpy", f"--out={tmp_path / 'run'}"]
    assert main(["run", "nyu6953/p4", *words]) == 0
    results = json.loads((tmp_path / "run" / "results.json").read_text(encoding="utf-8"))
    assert results["tables"]["splits"]["rows"] == [
        *(["training", 1257], ["validation", 180], ["test", 360])
    ]
    assert "stand_in" not in results
    assert results["findings"]["exploration"]["answer"].startswith("There are 1,257 training")
    assert len(results["tables"]["per_class"]["rows"]) == 10


class Collected:
    """What is reported, without a folder."""

    def __init__(self):
        self.metrics, self.tables, self.figures, self.findings = {}, {}, {}, {}

    def metric(self, name, value):
        self.metrics[name] = value

    def table(self, name, columns, rows):
        self.tables[name] = {"columns": columns, "rows": rows}

    def figure(self, name, figure, caption, title=""):
        self.figures[name] = figure

    def finding(self, name, question, *sentences):
        self.findings[name] = sentences


@pytest.fixture
def looked_at():
    """Four cats and two dogs; two cats look like dogs, and are taken for them with confidence."""
    grey = np.array([0.0, 0.1, 0.2, 1.0, 0.9, 1.0, 0.9, 1.0, 0.9])  # of training images
    train = Split(np.repeat(grey, 4).reshape(9, 1, 2, 2), np.array([0] * 3 + [1] * 6))
    grey = np.array([0.1, 0.2, 0.8, 0.8, 1.0, 1.0])
    test = Split(np.repeat(grey, 4).reshape(6, 1, 2, 2), np.array([0] * 4 + [1] * 2))
    data = Dataset("pets", train, None, test, ("cat", "dog"), (0, 1), "made up", "none")
    sure = np.array([0.05, 0.45, 0.95, 0.99, 0.91, 0.7])  # of a dog
    rows = [Split(flatten(split.x), split.y) for split in (train, test)]
    outcome = inspection.Outcome(data, *rows, np.stack([1 - sure, sure], axis=1))
    run, rng = Collected(), np.random.default_rng(0)
    inspection.errors(run, "?", outcome, np.array([[2, 2], [0, 2]]), rng)
    inspection.confidence(run, "?", outcome, RISEN, rng)
    return run


def test_what_the_missed_images_are_like_is_measured(looked_at):
    told = looked_at.findings["errors"]
    assert told[0] == "Right on 66.67% of 6 test images."
    assert told[2].endswith(
        "cat, with 0.500: of 4 images 2 are missed, 2 of them (100%) taken for dog, as are 2 of "
        "the 2 shown."
    )
    assert told[3] == (
        "Of those taken for dog, 100% lie nearer to the mean training image of dog than to their "
        "own; of those recognised, 0% do."
    )
    assert "dog has 2.0 times as many training images" in told[4]
    assert {row[0] for row in looked_at.tables["missed_images"]["rows"]} == {2, 3}


def test_the_neighbours_of_confident_mistakes_are_looked_up(looked_at):
    told = looked_at.findings["confidence"]
    assert told[0].startswith("Of 6 test images 2 are wrong with a probability above 0.9")
    assert "100.0% of all mistakes and 50.0% of the 4 predictions that are as confident" in told[0]
    assert "2, are cat taken for dog" in told[0]
    assert "of the class predicted for 2 of these 2, and of the true class for 0" in told[1]
    mean = np.mean([0.95, 0.55, 0.95, 0.99, 0.91, 0.7])
    assert looked_at.metrics["mean_confidence"] == pytest.approx(mean, rel=1e-12, abs=0)
    assert told[4:] == (
        "Only 1 test image is uncertain and right.",
        "No test image is uncertain and wrong.",
    )
    titles = [axes.get_title() for axes in looked_at.figures["confidence"].axes]
    assert titles[3] == "uncertain and right:\nno other image"
    assert titles[6:] == ["uncertain and wrong:\nno image", "uncertain and wrong:\nno other image"]
    white = looked_at.figures["confidence"].axes[7].images[0]
    assert not white.get_array().any()  # of a grey image, 0 is white


# P5


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_mean_and_deviation_by_depth_are_those_of_the_activations(activation, p5):
    from mytorch.courses.nyu6953.initialize_weights import activation_statistics, mlp
    from mytorch.data import load
    from mytorch.utils.random import streams

    rng = streams(0)
    digits = load("digits").train.x
    x = digits[rng.data.permutation(1437)[:256]].reshape(256, 64).astype(np.float32) / 16
    seed = int(rng.init.integers(2**63))
    table = iter(rows(p5, f"activations_{activation}"))
    for method in METHODS:
        network = mlp(activation, method, seed, inputs=64, hidden=(32,) * 5)
        expected = np.transpose(activation_statistics(network, x))  # (2, 5)
        for values, what in zip(expected, ("mean", "standard deviation"), strict=True):
            name, kind, *found = next(table)
            assert (name, kind) == (method, what)
            np.testing.assert_allclose(found, values, rtol=1e-4, atol=1e-10)
    assert next(table, None) is None


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_figures_of_p5_show_the_numbers_of_its_tables(activation, p5):
    table = rows(p5, f"activations_{activation}")
    figure = p5.figures[f"activations_{activation}"]
    for axes, what in zip(figure.axes, ("mean", "standard deviation"), strict=True):
        assert axes.get_xlabel() == "hidden layer"
        drawn = [[line.get_label(), *line.get_ydata()] for line in axes.lines]
        assert drawn == [[row[0], *row[2:]] for row in table if row[1] == what]
        assert all(line.get_xdata().tolist() == [1, 2, 3, 4, 5] for line in axes.lines)
    assert figure.axes[1].get_yscale() == "log"
    assert figure.axes[1].get_title() == "standard deviation (zero: exactly 0)"
    (axes,) = p5.figures[f"training_loss_{activation}"].axes
    assert [line.get_label() for line in axes.lines] == METHODS
    for line, row in zip(axes.lines, rows(p5, f"trainings_{activation}"), strict=True):
        assert len(line.get_ydata()) == 6
        assert (
            line.get_ydata()[-1] == row[2] == p5.metrics[f"final_train_loss_{activation}_{row[0]}"]
        )
        assert row[1] == p5.metrics[f"test_accuracy_{activation}_{row[0]}"]


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_network_of_zeros_learns_its_output_bias_alone(activation, p5):
    zero, *others = rows(p5, f"trainings_{activation}")
    assert zero[0] == "zero"
    assert zero[3:7] == [0, 0, 0, 0]
    assert zero[7] > 0
    assert all(min(row[3:]) > 0 for row in others)


def test_all_networks_of_p5_see_the_same_batches(p5):
    # What networks of zeros put out does not depend on their activation.
    tanh, relu = (p5.figures[f"training_loss_{a}"].axes[0].lines[0] for a in ("tanh", "relu"))
    assert tanh.get_ydata().tolist() == relu.get_ydata().tolist()


def test_the_questions_of_p5_are_answered(p5):
    assert {name: f["question"].partition(":")[0] for name, f in p5.findings.items()} == {
        "tanh_activations": "Q5.2",
        "tanh_training": "Q5.3",
        "relu_activations": "Q5.4",
        "relu_training": "Q5.4",
        "recommended": "Q5.4",
    }
    answers = {name: f["answer"] for name, f in p5.findings.items()}
    assert "vanishes from layer 1 to layer 5 (small_random" in answers["tanh_activations"]
    assert "with zero every activation is 0" in answers["tanh_activations"]
    assert "no weight has moved; only the output bias has" in answers["tanh_training"]
    by_activation = {row[0]: row for row in rows(p5, "recommended")}
    for name, activation in (("tanh", "tanh"), ("ReLU", "relu")):
        accuracy = {row[0]: row[1] for row in rows(p5, f"trainings_{activation}")}
        best = by_activation[name]
        assert best[2] == max(accuracy.values()) == accuracy[best[1]]
        assert f"For {name} the best in this run is {best[1]} with" in answers["recommended"]
        assert best[-1] == ("yes" if best[2] - best[4] > best[5] else "no")
    assert (
        f"For ReLU the best in this run is {by_activation['ReLU'][1]}"
        in answers["relu_activations"]
    )


def test_p5_goes_on_where_it_was_interrupted_to_the_same_bytes(p5, tmp_path, monkeypatch):
    original, trained = Run.train, []

    def train(run, training, name):
        trained.append(name)
        if name == "tanh_xavier" and len(trained) < 5:
            raise KeyboardInterrupt
        return original(run, training, name)

    monkeypatch.setattr(Run, "train", train)
    words = ["run", "nyu6953/p5", "--backend=torch", *SMOKE, f"--out={tmp_path / 'run'}"]
    assert main(words) == 130
    assert main([*words, "--resume"]) == 0
    assert len(trained) == 3 + 8
    for name in ("results.json", "metrics.jsonl"):
        assert (tmp_path / "run" / name).read_bytes() == (p5.folder / name).read_bytes()


# The sentences, from made-up numbers


def test_balance_is_judged_by_the_ratio():
    names = ["a", "b", "c"]
    even = classes.balance([10, 15, 12], names)
    assert even.balanced
    assert even.sentence.startswith(
        "Balanced: b has 15 training examples and a 10, a ratio of 1.50"
    )
    odd = classes.balance([10, 16, 12], names)
    assert not odd.balanced
    assert odd.ratio == 1.6
    assert odd.sentence.startswith("Imbalanced: b has 16")
    assert classes.balance([3, 0, 2], names) == (
        *(False, None),
        "Imbalanced: b has no training examples.",
    )


def test_confusions_are_told_as_they_are():
    counts = np.array([[10, 6, 0], [7, 8, 2], [0, 0, 9]])
    names = ["a", "b", "c"]
    told = mistakes.confused([Confusion(1, 0, 7), Confusion(0, 1, 6)], counts, names)
    assert told.startswith("Most confused: b taken for a (7 of 17), then a taken for b (6 of 16).")
    assert "the two ways round" in told
    assert "No other two" not in told
    told = mistakes.confused([Confusion(1, 0, 7), Confusion(1, 2, 2)], counts, names)
    assert told == "Most confused: b taken for a (7 of 17), then b taken for c (2 of 17)."
    told = mistakes.confused([Confusion(1, 0, 7)], counts, names)
    assert told.endswith("(7 of 17). No other two classes are confused.")
    assert mistakes.confused([], counts, names) == "No test image is taken for another class."


WEAK = mistakes.Weakest("ig", 6, 4, "monocyte", 3, 0.75, 0.2, 1.5, 4, 2)


def test_the_hypothesis_names_what_the_class_is_mistaken_for_and_only_what_is_borne_out():
    told = mistakes.hypothesis(WEAK)
    assert told[0] == (
        "The class with the lowest recall is ig, with 0.600: of 10 images 4 are missed, 3 of them "
        "(75%) taken for monocyte, as are 2 of the 4 shown."
    )
    assert "75% lie nearer to the mean training image of monocyte than to their own" in told[1]
    assert told[1].endswith("; of those recognised, 20% do.")
    assert "look, as a whole, more like monocyte" in told[2]
    assert "1.5 times as many training images" in told[2]
    told = mistakes.hypothesis(WEAK._replace(like=0.25, more=1.1))
    assert told[2] == "Hypothesis: they share with monocyte what a mean image does not show."
    told = mistakes.hypothesis(WEAK._replace(recognised=0, like_anyway=None, more=None))
    assert told[1].endswith("than to their own.")
    assert told[2].endswith("and the network was trained on no image of their class.")
    assert len(mistakes.hypothesis(WEAK._replace(like=None))) == 2
    assert mistakes.hypothesis(None) == ["Every class has a recall of 1: nothing is missed."]


SURE = mistakes.Overconfidence(
    *(1000, 100, 500), [("a", "b")] * 6 + [("c", "a")] * 4, 7, 2, 0.95, 0.90
)


def epoch(number, train, validation, accuracy=0.9):
    return EpochRecord(number, number, train, validation, accuracy, 0.95)


RISEN = [epoch(1, 0.5, 0.4), epoch(2, 0.3, 0.3), epoch(3, 0.1, 0.36)]


def test_confident_mistakes_are_described_by_what_was_counted():
    told = mistakes.overconfidence(SURE, RISEN)
    assert len(told) == 4
    assert told[0] == (
        "Of 1,000 test images 10 are wrong with a probability above 0.9, which is 10.0% of all "
        "mistakes and 2.0% of the 500 predictions that are as confident; the most of one kind, 6, "
        "are a taken for b."
    )
    assert "of the class predicted for 7 of these 10, and of the true class for 2" in told[1]
    assert told[1].startswith("What marks them")
    assert "too sure" in told[2]
    assert "an excess of 0.050" in told[2]
    assert told[3].startswith("Why: since epoch 2 the training loss fell from 0.300 to 0.100")
    assert "rose from 0.300 to 0.360" in told[3]
    assert "surer mistakes, and not more" in told[3]


def test_what_the_numbers_do_not_support_is_not_said():
    told = mistakes.overconfidence(SURE._replace(like_predicted=2, like_true=2), RISEN)
    assert told[1].startswith("It is not their neighbours that mislead")
    told = mistakes.overconfidence(SURE._replace(like_predicted=5), RISEN)
    assert told[1].startswith("What they look like is a part of it")
    told = mistakes.overconfidence(SURE._replace(pairs=[]), RISEN)
    assert told[0] == "100 test images are wrong, and none of them with a probability above 0.9."
    assert len(told) == 3
    # Chance: two standard errors of 0.90 over 1,000 are 0.019.
    for confidence, word in ((0.92, "too sure"), (0.91, "as sure as"), (0.88, "not sure enough")):
        told = mistakes.overconfidence(SURE._replace(confidence=confidence), RISEN)
        assert word in told[2]
    for last in (epoch(3, 0.1, 0.33), epoch(3, 0.3, 0.36)):
        told = mistakes.overconfidence(SURE, [*RISEN[:2], last])
        assert "no sign that longer training" in told[3]
    told = mistakes.overconfidence(SURE, [*RISEN[:2], epoch(3, 0.1, 0.36, 0.89)])
    assert "more mistakes, or surer ones" in told[3]


def test_a_quadrant_with_too_few_images_says_so():
    found = [
        Quadrant(right, sure, np.arange(n))
        for (right, sure), n in {(1, 1): 5, (1, 0): 2, (0, 1): 1, (0, 0): 0}.items()
    ]
    assert mistakes.too_few(found, 2) == [
        "Only 1 test image is confident and wrong.",
        "No test image is uncertain and wrong.",
    ]


def made_up(first=0.4, factor=1.0, gain=1.0, mean=0.0, layers=5):
    stds = tuple(first * factor**n for n in range(layers))
    return Signal((mean,) * layers, stds, (gain,) * layers)


TANH = {
    "zero": made_up(0.0, gain=0.0),
    "small_random": made_up(0.09, 0.16, 0.0256),
    "xavier": made_up(0.4, 0.9),
    "he": made_up(0.5, 1.0, 2.0),
}


@pytest.mark.parametrize(
    ("factor", "change"),
    [(0.3, "vanishes"), (0.8, "shrinks"), (0.9, "holds"), (1.1, "holds"), (1.3, "grows")],
)
def test_what_becomes_of_the_deviation_is_the_ratio_of_last_and_first(factor, change):
    assert made_up(0.4, factor).change == change
    assert made_up(0.0).change == "is 0"


def test_what_vanishes_and_what_holds_is_told_with_its_numbers():
    told = signals.depth(TANH)
    assert told == [
        "The deviation vanishes from layer 1 to layer 5 (small_random 0.09 to 5.9e-05); with zero "
        "every activation is 0.",
        "The deviation holds with xavier and he (xavier 0.4 to 0.262; he 0.5 to 0.5).",
    ]
    told = signals.depth({"xavier": made_up(0.4, 0.8), "he": made_up(0.1, 1.3)})
    assert told == [
        "The deviation shrinks with xavier (xavier 0.4 to 0.164); it grows with he (he 0.1 to "
        "0.286)."
    ]


def test_the_argument_for_xavier_is_made_where_it_holds():
    near, because = signals.why_xavier(TANH)
    assert "with small_random that is 0.160 (measured 0.160 a layer)" in near
    assert "with xavier 1.000 (measured 0.900)" in near
    assert "about 1, forwards and backwards" in because
    assert "sigmoid" in because
    near, because = signals.why_xavier(
        {**TANH, "small_random": made_up(0.09, 0.3, 0.0256), "xavier": made_up(0.4, 0.7)}
    )
    assert near.startswith("If tanh were the identity")
    assert because.endswith("in this run it shrinks.")
    _, because = signals.why_xavier({**TANH, "xavier": made_up(0.4, 0.9, 2.0)})
    assert "about 1" not in because


def test_relu_is_told_from_tanh_by_means_and_ratios():
    relu = {**TANH, "xavier": made_up(0.4, 0.7, mean=0.2), "he": made_up(0.4, 1.0, 2.0, 0.3)}
    (told,) = signals.relu_against_tanh(relu, {**TANH, "xavier": made_up(0.4, 0.9, mean=-0.03)})
    assert "small_random 0, xavier 0.2 and he 0.3 in the last layer" in told
    assert "farther from 0 than 0.03." in told
    assert "xavier 0.24 (tanh 0.656) and he 1 (tanh 1)" in told
    dead = dict.fromkeys(relu, made_up(0.0))
    assert signals.relu_against_tanh(dead, TANH) == [
        "With ReLU every activation of every network is 0."
    ]


def test_the_argument_for_he_is_made_where_it_is_measured():
    relu = {"xavier": made_up(0.4, 0.7), "he": made_up(0.4, 1.0, 2.0)}
    told = signals.why_he(relu)
    assert "0.707 with xavier (measured 0.700) and 1.000 with he (measured 1.000)" in told
    assert told.endswith("was made to give back that half.")
    told = signals.why_he({**relu, "he": made_up(0.4, 0.5, 2.0)})
    assert "give back" not in told
    assert "measured 0.500" in told


def learned(accuracy, labels, movement, loss=2.3012):
    return Learned([2.3, loss], Evaluation(loss, accuracy, np.array(labels)), movement)


STILL = Movement(0.0, 0.0, 0.0, 0.0, 0.05)
MOVED = Movement(1e-3, 1e-4, 0.2, 0.1, 0.05)
TRAININGS = {
    "zero": learned(0.1135, [1, 1], STILL),
    "small_random": learned(0.1135, [1, 1], MOVED),
    "xavier": learned(0.975, [1, 0], MOVED, 0.02),
    "he": learned(0.973, [1, 0], MOVED, 0.03),
}


def test_who_did_not_learn_is_told_apart_from_who_did():
    told = trainings.who_learned(TRAININGS, list("abcdefghij"))
    assert told == [
        "With zero every gradient of a weight is exactly 0, before and after the training, and no "
        "weight has moved; only the output bias has, by up to 0.05.",
        "Zero (class b, 0.1135) and small_random (class b, 0.1135) give all test images one label, "
        "so that the accuracy is the share of that class; the training loss ends at 2.3012 and "
        "2.3012, and to guess each of 10 classes alike costs 2.3026.",
        "Test accuracy of those that tell images apart: xavier 0.9750 and he 0.9730.",
    ]


@pytest.mark.parametrize(
    "movement",
    [STILL._replace(gradient_before=1e-9), STILL._replace(gradient_after=1e-9), MOVED],
)
def test_zeros_that_moved_are_told(movement):
    told = trainings.who_learned({"zero": learned(0.5, [0, 1], movement)}, ["a", "b"])
    assert told[0].startswith("With zero the weights have moved")
    assert "exactly 0" not in " ".join(told)


def test_the_best_weights_are_recommended_and_chance_is_named():
    advice = trainings.recommend(TRAININGS, 10_000)
    # 2 sqrt(0.975 0.025 / 10^4 + 0.973 0.027 / 10^4)
    assert advice == ("xavier", 0.975, "he", 0.973, pytest.approx(0.0045, rel=0.01))
    assert not advice.clear
    told = trainings.advise("tanh", advice)
    assert told.startswith("For tanh the best in this run is xavier with a test accuracy of 0.9750")
    assert told.endswith("the test does not tell the two apart.")
    clear = Advice("he", 0.9, "xavier", 0.8, 0.05)
    assert clear.clear
    assert trainings.advise("ReLU", clear) == (
        "For ReLU the best in this run is he with a test accuracy of 0.9000, before xavier with "
        "0.8000."
    )


def test_of_equal_accuracies_the_lower_loss_is_recommended():
    equal = {**TRAININGS, "he": learned(0.975, [0, 1], MOVED, 0.01)}
    assert trainings.recommend(equal, 10)[:3] == ("he", 0.975, "xavier")
