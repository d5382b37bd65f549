"""Dropout: noise of the right size, the same in both directions, and none in evaluation."""

from math import sqrt

import numpy as np
import pytest

from mytorch.nn import Dropout, Linear, Sequential, no_cache
from mytorch.utils.errors import ArgumentError, DtypeError, ShapeError

N = 1_000_000


def seeded(p=0.5, seed=0):
    return Dropout(p, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("p", [0.01, 0.2, 0.5, 0.9])
def test_the_share_that_is_dropped_is_p_and_the_mean_stays(p):
    # Each entry is dropped alone: the share has the variance p (1 - p) / N, and the mean of
    # m / (1 - p) that divided by (1 - p)^2. Four standard deviations of each.
    y = seeded(p).forward(np.ones(N))
    assert abs(np.mean(y == 0) - p) < 4 * sqrt(p * (1 - p) / N)
    assert abs(y.mean() - 1) < 4 * sqrt(p / (1 - p) / N)
    np.testing.assert_array_equal(np.unique(y), [0, 1 / (1 - p)])


def test_entries_are_dropped_independently_on_every_axis():
    kept = seeded(0.3).forward(np.ones((100, 100, 100))) != 0
    for axis in range(3):
        a, b = (kept.take(range(start, start + 99), axis) for start in (0, 1))
        # Pairs of neighbours overlap: those two steps apart are counted, which do not.
        pairs = (a & b).take(range(0, 99, 2), axis)
        assert abs(pairs.mean() - 0.49) < 4 * sqrt(0.49 * 0.51 / pairs.size)


def test_backward_drops_what_forward_dropped():
    dropout, x = seeded(), np.random.default_rng(1).standard_normal((40, 50))
    y = dropout.forward(x)
    g = np.random.default_rng(2).standard_normal(x.shape)
    np.testing.assert_array_equal(dropout.backward(g), np.where(y == 0, 0, 2 * g))
    np.testing.assert_array_equal(dropout.backward(g), np.where(y == 0, 0, 2 * g))


def test_one_seed_drops_the_same_in_every_dtype():
    dropped = [
        seeded(0.3).forward(np.ones((50, 40), dtype)) == 0
        for dtype in (np.float16, np.float32, np.float64, np.complex128)
    ]
    for other in dropped[1:]:
        np.testing.assert_array_equal(other, dropped[0])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.complex64])
def test_the_dtype_is_kept(dtype):
    for dropout in (seeded(), seeded().eval(), seeded(0), seeded(1)):
        y = dropout.forward(np.ones(4, dtype))
        assert y.dtype == dropout.backward(np.ones(4, dtype)).dtype == dtype


def test_every_forward_draws_anew_and_every_module_for_itself():
    x = np.ones(1000)
    one, same, other, unseeded = seeded(), seeded(), seeded(seed=1), (Dropout(), Dropout())
    first, second = one.forward(x), one.forward(x)
    np.testing.assert_array_equal(same.forward(x), first)
    for y in (second, other.forward(x)):
        assert not np.array_equal(y, first)
    assert not np.array_equal(*(dropout.forward(x) for dropout in unseeded))


@pytest.mark.parametrize("dropout", [seeded().eval(), seeded(1).eval(), seeded(0)], ids=repr)
def test_in_evaluation_and_for_p_0_it_is_the_identity_and_draws_nothing(dropout):
    x = np.array([1.5, -0.0, np.inf, -np.inf, np.nan, 1e308])
    before = dropout.rng.bit_generator.state
    y = dropout.forward(x)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(np.signbit(y), np.signbit(x))
    np.testing.assert_array_equal(dropout.backward(x), x)
    assert dropout.rng.bit_generator.state == before


def test_for_p_1_nothing_is_left():
    dropout = seeded(1)
    np.testing.assert_array_equal(dropout.forward(np.ones(1000)), np.zeros(1000))
    np.testing.assert_array_equal(dropout.backward(np.ones(1000)), np.zeros(1000))


def test_predict_draws_nothing():
    model = Sequential(Linear(3, 4), seeded())
    before = model[1].rng.bit_generator.state
    x = np.ones((5, 3))
    np.testing.assert_array_equal(model.predict(x), model[0].predict(x))
    assert model[1].rng.bit_generator.state == before


def test_backward_belongs_to_the_last_forward_that_was_kept():
    dropout, x = seeded(), np.ones(1000)
    y = dropout.forward(x)
    with no_cache():
        assert not np.array_equal(dropout.forward(x), y)
    dropout.predict(x)
    dropout.eval()  # the mode of backward is that of its forward
    np.testing.assert_array_equal(dropout.backward(x), y)
    dropout.forward(x)
    dropout.train()
    np.testing.assert_array_equal(dropout.backward(x), x)


def test_the_global_random_state_is_left_alone():
    before = np.random.get_state()
    dropout = Dropout()
    dropout.backward(dropout.forward(np.ones(10)))
    for a, b in zip(np.random.get_state(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_copy_goes_on_with_the_same_noise_and_does_not_share_it():
    dropout, x = seeded(), np.ones(1000)
    copied = dropout.astype(np.float64)
    y = dropout.forward(x)
    np.testing.assert_array_equal(copied.forward(x), y)


def test_an_empty_batch_will_do():
    dropout = seeded()
    assert dropout.forward(np.zeros((0, 3))).shape == (0, 3)
    assert dropout.backward(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan"), None, "0.5", [0.5]])
def test_a_p_that_is_no_probability_is_refused(p):
    with pytest.raises(ArgumentError) as caught:
        Dropout(p)
    assert str(caught.value) == f"Dropout: p must be in [0, 1], got {p!r}"


@pytest.mark.parametrize("rng", [0, "seed", np.random.RandomState(0), np.random])
def test_what_is_no_generator_is_refused_with_how_to_make_one(rng):
    with pytest.raises(ArgumentError) as caught:
        Dropout(rng=rng)
    assert str(caught.value) == (
        f"Dropout: rng must be a numpy.random.Generator, got {rng!r}; "
        "use np.random.default_rng(seed)"
    )


def test_whole_numbers_and_gradients_of_another_shape_are_refused():
    dropout = seeded()
    with pytest.raises(DtypeError, match=r"^Dropout\(p=0\.5\): input of dtype int64, expected"):
        dropout.forward(np.ones(3, np.int64))
    dropout.eval().forward(np.ones((2, 3)))
    with pytest.raises(
        ShapeError, match=r"^Dropout\(p=0\.5\)\.backward: .* shape \(3,\), expected"
    ):
        dropout.backward(np.ones(3))


def test_its_repr_shows_p():
    assert repr(Dropout(0.25)) == "Dropout(p=0.25)"
