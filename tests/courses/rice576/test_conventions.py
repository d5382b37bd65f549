import numpy as np
import pytest

from mytorch.courses.rice576.conventions import PROFILE
from mytorch.courses.rice576.three_layer_neural_network import NeuralNetwork


def test_the_l2_factor_is_what_the_profile_says():
    (contradiction,) = PROFILE.contradictions
    shown = contradiction.shown()
    n = shown["examples"]
    assert shown["summed update / gradient of the loss"] == pytest.approx(n, rel=1e-12)
    assert shown["L2 term of the summed update / that of the loss"] == pytest.approx(n, rel=1e-9)
    assert shown["L2 term of the mean update / that of the loss"] == pytest.approx(n, rel=1e-9)
    # The rest of the mean update has the factor 1, so that the whole has none.
    assert not 0.999 < shown["mean update / gradient of the loss"] < 1.001


def test_initial_weights_are_the_first_draw_of_seed_0():
    np.random.seed(0)
    np.testing.assert_array_equal(PROFILE.initial((2, 3)), np.random.randn(2, 3) / np.sqrt(2))


def test_the_profile_says_what_the_network_does_and_what_else_is_accepted():
    X, y = np.random.default_rng(0).standard_normal((6, 2)), np.arange(6) % 2
    gradients = {}
    for reduction in ("sum", "mean"):
        model = NeuralNetwork(2, 3, 2, reduction=reduction)
        model.predict(X)
        gradients[reduction] = model.backprop(X, y)[1]
    divisors = {"nothing": 1, "examples": 6}
    default, other = PROFILE.gradient, *PROFILE.other_gradients
    for named, reduction in ((default, "sum"), (other, "mean")):
        np.testing.assert_allclose(gradients["sum"] / divisors[named], gradients[reduction])
    assert model.W1.shape == ((2, 3) if PROFILE.rows_are_inputs else (3, 2))
    assert (PROFILE.bias, model.b1.shape) == ("row", (1, 3))
