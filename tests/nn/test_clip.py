"""Gradient clipping, against PyTorch and against norms known in closed form."""

import math
import re

import numpy as np
import pytest

from mytorch.nn import clip_grad_norm, clip_grad_value
from mytorch.utils.errors import ArgumentError, DtypeError, RunError

SHAPES = [(16, 12), (16,), (3, 2, 5, 5), (1,)]


def draw(dtype=np.float64, scale=1.0, seed=0):
    rng = np.random.default_rng(seed)
    return [(scale * rng.standard_normal(shape)).astype(dtype) for shape in SHAPES]


def torchs(gradients):
    """PyTorch's parameters with these gradients."""
    torch = pytest.importorskip("torch")
    parameters = [torch.nn.Parameter(torch.zeros(g.shape, dtype=torch.float64)) for g in gradients]
    for p, g in zip(parameters, gradients, strict=True):
        p.grad = torch.tensor(g, dtype=torch.float64)
    return torch.nn.utils, parameters


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("norm_type", [1, 1.5, 2, 2.0, 3, 7.5, math.inf])
@pytest.mark.parametrize("max_norm", [1e-3, 1, 5, 1e3])
@pytest.mark.parametrize("scale", [1e-4, 1, 100])
def test_clipping_by_norm_equals_torchs(scale, max_norm, norm_type, dtype):
    gradients = draw(dtype, scale)
    utils, parameters = torchs(gradients)  # in float64, from the same numbers
    expected = utils.clip_grad_norm_(parameters, max_norm, norm_type).item()
    clipped, norm = clip_grad_norm(gradients, max_norm, norm_type)
    assert type(norm) is float
    assert norm == pytest.approx(expected, rel=1e-13, abs=0)
    for ours, theirs in zip(clipped, parameters, strict=True):
        assert ours.dtype == dtype
        # One rounding into the dtype: half a unit in the last place, or of the smallest number.
        info = np.finfo(dtype)
        np.testing.assert_allclose(
            ours.astype(np.float64),
            theirs.grad.numpy(),
            rtol=max(1e-13, info.eps / 2),
            atol=float(info.smallest_subnormal) / 2,
        )


@pytest.mark.parametrize("clip_value", [1e-3, 0.5, 2, 100])
def test_clipping_by_value_equals_torchs(clip_value):
    gradients = draw()
    gradients[0][0, :2] = math.inf, -math.inf
    utils, parameters = torchs(gradients)
    utils.clip_grad_value_(parameters, clip_value)
    for ours, theirs in zip(clip_grad_value(gradients, clip_value), parameters, strict=True):
        np.testing.assert_array_equal(ours, theirs.grad.numpy())


def test_the_values_worked_by_hand():
    # The norm of (3, 4, 12) is 13; 6.5 is half of it, but for the 1e-6.
    clipped, norm = clip_grad_norm([np.array([3.0, 4.0]), np.array([-12.0])], 6.5)
    assert norm == 13
    np.testing.assert_allclose(np.concatenate(clipped), [1.5, 2, -6], rtol=1e-7)
    assert math.hypot(*np.concatenate(clipped)) < 6.5
    clipped = clip_grad_value([np.array([3.0, -0.5]), np.array([-12.0])], 2)
    np.testing.assert_array_equal(np.concatenate(clipped), [2, -0.5, -2])


@pytest.mark.parametrize(
    "clip", [lambda g: clip_grad_norm(g, 0.1)[0], lambda g: clip_grad_value(g, 0.1)]
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_gradients_are_left_as_they_were_whatever_their_layout(clip, dtype):
    wide = np.arange(24, dtype=dtype).reshape(4, 6) - 12
    gradients = [wide.T, wide[::2, ::-1], np.ones(3, dtype)]
    for g in gradients:
        g.setflags(write=False)
    before = [g.copy() for g in gradients]
    clipped = clip(gradients)
    for g, kept, new in zip(gradients, before, clipped, strict=True):
        np.testing.assert_array_equal(g, kept)
        assert not np.shares_memory(g, new)
        assert (new.dtype, new.shape) == (g.dtype, g.shape)


@pytest.mark.parametrize(
    "clip",
    [
        lambda g: clip_grad_norm(g, 1e3)[0],
        lambda g: clip_grad_norm(g, math.inf)[0],
        lambda g: clip_grad_value(g, 1e3),
        lambda g: clip_grad_value(g, math.inf),
    ],
)
def test_where_nothing_is_to_clip_the_same_arrays_come_back(clip):
    gradients = draw()
    clipped = clip(gradients)
    assert list(map(id, clipped)) == list(map(id, gradients))
    assert clipped is not gradients


def test_only_the_arrays_with_large_entries_are_copied_by_clipping_values():
    small, large = np.ones(2), np.full(2, 9.0)
    clipped = clip_grad_value([small, large], 3)
    assert clipped[0] is small
    np.testing.assert_array_equal(clipped[1], [3, 3])


@pytest.mark.parametrize("norm_type", [1, 2, 3, math.inf])
def test_zero_gradients_and_no_gradients_have_norm_zero(norm_type):
    assert clip_grad_norm([np.zeros(3), np.zeros((0, 2))], 1, norm_type)[1] == 0
    assert clip_grad_norm([], 1, norm_type) == ([], 0)


@pytest.mark.parametrize(
    ("dtype", "size"),
    [
        *((np.float32, 3e38), (np.float32, 1e-45), (np.float64, 1e300), (np.float64, 5e-324)),
        (np.float64, 1e-161),  # its square is no zero, and has lost its digits
    ],
)
@pytest.mark.parametrize("norm_type", [1, 2, 5])
def test_a_norm_neither_overflows_nor_vanishes_where_its_powers_would(dtype, size, norm_type):
    g = np.full(10_000, size, dtype)
    expected = float(g[0]) * 10_000 ** (1 / norm_type)
    clipped, norm = clip_grad_norm([g], 1.0, norm_type)
    assert norm == pytest.approx(expected, rel=1e-12, abs=0)
    if size > 1:  # also the coefficient, 1e-42 or 1e-304, keeps its digits
        expected, eps = 10_000 ** (-1 / norm_type), float(np.finfo(dtype).eps)
        assert float(clipped[0][0]) == pytest.approx(expected, rel=2 * eps, abs=0)


def test_the_norm_of_float32_has_the_digits_of_float64():
    # A million ones after a large one: in float32, 1e8 + 1 is 1e8.
    g = np.ones(1_000_000, np.float32)
    g[0] = 1e4
    assert clip_grad_norm([g], 1e9)[1] == pytest.approx(math.sqrt(1e8 + 999_999), rel=1e-14)
    assert clip_grad_norm([g], 1e9, 1)[1] == pytest.approx(1e4 + 999_999, rel=1e-14)


HOLED = np.array([[1, math.nan, 1], [math.inf, 1, -math.inf]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: clip_grad_norm([np.ones(2), HOLED], 1),
            RunError,
            "clip_grad_norm: the norm of the gradients is nan: 3 of 6 entries of gradient 1, of "
            "shape (2, 3), are not finite; lower the learning rate or look for a division by 0 "
            "before this step",
        ),
        (
            lambda: clip_grad_norm([np.array([-math.inf])], math.inf),
            RunError,
            "clip_grad_norm: the norm of the gradients is inf: 1 of 1 entries of gradient 0, of "
            "shape (1,), are not finite; lower the learning rate or look for a division by 0 "
            "before this step",
        ),
        (
            lambda: clip_grad_norm([np.full(2, 1.7e308)], 1),
            RunError,
            "clip_grad_norm: the norm of the gradients is inf: the entries are finite and their "
            "norm is too large for float64",
        ),
        (
            lambda: clip_grad_value([np.ones(2), HOLED[:1]], 1),
            RunError,
            "clip_grad_value: a gradient is nan: 1 of 3 entries of gradient 1, of shape (1, 3), "
            "are not finite; lower the learning rate or look for a division by 0 before this step",
        ),
        (
            lambda: clip_grad_norm([np.ones(1)], 0),
            ArgumentError,
            "clip_grad_norm: max_norm must be above 0, got 0",
        ),
        (
            lambda: clip_grad_norm([np.ones(1)], math.nan),
            ArgumentError,
            "clip_grad_norm: max_norm must be above 0, got nan",
        ),
        (
            lambda: clip_grad_norm([np.ones(1)], 1, 0.5),
            ArgumentError,
            "clip_grad_norm: norm_type must be 1 or larger, got 0.5",
        ),
        (
            lambda: clip_grad_value([np.ones(1)], -1),
            ArgumentError,
            "clip_grad_value: clip_value must be above 0, got -1",
        ),
        (
            lambda: clip_grad_norm(np.ones((2, 2)), 1),
            ArgumentError,
            "clip_grad_norm: gradients are one array, expected a list of arrays; "
            "pass model.get_gradients()",
        ),
        (
            lambda: clip_grad_value([np.ones(1), np.ones(1, int)], 1),
            DtypeError,
            "clip_grad_value: gradient 1 has dtype int64, expected floating numbers",
        ),
        (
            lambda: clip_grad_norm([np.ones(1, complex)], 1),
            DtypeError,
            "clip_grad_norm: gradient 0 has dtype complex128, expected floating numbers",
        ),
    ],
)
def test_what_cannot_be_clipped_is_refused_with_what_was_wanted(call, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()
