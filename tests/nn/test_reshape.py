"""Flatten: the same numbers in another shape, and back."""

import numpy as np
import pytest

from mytorch.nn import Flatten
from mytorch.utils.errors import ArgumentError, DtypeError, ShapeError

SHAPE = (2, 3, 4, 5)


@pytest.mark.parametrize("start", range(-4, 4))
@pytest.mark.parametrize("end", range(-4, 4))
def test_for_all_pairs_of_axes_it_is_torchs_or_both_refuse(start, end):
    torch = pytest.importorskip("torch")
    x = np.arange(120.0).reshape(SHAPE)
    flatten = Flatten(start, end)
    if start % 4 > end % 4:
        with pytest.raises(RuntimeError, match="start_dim cannot come after end_dim"):
            torch.nn.Flatten(start, end)(torch.tensor(x))
        with pytest.raises(ShapeError, match=f"input has no axes {start} to {end} "):
            flatten.forward(x)
        return
    y = flatten.forward(x)
    theirs = torch.nn.Flatten(start, end)(torch.tensor(x))
    assert y.shape == tuple(theirs.shape)
    np.testing.assert_array_equal(y, theirs)
    np.testing.assert_array_equal(flatten.backward(y), x)


def test_a_batch_of_images_becomes_rows_the_last_axis_fastest():
    x = np.arange(24.0).reshape(2, 3, 2, 2)
    np.testing.assert_array_equal(Flatten().forward(x), [range(12), range(12, 24)])


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda a: a[::-1, :, ::-1]])
def test_the_numbers_keep_their_order_whatever_the_layout(layout):
    x, flatten = layout(np.arange(120.0).reshape(SHAPE)), Flatten()
    y = flatten.forward(x)
    np.testing.assert_array_equal(y, np.array(x.tolist()).reshape(2, 60))
    g = np.asfortranarray(y)
    np.testing.assert_array_equal(flatten.backward(g), x)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.complex64])
def test_the_dtype_is_kept(dtype):
    flatten = Flatten()
    assert flatten.forward(np.ones(SHAPE, dtype)).dtype == dtype
    assert flatten.backward(np.ones((2, 60), dtype)).dtype == dtype


@pytest.mark.parametrize(("shape", "flat"), [((0, 3, 4), (0, 12)), ((2, 0, 4), (2, 0))])
def test_nothing_in_gives_nothing_out(shape, flat):
    flatten = Flatten()
    assert flatten.forward(np.zeros(shape)).shape == flat
    assert flatten.backward(np.zeros(flat)).shape == shape


@pytest.mark.parametrize(
    ("flatten", "shape", "shown"),
    [
        (Flatten(), (3,), "Flatten(): input has no axes 1 to -1 (got shape (3,))"),
        (Flatten(), (), "Flatten(): input has no axes 1 to -1 (got shape ())"),
        (
            Flatten(1, 3),
            (2, 3),
            "Flatten(end_dim=3): input has no axes 1 to 3 (got shape (2, 3))",
        ),
        (
            Flatten(-3),
            (2, 3),
            "Flatten(start_dim=-3): input has no axes -3 to -1 (got shape (2, 3))",
        ),
    ],
)
def test_an_input_without_these_axes_is_refused(flatten, shape, shown):
    with pytest.raises(ShapeError) as caught:
        flatten.forward(np.ones(shape))
    assert str(caught.value) == shown


def test_whole_numbers_and_gradients_of_another_shape_are_refused():
    flatten = Flatten()
    with pytest.raises(DtypeError, match=r"^Flatten\(\): input of dtype uint8, .*scale images"):
        flatten.forward(np.ones((2, 28, 28), np.uint8))
    flatten.forward(np.ones((2, 3, 4)))
    with pytest.raises(ShapeError) as caught:
        flatten.backward(np.ones((2, 3, 4)))  # as many numbers, and a mistake all the same
    assert str(caught.value) == (
        "Flatten().backward: grad_output has shape (2, 3, 4), expected (2, 12), "
        "the shape of the output"
    )


@pytest.mark.parametrize("axis", [None, "1", 1.0])
def test_an_axis_that_is_no_whole_number_is_refused(axis):
    for name in ("start_dim", "end_dim"):
        with pytest.raises(ArgumentError) as caught:
            Flatten(**{name: axis})
        assert str(caught.value) == f"Flatten: {name} must be a whole number, got {axis!r}"


def test_its_repr_shows_the_axes_that_are_not_the_defaults():
    assert repr(Flatten()) == "Flatten()"
    assert repr(Flatten(0, 1)) == "Flatten(start_dim=0, end_dim=1)"
