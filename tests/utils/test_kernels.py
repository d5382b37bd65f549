"""The compiled kernels compute what NumPy's do, and both what the formulas say."""

import math
import subprocess
import sys
from itertools import pairwise, product

import numpy as np
import pytest

from mytorch.utils import kernels
from mytorch.utils.errors import ArgumentError, MissingExtraError
from mytorch.utils.kernels import per_example, update
from mytorch.utils.kernels.erf import erf, erfc
from mytorch.utils.kernels.windows import Geometry


@pytest.fixture(scope="module")
def compiled():
    pytest.importorskip("numba")
    return kernels.choose("numba")


def arrays(rng, count, shape, dtype):
    return [np.array(np.abs(rng.standard_normal(shape)), dtype) for _ in range(count)]


# Name, number of arrays, and all values of each option. None among the arrays: left out.
UPDATES = {
    "sgd": (
        [(1, 1, 0), (1, 1, 1)],
        product([0.1], [0.9], [0.0, 0.3], [False, True], [0.0, 0.05]),
    ),
    "adam": (
        [(1, 1, 1, 1, 0), (1, 1, 1, 1, 1)],
        product([1, 7], [0.01], [0.9], [0.999, 0.0], [1e-8], [0.0, 0.05], [False, True]),
    ),
}
UPDATE_CASES = [
    (name, present, options)
    for name, (presences, every_options) in UPDATES.items()
    for options in every_options
    for present in presences
]
SHAPES = [(), (5,), (3, 4), (300, 301)]  # the last is larger than a block


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
def test_compiled_updates_equal_numpys(compiled, shape, dtype):
    for name, present, options in UPDATE_CASES:
        rng = np.random.default_rng(0)
        given = [a if here else None for a, here in zip(arrays(rng, 5, shape, dtype), present)]  # noqa: B905
        ours = [None if a is None else a.copy() for a in given]
        getattr(kernels.NUMPY, name)(*given, *options)
        getattr(compiled, name)(*ours, *options)
        for a, b in zip(given, ours, strict=True):
            if a is not None:
                assert b.dtype == dtype
                tolerance = 4 * np.finfo(dtype).eps * np.abs(a).max()  # p - lr v may cancel
                np.testing.assert_allclose(b, a, rtol=0, atol=tolerance, err_msg=name)


def test_an_update_in_blocks_is_the_update_of_the_whole(monkeypatch):
    results = []
    for block in (7, 1 << 20):
        monkeypatch.setattr(update, "BLOCK", block)
        p, g, m, v, largest = arrays(np.random.default_rng(0), 5, (10, 11), np.float64)
        update.adam(p, g, m, v, largest, 3, 0.1, 0.9, 0.99, 1e-8, 0.1, False)
        update.rmsprop(p, g, v, None, largest, 0.1, 0.9, 1e-8, 0.9, 0.1)
        update.adagrad(p, g, v, 0.1, 1e-8, 0.1)
        update.sgd(p, g, m, 0.1, 0.9, 0.1, False, 0.1)
        results.append([p, g, m, v, largest])
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("strange", ["gaps", "transposed", "complex"])
@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_updates_reach_arrays_that_the_compiled_kernels_cannot_take(compiled, name, strange):
    def made(a):
        if strange == "gaps":
            return np.repeat(a, 2, axis=1)[:, ::2]
        return a.T.copy().T if strange == "transposed" else a.astype(complex)

    if name == "sgd":
        count, options = 3, (0.1, 0.9, 0.3, False, 0.05)
    else:
        count, options = 5, (3, 0.1, 0.9, 0.99, 1e-8, 0.05, False)
    plain = arrays(np.random.default_rng(0), count, (200, 300), np.float64)
    others = [made(a.copy()) for a in plain]
    getattr(kernels.NUMPY, name)(*plain, *options)
    getattr(compiled, name)(*others, *options)
    for a, b in zip(plain, others, strict=True):
        np.testing.assert_allclose(b, a, rtol=0, atol=1e-15 * np.abs(a).max())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_cross_entropy_equals_numpys(compiled, dtype):
    rng = np.random.default_rng(0)
    for scale in (1, 100, 1e30):
        z, labels = (rng.standard_normal((64, 10)) * scale).astype(dtype), rng.integers(0, 10, 64)
        results = []
        for version in (kernels.NUMPY, compiled):
            p = np.empty_like(z)
            results.append((version.softmax_cross_entropy(z, labels, p), p))
        for a, b in zip(*results, strict=True):
            assert a.dtype == b.dtype == dtype
            eps = np.finfo(dtype).eps
            np.testing.assert_allclose(b, a, rtol=16 * eps, atol=4 * eps)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_what_is_not_finite_shows_in_the_compiled_cross_entropy_as_in_numpys(compiled, value):
    z = np.array([[0.5, value, 1.0], [1.0, 2.0, 3.0]])
    labels = np.array([0, 1])
    losses = [
        v.softmax_cross_entropy(z, labels, np.empty_like(z)) for v in (kernels.NUMPY, compiled)
    ]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-15)


# Batches of one

CHAINS = {
    "softmax regression": ([6, 3], []),
    "one hidden layer": ([6, 5, 3], [per_example.SIGMOID]),
    "three hidden layers": (
        [6, 5, 7, 4, 3],
        [per_example.RELU, per_example.TANH, per_example.SIGMOID],
    ),
    "linear hidden layer": ([6, 5, 3], [per_example.IDENTITY]),
}
FUNCTIONS = {
    per_example.IDENTITY: (lambda a: a, lambda a: 1),
    per_example.RELU: (lambda a: np.maximum(a, 0), lambda a: (a > 0) * 1.0),
    per_example.SIGMOID: (lambda a: 1 / (1 + np.exp(-a)), lambda a: a * (1 - a)),
    per_example.TANH: (np.tanh, lambda a: 1 - a**2),
}


def chain(sizes, dtype):
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal((o, i)).astype(dtype) for i, o in pairwise(sizes)]
    return weights, [rng.standard_normal(o).astype(dtype) for o in sizes[1:]]


def literally(weights, biases, activations, x, labels, lr):
    """The formulas, one example after another."""
    losses = []
    for a, label in zip(x, labels, strict=True):
        inputs = [a]
        for weight, bias, activation in zip(weights, biases, activations, strict=True):
            inputs.append(FUNCTIONS[activation][0](weight @ inputs[-1] + bias))
        z = inputs[-1]
        p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
        losses.append(-np.log(p[label]))
        d = p - np.eye(len(p))[label]
        for layer in reversed(range(len(weights))):
            below = weights[layer].T @ d
            weights[layer] -= lr * np.outer(d, inputs[layer])
            biases[layer] -= lr * d
            if layer:
                d = below * FUNCTIONS[activations[layer - 1]][1](inputs[layer])
    return np.array(losses)


@pytest.mark.parametrize("n", [1, 31, 32, 33, 100])
@pytest.mark.parametrize("version", ["numpy", "numba"])
@pytest.mark.parametrize(("sizes", "hidden"), CHAINS.values(), ids=CHAINS)
def test_an_epoch_of_single_examples_is_the_formulas_written_out(sizes, hidden, version, n):
    if version == "numba":
        pytest.importorskip("numba")
    rng = np.random.default_rng(1)
    x, labels = rng.standard_normal((n, 6)), rng.integers(0, 3, n)
    activations = [*hidden, per_example.IDENTITY]
    expected, got = chain(sizes, np.float64), chain(sizes, np.float64)
    losses = literally(*expected, activations, x, labels, 0.1)
    one_by_one = kernels.choose(version).one_by_one
    ours = per_example.sgd_epoch(*got, activations, x, labels, 0.1, one_by_one)
    np.testing.assert_allclose(ours, losses, rtol=1e-11, atol=1e-13)
    for a, b in zip(got[0] + got[1], expected[0] + expected[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12 * np.abs(b).max())


def test_float32_chains_stay_float32(compiled):
    rng = np.random.default_rng(1)
    x, labels = rng.standard_normal((50, 6)).astype(np.float32), rng.integers(0, 3, 50)
    activations = [per_example.SIGMOID, per_example.IDENTITY]
    results = []
    for version in (kernels.NUMPY, compiled):
        weights, biases = chain([6, 5, 3], np.float32)
        losses = per_example.sgd_epoch(
            weights, biases, activations, x, labels, 0.1, version.one_by_one
        )
        results.append([losses, *weights, *biases])
    for a, b in zip(*results, strict=True):
        assert a.dtype == b.dtype == np.float32
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5)


# The error function

X = np.concatenate(
    [
        np.random.default_rng(0).uniform(-6, 26, 2000),
        np.linspace(-1.01, -0.99, 41),
        np.linspace(0.99, 1.01, 41),
        np.logspace(-300, 1, 200),
        -np.logspace(-300, 1, 200),
    ]
)


def test_erf_and_erfc_equal_the_c_librarys():
    # The largest errors measured: 2.2e-16 and 8.9e-16; the C library's own are 3e-16.
    np.testing.assert_allclose(erf(X), [math.erf(x) for x in X], rtol=6e-16, atol=0)
    expected = np.array([math.erfc(x) for x in X])
    normal = expected > np.finfo(float).tiny
    np.testing.assert_allclose(erfc(X)[normal], expected[normal], rtol=1.2e-15, atol=0)


def test_erf_and_erfc_are_true_to_fifty_digits():
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(50):
        for x, y, tail in zip(X[::7], erf(X)[::7], erfc(X)[::7], strict=True):
            x = mpmath.mpf(x.item())
            assert abs(y.item() - mpmath.erf(x)) <= 3e-16 * abs(mpmath.erf(x))
            if mpmath.erfc(x) > 1e-300:
                assert abs(tail.item() - mpmath.erfc(x)) <= 1e-15 * mpmath.erfc(x)


def test_erf_is_analytic_with_the_right_derivative():
    slope = 2 / np.sqrt(np.pi) * np.exp(-(X**2))
    np.testing.assert_allclose(erf(X + 1e-20j).imag / 1e-20, slope, rtol=1e-13, atol=1e-300)
    np.testing.assert_allclose(erfc(X + 1e-20j).imag / -1e-20, slope, rtol=1e-13, atol=1e-300)


def test_erf_at_the_ends():
    ends = np.array([np.inf, -np.inf, np.nan, 0.0])
    np.testing.assert_array_equal(erf(ends), [1, -1, np.nan, 0])
    np.testing.assert_array_equal(erfc(ends), [0, 2, np.nan, 1])
    assert np.signbit(erf(np.array([-0.0])))[0]


def test_erf_of_float32_is_float32_and_right_to_its_rounding():
    x = X[np.abs(X) > 1e-30].astype(np.float32)
    assert erf(x).dtype == erfc(x).dtype == np.float32
    np.testing.assert_allclose(erf(x), [math.erf(v) for v in x], rtol=4e-7, atol=0)


# The registry


def test_the_version_is_chosen_by_name(monkeypatch):
    monkeypatch.delenv("MYTORCH_KERNELS", raising=False)
    assert kernels.choose("numpy") is kernels.NUMPY
    with pytest.raises(ArgumentError, match="no kernels named 'cuda'; there are: numpy, numba"):
        kernels.choose("cuda")
    monkeypatch.setenv("MYTORCH_KERNELS", "numpy")
    assert kernels.choose() is kernels.NUMPY
    monkeypatch.setenv("MYTORCH_KERNELS", "fortran")
    with pytest.raises(ArgumentError, match="no kernels named 'fortran'"):
        kernels.choose("auto")


def test_numbas_kernels_are_taken_where_numba_is_installed(compiled, monkeypatch):
    monkeypatch.delenv("MYTORCH_KERNELS", raising=False)
    assert kernels.choose() is compiled
    assert compiled.name == "numba"
    from mytorch.utils.kernels import compiled as twins

    for name in kernels.Kernels._fields[1:]:
        assert getattr(compiled, name) is getattr(twins, name, getattr(kernels.NUMPY, name))


def test_without_numba_auto_is_numpy_and_numba_says_what_to_install(monkeypatch):
    monkeypatch.delenv("MYTORCH_KERNELS", raising=False)
    monkeypatch.setattr(kernels, "find_spec", lambda name: None)
    assert kernels.choose() is kernels.NUMPY

    def refuse(name):
        raise ModuleNotFoundError(name, name="numba")

    monkeypatch.setattr("mytorch.utils.extras.importlib.import_module", refuse)
    with pytest.raises(MissingExtraError, match=r"pip install 'mytorch\[fast\]'"):
        kernels.choose("numba")


def test_choosing_numpy_loads_no_numba():
    code = (
        "import sys; from mytorch.utils import kernels; kernels.choose('numpy'); "
        "print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# Images

POOLINGS = [
    Geometry((2, 2), (2, 2)),
    Geometry((3, 2), (2, 1), (1, 1)),
    Geometry((2, 3), (3, 2), (0, 1), (2, 1)),
    Geometry((1, 1), (2, 2)),
    Geometry((3, 3), (1, 1), (1, 1), (2, 2)),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("geometry", POOLINGS)
def test_compiled_max_pooling_equals_numpys_to_the_last_bit(compiled, geometry, dtype):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, (3, 5, 9, 8)).astype(dtype)  # with many ties
    out = geometry.out(9, 8)
    results = []
    for version in (kernels.NUMPY, compiled):
        y, winners = version.max_pool(x, geometry, out, new, version.each)
        g = np.random.default_rng(1).integers(-9, 9, y.shape).astype(dtype)
        back = version.max_pool_backward(g, winners, geometry, (9, 8), new, version.each)
        results.append((y, back))
    for a, b in zip(*results, strict=True):
        assert a.dtype == b.dtype == dtype
        np.testing.assert_array_equal(b, a)


def test_compiled_max_pooling_takes_nan_for_the_largest_as_numpys_does(compiled):
    x = np.random.default_rng(0).standard_normal((1, 1, 6, 6))
    x[0, 0, 1, 2] = x[0, 0, 4, 0] = np.nan
    results = [
        version.max_pool(x, POOLINGS[0], (3, 3), new)[0] for version in (kernels.NUMPY, compiled)
    ]
    assert np.isnan(results[0]).sum() == 2
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("geometry", POOLINGS)
def test_max_pooling_without_a_backward_after_it_finds_the_same(compiled, geometry, dtype):
    x = np.random.default_rng(0).standard_normal((3, 5, 9, 8)).astype(dtype)
    x[1, 2, 6] = np.nan
    for version in (kernels.NUMPY, compiled):
        y, alone = (
            version.max_pool(x, geometry, geometry.out(9, 8), new, backward=backward)[0]
            for backward in (True, False)
        )
        assert np.isnan(y).any()
        np.testing.assert_array_equal(alone, y)


def test_windows_with_too_many_entries_for_a_byte_are_pooled_too(compiled):
    x = np.zeros((1, 1, 20, 20))
    x[0, 0, 19, 19] = 1
    geometry = Geometry((20, 20), (20, 20))
    for version in (kernels.NUMPY, compiled):
        y, winners = version.max_pool(x, geometry, (1, 1), new)
        assert y.tolist() == [[[[1]]]]
        back = version.max_pool_backward(y, winners, geometry, (20, 20), new)
        np.testing.assert_array_equal(back, x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("affine", [True, False])
def test_compiled_normalization_equals_numpys(compiled, axis, affine, dtype):
    rng = np.random.default_rng(0)
    x, g = (rng.standard_normal((300, 7)).astype(dtype) for _ in range(2))
    x += 100  # the mean is not small
    weight, bias = rng.standard_normal((2, 7)).astype(dtype) if affine else (None, None)
    results = []
    for version in (kernels.NUMPY, compiled):
        y, (u, r, *statistics) = version.normalize(x, axis, weight, bias, 1e-5, new)
        gradients = version.normalize_backward(g, u, r, axis, weight, new)
        results.append([y, u, r, *statistics, *gradients])
    for a, b in zip(*results, strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype == dtype
        np.testing.assert_allclose(b, a, rtol=0, atol=60 * np.finfo(dtype).eps * np.abs(a).max())


def new(purpose, shape, dtype):
    return np.full(shape, 77, dtype)  # whatever lay there before


@pytest.mark.parametrize("version", ["numpy", "numba"])
def test_the_mean_of_large_numbers_is_right_to_the_last_bit(version):
    if version == "numba":
        pytest.importorskip("numba")
    x = (np.random.default_rng(0).standard_normal((5000, 3)) + 1000).astype(np.float32)
    _, (_, _, mean, _) = kernels.choose(version).normalize(
        x, 0, np.ones(3, np.float32), np.zeros(3, np.float32), 1e-5, new
    )
    exact = x.astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(mean[0], exact, rtol=0, atol=np.spacing(np.float32(1000)))
