"""cs4152's two layers against the same network written out, and what a single neuron cannot."""

import numpy as np
import pytest

from mytorch.courses.cs4152 import logic as program
from mytorch.courses.cs4152.logic import LogicNetwork, X, Y, answers
from mytorch.courses.cs4152.perceptron import Neuron, Perceptron


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@pytest.fixture(scope="module")
def trained():
    network = LogicNetwork(3)
    network.train(X, Y, 2000)
    return network


def test_the_targets_are_those_of_the_formula_in_binary_order():
    assert [int("".join(map(str, row)), 2) for row in X.astype(int)] == list(range(8))
    assert [int(not ((a ^ b) and c)) for a, b, c in X.astype(int)] == Y.ravel().tolist()
    assert Y.ravel().tolist() == [1, 1, 1, 0, 1, 0, 1, 1]


def test_weights_are_drawn_uniformly_from_the_courses_seed_the_first_layer_first():
    rng = np.random.RandomState([42])
    network = LogicNetwork(3)
    np.testing.assert_array_equal(network.W1, 2 * rng.random_sample((3, 4)) - 1)
    np.testing.assert_array_equal(network.W2, 2 * rng.random_sample((4, 1)) - 1)


def test_a_step_equals_the_rate_times_the_numeric_derivatives_of_both_layers():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((6, 3)), rng.random((6, 1))
    network = LogicNetwork(3, 5, lr=0.25, seed=7)
    before = [network.W1.copy(), network.W2.copy()]

    def error(weights):
        return ((y - sigmoid(sigmoid(x @ weights[0]) @ weights[1])) ** 2).mean() / 2

    network.step(x, y)
    h = 1e-5
    for layer, after in enumerate((network.W1, network.W2)):
        numeric = np.empty_like(after)
        for index in np.ndindex(after.shape):
            sides = []
            for sign in (1, -1):
                moved = [w.copy() for w in before]
                moved[layer][index] += sign * h
                sides.append(error(moved))
            numeric[index] = (sides[0] - sides[1]) / (2 * h)
        np.testing.assert_allclose((before[layer] - after) / 0.25, numeric, rtol=1e-6, atol=1e-11)


def test_the_training_equals_the_network_written_out(trained):
    rng = np.random.RandomState([42])
    W1, W2 = 2 * rng.random_sample((3, 4)) - 1, 2 * rng.random_sample((4, 1)) - 1
    for _ in range(2000):
        for x, y in zip(X[:, np.newaxis], Y[:, np.newaxis], strict=True):
            h = sigmoid(x @ W1)
            o = sigmoid(h @ W2)
            d2 = (y - o) * o * (1 - o)
            d1 = d2 @ W2.T * h * (1 - h)
            W2 += 0.5 * h.T @ d2
            W1 += 0.5 * x.T @ d1
    np.testing.assert_allclose(trained.forward(X), sigmoid(sigmoid(X @ W1) @ W2), rtol=1e-9)


def test_neither_neuron_nor_perceptron_learns_it():
    neuron, perceptron = Neuron(3), Perceptron(3)
    neuron.train(X, Y, 1000)
    assert np.sum(answers(neuron.forward(X)) != Y) > 0
    learning = perceptron.train(X, Y[:, 0].astype(int), 1000)
    assert not learning.converged
    assert learning.errors[-1] > 0
    assert min(learning.errors) > 0


def test_no_plane_separates_it():
    optimize = pytest.importorskip("scipy.optimize")
    rows = -np.where(Y, 1, -1) * np.column_stack([X, np.ones(8)])
    done = optimize.linprog(np.zeros(4), rows, -np.ones(8), bounds=[(None, None)] * 4)
    assert not done.success


def test_the_two_layers_answer_all_eight_right(trained):
    # What the network written out in Python's own numbers gives.
    outputs = [0.997687, 0.967202, 0.992176, 0.040089, 0.991785, 0.040044, 0.987583, 0.960549]
    assert trained.forward(X).ravel() == pytest.approx(outputs, rel=0, abs=5.1e-7)
    np.testing.assert_array_equal(answers(trained.forward(X)), Y)


def test_the_program_says_who_is_right(capsys):
    assert program.main([]) == 0
    head, *rows, _, neuron, perceptron, network = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["x0", "x1", "x2", "target"]
    assert [row.split()[:4] for row in rows] == [
        [*map(str, x), str(y)] for x, y in zip(X.astype(int), Y[:, 0].astype(int), strict=True)
    ]
    assert [row.split()[6] for row in rows] == [row.split()[3] for row in rows]
    assert rows[0].endswith("  0.99768700")
    assert neuron.startswith("neuron, sigmoid, 1,000 passes: ")
    assert "all" not in neuron
    assert perceptron.startswith("perceptron with a bias: did not converge in 1,000 passes, ")
    assert network == "network, 4 hidden units, 2,000 passes: all of 8 are right"


def test_the_program_takes_seed_rate_units_and_passes(capsys):
    assert program.main(["--seed=3", "--lr=0.2", "--hidden=2", "--passes=7"]) == 0
    rows = capsys.readouterr().out.splitlines()[1:9]
    network = LogicNetwork(3, 2, lr=0.2, seed=3)
    network.train(X, Y, 7)
    neuron, perceptron = Neuron(3, seed=3), Perceptron(3, seed=3)
    neuron.train(X, Y, 1000)
    perceptron.train(X, Y[:, 0].astype(int), 1000)
    columns = np.array([row.split() for row in rows]).T
    assert columns[4].astype(int).tolist() == answers(neuron.forward(X))[:, 0].tolist()
    assert columns[5].astype(int).tolist() == perceptron.predict(X).tolist()
    assert columns[6].astype(int).tolist() == answers(network.forward(X))[:, 0].tolist()
    assert columns[7].tolist() == [f"{output:.8f}" for output in network.forward(X)[:, 0]]


def test_the_program_says_so_where_the_network_has_not_learned_it(capsys):
    assert program.main(["--passes=1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "network, 4 hidden units, 1 pass: 2 of 8 are right"
    )
