"""cs4152's neuron against the course's printed numbers, its perceptron against scikit-learn's."""

import numpy as np
import pytest

from mytorch.courses.cs4152 import perceptron as program
from mytorch.courses.cs4152.conventions import stream
from mytorch.courses.cs4152.perceptron import Neuron, Perceptron, X, Y, overlapping, separable

DIGIT = {"rel": 0, "abs": 5.1e-9}  # of eight printed digits


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# The neuron


def test_the_neurons_initial_weights_are_the_courses():
    assert Neuron(3).W.ravel() == pytest.approx([0.2788536, -0.94997849, -0.44994136], **DIGIT)


def test_the_neurons_first_output_is_the_courses():
    assert Neuron(3).forward(X[:1]).item() == pytest.approx(0.338245, **DIGIT)


def test_the_neurons_output_after_one_step_is_the_courses():
    neuron = Neuron(3)
    neuron.step(X[:1], Y[:1])
    assert neuron.forward(X[:1]).item() == pytest.approx(0.37215083, **DIGIT)


def test_the_neurons_final_outputs_are_the_courses():
    neuron = Neuron(3)
    neuron.step(X[:1], Y[:1])
    neuron.train(X, Y, 1000)
    final = [0.95165668, 0.99678794, 0.05965052, 0.5]
    assert neuron.forward(X).ravel() == pytest.approx(final, **DIGIT)


def test_a_step_equals_the_rate_times_the_numeric_derivative():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((5, 4)), rng.random((5, 1))
    neuron = Neuron(4, lr=0.3, seed=1)
    before = neuron.W.copy()

    def error(w):
        return ((y - sigmoid(x @ w)) ** 2).sum() / 2 / len(x)  # the mean over a batch

    h = 1e-5
    numeric = [
        (error(before + h * np.eye(4)[:, [k]]) - error(before - h * np.eye(4)[:, [k]])) / (2 * h)
        for k in range(4)
    ]
    neuron.step(x, y)
    assert (before - neuron.W).ravel() / 0.3 == pytest.approx(numeric, rel=1e-8, abs=0)


# The perceptron


@pytest.mark.parametrize("points", [separable, overlapping])
@pytest.mark.parametrize("passes", [1, 2, 7])
def test_rosenblatts_rule_equals_scikit_learns(points, passes):
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, y = points(3)
    ours = Perceptron(2, lr=0.5, seed=3)
    w, b = ours.weights
    theirs = linear_model.Perceptron(eta0=0.5, shuffle=False, tol=None, max_iter=passes)
    theirs.fit(x, y, coef_init=w[np.newaxis], intercept_init=[b])
    learning = ours.train(x, y, passes)
    assert learning.last[0] == pytest.approx(theirs.coef_[0], rel=1e-12, abs=0)
    assert learning.last[1] == pytest.approx(theirs.intercept_[0], rel=1e-12, abs=1e-12)
    assert learning.errors[-1] == np.sum(theirs.predict(x) != y)


@pytest.mark.parametrize("seed", range(10))
def test_on_separable_points_it_converges_within_novikoffs_bound(seed):
    x, y = separable(seed)
    perceptron = Perceptron(2, seed=seed)
    start = np.append(*perceptron.weights)
    learning = perceptron.train(x, y, 10_000)
    assert learning.converged
    assert perceptron.errors(x, y) == 0

    rng = stream(seed)
    angle = np.pi * rng.random_sample()
    unit = np.array([np.cos(angle), np.sin(angle), 0.0])  # separates, with this margin:
    extended = np.column_stack([x, np.ones(len(x))])
    margin, longest = (
        np.min(np.where(y, 1, -1) * (extended @ unit)),
        np.max(extended**2 @ np.ones(3)),
    )
    assert margin >= 0.1
    updates = len(learning.errors) - 1
    assert start @ unit + updates * margin <= np.sqrt(start @ start + updates * longest)


def test_both_classes_occur_in_both_sets():
    for points in (separable, overlapping):
        x, y = points()
        assert x.shape == (100, 2)
        assert 20 <= y.sum() <= 80
        assert set(y) == {0, 1}


def test_no_line_separates_the_overlapping_points_and_one_the_others():
    optimize = pytest.importorskip("scipy.optimize")

    def separates(x, y):
        """Whether some (w, b) has t (w x + b) >= 1 everywhere: a linear program."""
        t = np.where(y, 1, -1)[:, np.newaxis]
        rows = -t * np.column_stack([x, np.ones(len(x))])
        bounds = [(None, None)] * 3
        return optimize.linprog(np.zeros(3), rows, -np.ones(len(x)), bounds=bounds).success

    assert separates(*separable())
    assert not separates(*overlapping())


def test_on_overlapping_points_it_says_that_it_did_not_converge():
    x, y = overlapping()
    learning = Perceptron(2).train(x, y, 100)
    assert not learning.converged
    assert learning.passes == 100

    def errors(weights):
        return int(np.sum((x @ weights[0] + weights[1] > 0) != y))

    assert errors(learning.best) == min(learning.errors) < learning.errors[-1]
    assert errors(learning.last) == learning.errors[-1]
    said = learning.verdict(100)
    assert said.startswith("did not converge in 100 passes")
    assert f"wrong on {min(learning.errors)} of 100" in said
    assert said.endswith(f"the last ones on {learning.errors[-1]}")


def test_the_best_weights_are_the_first_of_equals():
    x, y = overlapping()
    errors, weights = [], []
    perceptron = Perceptron(2)
    for row in np.tile(np.arange(100), 3):
        if perceptron.update(x[[row]], y[[row]]):
            errors.append(perceptron.errors(x, y))
            weights.append(perceptron.weights)
    fewest = min(errors)
    assert errors.count(fewest) > 1
    w, b = weights[errors.index(fewest)]
    learning = Perceptron(2).train(x, y, 3)
    assert (learning.best[0].tolist(), learning.best[1]) == (w.tolist(), b)
    w, b = weights[-1]
    assert (learning.last[0].tolist(), learning.last[1]) == (w.tolist(), b)


def test_it_has_converged_when_the_last_update_left_none_wrong_though_no_pass_has_seen_it():
    x, y = separable()
    whole = Perceptron(2).train(x, y, 100)
    cut_off = Perceptron(2).train(x, y, whole.passes - 1)
    assert cut_off.errors == whole.errors
    assert cut_off.errors[-1] == 0
    assert cut_off.converged
    assert cut_off.verdict(100) == "converged in 1 pass, 8 updates; all 100 are right"
    assert whole.verdict(100) == "converged in 2 passes, 8 updates; all 100 are right"


def test_errors_by_update_are_counted_over_all_points():
    x, y = overlapping(5)
    perceptron, errors = Perceptron(2, seed=5), []
    errors.append(perceptron.errors(x, y))
    for row in range(len(x)):
        if perceptron.update(x[row : row + 1], y[row : row + 1]):
            errors.append(perceptron.errors(x, y))
    assert Perceptron(2, seed=5).train(x, y, 1).errors == errors


def test_a_point_on_the_boundary_belongs_to_class_0():
    perceptron = Perceptron(2)
    perceptron._dense.weight[...] = 0
    assert perceptron.predict(np.ones((1, 2))) == [0]


# The program

QUICK = ["--passes=2", "--perceptron-passes=3"]


def test_the_program_prints_the_check_values(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    assert program.main(["--out", str(tmp_path), "--perceptron-passes=100"]) == 0
    said = capsys.readouterr().out
    for value in (
        *("0.2788536  -0.94997849  -0.44994136", "0.338245", "0.37215083"),
        "0.95165668  0.99678794  0.05965052  0.5",
    ):
        assert value in said
    assert "separable points: converged" in said
    assert "overlapping points: did not converge" in said
    assert said.endswith(f"{tmp_path / 'perceptron.png'}\n")
    assert (tmp_path / "perceptron.png").read_bytes()[:4] == b"\x89PNG"


def test_the_program_takes_seed_rate_and_passes(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    out = tmp_path / "a.png"
    flags = ["--seed=3", "--lr=0.2", "--passes=7", "--perceptron-passes=4", f"--out={out}"]
    assert program.main(flags) == 0
    lines = capsys.readouterr().out.splitlines()
    neuron, shown = Neuron(3, lr=0.2, seed=3), {line[2:28].strip(): line[28:] for line in lines}

    def equals(text, values):
        return [float(v) for v in text.split()] == pytest.approx(values.ravel(), **DIGIT)

    assert equals(shown["initial weights"], neuron.W)
    assert equals(shown["output for sample 0"], neuron.forward(X[:1]))
    neuron.step(X[:1], Y[:1])
    assert equals(shown["after a step on sample 0"], neuron.forward(X[:1]))
    neuron.train(X, Y, 7)
    assert equals(shown["after 7 passes"], neuron.forward(X))
    for name, points in (("separable", separable), ("overlapping", overlapping)):
        learning = Perceptron(2, seed=3).train(*points(3), 4)
        assert f"perceptron, {name} points: {learning.verdict(100)}" in lines


@pytest.mark.parametrize(
    ("ending", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("JPG", b"\xff\xd8")]
)
def test_the_picture_is_of_the_kind_that_its_name_says(ending, start, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    out = tmp_path / f"a.{ending}"
    assert program.main([*QUICK, f"--out={out}"]) == 0
    assert out.read_bytes().startswith(start)
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
