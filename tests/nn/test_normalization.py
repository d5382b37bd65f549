"""BatchNorm and LayerNorm: the statistics of what comes out, and those that are remembered."""

import copy

import numpy as np
import pytest

from mytorch.nn import BatchNorm1d, BatchNorm2d, LayerNorm, Linear, Sequential, no_cache
from mytorch.utils.errors import ArgumentError, ShapeError

EPS = np.finfo(np.float64).eps
EPS32 = np.finfo(np.float32).eps
RNG = np.random.default_rng(0)


def batches(count, *shape):
    """Batches whose mean and spread differ from channel to channel and from each other."""
    rng = np.random.default_rng(1)
    scale = rng.uniform(0.1, 5, (count, 1, shape[1], *[1] * (len(shape) - 2)))
    return rng.standard_normal((count, *shape)) * scale + 3 * scale**2


def statistics(layer):
    return [np.copy(buffer) for _, buffer in layer.named_buffers()]


def assert_equal(first, second):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


# a batch


@pytest.mark.parametrize("shape", [(50, 4), (2, 4), (8, 4, 6), (1, 4, 2)])
def test_each_channel_has_mean_0_and_variance_1_but_for_eps(shape):
    x = batches(1, *shape)[0]
    axes = (0,) if x.ndim == 2 else (0, 2)
    y = BatchNorm1d(4, eps=0.5, dtype=np.float64).forward(x)
    variance = x.var(axis=axes)
    np.testing.assert_allclose(y.mean(axis=axes), 0, atol=4 * EPS)
    np.testing.assert_allclose(y.var(axis=axes), variance / (variance + 0.5), rtol=64 * EPS)


@pytest.mark.parametrize("normalized", [6, (6,), [5, 6], (4, 5, 6)])
def test_each_example_has_mean_0_and_variance_1_but_for_eps(normalized):
    x = batches(3, 4, 5, 6)
    layer = LayerNorm(normalized, eps=0.5, dtype=np.float64)
    axes = tuple(range(-len(layer.normalized_shape), 0))
    y = layer.forward(x)
    variance = x.var(axis=axes)
    np.testing.assert_allclose(y.mean(axis=axes), 0, atol=4 * EPS)
    np.testing.assert_allclose(y.var(axis=axes), variance / (variance + 0.5), rtol=64 * EPS)


def test_weight_and_bias_scale_and_shift():
    x = batches(1, 8, 3)[0]
    for layer, bare in (
        (BatchNorm1d(3, dtype=float), BatchNorm1d(3, affine=False, dtype=float)),
        (LayerNorm(3, dtype=float), LayerNorm(3, elementwise_affine=False)),
    ):
        layer.weight[...], layer.bias[...] = [1, -2, 3], [4, 5, 6]
        np.testing.assert_array_equal(layer.forward(x), bare.forward(x) * layer.weight + layer.bias)


def test_an_example_is_normalized_whatever_stands_beside_it():
    x, layer = batches(1, 7, 5)[0], LayerNorm(5, dtype=np.float64)
    for alone, row in zip(x, layer.forward(x), strict=True):
        np.testing.assert_array_equal(layer.forward(alone), row)


def test_gradients_cannot_shift_or_scale_what_is_normalized():
    # y does not change when x moves along 1 or along u: dL/dx is orthogonal to both.
    x, g = batches(1, 9, 6)[0], RNG.standard_normal((9, 6))
    for layer, axis in ((BatchNorm1d(6, eps=0, dtype=float), 0), (LayerNorm(6, 0, dtype=float), 1)):
        u = layer.forward(x)
        layer.weight[...] = RNG.standard_normal(6)
        grad_input = layer.backward(g)
        size = abs(grad_input).sum(axis=axis)
        assert np.all(abs(grad_input.sum(axis=axis)) <= 8 * EPS * size)
        assert np.all(abs((grad_input * u).sum(axis=axis)) <= 8 * EPS * size * abs(u).max())


# precision


@pytest.mark.parametrize("mean", [0.0, 1e4, 1e6])
@pytest.mark.parametrize("shape", [(64, 8), (2000, 8), (16, 8, 125)])
def test_float32_keeps_its_digits_beside_a_large_mean(mean, shape):
    x = (mean + np.random.default_rng(0).standard_normal(shape)).astype(np.float32)
    single, double = BatchNorm1d(8), BatchNorm1d(8, dtype=np.float64)
    y, exact = single.forward(x), double.forward(x)
    # A variance is summed one by one: half a rounding each, in any direction.
    assert abs(y - exact).max() <= (8 + np.sqrt(shape[0]) / 2) * EPS32 * abs(exact).max()
    np.testing.assert_allclose(single.running_mean, double.running_mean, rtol=2 * EPS32, atol=EPS32)
    np.testing.assert_allclose(single.running_var, double.running_var, rtol=4 * EPS32)
    y = LayerNorm(shape[-1]).forward(x)
    exact = LayerNorm(shape[-1], dtype=np.float64).forward(x)
    assert abs(y - exact).max() <= 8 * EPS32 * abs(exact).max()


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e4 + 1 / 3, -1e8])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_channel_becomes_its_bias(constant, dtype):
    x = batches(1, 50, 3)[0].astype(dtype)
    x[:, 1] = constant
    layer = BatchNorm1d(3, dtype=dtype)
    layer.bias[...] = [1, 2, 3]
    np.testing.assert_array_equal(layer.forward(x)[:, 1], 2)
    assert np.isfinite(layer.backward(np.ones_like(x) * x)).all()
    np.testing.assert_array_equal(LayerNorm(3, dtype=dtype).forward(x[:, [1, 1, 1]]), 0)


# running statistics


def test_running_statistics_of_two_batches_by_hand():
    layer = BatchNorm1d(1, dtype=np.float64)
    mean, variance = layer.running_mean, layer.running_var
    layer.forward(np.array([[1.0], [3.0]]))  # mean 2, variance 2 / (2 - 1) = 2
    np.testing.assert_allclose((mean, variance), [[0.2], [0.9 + 0.2]], rtol=2 * EPS)
    layer.forward(np.array([[0.0], [3.0], [6.0]]))  # mean 3, variance 18 / (3 - 1) = 9
    np.testing.assert_allclose(
        (mean, variance), [[0.9 * 0.2 + 0.3], [0.9 * 1.1 + 0.9]], rtol=4 * EPS
    )
    assert layer.running_mean is mean
    assert layer.num_batches_tracked == 2


@pytest.mark.parametrize("momentum", [0.1, 0.0, 1.0, 0.37, None])
@pytest.mark.parametrize("shape", [(16, 5), (4, 5, 3)])
def test_running_statistics_and_evaluation_follow_torchs(momentum, shape):
    torch = pytest.importorskip("torch")
    ours = BatchNorm1d(5, eps=1e-3, momentum=momentum, dtype=np.float64)
    theirs = torch.nn.BatchNorm1d(5, eps=1e-3, momentum=momentum).double()
    for size, x in zip((16, 3, 9, 2), batches(4, *shape), strict=True):
        x = x[:size]
        np.testing.assert_allclose(
            ours.forward(x), theirs(torch.tensor(x)).detach(), rtol=1e-12, atol=1e-12
        )
        for name, buffer in theirs.named_buffers():
            np.testing.assert_allclose(dict(ours.named_buffers())[name], buffer, rtol=8 * EPS)
    expected = theirs.eval()(torch.tensor(x)).detach()
    np.testing.assert_allclose(ours.predict(x), expected, rtol=1e-13, atol=1e-13)


def test_without_momentum_they_are_plain_means_over_the_batches():
    layer, xs = BatchNorm1d(3, momentum=None, dtype=np.float64), batches(5, 4, 3)
    for x in xs:
        layer.forward(x)
    np.testing.assert_allclose(layer.running_mean, xs.mean(axis=(0, 1)), rtol=8 * EPS)
    np.testing.assert_allclose(layer.running_var, xs.var(axis=1, ddof=1).mean(axis=0), rtol=8 * EPS)


def test_a_momentum_of_numpys_keeps_float32():
    layer = BatchNorm1d(3, momentum=np.float64(0.1))
    y = layer.forward(np.ones((4, 3)))
    assert {a.dtype for a in (y, layer.running_mean, layer.running_var)} == {np.dtype(np.float32)}


def test_evaluation_and_predict_leave_them_alone_and_training_without_a_cache_does_not():
    layer = BatchNorm1d(3)
    model, x = Sequential(Linear(4, 3), layer), RNG.standard_normal((6, 4))
    model.forward(x)
    before = statistics(layer)
    model.predict(x)
    model.eval().backward(model.forward(x))
    assert_equal(statistics(layer), before)
    with no_cache():
        model.train().forward(x)
    assert layer.num_batches_tracked == 2


def test_evaluation_takes_them_for_constants():
    layer = BatchNorm1d(3, eps=0.25, dtype=np.float64).eval()
    layer.running_mean[...], layer.running_var[...] = [1, 2, 3], [0, 0.75, 2]
    layer.weight[...], layer.bias[...] = [2, 3, 4], [5, 6, 7]
    x, g = batches(1, 6, 3)[0], RNG.standard_normal((6, 3))
    r = 1 / np.array([0.5, 1, 1.5])
    u = (x - [1, 2, 3]) * r
    np.testing.assert_allclose(layer.forward(x), u * [2, 3, 4] + [5, 6, 7], rtol=8 * EPS)
    np.testing.assert_allclose(layer.backward(g), g * [2, 3, 4] * r, rtol=4 * EPS)
    assert_equal(layer.get_gradients(), [np.sum(g * u, axis=0), g.sum(axis=0)])
    np.testing.assert_allclose(layer.forward(x[:1]), layer.forward(x)[:1], rtol=4 * EPS)


def test_backward_is_that_of_the_mode_of_its_forward():
    layer, x = BatchNorm1d(3, dtype=np.float64), batches(1, 6, 3)[0]
    g = RNG.standard_normal(x.shape)
    layer.forward(x)
    expected = layer.backward(g)
    np.testing.assert_array_equal(layer.eval().backward(g), expected)
    layer.forward(x)
    in_evaluation = layer.backward(g)
    assert not np.allclose(in_evaluation, expected)
    np.testing.assert_array_equal(layer.train().backward(g), in_evaluation)


def test_without_tracking_evaluation_normalizes_the_batch_too():
    layer, x = BatchNorm1d(3, track_running_stats=False), batches(1, 6, 3)[0]
    assert not list(layer.named_buffers())
    np.testing.assert_array_equal(layer.forward(x), layer.eval().forward(x))


def test_buffers_follow_astype_and_the_count_stays_whole():
    layer = BatchNorm1d(3)
    layer.forward(batches(1, 6, 3)[0])
    doubled = layer.astype(np.float64)
    kinds = {name: buffer.dtype.name for name, buffer in doubled.named_buffers()}
    assert kinds == {
        "running_mean": "float64",
        "running_var": "float64",
        "num_batches_tracked": "int64",
    }
    assert_equal(statistics(doubled), statistics(layer))
    before = statistics(layer)
    for other in (doubled, copy.deepcopy(layer)):
        other.forward(batches(2, 6, 3)[1])
        assert other.num_batches_tracked == 2
    assert_equal(statistics(layer), before)


def test_a_module_that_lists_its_parameters_itself_keeps_the_buffers_below_it():
    class Own(Sequential):
        def get_parameters(self):
            return self[0].get_parameters()[:1]

    model = Own(BatchNorm1d(3))
    names = ["0.running_mean", "0.running_var", "0.num_batches_tracked"]
    assert [name for name, _ in model.named_buffers()] == names
    assert list(model.state_dict()) == ["0", *names]


# refused


@pytest.mark.parametrize(
    "make",
    [
        lambda: BatchNorm1d(3),
        lambda: BatchNorm1d(3, track_running_stats=False),
        lambda: BatchNorm1d(3, track_running_stats=False).eval(),
    ],
)
@pytest.mark.parametrize("shape", [(1, 3), (0, 3), (1, 3, 1), (0, 3, 5), (5, 3, 0)])
def test_one_value_per_channel_has_no_variance_and_is_refused(make, shape):
    layer = make()
    before = statistics(layer)
    with pytest.raises(ShapeError) as caught:
        layer.forward(np.ones(shape))
    assert str(caught.value) == (
        f"{layer!r}: a batch needs more than one value per channel, got shape {shape}; use a "
        "larger one (the last of an epoch may be smaller), or eval() where it tracks running "
        "statistics"
    )
    assert_equal(statistics(layer), before)


@pytest.mark.parametrize("shape", [(1, 3), (0, 3), (1, 3, 1)])
def test_evaluation_takes_any_number_of_values(shape):
    layer = BatchNorm1d(3).eval()
    assert layer.forward(np.ones(shape)).shape == shape
    assert layer.backward(np.ones(shape)).shape == shape


def test_an_empty_batch_gives_an_empty_output_and_zero_gradients():
    layer = LayerNorm(3)
    assert layer.forward(np.zeros((0, 3))).shape == (0, 3)
    assert layer.backward(np.zeros((0, 3))).shape == (0, 3)
    assert_equal(layer.get_gradients(), [np.zeros(3), np.zeros(3)])


@pytest.mark.parametrize("shape", [(4,), (), (5, 3), (5, 3, 4), (5, 4, 2, 2)])
def test_another_shape_is_refused_by_batch_norm(shape):
    with pytest.raises(ShapeError) as caught:
        BatchNorm1d(4).forward(np.ones(shape))
    assert str(caught.value) == (f"BatchNorm1d(4): expected (N, 4) or (N, 4, L), got shape {shape}")


@pytest.mark.parametrize("shape", [(4,), (), (4, 3), (3, 1), (3, 4, 5)])
def test_another_shape_is_refused_by_layer_norm(shape):
    with pytest.raises(ShapeError) as caught:
        LayerNorm((3, 4)).forward(np.ones(shape))
    assert str(caught.value) == f"LayerNorm((3, 4)): expected (..., 3, 4), got shape {shape}"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BatchNorm1d(0), "BatchNorm1d: num_features must be at least 1, got 0"),
        (lambda: BatchNorm1d(4.0), "BatchNorm1d: num_features must be a whole number, got 4.0"),
        (lambda: BatchNorm1d("4"), "BatchNorm1d: num_features must be a whole number, got '4'"),
        (lambda: BatchNorm1d(None), "BatchNorm1d: num_features must be a whole number, got None"),
        (lambda: BatchNorm1d(4, -1e-5), "BatchNorm1d: eps must be in [0, inf], got -1e-05"),
        (lambda: BatchNorm1d(4, None), "BatchNorm1d: eps must be in [0, inf], got None"),
        (lambda: BatchNorm1d(4, momentum=-1), "BatchNorm1d: momentum must be in [0, 1], got -1"),
        (lambda: BatchNorm1d(4, momentum="x"), "BatchNorm1d: momentum must be in [0, 1], got 'x'"),
        (lambda: LayerNorm(0), "LayerNorm((0,)): sizes must be at least 1"),
        (lambda: LayerNorm(()), "LayerNorm(()): sizes must be at least 1"),
        (lambda: LayerNorm("4"), "LayerNorm: normalized_shape must be a whole number, got '4'"),
        (lambda: LayerNorm((3, None)), "LayerNorm: normalized_shape must be a whole number, got N"),
        (lambda: LayerNorm(4, -1), "LayerNorm: eps must be in [0, inf], got -1"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_by_name(make, message):
    with pytest.raises(ArgumentError) as caught:
        make()
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("layer", "shown"),
    [
        (BatchNorm1d(np.int64(4)), "BatchNorm1d(4)"),
        (BatchNorm1d(4, 0.1, None), "BatchNorm1d(4, eps=0.1, momentum=None)"),
        (BatchNorm1d(4, affine=0), "BatchNorm1d(4, affine=False)"),
        (BatchNorm1d(4, affine=np.False_), "BatchNorm1d(4, affine=False)"),
        (BatchNorm1d(4, affine=np.True_), "BatchNorm1d(4)"),
        (
            BatchNorm1d(4, affine=False, track_running_stats=False),
            "BatchNorm1d(4, affine=False, track_running_stats=False)",
        ),
        (LayerNorm(np.int64(4)), "LayerNorm((4,))"),
        (LayerNorm([3, 4], bias=False), "LayerNorm((3, 4), bias=False)"),
        (
            LayerNorm(4, elementwise_affine=False),
            "LayerNorm((4,), elementwise_affine=False, bias=False)",
        ),
    ],
)
def test_the_repr_shows_what_is_not_the_default(layer, shown):
    assert repr(layer) == shown


# frozen


def test_a_frozen_one_normalizes_by_its_running_statistics_and_leaves_them_as_they_are():
    learned = BatchNorm2d(4, dtype=float)
    for x in batches(3, 5, 4, 2, 2):
        learned.forward(x)
    frozen = BatchNorm2d(4, frozen=True, dtype=float)
    frozen.load_state_dict(learned.state_dict())
    before = statistics(frozen)
    x = batches(1, 5, 4, 2, 2)[0]
    np.testing.assert_array_equal(frozen.forward(x), learned.eval().forward(x))
    frozen.forward(x[:1, :, :1, :1])  # one value per channel is enough
    assert_equal(statistics(frozen), before)
    frozen.frozen = False
    frozen.forward(x)
    assert not np.array_equal(frozen.running_mean, before[0])


def test_a_frozen_one_without_statistics_is_refused():
    message = r"BatchNorm2d\(4.*\): frozen needs running statistics to normalize by"
    with pytest.raises(ArgumentError, match=message):
        BatchNorm2d(4, track_running_stats=False, frozen=True)
