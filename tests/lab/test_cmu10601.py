"""The experiments of cmu10601: every row that the course asks for, and the course's numbers."""

import io
import json
import re
import shutil
from contextlib import redirect_stdout
from itertools import chain, pairwise

import numpy as np
import pytest

from mytorch.cli.main import main
from mytorch.courses.cmu10601 import incorrect_finder
from mytorch.lab.by_example import Outcome, Settings, examples, network, training
from mytorch.lab.class_means import Mistake, Survey, class_means, mistake, survey
from mytorch.lab.experiments.cmu10601 import (
    hidden_units,
    learning_rate,
    misclassified,
    two_hidden,
    zero_init,
)
from mytorch.training import EpochRecord
from mytorch.training.convergence import Course
from mytorch.training.judgement import Judgement, judge
from tests.courses.cmu10601 import literal

pytest.importorskip("sklearn")
image = pytest.importorskip("matplotlib.image")

MODULES = {
    "hidden-units": hidden_units,
    "learning-rate": learning_rate,
    "zero-init": zero_init,
    "two-hidden": two_hidden,
    "misclassified": misclassified,
}
FIGURES = {
    "hidden-units": {"hidden_units"},
    "learning-rate": {f"learning_rate_{rate}" for rate in ("0.03", "0.003", "0.0003")},
    "zero-init": {"alpha"},
    "two-hidden": {"two_hidden"},
    "misclassified": {"misclassified"},
}
NATS = "mean cross-entropy (nats)"
each = pytest.mark.parametrize("name", MODULES)


class Ran:
    """An experiment that has run: its folder, results, and what it printed and drew."""

    def __init__(self, folder, name, *arguments):
        self.folder = folder
        self.panels, module, printed = [], MODULES[name], io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
            if hasattr(module, "curves"):
                draw = module.curves
                patch.setattr(
                    module, "curves", lambda p, **o: (self.panels.append(p), draw(p, **o))[1]
                )
            code = main(["run", f"cmu10601/{name}", "--out", str(folder), *arguments])
        assert code == 0
        self.results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        self.page = (folder / "report.html").read_text(encoding="utf-8")
        self.printed = printed.getvalue()

    def rows(self, name):
        return self.results["tables"][name]["rows"]

    def answer(self):
        (finding,) = self.results["findings"].values()
        return finding["answer"]


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    folder = tmp_path_factory.mktemp("smoke")
    return {name: Ran(folder / name, name, "--smoke") for name in MODULES}


@pytest.fixture(scope="module")
def digits():
    """What the smoke runs learn from, as the course's arithmetic takes it."""
    data = examples(Settings(data="digits", limit=40))
    return tuple(data.train), tuple(data.validation)


def literal_network(train, validation, epochs, hidden, lr):
    """The course's arithmetic with any number of hidden layers: weights and losses by epoch."""
    sizes = (train[0].shape[1], *hidden, 10)
    weights = [literal.initial((out, 1 + n), 1) for n, out in pairwise(sizes)]

    def forward(x):
        inputs = [np.append(1.0, x)]
        for w in weights[:-1]:
            inputs.append(np.append(1.0, 1 / (1 + np.exp(-(w @ inputs[-1])))))
        return inputs, literal.softmax(weights[-1] @ inputs[-1])

    def mean_loss(x, y):
        return np.mean([-np.log(forward(a)[1][b]) for a, b in zip(x, y, strict=True)])

    losses = []
    for epoch in range(epochs):
        np.random.seed(epoch)
        for i in np.random.permutation(len(train[0])):
            inputs, p = forward(train[0][i])
            d, updates = p - (np.arange(10) == train[1][i]), []
            for w, one_z in zip(weights[::-1], inputs[::-1], strict=True):
                updates.append(lr * np.outer(d, one_z))
                d = w[:, 1:].T @ d * one_z[1:] * (1 - one_z[1:])
            weights = [w - step for w, step in zip(weights, updates[::-1], strict=True)]
        losses.append((mean_loss(*train), mean_loss(*validation)))
    return weights, losses


def test_the_literal_network_of_any_depth_equals_that_of_one_layer(digits):
    weights, losses = literal_network(*digits, 2, (5,), 0.1)
    alpha, beta, expected = literal.train(*digits, 2, 5, 1, 0.1)
    np.testing.assert_allclose(losses, expected, rtol=1e-14)
    np.testing.assert_allclose(weights[0], alpha, rtol=0, atol=1e-14)
    np.testing.assert_allclose(weights[1], beta, rtol=0, atol=1e-14)


# Every experiment


@each
def test_the_figures_are_those_asked_for_and_something_is_drawn_in_each(smoke, name):
    ran = smoke[name]
    assert set(ran.results["figures"]) == FIGURES[name]
    for figure in FIGURES[name]:
        pixels = image.imread(ran.folder / "figures" / f"{figure}.png")[..., :3]
        assert min(pixels.shape[:2]) > 300
        assert len(np.unique((255 * pixels).astype(int) @ [1, 256, 65536])) > 50
        assert (ran.folder / "figures" / f"{figure}.svg").read_text().startswith("<svg")
    assert ran.page.count("<svg") == len(FIGURES[name])


@each
def test_the_report_holds_question_answer_and_command(smoke, name):
    ran = smoke[name]
    (finding,) = ran.results["findings"].values()
    assert finding["question"] == MODULES[name].QUESTION
    assert ran.answer().split(".")[0] in ran.page.replace("&#39;", "'")
    assert f"mytorch run cmu10601/{name} --smoke" in ran.page


def test_pytorch_trains_in_lock_step(smoke, tmp_path):
    pytest.importorskip("torch")
    for name, ran in smoke.items():
        theirs = Ran(tmp_path / name, name, "--smoke", "--backend=torch").results
        ours = ran.results
        assert theirs["backend"] == "torch"
        assert theirs["metrics"] == pytest.approx(ours["metrics"], rel=1e-10, abs=1e-15)
        assert set(theirs["tables"]) == set(ours["tables"])
        for table, content in ours["tables"].items():
            cells = [chain.from_iterable(t["rows"]) for t in (theirs["tables"][table], content)]
            for cell, expected in zip(*cells, strict=True):
                if isinstance(expected, float):
                    expected = pytest.approx(expected, rel=1e-10, abs=1e-15)
                assert cell == expected
        if name != "zero-init":  # where rounding is told
            assert theirs["findings"] == ours["findings"]


def check_same_bytes(ran, expected):
    for file in ("results.json", "metrics.jsonl"):
        assert (ran.folder / file).read_bytes() == (expected.folder / file).read_bytes()


@pytest.mark.parametrize(("name", "ended"), [*((name, 0) for name in MODULES), ("hidden-units", 1)])
def test_a_repeated_run_and_an_interrupted_one_write_the_same_bytes(smoke, name, ended, tmp_path):
    ran = Ran(tmp_path / "run", name, "--smoke", "--save-every=0")
    check_same_bytes(ran, smoke[name])
    folders = sorted((ran.folder / "checkpoints").iterdir(), key=lambda f: f.stat().st_mtime_ns)
    for folder in folders[ended + 1 :]:  # after so many trainings, the next one was under way
        shutil.rmtree(folder)
    max(folders[ended].iterdir()).unlink()
    for file in ("results.json", "report.html", "timing.json"):
        (ran.folder / file).unlink()
    check_same_bytes(Ran(ran.folder, name, "--smoke", "--resume"), smoke[name])


def test_every_seed_has_weights_and_an_order_of_its_own():
    weights, losses = set(), set()
    for seed in range(3):
        config = Settings(data="digits", seed=seed, epochs=1, limit=40)
        data = examples(config)
        weights.add(network(config, data, (5,)).get_parameters()[0][0, 0])
        zeros = network(config, data, (5,), zero_init.zero_init)
        (record,) = training(config, data, zeros, 0.1)
        losses.add(record.train_loss)
    assert len(weights) == len(losses) == 3


@pytest.mark.parametrize("name", ["hidden-units", "zero-init", "misclassified"])
def test_another_seed_ends_elsewhere(smoke, name, tmp_path):
    ran = Ran(tmp_path / "run", name, "--smoke", "--seed=1")
    assert ran.results["metrics"].keys() == smoke[name].results["metrics"].keys()
    assert ran.results["metrics"] != smoke[name].results["metrics"]


def test_the_same_seed_draws_the_same(tmp_path):
    first, second = (Ran(tmp_path / n, "two-hidden", "--smoke", "--seed=7") for n in "ab")
    assert first.results == second.results


def test_another_seed_has_the_same_distribution():
    config = Settings(data="digits", seed=3)
    weight, bias, *_ = network(config, examples(config), (50,)).get_parameters()
    assert weight.std() == pytest.approx(0.2 / np.sqrt(12), rel=0.03)
    assert abs(weight).max() < 0.1
    assert not bias.any()


def test_the_monitor_looks_and_changes_nothing(smoke, tmp_path):
    ran = Ran(tmp_path / "run", "misclassified", "--smoke", "--monitor=70")
    assert ran.results["metrics"] == smoke["misclassified"].results["metrics"]
    assert any(figure.startswith("monitor") for figure in ran.results["figures"])


@each
def test_tables_of_two_classes_are_learned_or_refused(name, tmp_path, capsys):
    arguments = ["--smoke", "--data=moons", "--limit=30", "--out", str(tmp_path / "run")]
    code = main(["run", f"cmu10601/{name}", *arguments])
    if name == "misclassified":
        assert code == 2
        said = capsys.readouterr().err
        assert said.endswith("looks at images, and moons has none; try digits\n")
        assert not (tmp_path / "run").exists()
    else:
        assert code == 0
        loss = json.loads((tmp_path / "run" / "results.json").read_text())["metrics"]
        assert max(value for key, value in loss.items() if "train_loss" in key) < 1  # ln 2 = .69


@each
@pytest.mark.parametrize("data", ["sine", "no-such-set"])
def test_data_that_do_not_fit_are_refused_in_one_line(name, data, tmp_path, capsys):
    code = main(["run", f"cmu10601/{name}", f"--data={data}", "--out", str(tmp_path / "run")])
    assert code == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "run").exists()


@each
@pytest.mark.parametrize(
    "field", ["epochs=0", "limit=0", "backend=jax", "seed=-1", "lr=-1", "lr=nan", "hidden=0"]
)
def test_settings_that_cannot_be_are_refused_by_name(name, field, capsys):
    assert main(["run", f"cmu10601/{name}", "--data=digits", f"--{field}"]) == 2
    said = capsys.readouterr().err
    assert f"--{field.partition('=')[0]}=" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "field", "said"),
    [
        ("hidden-units", "hidden=5,5", "5 stands there twice"),
        ("learning-rate", "lr=0.1,0.1", "0.1 stands there twice"),
        ("learning-rate", "epochs=1", "at least 2"),
        ("zero-init", "hidden=1", "at least 2"),
        ("two-hidden", "hidden=5", "expected the sizes of two hidden layers or more"),
        ("misclassified", "init=one", "expected zero or random"),
    ],
)
def test_settings_that_an_experiment_cannot_use_are_refused(name, field, said, capsys):
    assert main(["run", f"cmu10601/{name}", "--data=digits", f"--{field}"]) == 2
    assert said in capsys.readouterr().err


def test_columns_of_a_table_are_standardized_and_ranges_become_0_to_1():
    table = examples(Settings(data="iris"))
    np.testing.assert_allclose(table.train.x.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(table.train.x.std(axis=0), 1, rtol=1e-14)
    pictures = examples(Settings(data="digits", limit=7))
    assert pictures.train.x.shape == (7, 64)
    assert pictures.train.x.dtype == np.float64
    np.testing.assert_array_equal(pictures.train.x, pictures.data.train.x[:7].reshape(7, -1) / 16)
    np.testing.assert_array_equal(pictures.validation.y, pictures.data.test.y[:7])
    assert pictures.chance == pytest.approx(np.log(10), rel=1e-15)


# hidden-units


def test_every_number_of_hidden_units_ends_as_the_literal_arithmetic(smoke, digits):
    ran = smoke["hidden-units"]
    rows = ran.rows("hidden_units")
    assert [row[0] for row in rows] == [2, 5, 20]
    for units, train_loss, validation_loss, *_ in rows:
        expected = literal.train(*digits, 3, units, 1, 0.001)[2][-1]
        np.testing.assert_allclose((train_loss, validation_loss), expected, rtol=1e-12)
        assert ran.results["metrics"][f"train_loss_hidden_{units}"] == train_loss
        assert ran.results["metrics"][f"validation_loss_hidden_{units}"] == validation_loss


def test_one_figure_shows_both_final_losses_against_the_hidden_units(smoke):
    ran = smoke["hidden-units"]
    ((panel,),) = ran.panels
    assert (panel.xlabel, panel.ylabel) == ("hidden units", NATS)
    columns = list(zip(*ran.rows("hidden_units"), strict=True))
    assert [curve.label for curve in panel.curves] == ["training", "validation"]
    for curve, losses in zip(panel.curves, columns[1:3], strict=True):
        assert tuple(curve.x) == columns[0]
        assert tuple(curve.y) == losses


def test_the_comment_on_hidden_units_is_that_of_the_numbers(smoke):
    endings = [hidden_units.Ending(*row) for row in smoke["hidden-units"].rows("hidden_units")]
    said = hidden_units.comment(endings, np.log(10))
    assert smoke["hidden-units"].answer() == " ".join(said)


def ending(units, train_loss, validation_loss, accuracy=0.9, falling=False):
    return hidden_units.Ending(units, train_loss, validation_loss, accuracy, 0.5, falling)


@pytest.mark.parametrize(
    ("endings", "has", "has_not"),
    [
        (
            [ending(5, 2.0, 2.1, 0.4), ending(9, 1.0, 1.3)],
            ["too few", "gets only 0.40 right", "Both losses fall", "0.100 with 5", "0.300 with 9"],
            ["still falls", "carry over", "not the worst"],
        ),
        (
            [ending(5, 2.0, 2.1, 0.8), ending(9, 1.0, 1.3)],
            ["Both losses fall"],
            ["too few", "underfit"],
        ),
        (
            [ending(5, 2.0, 1.0, 0.4), ending(9, 1.0, 1.3)],
            ["not the worst", "lowest with 5 units", "does not carry over"],
            ["too few", "Both losses fall"],
        ),
        (
            [ending(5, 2.0, 1.0, 0.4), ending(9, 2.1, 1.3)],
            ["lowest with 5 units"],
            ["carry over"],
        ),
        (
            [ending(5, 2.0, 2.1), ending(7, 1.9, 2.2), ending(9, 1.0, 1.3)],
            ["lowest with the most units"],
            ["Both losses fall"],
        ),
        (
            [ending(5, 1.0, 2.1, 0.4), ending(9, 1.2, 1.3)],
            ["not the worst", "lowest with the most units"],
            ["too few", "Both losses fall"],
        ),
        (
            [ending(5, 2.0, 2.1, falling=True), ending(9, 1.0, 1.3)],
            ["With 5 units the training loss still falls"],
            [],
        ),
        ([ending(5, 2.0, 2.1)], ["With 5 hidden units"], ["too few", "Both", "gap"]),
    ],
)
def test_the_comment_on_hidden_units_says_what_the_numbers_support(endings, has, has_not):
    said = " ".join(hidden_units.comment(endings, 2.3))
    assert all(words in said for words in has)
    assert not any(words in said for words in has_not)


# learning-rate


def test_every_rate_has_a_figure_with_both_curves_by_epoch(smoke, digits):
    ran = smoke["learning-rate"]
    assert len(ran.panels) == 3
    for (panel,), rate in zip(ran.panels, (0.03, 0.003, 0.0003), strict=True):
        assert (panel.xlabel, panel.ylabel) == ("epoch", NATS)
        train_curve, validation_curve = panel.curves
        assert (train_curve.label, validation_curve.label) == ("training", "validation")
        expected = literal.train(*digits, 5, 10, 1, rate)[2]
        drawn = np.transpose([train_curve.y, validation_curve.y])
        np.testing.assert_allclose(drawn, expected, rtol=1e-12)
        assert list(train_curve.x) == list(validation_curve.x) == list(range(1, 6))


def test_the_table_of_rates_holds_ends_and_the_lowest(smoke):
    ran = smoke["learning-rate"]
    for row, (panel,) in zip(ran.rows("learning_rates"), ran.panels, strict=True):
        train_losses, losses = (list(curve.y) for curve in panel.curves)
        ends = [train_losses[0], train_losses[-1], losses[0], losses[-1], min(losses)]
        assert row[1:6] == ends
        assert row[6] == losses.index(min(losses)) + 1
        assert row[-1] == panel.title
        assert f"{row[0]:g} {learning_rate.PHRASES[row[-1]].format(5)}: " in ran.answer()


def test_the_comment_on_rates_names_what_became_of_each_and_the_best():
    found = {
        0.3: Course("overfitting", 0.1, 0.2, 5, "evidence A"),
        0.1: Course("converged", 0.1, 0.2, 5, "evidence B"),
        0.01: Course("too slow", 0.1, 0.2, 5, "evidence C"),
    }
    said = learning_rate.comment(found, {0.3: 1.5, 0.1: 1.0, 0.01: 2.0}, 40)
    assert said == [
        "0.3 overfits: evidence A.",
        "0.1 converges: evidence B.",
        "0.01 is too slow for 40 epochs: evidence C.",
        "The validation loss is lowest at the end with 0.1: 1.000.",
    ]
    assert len(learning_rate.comment({0.1: found[0.1]}, {0.1: 1.0}, 40)) == 1


# zero-init


def test_the_first_updates_are_printed_and_kept_as_the_literal_arithmetic_has_them(smoke, digits):
    ran, (x, y) = smoke["zero-init"], digits[0]
    np.random.seed(0)
    order = np.random.permutation(len(x))
    alpha, beta = np.zeros((4, 65)), np.zeros((10, 5))
    for update, i in enumerate(order[:3], 1):
        one_x = np.append(1.0, x[i])
        z = np.append(1.0, 1 / (1 + np.exp(-(alpha @ one_x))))
        d = literal.softmax(beta @ z) - (np.arange(10) == y[i])
        back = beta[:, 1:].T @ d * z[1:] * (1 - z[1:])
        beta, alpha = beta - 0.1 * np.outer(d, z), alpha - 0.1 * np.outer(back, one_x)
        for name, expected in (("alpha", alpha), ("beta", beta)):
            rows = ran.rows(f"{name}_after_update_{update}")
            np.testing.assert_allclose([row[1:] for row in rows], expected, rtol=0, atol=1e-16)
        assert f"after update {update}" in ran.printed
    assert ran.printed.count("alpha (4, 65):\n[[") == 3
    assert ran.printed.count("beta (10, 5):\n[[") == 3
    first = ran.printed.partition("after update 2")[0]
    assert re.findall(r"\[+(0\. +.*?)\]", first) == ["0. 0. 0. ... 0. 0. 0."] * 4


def test_rows_of_alpha_and_columns_of_beta_stay_equal_and_rows_of_beta_differ(smoke):
    rows = smoke["zero-init"].rows("symmetry")
    assert [row[0] for row in rows] == [
        *(f"update {i}" for i in (1, 2, 3)),
        "the last update",
        "the last update, from random",
    ]
    *zero, random = rows
    assert zero[0][1] == 0  # alpha after update 1, exactly
    assert all(row[1] > 0 for row in zero[1:])
    for _, _, largest, alpha_rows, beta_columns, beta_rows in zero:
        assert max(alpha_rows, beta_columns) <= 4 * np.finfo(float).eps * largest
        assert beta_rows > 0.05
    assert min(random[3:]) > 0.05
    metrics = smoke["zero-init"].results["metrics"]
    assert metrics["alpha_after_update_1"] == 0
    assert metrics["alpha_rows_differ_by"] == max(row[3] for row in zero)
    assert metrics["beta_columns_differ_by"] == max(row[4] for row in zero)


def test_both_trainings_of_zero_init_end_as_the_literal_arithmetic(smoke, digits):
    metrics = smoke["zero-init"].results["metrics"]
    for flag, name in ((1, "random"), (2, "zero")):
        expected = literal.train(*digits, 1, 4, flag, 0.1)[2][-1]
        found = metrics[f"train_loss_{name}"], metrics[f"validation_loss_{name}"]
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_symmetry_of_matrices_is_measured_where_it_is_asked_for():
    alpha = np.array([[0.0, 1.0, -5.0], [0.5, 1.0, -3.0]])
    beta = np.array([[9.0, 1.0, 1.5], [3.0, 1.0, 1.0]])
    assert zero_init.symmetry(alpha, beta) == (5, 9, 2, 0.5, 6)


def symmetry(alpha=1.0, rows=0.0, columns=0.0, beta_rows=0.1):
    return zero_init.Symmetry(alpha, 1.0, rows, columns, beta_rows)


@pytest.mark.parametrize(
    ("found", "control", "has", "has_not"),
    [
        (
            [symmetry(0), symmetry()],
            symmetry(rows=0.4),
            [
                "still exactly 0",
                "first 1 updates",
                "alpha are equal to the last bit",
                "Why",
                "rows of beta differ, after update 1 by 0.1",
                "random weights",
                "up to 0.4",
            ],
            ["rounding", "not equal"],
        ),
        (
            [symmetry(0), symmetry(rows=1e-17)],
            symmetry(),
            ["alpha are equal but for rounding (1.0e-17)", "unit, are equal to the last bit"],
            ["random weights"],
        ),
        (
            [symmetry(0), symmetry(rows=0.01)],
            symmetry(rows=0.4),
            ["rows of alpha are not equal: they come to differ by up to 0.01"],
            ["Why", "random weights"],
        ),
        (
            [symmetry(0), symmetry(columns=0.02, beta_rows=0)],
            symmetry(rows=0.4),
            ["unit, are not equal: they come to differ by up to 0.02"],
            ["Why", "rows of beta differ"],
        ),
        (
            [symmetry(0.3), symmetry()],
            symmetry(rows=0.4),
            ["After update 1 the largest weight of alpha is 0.3."],
            ["exactly 0", "Why"],
        ),
    ],
)
def test_the_comment_on_zero_weights_says_what_the_numbers_support(found, control, has, has_not):
    said = " ".join(zero_init.comment(found, control))
    assert all(words in said for words in has)
    assert not any(words in said for words in has_not)


# two-hidden


def test_four_curves_in_one_figure_equal_the_literal_arithmetic(smoke, digits):
    ran = smoke["two-hidden"]
    ((panel,),) = ran.panels
    labels = [curve.label for curve in panel.curves]
    assert labels == ["8: training", "8: validation", "8-8: training", "8-8: validation"]
    for hidden, curves in (((8,), panel.curves[:2]), ((8, 8), panel.curves[2:])):
        expected = literal_network(*digits, 3, hidden, 0.003)[1]
        drawn = np.transpose([curve.y for curve in curves])
        np.testing.assert_allclose(drawn, expected, rtol=1e-12)
    for name, row, curves in (
        ("one", ran.rows("two_hidden")[0], panel.curves[:2]),
        ("two", ran.rows("two_hidden")[1], panel.curves[2:]),
    ):
        ends = [curves[0].y[-1], curves[1].y[-1]]
        assert row[1:3] == ends
        metrics = ran.results["metrics"]
        assert [metrics[f"{split}_loss_{name}_hidden"] for split in ("train", "validation")] == ends


def test_the_first_gradient_is_the_difference_quotient_of_the_loss(smoke, digits):
    (x, y), step = digits[0], 1e-5
    for row, hidden in zip(smoke["two-hidden"].rows("two_hidden"), ((8,), (8, 8)), strict=True):
        config = Settings(data="digits", limit=40)
        model = network(config, examples(config), hidden)

        def loss(model=model):
            scores = model.predict(x)
            return np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(y)), y])

        total = 0.0
        for parameter in model.get_parameters()[:2]:
            for index in np.ndindex(parameter.shape):
                before, sides = parameter[index], []
                for sign in (1, -1):
                    parameter[index] = before + sign * step
                    sides.append(loss())
                parameter[index] = before
                total += ((sides[0] - sides[1]) / (2 * step)) ** 2
        assert row[3] == pytest.approx(np.sqrt(total), rel=1e-6)


def test_a_learner_is_what_its_epochs_say():
    losses = [2.3, 2.2, 2.0, 1.9, 2.0]
    epochs = [EpochRecord(i, 9 * i, a, a + 0.5, 0.7, 0.8) for i, a in enumerate(losses, 1)]
    found = two_hidden._learner(2, Outcome(None, epochs), 0.25, chance=2.3)
    accuracies = [0.8] * 5, [0.7] * 5
    expected = judge(losses, accuracies[0], [a + 0.5 for a in losses], accuracies[1])
    assert found == (2, 2.0, 2.5, 0.25, 3, expected)  # 0.9 x 2.3 is 2.07
    assert two_hidden._learner(2, Outcome(None, epochs), 0.25, chance=2.1).left is None


def learner(layers, train_loss, validation_loss, start, left, verdict="underfitting"):
    judgement = Judgement(verdict, (f"evidence {layers}",))
    return two_hidden.Learner(layers, train_loss, validation_loss, start, left, judgement)


@pytest.mark.parametrize(
    ("one", "deep", "has", "has_not"),
    [
        (
            learner(1, 0.5, 1.0, 0.6, 12, "overfitting"),
            learner(2, 1.5, 1.6, 0.1, 71),
            [
                "Depth does not help",
                "6 times shorter",
                "in epoch 12 with one",
                "71 with two",
                "One hidden layer: overfitting; evidence 1.",
                "Two hidden layers: underfitting",
            ],
            ["Depth helps", "never"],
        ),
        (
            learner(1, 0.5, 1.0, 0.1, None),
            learner(3, 0.4, 0.9, 0.1, 5),
            [
                "Depth helps on both",
                "never with one",
                "0.400 and 0.900 with 3.",
                "3 hidden layers:",
            ],
            ["shorter", "does not help"],
        ),
        (
            learner(1, 0.5, 1.0, 0.1, 2),
            learner(2, 0.4, 1.1, 0.2, 5),
            ["Depth helps on the training data alone"],
            ["both data", "shorter"],
        ),
        (
            learner(1, 0.5, 1.0, 0.1, 2),
            learner(2, 0.6, 0.9, 0.2, 5),
            ["After 9 epochs"],
            ["Depth"],
        ),
    ],
)
def test_the_comment_on_depth_says_what_the_numbers_support(one, deep, has, has_not):
    said = " ".join(two_hidden.comment([one, deep], 9))
    assert all(words in said for words in has)
    assert not any(words in said for words in has_not)


# misclassified


def test_the_table_of_mistakes_is_that_of_the_incorrect_finder(smoke, digits, tmp_path):
    (x, y), folder = digits[0], smoke["misclassified"].folder
    rows = (",".join(map(str, [label, *row])) for row, label in zip(x, y, strict=True))
    (tmp_path / "in.csv").write_text("\n".join(rows) + "\n")
    arguments = [tmp_path / "in.csv", folder / "train.labels", tmp_path / "out.csv"]
    assert incorrect_finder.main([str(argument) for argument in arguments]) == 0
    written = (folder / "incorrect.csv").read_text()
    assert written == (tmp_path / "out.csv").read_text()
    lines = written.splitlines()
    assert lines[0] == "Index,Input Label,Output Label"
    error = smoke["misclassified"].results["metrics"]["train_error"]
    assert len(lines) - 1 == round(40 * error)
    chosen = [line.split(",") for line in lines[1:] if int(line.partition(",")[0]) < 10][:3]
    found = [
        [str(cell) for cell in row[:3]] for row in smoke["misclassified"].rows("misclassified")
    ]
    assert found == chosen


def test_mistakes_are_those_of_the_literal_arithmetic(smoke, digits):
    alpha, beta, losses = literal.train(*digits, 2, 4, 2, 0.1)
    x, y = digits[0]
    labels = [int(np.argmax(literal.probabilities(alpha, beta, row[np.newaxis][0]))) for row in x]
    ran = smoke["misclassified"]
    assert (ran.folder / "train.labels").read_text().split() == list(map(str, labels))
    metrics = ran.results["metrics"]
    assert metrics["train_error"] == np.mean(np.array(labels) != y)
    found = metrics["final_train_loss"], metrics["final_validation_loss"]
    np.testing.assert_allclose(found, losses[-1], rtol=1e-12)


def test_ink_and_distances_are_measured_against_the_means_of_both_classes():
    x = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    y = np.array([0, 0, 1, 1])
    means = class_means(x, y, 3)
    np.testing.assert_array_equal(means, [[0.5, 0], [1, 1], [np.nan, np.nan]])
    expected = Mistake(1, "a", "b", 0.5, 0.25, 1.0, 0.5, 1.0, "a")
    assert mistake(x[1], (1, 0, 1), means, "abc") == expected
    unknown = mistake(x[1], (1, 0, 2), means, "abc")
    assert (unknown.ink_of_predicted, unknown.distance_to_predicted) == (None, None)
    predicted = np.array([0, 1, 0, 1])
    assert survey(x, y, predicted, means) == pytest.approx(
        Survey(0.5, 1.0, 3, 2, 2, 0, within=0.25, between=np.sqrt(1.25), values=2)
    )
    swapped = means[[1, 0, 2]]
    assert survey(x, y, predicted, swapped).wrong_but_alike == 2


def wrong(row=1, to_true=2.0, to_predicted=3.0, ink=0.2):
    return Mistake(row, "u", "o", ink, 0.2, 0.3, to_true, to_predicted, "u")


def all_of_it(**changed):
    return Survey(0.9, 0.8, 10, 10, 50, 7, 1.0, 2.0, 9)._replace(**changed)


@pytest.mark.parametrize(
    ("chosen", "everything", "has", "has_not"),
    [
        (
            [wrong(), wrong(4), wrong(9)],
            all_of_it(),
            [
                "Row 1: 'u' was taken for 'o'.",
                "2.00 from the mean 'u'",
                "3.00 from the mean 'o'",
                "more like what it is; its ink, 0.200, is nearer to that of 'u'",
                "Row 9",
                "Of all 50 misclassified training examples 7",
            ],
            ["No others", "nearest mean", "labels at all", "vary widely", "two values"],
        ),
        (
            [wrong(to_predicted=1.0, ink=0.29)],
            all_of_it(nearest_mean_accuracy=0.95, used=4, within=3.0, values=2),
            [
                "more like what it was taken for; its ink, 0.290, is nearer to that of 'o'",
                "No others of the first 10 rows",
                "would get 0.95 right, the network gets 0.90",
                "only 4 of the 10 labels",
                "vary widely",
                "one of two values",
            ],
            ["what it is"],
        ),
        (
            [wrong(to_predicted=None)],
            all_of_it(),
            ["'o', of which the training data have no example"],
            ["looks more like"],
        ),
        ([], all_of_it(), ["None of the first 10 training rows is misclassified."], ["Of all"]),
    ],
)
def test_the_comment_on_mistakes_says_what_the_numbers_support(chosen, everything, has, has_not):
    said = " ".join(misclassified.comment(chosen, everything))
    assert all(words in said for words in has)
    assert not any(words in said for words in has_not)


def test_where_nothing_is_wrong_no_picture_is_drawn(tmp_path):
    ran = Ran(
        tmp_path / "run",
        "misclassified",
        *["--data=digits", "--limit=3", "--epochs=99", "--hidden=20", "--init=random", "--lr=1"],
    )
    assert ran.results["figures"] == {}
    assert ran.answer() == "None of the first 10 training rows is misclassified."
    assert (ran.folder / "incorrect.csv").read_text() == incorrect_finder.HEADER + "\n"


# Real letters


def letters(real_data):
    tables = (
        np.loadtxt(real_data / "ocr-letters" / f"small_{split}.csv", delimiter=",")
        for split in ("train", "validation")
    )
    return tuple((table[:, 1:], table[:, 0].astype(int)) for table in tables)


def test_the_course_s_example_is_wrong_in_365_rows_of_which_three_are_shown(real_data, tmp_path):
    ran = Ran(tmp_path / "run", "misclassified")
    metrics = ran.results["metrics"]
    assert metrics["train_error"] == 0.73  # as the assignment prints
    assert metrics["validation_error"] == pytest.approx(0.72, rel=1e-15)
    assert metrics["final_train_loss"] == pytest.approx(1.8642629963917074, rel=1e-12)
    assert metrics["final_validation_loss"] == pytest.approx(1.8780601379038728, rel=1e-12)
    rows = [row[:3] for row in ran.rows("misclassified")]
    assert rows == [[1, "u", "o"], [2, "i", "t"], [3, "r", "o"]]
    assert "Every pixel is one of two values" in ran.answer()


def test_zero_weights_on_letters_have_the_printed_losses_of_one_epoch(real_data, tmp_path):
    ran = Ran(tmp_path / "run", "zero-init")
    metrics = ran.results["metrics"]
    assert metrics["train_loss_zero"] == pytest.approx(2.1415670910950144, rel=1e-12)
    assert metrics["validation_loss_zero"] == pytest.approx(2.1502231738985618, rel=1e-12)
    assert metrics["alpha_after_update_1"] == 0
    assert "Why" in ran.answer()


def test_the_rates_on_letters_equal_the_literal_arithmetic(real_data, tmp_path):
    data = letters(real_data)
    rates = Ran(tmp_path / "rates", "learning-rate")
    verdicts = [row[-1] for row in rates.rows("learning_rates")]
    assert verdicts == ["overfitting", "converged", "too slow"]
    assert rates.rows("learning_rates")[1][4] == pytest.approx(1.060, abs=5e-4)  # as promised
    expected = literal.train(*data, 40, 50, 1, 0.03)[2]
    drawn = np.transpose([curve.y[:40] for curve in rates.panels[0][0].curves])
    np.testing.assert_allclose(drawn, expected, rtol=1e-11)


def test_two_hidden_layers_on_letters_equal_the_literal_arithmetic(real_data, tmp_path):
    ran = Ran(tmp_path / "run", "two-hidden")
    one, two = (row[1] for row in ran.rows("two_hidden"))
    assert (one, two) == pytest.approx((0.467, 1.664), abs=5e-4)  # as promised
    for words in (
        "Depth does not help",
        "One hidden layer: overfitting",
        "Two hidden layers: under",
    ):
        assert words in ran.answer()
    expected = literal_network(*letters(real_data), 15, (50, 50), 0.003)[1]
    drawn = np.transpose([curve.y[:15] for curve in ran.panels[0][0].curves[2:]])
    np.testing.assert_allclose(drawn, expected, rtol=1e-11)


def test_more_hidden_units_read_letters_better(real_data, tmp_path):
    ran = Ran(tmp_path / "run", "hidden-units", "--limit=none")
    rows = ran.rows("hidden_units")
    assert [row[0] for row in rows] == [5, 20, 50, 100, 200]
    assert rows[-1][2] == pytest.approx(1.153, abs=5e-4)  # what the settings promise
    assert "These are too few" in ran.answer()
    assert "Both losses fall with every larger network" in ran.answer()
