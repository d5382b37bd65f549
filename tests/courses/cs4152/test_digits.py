"""cs4152's digits: the held-out part, both kinds of SGD written out, and what they reach."""

import numpy as np
import pytest

from mytorch import nn
from mytorch.courses.cs4152 import digits as program
from mytorch.courses.cs4152.digits import (
    accuracy,
    hidden_network,
    read_digits,
    softmax_layer,
    train,
)
from mytorch.utils.random import streams

datasets = pytest.importorskip("sklearn.datasets")


@pytest.fixture(scope="module")
def parts():
    return read_digits()


def as_bytes(x):
    return sorted(row.tobytes() for row in x)


def test_the_parts_are_scikit_learns_digits_each_once(parts):
    x, y = datasets.load_digits(return_X_y=True)
    learned, held_out = parts
    assert (len(learned), len(held_out)) == (1437, 360)
    rows = np.concatenate([learned.x, held_out.x])
    assert as_bytes(rows) == as_bytes(x / 16)
    truth = {row.tobytes(): label for row, label in zip(x / 16, y, strict=True)}
    for part in parts:
        assert [truth[row.tobytes()] for row in part.x] == part.y.tolist()


def test_every_class_has_the_same_share_held_out(parts):
    learned, held_out = (np.bincount(part.y) for part in parts)
    assert held_out / (learned + held_out) == pytest.approx(np.full(10, 0.2), rel=0, abs=0.004)


def test_a_seed_repeats_its_cut_and_another_makes_another(parts):
    np.testing.assert_array_equal(read_digits()[1].x, parts[1].x)
    assert as_bytes(read_digits(7)[1].x) != as_bytes(parts[1].x)


def probabilities(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("batch_size", "lr"), [(1, 0.1), (32, 0.5)])
def test_training_of_the_softmax_layer_equals_its_formula(batch_size, lr, parts):
    x, y = parts[0][:200]
    network = softmax_layer(64, 10, seed=3)
    W, b = (p.copy() for p in network.get_parameters())
    rng, losses = streams(3).order, []
    for _ in range(2):
        order, losses = rng.permutation(len(x)), []
        for start in range(0, len(x), batch_size):
            rows = order[start : start + batch_size]
            p = probabilities(x[rows] @ W.T + b)
            losses += (-np.log(p[np.arange(len(rows)), y[rows]])).tolist()
            d = (p - np.eye(10)[y[rows]]) / len(rows)
            W, b = W - lr * d.T @ x[rows], b - lr * d.sum(axis=0)
    loss = train(network, parts[0][:200], 2, batch_size, lr, seed=3)
    np.testing.assert_allclose(network.get_parameters()[0], W, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(network.get_parameters()[1], b, rtol=1e-10, atol=1e-13)
    assert loss == pytest.approx(np.mean(losses), rel=1e-12, abs=0)


def test_by_example_equals_forward_backward_and_step_of_the_layers(parts):
    split = parts[0][:150]
    network, ours = hidden_network(64, 10, 8, seed=4), hidden_network(64, 10, 8, seed=4)
    loss, optimizer = nn.SoftmaxCrossEntropy(), nn.SGD(network.get_parameters(), 0.1)
    for row in streams(4).order.permutation(150):
        loss.forward(network.forward(split.x[[row]]), split.y[[row]])
        network.backward(loss.backward())
        optimizer.step(network.get_gradients())
    train(ours, split, 1, 1, 0.1, seed=4)
    for mine, theirs in zip(ours.get_parameters(), network.get_parameters(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-13)


def test_accuracy_equals_scikit_learns(parts):
    metrics = pytest.importorskip("sklearn.metrics")
    network = softmax_layer(64, 10)
    labels = network.forward(parts[1].x).argmax(axis=1)
    assert accuracy(network, parts[1]) == metrics.accuracy_score(parts[1].y, labels)


def test_the_program_prints_a_row_for_each_network_and_way(capsys):
    assert program.main(["--epochs=3", "--hidden=16", "--batch-size=64"]) == 0
    head, empty, columns, *rows = capsys.readouterr().out.splitlines()
    assert head == "digits: 1,437 to learn from, 360 held out, seed 42, 3 epochs"
    assert empty == ""
    assert columns.split() == ["network", "SGD", "loss", "accuracy", "held", "out"]
    assert [row.split("  ")[0] for row in rows] == 2 * ["softmax layer"] + 2 * [
        "hidden layer of 16"
    ]
    assert ["by example" in row for row in rows] == [True, False, True, False]
    assert all(("batches of 64, lr 0.5" in row) != ("by example, lr 0.1" in row) for row in rows)


def test_the_program_takes_seed_and_rates(capsys):
    flags = ["--seed=3", "--sample-lr=0.02", "--batch-lr=0.3", "--epochs=2", "--hidden=5"]
    assert program.main(flags) == 0
    shown = [line.split()[-3:] for line in capsys.readouterr().out.splitlines()[3:]]
    learned, held_out = read_digits(3)
    expected = []
    for make in (softmax_layer, lambda *sizes, seed: hidden_network(*sizes, 5, seed=seed)):
        for batch_size, lr in ((1, 0.02), (32, 0.3)):
            network = make(64, 10, seed=3)
            loss = train(network, learned, 2, batch_size, lr, seed=3)
            shares = accuracy(network, learned), accuracy(network, held_out)
            expected.append([f"{value:.4f}" for value in (loss, *shares)])
    assert shown == expected


def test_every_network_and_way_labels_19_of_20_digits_that_it_has_not_seen(capsys):
    assert program.main([]) == 0
    rows = [line.split()[-3:] for line in capsys.readouterr().out.splitlines()[3:]]
    loss, learned, held_out = np.array(rows, float).T
    # From 0.9528 to 0.9861 with the seeds 0 to 5.
    assert held_out.min() >= 0.95
    assert learned.min() >= 0.97
    # What 30 epochs by example fit more closely than batches, and the hidden layer than none.
    assert loss[2] < loss[0] < 0.06
    assert loss[3] < loss[1] < 0.13
