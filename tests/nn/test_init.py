"""Initial weights have the moments that their formulas say."""

from math import prod, sqrt

import numpy as np
import pytest

from mytorch.nn import init
from mytorch.nn.init import ALIASES, METHODS, initialize_weights
from mytorch.utils.errors import ArgumentError

DENSE, CONVOLUTION = (400, 600), (96, 64, 3, 5)
FANS = {DENSE: (600, 400), CONVOLUTION: (64 * 15, 96 * 15)}  # fan_in, fan_out

# Variance as a function of the fans, and kurtosis: 3 for normal numbers, 9/5 for uniform ones.
MOMENTS = {
    "normal": (lambda fan_in, fan_out: 0.01**2, 3),
    "xavier_normal": (lambda fan_in, fan_out: 2 / (fan_in + fan_out), 3),
    "xavier_uniform": (lambda fan_in, fan_out: 2 / (fan_in + fan_out), 9 / 5),
    "he_normal": (lambda fan_in, fan_out: 2 / fan_in, 3),
    "he_uniform": (lambda fan_in, fan_out: 2 / fan_in, 9 / 5),
}


@pytest.mark.parametrize("shape", [DENSE, CONVOLUTION])
@pytest.mark.parametrize(("method", "moments"), MOMENTS.items(), ids=MOMENTS)
def test_mean_variance_and_shape_of_the_distribution_are_the_formulas(method, moments, shape):
    variance, kurtosis = moments[0](*FANS[shape]), moments[1]
    w = initialize_weights(shape, method, rng=np.random.default_rng(0), dtype=np.float64)
    n = w.size
    # Four standard errors of each estimate; that of the kurtosis is sqrt(24/n) for normal
    # numbers and smaller for uniform ones.
    assert abs(w.mean()) < 4 * sqrt(variance / n)
    assert abs(w.var() / variance - 1) < 4 * sqrt((kurtosis - 1) / n)
    assert abs(np.mean(w**4) / np.mean(w**2) ** 2 - kurtosis) < 4 * sqrt(24 / n)


@pytest.mark.parametrize(
    ("function", "arguments", "low", "high"),
    [
        (init.uniform, (), 0, 1),
        (init.uniform, (-3, 5), -3, 5),
        (init.xavier_uniform, (), -sqrt(6 / 1000), sqrt(6 / 1000)),
        (init.he_uniform, (), -sqrt(6 / 600), sqrt(6 / 600)),
    ],
)
def test_uniform_weights_fill_their_interval_and_stay_in_it(function, arguments, low, high):
    w = function(DENSE, *arguments, rng=np.random.default_rng(0), dtype=np.float64)
    # Of 240,000 numbers the nearest to an end is within 1e-4 of the width, but for e^-24.
    assert low <= w.min() < low + 1e-4 * (high - low)
    assert high - 1e-4 * (high - low) < w.max() <= high


def test_normal_takes_its_standard_deviation():
    w = init.normal(DENSE, 3.0, rng=np.random.default_rng(0), dtype=np.float64)
    assert abs(w.var() / 9 - 1) < 4 * sqrt(2 / w.size)


def test_zeros_are_zero():
    np.testing.assert_array_equal(initialize_weights((2, 3), "zeros"), np.zeros((2, 3)))


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (6, 2, 3, 3), (40, 2, 3, 3), (5, 1)])
def test_orthogonal_rows_or_columns_are_orthonormal(shape):
    w = init.orthogonal(shape, rng=np.random.default_rng(0), dtype=np.float64)
    assert w.shape == shape
    w = w.reshape(shape[0], -1)
    gram = w @ w.T if shape[0] <= prod(shape[1:]) else w.T @ w
    np.testing.assert_allclose(gram, np.eye(len(gram)), rtol=0, atol=1e-12)


def test_orthogonal_draws_both_orientations_equally_often():
    # Plain QR of a 1x1 matrix is always +1; four standard errors of 400 coin tosses are 80.
    rng = np.random.default_rng(0)
    assert abs(sum(init.orthogonal((1, 1), rng=rng).item() for _ in range(400))) < 80


every_method = pytest.mark.parametrize("method", METHODS)


@every_method
def test_one_seed_gives_the_same_weights_in_every_dtype(method):
    single, double = (
        initialize_weights((5, 3), method, rng=np.random.default_rng(0), dtype=dtype)
        for dtype in (np.float32, np.float64)
    )
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    np.testing.assert_array_equal(single, double.astype(np.float32))
    assert method == "zeros" or not np.array_equal(single, double)  # full precision in float64


@every_method
def test_weights_are_float32_by_default_and_lie_in_c_order(method):
    w = initialize_weights((3, 5), method)
    assert w.dtype == np.float32
    assert w.flags.c_contiguous
    assert w.flags.writeable


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"zeros"}))
def test_draws_follow_the_generator_and_are_new_without_one(method):
    def draw(seed=None):
        rng = None if seed is None else np.random.default_rng(seed)
        return initialize_weights((5, 3), method, rng=rng)

    np.testing.assert_array_equal(draw(1), draw(1))
    assert not np.array_equal(draw(1), draw(2))
    assert not np.array_equal(draw(), draw())


@every_method
def test_the_global_stream_of_numpy_is_neither_read_nor_moved(method):
    before = np.random.get_state()[1].copy(), np.random.get_state()[2]
    initialize_weights((5, 3), method)
    initialize_weights((5, 3), method, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(np.random.get_state()[1], before[0])
    assert np.random.get_state()[2] == before[1]


@pytest.mark.parametrize(
    ("alias", "method"),
    {
        "zero": "zeros",
        "small_random": "normal",
        "small": "normal",
        "xavier": "xavier_normal",
        "glorot": "xavier_normal",
        "he": "he_normal",
        "kaiming": "he_normal",
        "kaiming_uniform": "he_uniform",
        "glorot_uniform": "xavier_uniform",
    }.items(),
)
def test_the_courses_names_are_aliases(alias, method):
    by_alias, by_name = (
        initialize_weights((5, 3), name, rng=np.random.default_rng(0)) for name in (alias, method)
    )
    np.testing.assert_array_equal(by_alias, by_name)


def test_every_alias_leads_to_a_method_and_hides_none():
    assert set(ALIASES.values()) <= set(METHODS)
    assert not set(ALIASES) & set(METHODS)


def test_xavier_normal_is_the_default():
    by_default, by_name = (
        initialize_weights((5, 3), *name, rng=np.random.default_rng(0))
        for name in ([], ["xavier_normal"])
    )
    np.testing.assert_array_equal(by_default, by_name)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ((2, 3), "xaver"),
            "no initialization named 'xaver'; there are: zeros, normal, uniform, xavier_normal, "
            "xavier_uniform, he_normal, he_uniform, orthogonal",
        ),
        (((3,), "he"), "expected a weight shape (out, in, ...), got (3,)"),
        (((3,), "orthogonal"), "expected a weight shape (out, in, ...), got (3,)"),
        (((0, 3),), "expected a weight shape with sizes of at least 1, got (0, 3)"),
        (((2, -3),), "expected a weight shape with sizes of at least 1, got (2, -3)"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(arguments, message):
    with pytest.raises(ArgumentError) as caught:
        initialize_weights(*arguments)
    assert str(caught.value) == message


@pytest.mark.parametrize("method", ["normal", "he_uniform", "orthogonal"])
def test_a_seed_in_place_of_a_generator_is_refused(method):
    with pytest.raises(ArgumentError) as caught:
        initialize_weights((2, 3), method, rng=0)
    assert str(caught.value) == (
        "rng must be a numpy.random.Generator, got 0; use np.random.default_rng(seed)"
    )
