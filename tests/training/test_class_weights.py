import numpy as np
import pytest

from mytorch import nn
from mytorch.training import balanced_weights
from mytorch.utils.errors import ArgumentError


def test_they_are_those_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.utils.class_weight")
    y = np.random.default_rng(0).choice(5, 200, p=[0.5, 0.3, 0.1, 0.06, 0.04])
    theirs = sklearn.compute_class_weight("balanced", classes=np.arange(5), y=y)
    np.testing.assert_allclose(balanced_weights(y, 5, np.float64), theirs, rtol=1e-15)
    assert balanced_weights(y, 5).dtype == np.float32


def test_every_class_then_counts_the_same():
    y = np.array([0] * 90 + [1] * 10)
    scores = np.zeros((100, 2))
    loss = nn.SoftmaxCrossEntropy(weight=balanced_weights(y, 2, np.float64))
    loss.forward(scores, y)
    gradient = loss.backward()
    for label in (0, 1):
        assert np.abs(gradient[y == label]).sum() == pytest.approx(0.5, rel=1e-14)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array([0, 2]), "no example has the label 1"),
        (np.array([0, 3]), "labels .* from 0 to 2"),
        (np.array([0, -1]), "labels .* from 0 to 2"),
        (np.array([0.0, 1.0]), "labels .* from 0 to 2"),
        (np.array([], int), "labels .* from 0 to 2"),
    ],
)
def test_labels_that_give_no_weights_are_refused(y, message):
    with pytest.raises(ArgumentError, match=message):
        balanced_weights(y, 3)
