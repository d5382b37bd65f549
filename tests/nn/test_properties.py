"""Whatever the shape, dtype and memory layout of the input: the formula holds.

Bounds are those of floating-point arithmetic, written out beside each. The first part holds some
modules against their formulas; the second holds every module, with options drawn at random,
against what a backward pass, a batch and a dtype must do whatever the formula is.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mytorch import nn
from mytorch.nn import Linear, ReLU, Sigmoid, Tanh

everywhere = settings(deadline=None, derandomize=True, max_examples=60)
DTYPES = st.sampled_from([np.dtype(np.float32), np.dtype(np.float64)])
LAYOUTS = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "every second": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "backwards": lambda a: a[..., ::-1].copy()[..., ::-1],
    "one row for all": lambda a: np.broadcast_to(a[:1], a.shape),  # stride 0, read-only
}


def inputs(shapes, bound):
    """Arrays of moderate numbers in any layout; no subnormals, whose precision is less."""
    return st.builds(
        lambda a, layout: LAYOUTS[layout](a),
        st.tuples(DTYPES, shapes).flatmap(
            lambda drawn: arrays(
                *drawn,
                elements=st.floats(
                    -bound, bound, width=8 * drawn[0].itemsize, allow_subnormal=False
                ),
            )
        ),
        st.sampled_from(list(LAYOUTS)),
    )


def forward_unharmed(module, x):
    """The output, once it is shown to be a new array and the input what it was."""
    before = x.copy()
    y = module.forward(x)
    np.testing.assert_array_equal(x, before)
    assert (y if y.base is None else y.base).flags.owndata  # images may lie channels-last
    assert y.flags.writeable
    assert not np.shares_memory(x, y)
    return y


@everywhere
@given(
    x=inputs(st.tuples(st.integers(1, 6), st.integers(1, 8)), bound=100.0),
    outputs=st.integers(1, 6),
    dtype=DTYPES,
    seed=st.integers(0, 99),
)
def test_linear_is_its_formula(x, outputs, dtype, seed):
    layer = Linear(x.shape[1], outputs, dtype=dtype, rng=np.random.default_rng(seed))
    layer.bias[...] = np.random.default_rng(seed).standard_normal(outputs)
    y = forward_unharmed(layer, x)
    assert y.dtype == dtype
    x, W, b = (a.astype(dtype).astype(np.longdouble) for a in (x, layer.weight, layer.bias))
    expected = np.einsum("ni,oi->no", x, W) + b
    # in + 1 roundings on the way to each sum, each of at most eps times the sum of sizes.
    info = np.finfo(dtype)
    size = np.einsum("ni,oi->no", abs(x), abs(W)) + abs(b)
    assert np.all(abs(y - expected) <= (x.shape[1] + 1) * (info.eps * size + info.tiny))


@pytest.mark.parametrize(
    ("activation", "formula", "roundings"),
    [
        (ReLU, lambda x: np.maximum(x, 0), 0),
        (Sigmoid, lambda x: 1 / (1 + np.exp(-x)), 4),
        (Tanh, np.tanh, 4),
    ],
)
@everywhere
@given(data=st.data())
def test_activations_are_their_formulas(activation, formula, roundings, data):
    x = data.draw(inputs(array_shapes(min_dims=1, max_dims=4, max_side=4), bound=80.0))
    y = forward_unharmed(activation(), x)
    assert (y.dtype, y.shape) == (x.dtype, x.shape)
    expected = formula(x.astype(np.longdouble))
    assert np.all(abs(y - expected) <= roundings * np.finfo(x.dtype).eps * abs(expected))


@everywhere
@given(x=arrays(np.float64, array_shapes(), elements=st.floats(allow_nan=False)))
def test_sigmoid_of_any_number_lies_in_0_to_1_and_adds_up_to_1_with_its_opposite(x):
    sigmoid = Sigmoid()
    y, opposite = sigmoid.forward(x), sigmoid.forward(-x)
    assert np.all((y >= 0) & (y <= 1))
    np.testing.assert_allclose(y + opposite, 1, rtol=0, atol=np.finfo(float).eps)


# every module


class Kind(NamedTuple):
    """A module: how to draw its options for an input of some shape, and what it may be given."""

    draw: Callable[[Callable[..., Any], tuple[int, ...]], Callable[[], nn.Module]]
    most_axes: int = 4
    least_axes: int = 2
    alone: bool = True  # each example by itself
    noisy: bool = False


def choose(*options):
    return lambda draw, shape: draw(st.sampled_from(options))


def along_an_axis(kind):
    return lambda draw, shape: partial(kind, draw(st.integers(1, len(shape) - 1)))


def linear(draw, shape):
    return partial(Linear, shape[1], draw(st.integers(1, 5)), bias=draw(st.booleans()))


def flatten(draw, shape):
    start = draw(st.integers(1, len(shape) - 1))
    return partial(nn.Flatten, start, draw(st.sampled_from([-1, len(shape) - 1, start])))


def max_out(draw, shape):
    return partial(nn.MaxOut, draw(st.sampled_from([k for k in range(1, 7) if shape[1] % k == 0])))


def batch_norm(draw, shape):
    momentum = draw(st.sampled_from([0.1, 0.5, None]))
    return partial(nn.BatchNorm1d, shape[1], 0.1, momentum, *draw(st.tuples(*[st.booleans()] * 2)))


def batch_norm_2d(draw, shape):
    options = {"affine": draw(st.booleans()), "frozen": draw(st.booleans())}
    return partial(nn.BatchNorm2d, shape[1], 0.1, **options)


def kernel(draw, shape):
    return tuple(draw(st.integers(1, min(2, size))) for size in shape[2:])


def conv(draw, shape):
    options = {"stride": draw(st.integers(1, 3)), "padding": draw(st.integers(0, 2))}
    options["groups"] = draw(st.sampled_from([k for k in range(1, 7) if shape[1] % k == 0]))
    filters = options["groups"] * draw(st.integers(1, 2))
    return partial(nn.Conv2d, shape[1], filters, kernel(draw, shape), **options)


def pooling(kind):
    return lambda draw, shape: partial(kind, kernel(draw, shape), draw(st.integers(1, 3)))


def layer_norm(draw, shape):
    normalized = shape[draw(st.integers(1, len(shape) - 1)) :]
    return partial(nn.LayerNorm, normalized, 0.1, *draw(st.tuples(*[st.booleans()] * 2)))


def residual(draw, shape):
    c, inner = shape[1], draw(st.integers(1, 4))
    if draw(st.booleans()):
        return lambda: nn.Residual(Linear(c, inner), Tanh(), Linear(inner, c))
    return lambda: nn.Residual(Linear(c, inner), Tanh(), shortcut=Linear(c, inner, bias=False))


def sequential(draw, shape):
    return lambda: nn.Sequential(nn.LayerNorm(shape[1], 0.1), Linear(shape[1], 3), nn.Softplus())


KINDS = {
    "AdaptiveAvgPool2d": Kind(choose(*(partial(nn.AdaptiveAvgPool2d, k) for k in (1, 3))), 4, 4),
    "AvgPool2d": Kind(pooling(nn.AvgPool2d), 4, 4),
    "BatchNorm2d": Kind(batch_norm_2d, 4, 4, alone=False),
    "Conv2d": Kind(conv, 4, 4),
    "Dropout2d": Kind(
        lambda draw, shape: partial(nn.Dropout2d, draw(st.floats(0, 1))),
        least_axes=3,
        alone=False,
        noisy=True,
    ),
    "MaxPool2d": Kind(pooling(nn.MaxPool2d), 4, 4),
    "BatchNorm1d": Kind(batch_norm, most_axes=3, alone=False),
    "BatchNorm1d, evaluation": Kind(
        lambda draw, shape: lambda: nn.BatchNorm1d(shape[1], 0.1).eval(), most_axes=3
    ),
    "Dropout": Kind(
        lambda draw, shape: partial(nn.Dropout, draw(st.floats(0, 1))), alone=False, noisy=True
    ),
    "Dropout, evaluation": Kind(choose(lambda: nn.Dropout().eval())),
    "ELU": Kind(lambda draw, shape: partial(nn.ELU, draw(st.floats(0, 2, width=32)))),
    "Flatten": Kind(flatten),
    "GELU": Kind(choose(nn.GELU, partial(nn.GELU, "tanh"))),
    "Identity": Kind(choose(nn.Identity)),
    "LayerNorm": Kind(layer_norm),
    "LeakyReLU": Kind(lambda draw, shape: partial(nn.LeakyReLU, draw(st.floats(-2, 2, width=32)))),
    "Linear": Kind(linear, most_axes=2),
    "LogSoftmax": Kind(along_an_axis(nn.LogSoftmax)),
    "MaxOut": Kind(max_out),
    "ReLU": Kind(choose(ReLU)),
    "Residual": Kind(residual, most_axes=2),
    "Sequential": Kind(sequential, most_axes=2),
    "SiLU": Kind(choose(nn.SiLU)),
    "Sigmoid": Kind(choose(Sigmoid)),
    "Softmax": Kind(along_an_axis(nn.Softmax)),
    "Softplus": Kind(choose(*(partial(nn.Softplus, b, t) for b in (0.5, 2, -1) for t in (9, 20)))),
    "Tanh": Kind(choose(Tanh)),
}


class Case(NamedTuple):
    """A module to be made anew for each run, and what goes in at either end."""

    make: Callable[[], nn.Module]
    x: np.ndarray
    g: np.ndarray

    def run(self, x=None, g=None, dtype=np.float64):
        """Output, gradient for the input, gradients of the parameters."""
        module = self.make().astype(dtype)
        y = module.forward((self.x if x is None else x).astype(dtype, copy=False))
        grad_input = module.backward((self.g if g is None else g).astype(dtype, copy=False))
        return [y, grad_input, *module.get_gradients()]


@st.composite
def cases(draw, kind):
    batch = (2 if kind.draw in (batch_norm, batch_norm_2d) else 1, 6)
    shape = draw(
        st.tuples(
            st.integers(*batch),
            st.integers(1, 6),
            *[st.integers(1, 4)] * draw(st.integers(kind.least_axes - 2, kind.most_axes - 2)),
        )
    )
    numbers = st.floats(-8, 8, width=32, allow_subnormal=False)
    x = draw(arrays(np.float32, shape, elements=numbers))
    make, seed = kind.draw(draw, shape), draw(st.integers(0, 99))

    def seeded():
        module, rng = make(), np.random.default_rng(seed)
        for p in module.get_parameters():
            p[...] = rng.standard_normal(p.shape)
        if isinstance(module, nn.Dropout):
            module.rng = rng
        return module

    y = seeded().forward(x)
    return Case(seeded, x.astype(float), np.random.default_rng(seed).standard_normal(y.shape))


def kinds(wanted=lambda kind: True):
    rows = {name: kind for name, kind in KINDS.items() if wanted(kind)}
    return pytest.mark.parametrize("kind", rows.values(), ids=rows)


every_kind = kinds()
often = settings(deadline=None, derandomize=True, max_examples=15)


def assert_close(actual, expected, case, dtype=np.float64):
    """Equal to the rounding of sums of so many numbers, none larger than the largest in sight."""
    for a, b in zip(actual, expected, strict=True):
        assert a.shape == b.shape
        assert a.dtype == dtype
        largest = max(abs(v).max(initial=0) for v in (case.x, case.g, b))
        terms = 16 + sum(case.x.shape)
        np.testing.assert_allclose(a, b, rtol=0, atol=terms * np.finfo(dtype).eps * largest)


def test_every_public_module_is_drawn():
    layers = {
        name
        for name, value in vars(nn).items()
        if isinstance(value, type) and issubclass(value, nn.Module) and value is not nn.Module
        if not issubclass(value, nn.Loss) and value is not nn.Elementwise
    }
    assert layers == {name.partition(",")[0] for name in KINDS}


@every_kind
@often
@given(data=st.data())
def test_float32_gives_the_float64_result_to_its_rounding(kind, data):
    case = data.draw(cases(kind))
    exact = case.run(g=case.g.astype(np.float32))
    assert_close(case.run(dtype=np.float32), exact, case, np.float32)


@every_kind
@often
@given(data=st.data())
def test_any_layout_gives_the_same_and_is_left_as_it_was(kind, data):
    case = data.draw(cases(kind))
    layouts = st.sampled_from([name for name in LAYOUTS if name != "one row for all"])
    x, g = (LAYOUTS[data.draw(layouts)](a) for a in (case.x, case.g))
    for a in (x, g):
        a.setflags(write=False)
    before = x.copy(), g.copy()
    y, grad_input, *_ = results = case.run(x, g)
    assert_close(results, case.run(), case)
    if kind.draw is not flatten:  # the one that hands on its input in another shape
        assert not np.shares_memory(y, x)
        assert not np.shares_memory(grad_input, g)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(g, before[1])


@every_kind
@often
@given(data=st.data(), a=st.floats(-2, 2), b=st.floats(-2, 2))
def test_backward_is_linear_in_the_upstream_gradient(kind, data, a, b):
    case = data.draw(cases(kind))
    other = np.random.default_rng(5).standard_normal(case.g.shape)
    mixed = case.run(g=a * case.g + b * other)[1:]
    expected = [a * v + b * w for v, w in zip(case.run()[1:], case.run(g=other)[1:], strict=True)]
    scale = case._replace(x=16 * case.x, g=16 * np.maximum(abs(case.g), abs(other)))
    assert_close(mixed, expected, scale)


@every_kind
@often
@given(data=st.data())
def test_no_upstream_gradient_gives_no_gradient(kind, data):
    case = data.draw(cases(kind))
    for gradient in case.run(g=0 * case.g)[1:]:
        np.testing.assert_array_equal(gradient, 0)


@kinds(lambda kind: not kind.noisy)
@often
@given(data=st.data())
def test_examples_in_another_order_give_the_same_in_that_order(kind, data):
    case = data.draw(cases(kind))
    order = np.random.default_rng(data.draw(st.integers(0, 99))).permutation(len(case.x))
    y, grad_input, *gradients = case.run()
    moved = case.run(case.x[order], case.g[order])
    assert_close(moved, [y[order], grad_input[order], *gradients], case)


@kinds(lambda kind: kind.alone)
@often
@given(data=st.data())
def test_a_batch_gives_what_its_examples_give_one_by_one(kind, data):
    case = data.draw(cases(kind))
    y, grad_input, *gradients = case.run()
    ones = [case.run(x[np.newaxis], g[np.newaxis]) for x, g in zip(case.x, case.g, strict=True)]
    ys, grad_inputs, *parts = zip(*ones, strict=True)
    assert_close([y, grad_input], [np.concatenate(ys), np.concatenate(grad_inputs)], case)
    sums = [np.sum(part, axis=0) for part in parts]
    scale = max((abs(np.array(part)).max() for part in parts), default=0)
    assert_close(gradients, sums, case._replace(x=case.x * 0 + scale))


@kinds(lambda kind: (kind.alone or kind.noisy) and kind.least_axes < 4)  # windows want images
@often
@given(data=st.data())
def test_no_examples_give_no_output_and_zero_gradients(kind, data):
    case = data.draw(cases(kind))
    y, grad_input, *gradients = case.run(case.x[:0], case.g[:0])
    assert (y.shape, grad_input.shape) == (case.g[:0].shape, case.x[:0].shape)
    for gradient in gradients:
        np.testing.assert_array_equal(gradient, 0)
