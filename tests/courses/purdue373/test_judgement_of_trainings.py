"""Trainings that underfit, overfit and generalize, and what the networks say of them."""

import numpy as np
import pytest

from mytorch.courses.purdue373.images import course_split
from mytorch.courses.purdue373.numpy_cnn import NumpyCNN

pytest.importorskip("sklearn")

EXPECTED = ("underfitting", "overfitting", "generalizing")


@pytest.fixture(scope="module")
def digits():
    """Digits of 8 x 8 pixels, and of 16 x 16 for the convolutional networks."""
    data = course_split("digits")
    parts = [*data.train[:500], *data.validation]
    large = [np.repeat(np.repeat(p, 2, 2), 2, 3) if p.ndim == 4 else p for p in parts]
    return parts, large


def with_wrong_labels(y):
    """Half of the labels are drawn at random: they can be learned by heart only."""
    rng = np.random.default_rng(0)
    return np.where(rng.random(len(y)) < 0.5, rng.integers(0, 10, len(y)), y)


@pytest.mark.parametrize("expected", EXPECTED)
def test_the_dense_network_says_what_its_training_was(expected, digits):
    pytest.importorskip("torch")
    from mytorch.courses.purdue373.pytorch_ann import PyTorchANN

    (x, y, x_val, y_val), _ = digits
    model = PyTorchANN(64, 64, 10)
    if expected == "underfitting":
        model.train(x, y, x_val, y_val, 3, 64, 0.01)
    elif expected == "overfitting":
        y = with_wrong_labels(y)
        model.train(x[:150], y[:150], x_val, y_val, 200, 16, 0.3)
    else:
        model.train(x, y, x_val, y_val, 40, 32, 0.1)
        assert model.accuracy(x_val, y_val) > 0.9
    assert model.report_my_judgement() == expected
    assert all(isinstance(reason, str) for reason in model.judgement().evidence)


@pytest.mark.parametrize("library", ["torch", "numpy"])
@pytest.mark.parametrize("expected", EXPECTED)
def test_the_convolutional_networks_say_what_their_training_was(expected, library, digits):
    if library == "torch":
        pytest.importorskip("torch")
        from mytorch.courses.purdue373.pytorch_cnn import PyTorchCNN

        model = PyTorchCNN()
    else:
        model = NumpyCNN()
    _, (x, y, x_val, y_val) = digits
    if expected == "underfitting":
        model.train(x[:100], y[:100], x_val, y_val, 2, 1e-4)
    elif expected == "overfitting":
        y = with_wrong_labels(y)
        model.train(x[:60], y[:60], x_val, y_val, 40, 0.003)
    else:
        model.train(x, y, x_val, y_val, 6, 0.002, batch_size=50)
        assert model.accuracy(x_val, y_val) > 0.85
    assert model.report_my_judgement() == expected
