"""L1 and L2 penalties: their derivatives, what they are put on, and what they are equal to."""

import pickle
import re

import numpy as np
import pytest

from mytorch.nn import (
    SGD,
    L1Penalty,
    L2Penalty,
    Linear,
    Penalty,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
)
from mytorch.utils.errors import ArgumentError, ShapeError

PENALTIES = [L1Penalty, L2Penalty]


@pytest.fixture
def model():
    rng = np.random.default_rng(0)
    model = Sequential(Linear(4, 5, rng=rng), Tanh(), Linear(5, 3, rng=rng)).astype(np.float64)
    for p in model.get_parameters():
        p[...] = rng.standard_normal(p.shape)
    return model


def zeros(model):
    return [np.zeros_like(p) for p in model.get_parameters()]


def test_the_values_worked_by_hand():
    layer = Linear(3, 1)
    layer.weight[...], layer.bias[...] = [[2, 0, -3]], 7
    # L1: 1/2 (2 + 0 + 3) = 5/2, with the slope 0 at 0.   L2: 1/2 * 1/2 (4 + 0 + 9) = 13/4.
    assert L1Penalty(0.5).value(layer) == 2.5
    assert L2Penalty(0.5).value(layer) == 3.25
    (weight, bias) = L1Penalty(0.5).add_to(zeros(layer), layer)
    np.testing.assert_array_equal(weight, [[0.5, 0, -0.5]])
    np.testing.assert_array_equal(bias, [0])
    (weight, bias) = L2Penalty(0.5).add_to(zeros(layer), layer)
    np.testing.assert_array_equal(weight, [[1, 0, -1.5]])
    np.testing.assert_array_equal(bias, [0])


@pytest.mark.parametrize("on", ["weight", ("weight", "bias"), "2.bias"])
@pytest.mark.parametrize("kind", PENALTIES)
def test_the_gradient_is_the_derivative_of_the_value(kind, on, model):
    penalty, h = kind(0.3, on), 1e-6
    analytic = penalty.add_to(zeros(model), model)
    for p, a in zip(model.get_parameters(), analytic, strict=True):
        for index in np.ndindex(p.shape):
            kept = p[index]
            p[index] = kept + h
            above = penalty.value(model)
            p[index] = kept - h
            below = penalty.value(model)
            p[index] = kept
            assert (above - below) / (2 * h) == pytest.approx(a[index], abs=1e-8)


@pytest.mark.parametrize("kind", PENALTIES)
def test_the_gradient_is_the_complex_step_derivative(kind, model):
    penalty, h = kind(0.3), 1e-30
    analytic = penalty.add_to(zeros(model), model)
    wide = model.astype(np.complex128)
    for p, a in zip(wide.get_parameters(), analytic, strict=True):
        for index in np.ndindex(p.shape):
            p[index] += 1j * h
            assert penalty.value(wide).imag / h == pytest.approx(a[index], rel=1e-15, abs=0)
            p[index] = p[index].real


def test_the_slope_of_l1_is_zero_at_zero_of_either_sign():
    layer = Linear(2, 1)
    layer.weight[...] = [[0.0, -0.0]]
    np.testing.assert_array_equal(L1Penalty(9).add_to(zeros(layer), layer)[0], [[0, 0]])


def test_the_gradients_that_are_not_penalized_are_the_same_arrays_and_none_is_changed(model):
    gradients = [np.ones_like(p) for p in model.get_parameters()]
    for g in gradients:
        g.setflags(write=False)
    added = L2Penalty(0.1).add_to(gradients, model)
    assert [a is g for a, g in zip(added, gradients, strict=True)] == [False, True, False, True]
    for p, a in zip(model.get_parameters()[::2], added[::2], strict=True):
        np.testing.assert_array_equal(a, 1 + 0.1 * p)


@pytest.mark.parametrize("kind", PENALTIES)
def test_float32_stays_float32_and_is_summed_in_float64(kind):
    layer = Linear(1000, 1000)
    layer.weight[...] = 0.1
    strength = np.float64(0.5)
    assert [g.dtype for g in kind(strength).add_to(zeros(layer), layer)] == [np.float32] * 2
    one = float(np.float32(0.1))
    value = kind(strength).value(layer)
    assert type(value) is float
    assert value == pytest.approx(1e6 * 0.5 * (one if kind is L1Penalty else one**2 / 2), rel=1e-12)


def test_a_large_weight_does_not_overflow_float32():
    layer = Linear(1, 1)
    layer.weight[...] = 1e30
    assert L2Penalty(2.0).value(layer) == float(layer.weight.item()) ** 2


# which parameters

NAMES = ["0.weight", "0.bias", "10.weight", "10.norm.weight", "10.norm.downweight", "weight"]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("weight", ["0.weight", "10.weight", "10.norm.weight", "weight"]),
        ("bias", ["0.bias"]),
        ("0.weight", ["0.weight"]),
        ("norm.weight", ["10.norm.weight"]),
        (("0.weight", "bias"), ["0.weight", "0.bias"]),
        (["0.weight", "0.bias"], ["0.weight", "0.bias"]),
        (lambda name: name.startswith("10."), NAMES[2:5]),
    ],
)
def test_parameters_are_chosen_by_the_end_of_their_names_or_a_function(on, expected):
    class Named:
        def named_parameters(self):
            return ((name, np.array([2.0**k])) for k, name in enumerate(NAMES))

    values = {name: 2.0**k for k, name in enumerate(NAMES)}
    assert L1Penalty(1, on).value(Named()) == sum(values[name] for name in expected)
    slopes = L1Penalty(1, on).add_to([np.zeros(1)] * len(NAMES), Named())
    assert [name for name, g in zip(NAMES, slopes, strict=True) if g == 1] == expected


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: L1Penalty(-1),
            ArgumentError,
            "L1Penalty: strength must be a finite number 0 or larger, got -1",
        ),
        (
            lambda: L2Penalty(float("nan")),
            ArgumentError,
            "L2Penalty: strength must be a finite number 0 or larger, got nan",
        ),
        (
            lambda: L2Penalty(float("inf")),
            ArgumentError,
            "L2Penalty: strength must be a finite number 0 or larger, got inf",
        ),
        (lambda: L2Penalty(1, ()), ArgumentError, "L2Penalty: on names no parameters, got ()"),
        (lambda: L2Penalty(1, ""), ArgumentError, "L2Penalty: on names no parameters, got ''"),
        (
            lambda: L2Penalty(1, ("weights", "w")).value(Linear(2, 1)),
            ArgumentError,
            "L2Penalty(1, on=weights or w): selects no parameter of the model; "
            "there are: weight, bias",
        ),
        (
            lambda: L1Penalty(1, str.isupper).add_to([], Linear(2, 1)),
            ArgumentError,
            "L1Penalty(1, on=isupper): selects no parameter of the model; there are: weight, bias",
        ),
        (
            lambda: L1Penalty(0.1).value(Tanh()),
            ArgumentError,
            "L1Penalty(0.1, on=weight): selects no parameter of the model; there are: none",
        ),
        (
            lambda: L1Penalty(0.1).add_to([np.zeros((1, 2))], Linear(2, 1)),
            ShapeError,
            "L1Penalty(0.1, on=weight): gradients have shapes [(1, 2)], the parameters "
            "[(1, 2), (1,)]; pass model.get_gradients()",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_was_wanted(call, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()


def test_the_base_penalty_defines_none(model):
    with pytest.raises(NotImplementedError, match=r"^Penalty does not define _sum\(p\)$"):
        Penalty(1).value(model)
    with pytest.raises(NotImplementedError, match=r"^Penalty does not define _slope\(p\)$"):
        Penalty(1).add_to(zeros(model), model)


def test_a_penalty_can_be_pickled(model):
    penalty = L2Penalty(0.1, on=("weight", "bias"))
    assert pickle.loads(pickle.dumps(penalty)).value(model) == penalty.value(model)


# whole runs


def batches(n=50):
    rng = np.random.default_rng(1)
    return [(rng.standard_normal((8, 4)), rng.integers(3, size=8)) for _ in range(n)]


def train(model, optimizers, penalty=None):
    """Return the losses of the run that ends in the model's parameters."""
    loss, values = SoftmaxCrossEntropy(), []
    for x, y in batches():
        values.append(loss.forward(model.forward(x), y))
        model.backward(loss.backward())
        gradients = model.get_gradients()
        if penalty:
            values[-1] += penalty.value(model)
            gradients = penalty.add_to(gradients, model)
        for optimizer, part in optimizers:
            optimizer.step(gradients[part])
    return values


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_sgd_with_an_l2_penalty_is_sgd_with_weight_decay_on_the_weights(momentum, model):
    twin = model.astype(np.float64)
    options = {"lr": 0.1, "momentum": momentum}
    everything = slice(None)
    train(model, [(SGD(model.get_parameters(), **options), everything)], L2Penalty(0.03))
    weights, biases = slice(0, None, 2), slice(1, None, 2)
    train(
        twin,
        [
            (SGD(twin.get_parameters()[weights], **options, weight_decay=0.03), weights),
            (SGD(twin.get_parameters()[biases], **options), biases),
        ],
    )
    for p, q in zip(model.get_parameters(), twin.get_parameters(), strict=True):
        assert_close(p, q)


@pytest.mark.parametrize("on", ["weight", ("weight", "bias")])
@pytest.mark.parametrize(
    ("kind", "term"),
    [(L1Penalty, lambda p: 0.03 * p.abs().sum()), (L2Penalty, lambda p: 0.03 / 2 * (p**2).sum())],
)
def test_fifty_steps_equal_torchs_with_the_term_added_to_its_loss(kind, term, on, model):
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3))
    theirs = theirs.double()
    theirs.load_state_dict({name: torch.tensor(p) for name, p in model.named_parameters()})
    values = train(
        model, [(SGD(model.get_parameters(), lr=0.1, momentum=0.9), slice(None))], kind(0.03, on)
    )

    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9)
    for value, (x, y) in zip(values, batches(), strict=True):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(theirs(torch.tensor(x)), torch.tensor(y))
        for name, p in theirs.named_parameters():
            if name.endswith(on):
                loss = loss + term(p)
        loss.backward()
        optimizer.step()
        assert value == pytest.approx(loss.item(), rel=1e-12, abs=0)
    for p, q in zip(model.get_parameters(), theirs.parameters(), strict=True):
        assert_close(p, q.detach().numpy())


def assert_close(ours, theirs):
    """The largest difference, relative to the largest value."""
    assert np.max(np.abs(ours - theirs)) <= 1e-12 * np.max(np.abs(theirs))
