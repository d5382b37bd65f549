"""Linear: Y = X W^T + b."""

from math import sqrt

import numpy as np
import pytest

from mytorch.nn import Linear
from mytorch.utils.errors import ArgumentError, DtypeError, OrderError, ShapeError


def test_forward_and_backward_are_the_formulas_entry_by_entry():
    rng = np.random.default_rng(0)
    layer = Linear(3, 2, dtype=np.float64, rng=rng)
    layer.bias[...] = [1, -2]
    x, g = rng.standard_normal((4, 3)), rng.standard_normal((4, 2))
    W, b, N, O, I = layer.weight, layer.bias, range(4), range(2), range(3)  # noqa: E741
    y, dx = layer.forward(x), layer.backward(g)
    dW, db = layer.get_gradients()

    def close(actual, expected):
        np.testing.assert_allclose(actual, expected, rtol=1e-14, atol=1e-15)

    close(y, [[sum(x[n, i] * W[o, i] for i in I) + b[o] for o in O] for n in N])
    close(dW, [[sum(g[n, o] * x[n, i] for n in N) for i in I] for o in O])
    close(db, [sum(g[n, o] for n in N) for o in O])
    close(dx, [[sum(g[n, o] * W[o, i] for o in O) for i in I] for n in N])


@pytest.mark.parametrize(
    ("keywords", "variance"),
    [({}, 2 / (600 + 400)), ({"init": "he"}, 2 / 600)],
    ids=["Xavier by default", "He on request"],
)
def test_weights_are_normal_with_the_variance_of_the_initialization(keywords, variance):
    w = Linear(600, 400, rng=np.random.default_rng(0), **keywords).weight.astype(np.float64)
    # Four standard deviations of the estimates from n normal numbers.
    assert abs(w.mean()) < 4 * sqrt(variance / w.size)
    assert abs(w.var() / variance - 1) < 4 * sqrt(2 / w.size)


def test_the_bias_starts_at_zero():
    np.testing.assert_array_equal(Linear(3, 4).bias, np.zeros(4))


def test_an_unknown_init_is_told_with_those_there_are():
    with pytest.raises(ArgumentError, match="no initialization named 'xaver'; there are: zeros, "):
        Linear(3, 2, init="xaver")


def test_weights_of_whole_numbers_are_refused_at_once():
    with pytest.raises(DtypeError, match="weights need a floating dtype, got int64"):
        Linear(3, 2, dtype=np.int64)


def test_the_same_generator_state_gives_the_same_layer():
    first, second = (Linear(3, 4, rng=np.random.default_rng(7)).weight for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, Linear(3, 4, rng=np.random.default_rng(8)).weight)


def test_parameters_and_results_are_float32_by_default():
    layer = Linear(3, 4)
    y = layer.forward(np.ones((2, 3), np.float64))
    dx = layer.backward(np.ones((2, 4), np.float64))
    arrays = [*layer.get_parameters(), y, dx, *layer.get_gradients()]
    assert {a.dtype for a in arrays} == {np.dtype(np.float32)}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f8"])
@pytest.mark.parametrize("own", [np.float32, np.float64, np.complex128])
def test_floating_input_is_cast_to_the_dtype_of_the_parameters(own, dtype):
    layer = Linear(3, 4, dtype=own)
    assert layer.forward(np.ones((2, 3), dtype)).dtype == own
    assert layer.backward(np.ones((2, 4), dtype)).dtype == own


def test_lists_of_floats_will_do_as_input():
    layer = Linear(2, 1, init="zeros")
    np.testing.assert_array_equal(layer.forward([[1.0, 2.0], [3.0, 4.0]]), [[0], [0]])


def test_without_need_of_an_input_gradient_backward_returns_none_and_the_same_gradients():
    layer, x, g = Linear(3, 2), np.ones((4, 3)), np.ones((4, 2))
    layer.forward(x)
    assert layer.backward(g).shape == (4, 3)
    expected = layer.get_gradients()
    layer.needs_input_gradient = False
    assert layer.backward(g) is None
    for a, b in zip(layer.get_gradients(), expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_empty_batch_gives_an_empty_output_and_zero_gradients():
    layer = Linear(3, 2)
    assert layer.forward(np.empty((0, 3))).shape == (0, 2)
    assert layer.backward(np.empty((0, 2))).shape == (0, 3)
    for gradient in layer.get_gradients():
        np.testing.assert_array_equal(gradient, np.zeros_like(gradient))


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (
            np.ones((2, 5)),
            ShapeError,
            "Linear(3, 4): input has 5 features, expected 3 (got shape (2, 5))",
        ),
        (
            np.ones(3),
            ShapeError,
            "Linear(3, 4): input has no batch axis, expected (N, 3); use x[np.newaxis] "
            "(got shape (3,))",
        ),
        (
            np.ones((2, 1, 3)),
            ShapeError,
            "Linear(3, 4): input has 3 axes, expected (N, 3); use x.reshape(len(x), -1) "
            "(got shape (2, 1, 3))",
        ),
        (
            np.ones((2, 3), np.uint8),
            DtypeError,
            "Linear(3, 4): input of dtype uint8, expected floating numbers; "
            "scale images to [0, 1]: x.astype(np.float32) / 255",
        ),
        (
            np.ones((2, 3), complex),
            DtypeError,
            "Linear(3, 4): input is complex and the parameters are not; "
            "use module.astype(np.complex128)",
        ),
        (None, DtypeError, "Linear(3, 4): input of dtype object, expected floating numbers"),
    ],
    ids=["features", "one example", "images", "integers", "complex", "None"],
)
def test_an_input_that_does_not_fit_is_refused_with_what_was_wanted(x, error, message):
    assert message_of(error, lambda: Linear(3, 4).forward(x)) == message


def test_rows_of_different_lengths_are_refused_by_name():
    message = message_of(ShapeError, lambda: Linear(3, 4).forward([[1.0], [1.0, 2.0]]))
    assert message.startswith("Linear(3, 4): input is no array (")


def test_an_output_gradient_that_does_not_fit_is_refused():
    layer = Linear(3, 4)
    layer.forward(np.ones((2, 3)))
    # (2, 1) and (4,) would broadcast without a word.
    for shape in [(2, 1), (4,), (3, 4)]:
        assert message_of(ShapeError, lambda shape=shape: layer.backward(np.ones(shape))) == (
            f"Linear(3, 4).backward: grad_output has shape {shape}, expected (2, 4), "
            "the shape of the output"
        )


def test_backward_and_gradients_before_their_time_are_refused():
    layer = Linear(3, 4)
    assert message_of(OrderError, lambda: layer.backward(np.ones((2, 4)))) == (
        "Linear(3, 4).backward needs a forward before it (predict and no_cache keep nothing)"
    )
    assert message_of(OrderError, layer.get_gradients) == (
        "Linear(3, 4): no gradients yet, call backward first"
    )


def test_sizes_below_one_are_refused_by_name():
    with pytest.raises(ArgumentError, match=r"^Linear\(0, 4\): .* at least 1"):
        Linear(0, 4)


def test_its_repr_shows_its_sizes():
    assert repr(Linear(784, 128)) == "Linear(784, 128)"


def message_of(error, call):
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)
