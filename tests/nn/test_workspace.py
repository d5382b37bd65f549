"""Reused arrays: seen by nobody but the step that uses them."""

import copy
import pickle

import numpy as np
import pytest

from mytorch.nn import SGD, Linear, ReLU, Sequential, Sigmoid, SoftmaxCrossEntropy, Tanh
from mytorch.nn.workspace import Workspaces
from mytorch.training import predict
from mytorch.utils.copying import contents

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((2, 6, 3)).astype(np.float32), RNG.integers(0, 2, (2, 6))


def network(*extra):
    rng = np.random.default_rng(1)
    return Sequential(
        Linear(3, 4, rng=rng),
        ReLU(),
        Linear(4, 4, rng=rng),
        Sigmoid(),
        Linear(4, 2, rng=rng),
        Tanh(),
        *extra,
    )


def step(model, loss, x, y):
    loss.forward(model.forward(x), y)
    return model.backward(loss.backward())


def test_inside_a_lent_step_memory_is_used_again():
    model = network()
    spaces = Workspaces(model)
    with spaces.lent():
        first = model.forward(X[0])
    with spaces.lent():
        assert model.forward(X[1]) is first
    assert not np.shares_memory(model.forward(X[0]), first)


def test_training_with_workspaces_is_bit_for_bit_training_without():
    trained = []
    for lend in (True, False):
        model, loss = network(), SoftmaxCrossEntropy()
        optimizer = SGD(model.get_parameters(), lr=0.5, momentum=0.9)
        spaces = Workspaces(model, loss, optimizer) if lend else Workspaces()
        for size in (6, 6, 4, 6, 4):  # the last batch of an epoch is smaller
            with spaces.lent():
                step(model, loss, X[0][:size], Y[0][:size])
                optimizer.step(model.get_gradients())
        trained.append(model.get_parameters())
    for a, b in zip(*trained, strict=True):
        np.testing.assert_array_equal(a, b)


def test_gradients_read_between_two_lent_steps_stay_as_they_were():
    model, loss = network(), SoftmaxCrossEntropy()
    spaces = Workspaces(model, loss)
    with spaces.lent():
        step(model, loss, X[0], Y[0])
    handed, again = model.get_gradients(), model.get_gradients()
    kept = [g.copy() for g in handed]
    assert list(map(id, handed)) == list(map(id, again))
    with spaces.lent():
        step(model, loss, X[1], Y[1])
    for a, b, new in zip(handed, kept, model.get_gradients(), strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, new)


def test_arrays_from_outside_the_lent_steps_are_never_overwritten():
    model, loss = network(), SoftmaxCrossEntropy()
    spaces = Workspaces(model, loss)
    with spaces.lent():
        step(model, loss, X[0], Y[0])
    handed = [model.predict(X[0]), model.forward(X[0]), step(model, loss, X[0], Y[0])]
    handed += [loss.backward(), *model.get_gradients()]
    kept = [a.copy() for a in handed]
    with spaces.lent():
        step(model, loss, X[1], Y[1])
    for a, b in zip(handed, kept, strict=True):
        np.testing.assert_array_equal(a, b)


def test_predict_inside_a_lent_step_leaves_the_cache_of_the_step_alone():
    model, loss = network(), SoftmaxCrossEntropy()
    expected = step(model, loss, X[0], Y[0])
    with Workspaces(model, loss).lent():
        loss.forward(model.forward(X[0]), Y[0])
        model.predict(X[1])  # as a monitor would
        np.testing.assert_array_equal(model.backward(loss.backward()), expected)


def test_what_predict_gave_inside_a_lent_step_stays_as_it_was():
    model = network()
    with Workspaces(model).lent():
        seen = model.predict(X[1])
        kept = seen.copy()
        model.forward(X[0])
        np.testing.assert_array_equal(seen, kept)


class OurReLU(ReLU):
    pass


class Foreign:
    def forward(self, x):
        return x

    def backward(self, grad_output):
        return grad_output

    def get_parameters(self):
        return []

    get_gradients = get_parameters


class TheirSGD(SGD):
    pass


class TheirLoss(SoftmaxCrossEntropy):
    pass


@pytest.mark.parametrize(
    ("extra", "others"),
    [
        ([OurReLU()], []),
        ([Foreign()], []),
        ([Sequential(ReLU(), OurReLU())], []),
        ([], [TheirLoss()]),
        ([], [TheirSGD([])]),
        ([], [Foreign()]),
    ],
    ids=["subclass", "foreign layer", "nested subclass", "loss", "optimizer", "any participant"],
)
def test_nothing_is_lent_where_a_participant_is_not_exactly_ours(extra, others):
    model = network(*extra)
    spaces = Workspaces(model, *others)
    with spaces.lent():
        first = model[0].forward(X[0])
        assert model[0].forward(X[0]) is not first


def test_the_workspaces_are_taken_back_when_a_step_fails():
    model = network()
    spaces = Workspaces(model)
    lent = spaces.lent()
    lent.__enter__()
    used = model.forward(X[0])
    assert not lent.__exit__(ValueError, ValueError("a step failed"), None)
    assert not np.shares_memory(model.forward(X[0]), used)


def test_a_module_copied_during_a_lent_step_takes_no_workspace_along():
    model, loss = network(), SoftmaxCrossEntropy()
    size = len(pickle.dumps(model))
    with Workspaces(model, loss).lent():
        step(model, loss, X[0], Y[0])
        copied = copy.deepcopy(model)
        assert len(pickle.dumps(model)) < size + 200  # a few flags, no arrays
    arrays = [item for item in contents(copied) if isinstance(item, np.ndarray)]
    assert {id(a) for a in arrays} == {id(p) for p in copied.get_parameters()}
    step(copied, loss, X[1], Y[1])


def test_predict_with_other_kernels_inside_a_lent_step_gives_the_step_back_what_it_had():
    pytest.importorskip("numba")
    model, loss = network(), SoftmaxCrossEntropy()
    expected = step(model, loss, X[0], Y[0])
    spaces = Workspaces(model, loss)
    with spaces.lent():
        loss.forward(model.forward(X[0]), Y[0])
        lent = model[0]._workspace
        y = predict(model, X[1], kernels="numba")
        assert model[0]._workspace is lent
        assert model[0]._kernels is spaces.kernels
        np.testing.assert_array_equal(model.backward(loss.backward()), expected)
    np.testing.assert_allclose(y, model.predict(X[1]), rtol=1e-6)
    assert model[0]._workspace is None
