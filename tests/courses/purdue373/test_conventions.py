import numpy as np
import pytest

from mytorch.courses.purdue373.conventions import PROFILE
from mytorch.courses.purdue373.numpy_ann import NumpyANN


def shown(words):
    (found,) = (c for c in PROFILE.contradictions if words in c.says)
    return found.shown()


def test_sizes_of_convolutions():
    assert shown("3x3 filter") == {"stride 1": (4, 4), "stride 2": (2, 2)}


def test_the_output_function_is_a_softmax():
    values = shown("sigmoid")
    assert values["output"] == values["softmax of z2"]
    np.testing.assert_array_equal(np.round(values["output"], 8), [0.50013134, 0.49986866])
    assert sum(values["output"]) == pytest.approx(1, abs=1e-15)
    assert sum(values["sigmoid of z2"]) != pytest.approx(1, abs=1e-6)


def test_relu_has_two_slopes_at_0():
    assert shown("ReLU'(0)") == {
        "from the left": 0.0,
        "from the right": 1.0,
        "_relu_grad(0)": PROFILE.relu_slope_at_zero,
    }


def test_initial_weights_are_those_of_the_network():
    np.testing.assert_array_equal(PROFILE.initial((5, 3)), NumpyANN(5, 3, 2, 0.01).W1)


def test_the_profile_says_what_the_loss_is_divided_by():
    rng = np.random.default_rng(0)
    y, p = np.eye(3)[[0, 1, 2, 1, 0]], rng.dirichlet(np.ones(3), 5)
    total, ann = -np.sum(y * np.log(p)), NumpyANN(2, 2, 3, 0.1)
    divisors = {"classes": 3, "examples": 5}
    (other,) = PROFILE.other_losses
    assert ann._cross_entropy(p, y) == pytest.approx(
        total / divisors[PROFILE.loss], rel=1e-14, abs=0
    )
    mean = ann._cross_entropy(p, y, per="samples")
    assert mean == pytest.approx(total / divisors[other], rel=1e-14, abs=0)
