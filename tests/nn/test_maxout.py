"""MaxOut: neighbours compete, and only the winner learns."""

import numpy as np
import pytest

from mytorch.nn import Linear, MaxOut, Sequential
from mytorch.utils.errors import ArgumentError, DtypeError, ShapeError

RNG = np.random.default_rng(0)


def test_neighbours_compete_and_the_gradient_goes_to_the_winner():
    maxout = MaxOut(3)
    y = maxout.forward(np.array([[1.0, 5, 2, -3, -2, -1]]))
    np.testing.assert_array_equal(y, [[5, -1]])
    np.testing.assert_array_equal(maxout.backward(np.array([[2.0, -7.0]])), [[0, 2, 0, 0, 0, -7]])


def test_on_a_tie_the_first_takes_the_whole_gradient():
    maxout = MaxOut(3)
    maxout.forward(np.array([[1.0, 4, 4, 2, 2, 2], [-0.0, 0.0, -1.0, 0, 1, 1]]))
    np.testing.assert_array_equal(
        maxout.backward(np.array([[1.0, 2.0], [3.0, 4.0]])),
        [[0, 1, 0, 2, 0, 0], [3, 0, 0, 0, 4, 0]],
    )


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 5), (2, 6, 3, 5), (1, 6, 1, 1)])
@pytest.mark.parametrize("pieces", [1, 2, 3, 6])
def test_values_and_gradients_are_those_of_torchs_maximum(shape, pieces):
    torch = pytest.importorskip("torch")
    x = RNG.standard_normal(shape)
    tx = torch.tensor(x, requires_grad=True)
    ty = tx.unflatten(1, (-1, pieces)).amax(2)
    g = RNG.standard_normal(tuple(ty.shape))
    ty.backward(torch.tensor(g))
    maxout = MaxOut(pieces)
    np.testing.assert_array_equal(maxout.forward(x), ty.detach())
    np.testing.assert_array_equal(maxout.backward(g), tx.grad)


def test_after_a_linear_layer_it_can_be_the_absolute_value():
    linear = Linear(1, 2, init="zeros", dtype=np.float64)
    linear.weight[...] = [[1], [-1]]
    x = np.array([[-2.0], [0.0], [3.0]])
    np.testing.assert_array_equal(Sequential(linear, MaxOut()).forward(x), abs(x))


def test_infinity_wins_and_nan_is_not_hidden():
    y = MaxOut().forward(np.array([[np.inf, 1, -np.inf, -1, np.nan, 1, 1, np.nan]]))
    np.testing.assert_array_equal(y, [[np.inf, -1, np.nan, np.nan]])


@pytest.mark.parametrize("shape", [(0, 6), (2, 0), (2, 6, 0), (0, 6, 4, 4)])
def test_nothing_in_gives_nothing_out(shape):
    maxout = MaxOut(3)
    y = maxout.forward(np.zeros(shape))
    assert y.shape == (shape[0], shape[1] // 3, *shape[2:])
    assert maxout.backward(np.zeros(y.shape)).shape == shape


@pytest.mark.parametrize("shape", [(4, 7), (6,), (), (2, 1)])
def test_an_input_whose_channels_cannot_be_grouped_is_refused(shape):
    with pytest.raises(ShapeError) as caught:
        MaxOut(3).forward(np.ones(shape))
    assert str(caught.value) == (
        f"MaxOut(num_pieces=3): expected (N, a multiple of 3, ...), got shape {shape}"
    )


def test_whole_numbers_and_gradients_of_another_shape_are_refused():
    maxout = MaxOut()
    with pytest.raises(DtypeError, match=r"^MaxOut\(\): input of dtype int64, expected floating"):
        maxout.forward(np.ones((2, 4), np.int64))
    maxout.forward(np.ones((2, 4)))
    with pytest.raises(ShapeError) as caught:
        maxout.backward(np.ones((2, 4)))
    assert str(caught.value) == (
        "MaxOut().backward: grad_output has shape (2, 4), expected (2, 2), the shape of the output"
    )


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        (0, "at least 1, got 0"),
        (-2, "at least 1, got -2"),
        (2.0, "a whole number, got 2.0"),
        ("2", "a whole number, got '2'"),
        (None, "a whole number, got None"),
    ],
)
def test_a_number_of_pieces_that_cannot_be_is_refused(pieces, message):
    with pytest.raises(ArgumentError) as caught:
        MaxOut(pieces)
    assert str(caught.value) == f"MaxOut: num_pieces must be {message}"


def test_its_repr_shows_its_pieces():
    assert repr(MaxOut()) == "MaxOut()"
    assert repr(MaxOut(np.int64(4))) == "MaxOut(num_pieces=4)"
