"""SGD, in place."""

import numpy as np
import pytest

from mytorch.nn import SGD, Linear, Optimizer
from mytorch.utils.errors import ArgumentError, ShapeError


def test_a_step_moves_the_very_arrays_against_their_gradients():
    layer = Linear(2, 1, init="zeros")
    weight, bias = layer.weight, layer.bias
    optimizer = SGD(layer.get_parameters(), lr=0.5)
    optimizer.step([np.array([[2.0, -4.0]]), np.array([1.0])])
    assert layer.weight is weight
    assert layer.bias is bias
    np.testing.assert_array_equal(weight, [[-1, 2]])
    np.testing.assert_array_equal(bias, [-0.5])
    assert weight.dtype == bias.dtype == np.float32


def test_the_learning_rate_is_a_hundredth_by_default():
    p = np.zeros(1)
    SGD([p]).step([np.ones(1)])
    assert p == -0.01


def test_the_learning_rate_may_change_between_steps():
    p = np.zeros(1)
    optimizer = SGD([p], lr=1)
    optimizer.step([np.ones(1)])
    optimizer.lr = 0.25
    optimizer.step([np.ones(1)])
    assert p == -1.25


def test_momentum_keeps_going_with_what_it_had():
    # v: 1, 1 + 1/2, 1/2 (3/2) + 0; each is subtracted.
    p = np.zeros(1)
    optimizer = SGD([p], lr=1.0, momentum=0.5)
    positions = []
    for g in (1.0, 1.0, 0.0):
        optimizer.step([np.array([g])])
        positions.append(p.item())
    assert positions == [-1, -2.5, -3.25]


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_gradients_are_left_as_they_were(momentum):
    g = np.ones(3)
    optimizer = SGD([np.zeros(3)], momentum=momentum)
    optimizer.step([g])
    optimizer.step([g])
    np.testing.assert_array_equal(g, np.ones(3))


def test_zero_grad_is_there_and_changes_nothing():
    layer = Linear(2, 1)
    layer.backward(layer.forward(np.ones((3, 2))))
    before = [a.copy() for a in layer.get_parameters() + layer.get_gradients()]
    assert SGD(layer.get_parameters()).zero_grad() is None
    after = layer.get_parameters() + layer.get_gradients()
    for a, b in zip(after, before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_base_optimizer_takes_no_step():
    with pytest.raises(NotImplementedError, match=r"^Optimizer does not define step\(gradients\)$"):
        Optimizer([np.zeros(1)], lr=1).step([np.zeros(1)])


PARAMETERS = [np.zeros((2, 3)), np.zeros(2)]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: SGD(PARAMETERS, lr=-1), ArgumentError, "SGD: lr must be 0 or larger, got -1"),
        (
            lambda: SGD(PARAMETERS, lr=float("nan")),
            ArgumentError,
            "SGD: lr must be 0 or larger, got nan",
        ),
        (
            lambda: SGD(PARAMETERS, momentum=-0.5),
            ArgumentError,
            "SGD: momentum must be 0 or larger, got -0.5",
        ),
        (
            lambda: SGD([np.zeros(2, int)]),
            ArgumentError,
            "SGD: parameter 0 is not a floating array; pass model.get_parameters()",
        ),
        (
            lambda: SGD([Linear(2, 2)]),
            ArgumentError,
            "SGD: parameter 0 is not a floating array; pass model.get_parameters()",
        ),
        (
            lambda: SGD(PARAMETERS).step([np.ones((2, 3))]),
            ShapeError,
            "SGD(lr=0.01, momentum=0): got 1 gradients for 2 parameters",
        ),
        (
            lambda: SGD(PARAMETERS).step([np.ones((2, 3)), np.ones(1)]),
            ShapeError,
            "SGD(lr=0.01, momentum=0): gradient 1 has shape (1,), its parameter (2,)",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_was_wanted(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


def test_a_refused_step_changes_nothing():
    p, q = np.zeros(2), np.zeros(2)
    with pytest.raises(ShapeError):
        SGD([p, q]).step([np.ones(2), np.ones(3)])
    np.testing.assert_array_equal([p, q], np.zeros((2, 2)))


def test_one_array_is_not_taken_for_a_list_of_its_rows():
    with pytest.raises(ArgumentError, match=r"one array, expected a list of arrays; pass model\."):
        SGD(np.zeros((2, 2)))


def test_a_numpy_learning_rate_gives_the_bits_of_a_python_one():
    rng = np.random.default_rng(0)
    start, g = (rng.standard_normal(1000).astype(np.float32) for _ in range(2))
    ours, theirs = start.copy(), start.copy()
    SGD([ours], lr=np.float64(0.1)).step([g])
    SGD([theirs], lr=0.1).step([g])
    assert ours.tobytes() == theirs.tobytes()
