"""Whatever the shape, dtype and memory layout of the input: the formula holds.

Bounds are those of floating-point arithmetic, written out beside each.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

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
    assert y.flags.owndata
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
