"""What every module promises, whatever it computes."""

import copy
import pickle

import numpy as np
import pytest

from mytorch.nn import SGD, Linear, Module, ReLU, Sequential, Sigmoid, SoftmaxCrossEntropy, no_cache
from mytorch.utils.copying import contents
from mytorch.utils.errors import DtypeError, OrderError
from mytorch.utils.gradient_check import check_gradients


class Residual(Module):
    """y = x + f(x): a module that holds others as attributes and defines two methods."""

    def __init__(self, features):
        self.first = Linear(features, 2 * features, rng=np.random.default_rng(0))
        self.act = Sigmoid()
        self.second = Linear(2 * features, features, rng=np.random.default_rng(1))

    def forward(self, x):
        return x + self.second.forward(self.act.forward(self.first.forward(x)))

    def backward(self, grad_output):
        inner = self.act.backward(self.second.backward(grad_output))
        return grad_output + self.first.backward(inner)


class Scale(Module):
    """y = s x: a layer that lists its arrays itself instead of declaring their names."""

    def __init__(self):
        self.s = np.array([2.0])

    def forward(self, x):
        self.x = x
        return self.s * x

    def backward(self, grad_output):
        self.ds = np.array([np.sum(grad_output * self.x)])
        return self.s * grad_output

    def get_parameters(self):
        return [self.s]

    def get_gradients(self):
        return [self.ds]


@pytest.fixture
def model():
    rng = np.random.default_rng(0)
    return Sequential(Linear(3, 4, rng=rng), ReLU(), Residual(4), Linear(4, 2, rng=rng))


@pytest.fixture
def x():
    return np.random.default_rng(1).standard_normal((5, 3)).astype(np.float32)


G = np.ones((5, 2), np.float32)


# parameters


def test_parameters_are_the_very_arrays_each_time(model):
    first, again = model.get_parameters(), model.get_parameters()
    assert first[0] is model[0].weight
    assert list(map(id, first)) == list(map(id, again))
    assert list(map(id, first)) == [id(p) for _, p in model.named_parameters()]


def test_names_are_the_path_to_the_parameter(model):
    assert [name for name, _ in model.named_parameters()] == [
        *("0.weight", "0.bias"),
        *("2.first.weight", "2.first.bias", "2.second.weight", "2.second.bias"),
        *("3.weight", "3.bias"),
    ]


def test_a_composite_module_finds_its_children_and_its_backward_is_right():
    module = Residual(3)
    assert len(module.get_parameters()) == 4
    assert [type(m) for m in module.modules()] == [Residual, Linear, Sigmoid, Linear]
    report = check_gradients(module, np.random.default_rng(2).standard_normal((4, 3)))
    assert report.verdict == "ok", str(report)
    assert [check.name for check in report.parameters] == [n for n, _ in module.named_parameters()]


def test_a_layer_that_lists_its_own_arrays_numbers_them():
    assert [name for name, _ in Sequential(Scale()).named_parameters()] == ["0.0"]
    assert [name for name, _ in Scale().named_parameters()] == ["0"]


def test_a_layer_that_lists_its_own_arrays_can_be_checked():
    report = check_gradients(Scale(), np.ones((2, 3)))
    assert report.verdict == "ok", str(report)


def test_a_half_written_layer_is_told_what_it_lacks():
    class Half(Module):
        pass

    for method, argument in [("forward", "x"), ("backward", "grad_output")]:
        with pytest.raises(NotImplementedError) as caught:
            getattr(Half(), method)(np.ones(1))
        assert str(caught.value) == f"Half does not define {method}({argument})"
    with pytest.raises(NotImplementedError, match=r"^Half does not define get_parameters\(\)"):
        Half().get_parameters()


def test_calling_a_module_runs_forward(model, x):
    np.testing.assert_array_equal(model(x), model.forward(x))
    assert SoftmaxCrossEntropy()(model(x), np.zeros(5, int)) > 0


# the cache


def test_eval_still_caches(model, x):
    model.eval().forward(x)
    assert model.backward(G).shape == x.shape


def test_predict_gives_the_output_and_caches_nothing(model, x):
    y = model.predict(x)
    with pytest.raises(OrderError, match="backward needs a forward before it"):
        model.backward(G)
    np.testing.assert_array_equal(y, model.forward(x))


def test_no_cache_caches_nothing_until_its_block_ends(model, x):
    with no_cache():
        model.forward(x)
        with no_cache():
            pass
        model.forward(x)
    with pytest.raises(OrderError, match="backward needs a forward before it"):
        model.backward(G)
    model.forward(x)
    model.backward(G)


def test_an_earlier_cache_survives_predict_and_no_cache(model, x):
    model.forward(x)
    expected = model.backward(G), *model.get_gradients()
    model.forward(x)
    model.predict(-x)
    with no_cache():
        model.forward(2 * x)
    for a, b in zip((model.backward(G), *model.get_gradients()), expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_backward_may_run_again_on_the_same_cache(model, x):
    model.forward(x)
    np.testing.assert_array_equal(model.backward(G), model.backward(G))


# the mode


def test_train_and_eval_reach_every_module(model):
    assert all(m.training for m in model.modules())
    assert model.eval() is model
    assert not any(m.training for m in model.modules())
    assert model.train() is model
    assert all(m.training for m in model.modules())


def test_predict_runs_in_evaluation_mode_and_restores_each_modules_own(x):
    seen = []

    class Spy(ReLU):
        def forward(self, x):
            seen.append(self.training)
            return super().forward(x)

    frozen, live = Linear(3, 3).eval(), Linear(3, 3)
    model = Sequential(frozen, Spy(), live)
    model.predict(x)
    assert seen == [False]
    assert [m.training for m in (model, frozen, model[1], live)] == [True, False, True, True]


def test_predict_restores_the_mode_and_caching_when_forward_fails(model, x):
    with pytest.raises(DtypeError):
        model.predict(np.ones((5, 3), int))
    assert all(m.training for m in model.modules())
    model.forward(x)
    model.backward(G)


# copies


@pytest.mark.parametrize(
    "copied",
    [lambda m: m.astype(np.float32), copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))],
    ids=["astype", "deepcopy", "pickle"],
)
def test_a_copy_computes_the_same_and_shares_nothing(model, x, copied):
    y = model.forward(x)
    other = copied(model)
    np.testing.assert_array_equal(other.predict(x), y)
    for p, q in zip(model.get_parameters(), other.get_parameters(), strict=True):
        assert not np.shares_memory(p, q)
    with pytest.raises(OrderError):
        other.backward(G)
    model.backward(G)  # the cache of the original is still there


def test_astype_changes_every_parameter_and_leaves_the_module_as_it_was(model):
    doubled = model.astype(np.float64)
    assert {p.dtype for p in doubled.get_parameters()} == {np.dtype(np.float64)}
    assert {p.dtype for p in model.get_parameters()} == {np.dtype(np.float32)}
    for p, q in zip(model.get_parameters(), doubled.get_parameters(), strict=True):
        np.testing.assert_array_equal(p, q)


def test_astype_keeps_what_was_one_array_one_array():
    class Tied(Module):
        parameter_names = ("weight",)

        def __init__(self):
            self.weight = np.ones((2, 2), np.float32)
            self.also = {"in a list": [self.weight]}

    copied = Tied().astype(np.float64)
    assert copied.weight.dtype == np.float64
    assert copied.also["in a list"][0] is copied.weight


def test_astype_refuses_what_is_no_floating_dtype():
    with pytest.raises(DtypeError) as caught:
        Linear(3, 4).astype(np.int64)
    assert str(caught.value) == "Linear(3, 4).astype: expected a floating dtype, got int64"


def test_complex_numbers_pass_through_after_astype(model, x):
    y = model.astype(np.complex128).forward(x + 0j)
    assert y.dtype == np.complex128
    np.testing.assert_array_equal(y.imag, 0)
    np.testing.assert_allclose(y.real, model.astype(np.float64).forward(x), rtol=1e-14)


def test_copies_and_pickles_hold_no_cache_and_no_gradients(model, x):
    model.forward(x)
    model.backward(G)
    for other in (copy.deepcopy(model), model.astype(np.float64)):
        arrays = [item for item in contents(other) if isinstance(item, np.ndarray)]
        assert {id(a) for a in arrays} == {id(p) for p in other.get_parameters()}


def test_an_optimizer_copied_along_updates_the_copied_model():
    layer = Linear(2, 1)
    copied, optimizer = copy.deepcopy((layer, SGD(layer.get_parameters())))
    assert all(p is q for p, q in zip(optimizer.parameters, copied.get_parameters(), strict=True))


class Blocks(Module):
    """Modules in a list, beside one that is held twice."""

    def __init__(self):
        self.blocks = [Linear(3, 3), Linear(3, 3)]
        self.head = self.tail = Linear(3, 2)


def test_modules_in_a_list_are_held_and_one_held_twice_counts_once():
    model = Blocks()
    names = [name for name, _ in model.named_children()]
    assert names == ["blocks.0", "blocks.1", "head"]
    assert len(model.get_parameters()) == 6
    assert next(iter(model.named_parameters()))[0] == "blocks.0.weight"
    assert not any(module.training for module in model.eval().modules())


class Foreign:
    """Somebody's layer, which is not a Module and has a mode."""

    training = True

    def __init__(self):
        self.W = np.ones((3, 3))

    def forward(self, x):
        return x @ self.W

    def backward(self, grad_output):
        return grad_output @ self.W.T

    def get_parameters(self):
        return [self.W]

    def get_gradients(self):
        return [np.zeros((3, 3))]


def test_modules_in_dictionaries_and_those_of_others_are_held_too():
    class Net(Module):
        def __init__(self):
            self.parts = {"body": [[Linear(3, 3)]], "head": Foreign()}
            self.first = Foreign()

    model = Net()
    names = [name for name, _ in model.named_parameters()]
    assert names == ["parts.body.0.0.weight", "parts.body.0.0.bias", "parts.head.0", "first.0"]
    assert not model.eval().first.training
    assert model.train().parts["head"].training
