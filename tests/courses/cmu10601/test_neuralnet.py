"""The program of cmu10601: the course's numbers, formats and names."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mytorch.courses.cmu10601 import neuralnet
from mytorch.courses.cmu10601.neuralnet import (
    NN,
    Linear,
    Sigmoid,
    SoftMaxCrossEntropy,
    random_init,
    zero_init,
)
from mytorch.utils.errors import ArgumentError

from .literal import initial, train

# Printed in the assignment: small data, `2 4 2 0.1`.
PRINTED = """\
epoch=1 crossentropy(train): 2.1415670910950144
epoch=1 crossentropy(validation): 2.1502231738985618
epoch=2 crossentropy(train): 1.8642629963917074
epoch=2 crossentropy(validation): 1.8780601379038728
error(train): 0.73
error(validation): 0.72
"""
EPS = np.finfo(float).eps
LINE = re.compile(
    r"(epoch=\d+ crossentropy\((?:train|validation)\)|error\((?:train|validation)\)): "
    r"(\d+\.\d+(?:e-\d+)?)\n"
)


def read(metrics):
    """Names and values of a metrics file, which holds nothing else."""
    text = Path(metrics).read_text()
    found = LINE.findall(text)
    assert "".join(f"{name}: {value}\n" for name, value in found) == text
    return [name for name, _ in found], [float(value) for _, value in found]


def test_the_course_prints_these_six_lines(real_data, tmp_path):
    letters = real_data / "ocr-letters"
    outputs = [tmp_path / name for name in ("a.labels", "b.labels", "metrics.txt")]
    inputs = [letters / "small_train.csv", letters / "small_validation.csv"]
    code = neuralnet.main([*map(str, [*inputs, *outputs]), "2", "4", "2", "0.1"])
    assert code == 0
    (tmp_path / "printed.txt").write_text(PRINTED)
    names, values = read(outputs[2])
    printed_names, printed_values = read(tmp_path / "printed.txt")
    assert names == printed_names
    np.testing.assert_allclose(values, printed_values, rtol=1e-12)
    for path, rows, error in zip(outputs, (500, 100), (0.73, 0.72), strict=False):
        predicted = path.read_text()
        assert re.fullmatch(r"(\d\n)*", predicted)
        labels = np.loadtxt(
            letters / f"small_{'train' if rows == 500 else 'validation'}.csv", delimiter=","
        )[:, 0]
        wrong = np.array(predicted.split(), int) != labels
        assert len(wrong) == rows
        assert wrong.mean() == pytest.approx(error, abs=1e-15)


@pytest.mark.parametrize(
    ("epochs", "hidden", "flag", "lr"),
    [(1, 1, 1, 0.1), (3, 4, 2, 0.1), (100, 5, 1, 0.1), (30, 20, 1, 0.001), (7, 50, 2, 0.03)],
)
def test_losses_and_weights_equal_the_literal_arithmetic(letters, epochs, hidden, flag, lr):
    (x, y), (x_v, y_v) = letters
    network = NN(x.shape[1], hidden, 10, neuralnet.INITS[flag], lr)
    losses = network.train(x, y, x_v, y_v, epochs)
    alpha, beta, expected = train(*letters, epochs, hidden, flag, lr)
    np.testing.assert_allclose(np.transpose(losses), expected, rtol=1e-12)
    # One rounding error of each update may stay: their number, times that of the largest weight.
    for layer, weights in ((network.linear1, alpha), (network.linear2, beta)):
        scale = epochs * len(x) * EPS * abs(weights).max()
        np.testing.assert_allclose(layer.w, weights, rtol=0, atol=scale)


def test_real_letters_of_all_sizes_equal_the_literal_arithmetic(real_data):
    for size, rows in (("tiny", None), ("small", None), ("medium", 300)):
        splits = []
        for split in ("train", "validation"):
            x, y = neuralnet.read_letters(real_data / "ocr-letters" / f"{size}_{split}.csv")
            splits.append((x[:rows], y[:rows]))
        (x, y), (x_v, y_v) = splits
        losses = NN(x.shape[1], 5, 10, random_init, 0.1).train(x, y, x_v, y_v, 10)
        np.testing.assert_allclose(
            np.transpose(losses), train(*splits, 10, 5, 1, 0.1)[2], rtol=1e-11
        )


def test_an_epoch_as_one_kernel_equals_forward_backward_and_step_example_by_example(letters):
    (x, y), (x_v, y_v) = letters
    whole, single = (NN(12, 6, 10, random_init, 0.05) for _ in range(2))
    whole.train(x, y, x_v, y_v, 3)
    for epoch in range(3):
        for one, label in zip(*neuralnet.shuffle(x, y, epoch), strict=True):
            y_hat, _ = single.forward(one, label)
            single.backward(label, y_hat)
            single.step()
    for name in ("linear1", "linear2"):
        np.testing.assert_allclose(
            getattr(whole, name).w, getattr(single, name).w, rtol=0, atol=1e-14
        )
    assert single.compute_loss(x, y) == pytest.approx(whole.compute_loss(x, y), rel=1e-13)
    losses = [single.forward(a, b)[1] for a, b in zip(x, y, strict=True)]
    assert single.compute_loss(x, y) == pytest.approx(np.mean(losses), rel=1e-14)


def test_the_initial_draw_is_the_whole_matrix_from_the_seed_of_its_size():
    np.random.seed(3 * 5)
    expected = np.random.uniform(-0.1, 0.1, (3, 5))
    np.testing.assert_array_equal(random_init((3, 5)), expected)
    np.testing.assert_array_equal(zero_init((3, 5)), np.zeros((3, 5)))
    layer = Linear(4, 3, random_init, 0.1)
    np.testing.assert_array_equal(layer.w, initial((3, 5), 1))
    assert layer.w.dtype == np.float64


def test_the_global_stream_of_numpy_is_left_alone(letters):
    np.random.seed(7)
    expected = np.random.random(3)
    np.random.seed(7)
    NN(12, 2, 10, random_init, 0.1).train(*letters[0], *letters[1], 2)
    neuralnet.shuffle(*letters[0], 0)
    np.testing.assert_array_equal(np.random.random(3), expected)


def test_the_order_of_an_epoch_comes_from_its_number_and_the_order_of_the_file():
    x, y = np.arange(10.0)[:, np.newaxis], np.arange(10)
    for epoch in (0, 1, 5):
        np.random.seed(epoch)
        order = np.random.permutation(10)
        shuffled_x, shuffled_y = neuralnet.shuffle(x, y, epoch)
        np.testing.assert_array_equal(shuffled_y, order)
        np.testing.assert_array_equal(shuffled_x[:, 0], order)


def test_a_linear_layer_takes_its_sizes_from_weights_that_were_put_in():
    layer = Linear(7, 7, zero_init, 0.5)
    w = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 4.0]])
    layer.w = w
    x, dz = np.array([10.0, 100.0]), np.array([1.0, -2.0])
    np.testing.assert_array_equal(layer.forward(x), [1 + 20 + 300, -1 + 5 + 400])
    np.testing.assert_array_equal(layer.cache, [1, 10, 100])
    np.testing.assert_array_equal(layer.backward(dz), [2 - 1, 3 - 8])  # without the bias entry
    np.testing.assert_array_equal(layer.dw, [[1, 10, 100], [-2, -20, -200]])
    layer.step()
    np.testing.assert_array_equal(layer.w, [[0.5, -3, -47], [0, 10.5, 104]])
    np.testing.assert_array_equal(w, [[1.0, 2.0, 3.0], [-1.0, 0.5, 4.0]])  # a copy was taken


def test_sigmoid_takes_one_number_for_all_gradients():
    sigmoid = Sigmoid()
    x = np.array([-2.0, 0.0, 3.0])
    s = 1 / (1 + np.exp(-x))
    np.testing.assert_allclose(sigmoid.forward(x), s, rtol=1e-15)
    np.testing.assert_allclose(sigmoid.backward(2.0), 2 * s * (1 - s), rtol=1e-15)
    np.testing.assert_allclose(sigmoid.backward(x), x * s * (1 - s), rtol=1e-15)


def test_softmax_and_cross_entropy_of_one_example():
    layer = SoftMaxCrossEntropy()
    z = np.array([1.0, 2.0, 0.5])
    p = np.exp(z) / np.exp(z).sum()
    np.testing.assert_allclose(layer._softmax(z), p, rtol=1e-15)
    y_hat, loss = layer.forward(z, 1)
    np.testing.assert_allclose(y_hat, p, rtol=1e-15)
    assert isinstance(loss, float)
    assert loss == pytest.approx(-np.log(p[1]), rel=1e-15)
    assert layer._cross_entropy(2, np.array([0.2, 0.3, 0.5])) == pytest.approx(np.log(2), rel=1e-15)
    fresh = SoftMaxCrossEntropy()  # no forward before it
    np.testing.assert_allclose(
        fresh.backward(1, np.array([0.2, 0.3, 0.5])), [0.2, -0.7, 0.5], rtol=1e-15
    )


def test_of_equal_scores_the_smallest_label_is_predicted(letters):
    (x, y), _ = letters
    labels, error = NN(12, 3, 10, zero_init, 0.1).test(x, y)
    assert labels.tolist() == [0] * len(x)
    assert error == np.mean(y != 0)


def test_the_labels_written_are_those_of_the_trained_network(command, letters, tmp_path, capsys):
    assert neuralnet.main([*command(4, 3, 1, 0.2), "--debug"]) == 0
    network = NN(12, 3, 10, random_init, 0.2)
    network.train(*letters[0], *letters[1], 4)
    names, values = read(tmp_path / "metrics.txt")
    assert len(names) == 2 * 4 + 2
    for split, name, error in zip(letters, ("train", "validation"), values[-2:], strict=True):
        labels, expected = network.test(*split)
        assert (tmp_path / f"{name}.labels").read_text().split() == list(map(str, labels))
        assert error == expected
    network.print_weights()
    printed = capsys.readouterr().out
    half = len(printed) // 2
    assert printed[:half] == printed[half:]
    assert "alpha (3, 13):" in printed
    assert "beta (10, 4):" in printed


def test_training_zeros_prints_equal_rows_of_alpha_and_equal_columns_of_beta(letters):
    # What the assignment asks to look at: hidden units that begin alike stay alike.
    (x, y), _ = letters
    network = NN(12, 4, 10, zero_init, 0.1)
    for step in range(3):
        y_hat, _ = network.forward(x[step], y[step])
        network.backward(y[step], y_hat)
        network.step()
        alpha, beta = network.linear1.w, network.linear2.w
        # One product of a matrix may add in another order than the next: equal but for rounding.
        assert np.ptp(alpha, axis=0).max() <= 4 * EPS * abs(alpha).max()
        assert np.ptp(beta[:, 1:], axis=1).max() <= 4 * EPS * abs(beta).max()
        assert np.ptp(beta, axis=0).max() > 0
        assert (abs(alpha).max() == 0) == (step == 0)


def test_hidden_units_that_begin_at_zero_stay_equal_to_the_last_bit_in_all_epochs(letters):
    network = NN(12, 7, 10, zero_init, 0.1)
    network.train(*letters[0], *letters[1], 50)
    assert np.ptp(network.linear1.w, axis=0).max() == 0
    assert np.ptp(network.linear2.w[:, 1:], axis=1).max() == 0
    assert np.ptp(network.linear2.w, axis=0).max() > 0


@pytest.mark.parametrize("start", [["neuralnet.py"], ["-m", "mytorch", "cmu10601", "neuralnet"]])
def test_it_runs_from_any_folder_as_the_course_and_as_mytorch_does(command, tmp_path, start):
    if start[0].endswith(".py"):
        start = [str(Path(neuralnet.__file__).resolve())]
    ran = subprocess.run(
        [sys.executable, *start, *command(2, 4, 2, 0.1)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert (ran.stdout, ran.stderr) == ("", "")
    assert len(read(tmp_path / "metrics.txt")[0]) == 6


def test_the_arguments_become_data_names_and_numbers(command, tmp_path, letters):
    words = command(3, 4, 2, 0.5)
    args = neuralnet._parser().parse_args(words)
    *data, out_tr, out_te, out_metrics, epochs, hidden, flag, lr = neuralnet.args2data(args)
    for found, expected in zip(data, [a for split in letters for a in split], strict=True):
        np.testing.assert_array_equal(found, expected)
    assert [out_tr, out_te, out_metrics] == words[2:5]
    assert (epochs, hidden, flag, lr) == (3, 4, 2, 0.5)
    assert not args.debug


@pytest.mark.parametrize("init", [random_init, zero_init])
def test_a_seed_above_the_largest_is_refused(init):
    with pytest.raises(ArgumentError, match=r"65536 x 65536 weights: there can be no more than"):
        init((2**16, 2**16))


def test_the_loss_of_what_was_held_impossible_is_infinite():
    assert SoftMaxCrossEntropy()._cross_entropy(0, np.array([0.0, 1.0])) == np.inf


def test_weights_changed_in_place_leave_the_layer_what_it_has_seen():
    layer = Linear(2, 1, random_init, 0.1)
    layer.w = [[1.0, 2.0, 3.0]]
    layer.forward(np.array([4.0, 5.0]))
    layer.w -= 1.0
    np.testing.assert_array_equal(layer.backward(np.array([1.0])), [1.0, 2.0])
    np.testing.assert_array_equal(layer.dw, [[1.0, 4.0, 5.0]])


def test_a_label_may_be_an_array_of_one():
    loss = SoftMaxCrossEntropy()
    z = np.array([1.0, 2.0, 0.5])
    assert loss.forward(z, np.array([1]))[1] == loss.forward(z, 1)[1]
