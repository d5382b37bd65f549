import math

import numpy as np
import pytest

from mytorch.theory import initialization
from mytorch.theory.initialization import METHODS, Problem, foretold, measured, weight_variance

from .answers import numbers, problem, solved


def gain(method, n):
    return {"zero": 0, "small": n * 1e-4, "xavier": 1.0, "he": 2.0}[method]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("activation", ["identity", "relu"])
def test_the_recursion_is_a_power_of_the_gain(method, activation):
    posed = Problem(width=100, depth=4, activation=activation)
    step = gain(method, 100) * (0.5 if activation == "relu" else 1)
    told = foretold(posed, weight_variance(method, 100))
    assert told.forward == pytest.approx([step**k for k in range(5)], rel=1e-12, abs=0)
    if method != "zero":
        assert told.backward == pytest.approx([step**k for k in range(4, -1, -1)], rel=1e-12)


@pytest.mark.parametrize("q", [1e-4, 0.3, 1.0, 2.5])
def test_the_expectation_of_tanh_equals_mpmaths(q):
    mpmath = pytest.importorskip("mpmath")
    posed = Problem(width=10, depth=1, activation="tanh")
    told = foretold(posed, q / 10)

    def expected(f):
        with mpmath.workdps(25):
            deviation = mpmath.sqrt(mpmath.mpf(q))
            return float(
                mpmath.quad(lambda z: f(deviation * z) * mpmath.npdf(z), [-14, -7, -2, 0, 2, 7, 14])
            )

    square = expected(lambda z: mpmath.tanh(z) ** 2)
    slope = expected(lambda z: mpmath.sech(z) ** 4)
    assert told.forward[-1] == pytest.approx(square, rel=1e-14, abs=0)
    assert told.backward[0] == pytest.approx(q * slope, rel=1e-14, abs=0)


@pytest.mark.parametrize("activation", ["identity", "relu", "tanh"])
@pytest.mark.parametrize("method", ["small", "xavier", "he"])
def test_the_measurement_agrees_with_the_formula_as_far_as_chance_allows(activation, method):
    posed = Problem(width=256, depth=3, activation=activation)
    told, seen = foretold(posed, weight_variance(method, 256)), measured(posed, method)
    # Mean squares over 256 units of one draw of weights: a few per cent a layer.
    np.testing.assert_allclose(seen.forward, told.forward, rtol=0.2)
    np.testing.assert_allclose(seen.backward, told.backward, rtol=0.2)


def test_zero_weights_learn_the_output_bias_alone():
    got = numbers(solved("initialization", width=16, depth=2, samples=16))
    assert got["zero.largest_weight_gradient"] == 0
    # p = 1/2 each; of 4 examples one is of class 0: the mean of p - y.
    assert got["zero.output_bias_gradient"] == pytest.approx([0.25, -0.25], rel=1e-14, abs=0)
    share = -(math.log(0.25) + 3 * math.log(0.75)) / 4
    assert got["zero.loss_first"] == pytest.approx(math.log(2), rel=1e-14, abs=0)
    assert got["zero.loss_last"] == pytest.approx(share, rel=1e-6, abs=0)


def test_equal_weights_stay_equal_and_random_ones_do_not():
    got = numbers(solved("initialization", width=16, depth=2, samples=16))
    assert got["equal.spread_of_units"] == 0
    assert got["xavier.spread_of_units"] > 0.1
    assert got["xavier.loss_last"] < got["equal.loss_last"] < got["zero.loss_last"]


def test_the_answer_holds_formula_and_measurement_of_each_method():
    got = numbers(solved("initialization"))
    assert got["xavier.variance"] == 1 / 256
    assert got["he.variance"] == 2 / 256
    assert got["small.forward"] < 1e-7  # it vanishes
    for method in METHODS:
        assert got[f"{method}.forward_measured"].shape == (6,)
        assert got[f"{method}.backward_formula"].shape == (6,)


def test_keys_of_1000_exercises_are_right():
    seen = set()
    for seed in range(1000):
        posed = problem("initialization", seed)
        step = 0.5 if posed.activation == "relu" else 1
        for method in METHODS:
            told = foretold(posed, weight_variance(method, posed.width))
            want = (gain(method, posed.width) * step) ** posed.depth
            assert told.forward[-1] == pytest.approx(want, rel=1e-11, abs=0)
        seen.add((posed.width, posed.depth, posed.activation))
    assert len(seen) == 50  # all there are: 5 widths, 5 depths, 2 activations
    assert initialization.draw(np.random.default_rng(3), {}) == problem("initialization", 3)
