"""The dense network in NumPy gives the course's check values, and its gradients are right."""

import numpy as np
import pytest

from mytorch.courses.purdue373.numpy_ann import NumpyANN
from mytorch.utils.errors import ArgumentError, MytorchError, OrderError, RunError, ShapeError

NAMES = ("W1", "b1", "W2", "b2")
X = np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])


def examples(n=7, features=5, classes=3):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, features)), np.eye(classes)[rng.integers(0, classes, n)]


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_the_check_values_of_the_course_come_out():
    ann = NumpyANN(5, 3, 2, 0.01)
    np.testing.assert_array_equal(
        np.round(ann._forward(X, training=True), 8), [[0.50013134, 0.49986866]]
    )
    ann._backward(X, np.array([[1, 0]]))
    np.testing.assert_array_equal(
        np.round(ann.W2, 8),
        [[-0.00504001, -0.01071118], [0.00314247, -0.00908024], [-0.01412304, 0.01465649]],
    )


def test_weights_equal_the_draws_of_the_course():
    ann = NumpyANN(5, 3, 2, 0.01, 9)
    np.random.seed(9)
    np.testing.assert_array_equal(ann.W1, 0.01 * np.random.randn(5, 3))
    np.testing.assert_array_equal(ann.W2, 0.01 * np.random.randn(3, 2))
    assert (ann.b1.shape, ann.b2.shape) == ((1, 3), (1, 2))
    assert not ann.b1.any()
    assert not ann.b2.any()
    assert (ann.input_size, ann.hidden_size, ann.output_size, ann.lr) == (5, 3, 2, 0.01)
    np.testing.assert_array_equal(
        NumpyANN(5, 3, 2, 0.01).W1, NumpyANN(5, 3, 2, 0.01, random_seed=42).W1
    )


def test_relu_and_its_slope():
    ann, x = NumpyANN(1, 1, 1, 0.1), np.array([[-2.0, 0.0, 3.0]])
    np.testing.assert_array_equal(ann._relu(x), [[0, 0, 3]])
    np.testing.assert_array_equal(ann._relu_grad(x), [[0, 0, 1]])
    np.testing.assert_array_equal(ann._relu_grad([-1, 0, 2]), [0, 0, 1])


def test_cross_entropy_is_the_sum_divided_by_the_classes_or_the_samples():
    ann = NumpyANN(1, 1, 1, 0.1)
    p, y = np.array([[0.5, 0.2, 0.3], [0.1, 0.8, 0.1]]), np.array([[1, 0, 0], [0, 1, 0]])
    total = -np.log(0.5) - np.log(0.8)
    assert ann._cross_entropy(p, y) == pytest.approx(total / 3, rel=1e-15, abs=0)
    mean = ann._cross_entropy(p, y, per="samples")
    assert mean == pytest.approx(total / 2, rel=1e-15, abs=0)


def test_cross_entropy_of_two_samples_and_two_classes_is_the_same_by_either_divisor():
    ann, p = NumpyANN(1, 1, 1, 0.1), [[0.9, 0.1], [0.4, 0.6]]
    y = [[1, 0], [0, 1]]
    assert ann._cross_entropy(p, y) == ann._cross_entropy(p, y, per="samples")


def test_cross_entropy_at_probabilities_of_0():
    ann = NumpyANN(1, 1, 1, 0.1)
    assert ann._cross_entropy([[1.0, 0.0]], [[1, 0]]) == 0
    assert ann._cross_entropy([[1.0, 0.0]], [[0, 1]]) == np.inf


def test_cross_entropy_takes_soft_labels():
    got = NumpyANN(1, 1, 1, 0.1)._cross_entropy([[0.25, 0.75]], [[0.5, 0.5]])
    assert got == pytest.approx(-(np.log(0.25) + np.log(0.75)) / 4, rel=1e-15, abs=0)


def test_forward_equals_the_formula_and_stores_only_in_training():
    x, _ = examples()
    ann = NumpyANN(5, 4, 3, 0.1)
    output = ann._forward(x, training=False)
    assert not any(hasattr(ann, name) for name in ("z1", "a1", "z2", "a2"))
    np.testing.assert_array_equal(ann.predict(x), output)
    ann.accuracy(x, np.eye(3)[np.zeros(7, int)])
    assert not hasattr(ann, "a2")
    np.testing.assert_array_equal(ann._forward(x, training=True), output)
    np.testing.assert_allclose(ann.z1, x @ ann.W1 + ann.b1, rtol=1e-12)
    np.testing.assert_array_equal(ann.a1, np.maximum(0, ann.z1))
    np.testing.assert_allclose(ann.z2, ann.a1 @ ann.W2 + ann.b2, rtol=1e-12)
    np.testing.assert_allclose(ann.a2, softmax(ann.z2), rtol=1e-14)
    stored = ann.a2
    ann.predict(x[:2])
    assert ann.a2 is stored


def gradients(ann, x, y):
    """What `_backward` goes along, from a step with a rate of 1."""
    before = [getattr(ann, name) for name in NAMES]
    ann.lr = 1.0
    ann._forward(x, training=True)
    ann._backward(x, y)
    return [b - getattr(ann, name) for b, name in zip(before, NAMES, strict=True)]


def with_larger_weights(ann):
    rng = np.random.default_rng(2)
    for name in NAMES:
        setattr(ann, name, rng.standard_normal(getattr(ann, name).shape))
    return ann


def test_the_step_goes_along_the_difference_quotients_of_the_mean_cross_entropy():
    x, y = examples()
    ann = with_larger_weights(NumpyANN(5, 4, 3, 0.1))
    h, expected = 1e-6, []
    for name in NAMES:
        array = getattr(ann, name)
        quotients = np.empty(array.shape)
        for index in np.ndindex(array.shape):
            middle, values = array[index], []
            for array[index] in (middle + h, middle - h):
                values.append(ann._cross_entropy(ann.predict(x), y, per="samples"))
            array[index] = middle
            quotients[index] = (values[0] - values[1]) / (2 * h)
        expected.append(quotients)
    for got, wanted in zip(gradients(ann, x, y), expected, strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-9)


def test_the_step_equals_pytorchs():
    torch = pytest.importorskip("torch")
    x, y = examples()
    ann = with_larger_weights(NumpyANN(5, 4, 3, 0.1))
    W1, b1, W2, b2 = (torch.tensor(getattr(ann, n), requires_grad=True) for n in NAMES)
    scores = torch.relu(torch.tensor(x) @ W1 + b1) @ W2 + b2
    torch.nn.functional.cross_entropy(scores, torch.tensor(y)).backward()
    for got, wanted in zip(gradients(ann, x, y), (W1, b1, W2, b2), strict=True):
        np.testing.assert_allclose(got, wanted.grad.numpy(), rtol=1e-10, atol=1e-13)


def test_the_step_uses_what_is_stored_even_where_it_was_set():
    x, y = examples()
    ann, rng = with_larger_weights(NumpyANN(5, 4, 3, 0.5)), np.random.default_rng(3)
    ann._forward(x, training=True)
    ann.z1, ann.a1 = rng.standard_normal((2, 7, 4))
    ann.a2 = rng.random((7, 3))
    W1, W2, b1 = ann.W1, ann.W2, ann.b1
    ann._backward(x, y)
    dz2 = ann.a2 - y
    dz1 = dz2 @ W2.T * (ann.z1 > 0)
    np.testing.assert_allclose(ann.W2, W2 - 0.5 * ann.a1.T @ dz2 / 7, rtol=1e-12)
    np.testing.assert_allclose(ann.W1, W1 - 0.5 * x.T @ dz1 / 7, rtol=1e-12)
    np.testing.assert_allclose(ann.b1, b1 - 0.5 * dz1.sum(0) / 7, rtol=1e-12)


def test_a_step_leaves_arrays_that_were_handed_in():
    ann, W1 = NumpyANN(5, 3, 2, 0.1), np.ones((5, 3))
    ann.W1 = W1
    ann._forward(X, training=True)
    ann._backward(X, np.array([[0, 1]]))
    np.testing.assert_array_equal(W1, np.ones((5, 3)))
    assert not np.array_equal(ann.W1, W1)


def test_training_equals_the_literal_loop_in_the_order_of_the_samples(capsys):
    x, y = examples(50)
    ann = NumpyANN(5, 4, 3, 0.2)
    W1, b1, W2, b2 = (getattr(ann, name).copy() for name in NAMES)
    losses = []
    for _ in range(30):
        for start in range(0, 50, 16):  # 16, 16, 16 and 2 samples
            xb, yb = x[start : start + 16], y[start : start + 16]
            z1 = xb @ W1 + b1
            a1 = np.maximum(0, z1)
            dz2 = (softmax(a1 @ W2 + b2) - yb) / len(xb)
            dz1 = dz2 @ W2.T * (z1 > 0)
            W2, b2 = W2 - 0.2 * a1.T @ dz2, b2 - 0.2 * dz2.sum(0)
            W1, b1 = W1 - 0.2 * xb.T @ dz1, b1 - 0.2 * dz1.sum(0)
        p = softmax(np.maximum(0, x[:9] @ W1 + b1) @ W2 + b2)
        losses.append(-np.sum(y[:9] * np.log(p)) / 3)
    ann.train(x, y, x[:9], y[:9], 30, 16)
    for name, wanted in zip(NAMES, (W1, b1, W2, b2), strict=True):
        np.testing.assert_allclose(getattr(ann, name), wanted, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ann.val_losses, losses, rtol=1e-10)
    assert ann.val_accs[-1] == np.mean(p.argmax(1) == y[:9].argmax(1)) == ann.accuracy(x[:9], y[:9])
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["Epoch 10", "Epoch 20", "Epoch 30"]
    assert lines[1].endswith(
        f"validation loss {losses[19]:.4f}, validation accuracy {ann.val_accs[19]:.4f}"
    )


def test_a_learning_rate_that_is_too_large_is_told_in_one_line():
    x, y = examples(50)
    with pytest.raises(RunError, match=r"validation loss is .* try a learning rate below 1e"):
        NumpyANN(5, 4, 3, 1e200).train(x, y, x, y, 20, 16)


MISTAKES = {
    "size": (ArgumentError, lambda a: NumpyANN(0, 1, 1, 0.1), "sizes must be at least 1"),
    "rate": (ArgumentError, lambda a: NumpyANN(1, 1, 1, -0.1), "lr must be"),
    "seed": (ArgumentError, lambda a: NumpyANN(1, 1, 1, 0.1, -1), "seed must be"),
    "order": (OrderError, lambda a: a._backward(X, [[1, 0]]), "_forward with training=True"),
    "features": (ShapeError, lambda a: a.predict(np.ones((1, 4))), "4 features, expected 5"),
    "shapes": (ShapeError, lambda a: a._cross_entropy([[1.0, 0]], [1, 0]), "one shape (N, C)"),
    "divisor": (ArgumentError, lambda a: a._cross_entropy([[1.0]], [[1]], per="n"), "classes"),
    "labels": (ShapeError, lambda a: a.accuracy(X, [1]), "one-hot rows (1, 2)"),
    "no samples": (ShapeError, lambda a: a.accuracy(X[:0], np.eye(2)[:0]), "rows (0, 2)"),
    "epochs": (ArgumentError, lambda a: a.train(X, [[1, 0]], X, [[1, 0]], 0, 1), "epochs=0"),
    "batch": (ArgumentError, lambda a: a.train(X, [[1, 0]], X, [[1, 0]], 1, 0), "batch_size"),
    "targets": (ShapeError, lambda a: a.train(X, [1], X, [[1, 0]], 1, 1), "one-hot rows (1, 2)"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line(name):
    error, call, message = MISTAKES[name]
    with pytest.raises(error) as raised:
        call(NumpyANN(5, 3, 2, 0.01))
    assert isinstance(raised.value, MytorchError)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_labels_of_the_wrong_samples_are_refused_by_the_step():
    ann = NumpyANN(5, 3, 2, 0.01)
    ann._forward(X, training=True)
    with pytest.raises(ShapeError, match="one-hot rows"):
        ann._backward(np.ones((2, 5)), np.eye(2))
