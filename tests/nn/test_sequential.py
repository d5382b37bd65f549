"""Modules one after another."""

from contextlib import nullcontext

import numpy as np
import pytest

from mytorch.nn import (
    ELU,
    GELU,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    Module,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
    no_cache,
)
from mytorch.nn.workspace import Workspaces
from mytorch.utils.errors import ArgumentError, OrderError, ShapeError


class Foreign:
    """A student's layer: no base class, just the four methods. y = w x."""

    def __init__(self):
        self.w = np.array([2.0])

    def forward(self, x):
        self.x = x
        return self.w * x

    def backward(self, grad_output):
        self.dw = np.array([np.sum(grad_output * self.x)])
        return self.w * grad_output

    def get_parameters(self):
        return [self.w]

    def get_gradients(self):
        return [self.dw]


def test_a_list_and_separate_arguments_are_the_same():
    a, b = Linear(3, 2), ReLU()
    for model in (Sequential([a, b]), Sequential((a, b)), Sequential(a, b)):
        assert list(model) == model.layers == [a, b]


def test_forward_runs_in_order_and_backward_in_reverse():
    calls = []

    class Noted(Module):
        parameter_names = ()

        def __init__(self, name):
            self.name = name

        def forward(self, x):
            calls.append(f"forward {self.name}")
            return x

        def backward(self, grad_output):
            calls.append(f"backward {self.name}")
            return grad_output

    model = Sequential(Noted("a"), Noted("b"), Noted("c"))
    model.backward(model.forward(np.ones(1)))
    assert calls == [
        *("forward a", "forward b", "forward c"),
        *("backward c", "backward b", "backward a"),
    ]


def test_it_composes_what_its_modules_compute():
    first, second = Linear(3, 4), Linear(4, 2)
    model, x, g = Sequential(first, Tanh(), second), np.ones((5, 3)), np.ones((5, 2))
    y, dx = model.forward(x), model.backward(g)
    tanh = Tanh()
    np.testing.assert_array_equal(y, second.forward(tanh.forward(first.forward(x))))
    np.testing.assert_array_equal(dx, first.backward(tanh.backward(second.backward(g))))


def test_parameters_and_gradients_are_concatenated_in_order():
    first, second = Linear(3, 4), Linear(4, 2)
    model = Sequential(first, ReLU(), Sequential(second))
    model.backward(model.forward(np.ones((5, 3))))
    for listed, own in [
        (model.get_parameters(), first.get_parameters() + second.get_parameters()),
        (model.get_gradients(), first.get_gradients() + second.get_gradients()),
    ]:
        assert list(map(id, listed)) == list(map(id, own))


def test_any_object_with_the_four_methods_will_do():
    foreign = Foreign()
    model = Sequential(Linear(3, 1, init="zeros"), foreign)
    assert model.get_parameters()[-1] is foreign.w
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias", "1.0"]
    model.forward(np.ones((2, 3)))
    np.testing.assert_array_equal(model.backward(np.ones((2, 1))), np.zeros((2, 3)))
    assert model.get_gradients()[-1] is foreign.dw
    np.testing.assert_array_equal(model.predict(np.ones((2, 3))), np.zeros((2, 1)))


def test_the_backward_of_a_subclass_is_the_one_that_is_called():
    class Straight(ReLU):
        def backward(self, grad_output):
            return np.asarray(grad_output) * 7

    model = Sequential(Straight())
    model.forward(np.array([[-1.0, 1.0]]))
    np.testing.assert_array_equal(model.backward(np.array([[1.0, 1.0]])), [[7, 7]])


TWICE = ReLU()


@pytest.mark.parametrize(
    "modules",
    [
        [TWICE, Linear(2, 2), TWICE],
        [TWICE, Sequential(Linear(2, 2), TWICE)],
        [Sequential(TWICE), Sequential(Sequential(TWICE))],
        [foreign := Foreign(), foreign],
    ],
    ids=["side by side", "nested", "nested twice", "not a Module"],
)
def test_the_same_module_twice_is_refused(modules):
    with pytest.raises(ArgumentError) as caught:
        Sequential(modules)
    assert str(caught.value) == (
        "Sequential: the same module stands in it twice; make one for each"
    )


@pytest.mark.parametrize(
    ("item", "shown"),
    [(None, "None"), (ReLU, "<class 'mytorch.nn.modules.activation.ReLU'>"), ("relu", "'relu'")],
)
def test_something_that_is_not_a_module_is_refused_by_position(item, shown):
    with pytest.raises(ArgumentError) as caught:
        Sequential(Linear(2, 2), item)
    assert str(caught.value) == f"Sequential: item 1 is not a module: {shown}"


@pytest.mark.parametrize("before", [[], [ReLU()]], ids=["first", "after an activation"])
def test_backward_ends_with_none_at_a_layer_that_needs_no_input_gradient(before):
    model = Sequential(*before, Linear(3, 4), Tanh(), Linear(4, 2))
    model.backward(model.forward(np.ones((5, 3))))
    expected = model.get_gradients()
    model[len(before)].needs_input_gradient = False
    assert model.backward(model.forward(np.ones((5, 3)))) is None
    for a, b in zip(model.get_gradients(), expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_backward_that_forgets_to_return_is_named():
    class Forgetful(ReLU):
        def backward(self, grad_output):
            super().backward(grad_output)

    model = Sequential(Linear(3, 4), Forgetful())
    model.forward(np.ones((5, 3)))
    with pytest.raises(ArgumentError) as caught:
        model.backward(np.ones((5, 4)))
    assert str(caught.value) == (
        "Sequential: layer 1: Forgetful().backward returned None, expected dL/dx"
    )


def test_errors_name_the_module_inside():
    model = Sequential(Linear(3, 4), ReLU(), Linear(5, 2))
    with pytest.raises(ShapeError, match=r"^Linear\(5, 2\): input has 4 features, expected 5"):
        model.forward(np.ones((1, 3)))
    with pytest.raises(OrderError, match=r"^Linear\(5, 2\)\.backward needs a forward"):
        model.backward(np.ones((1, 2)))


def test_it_is_a_sequence_of_its_modules():
    model = Sequential(Linear(3, 4), ReLU())
    assert len(model) == 2
    assert isinstance(model[0], Linear)
    assert isinstance(model[-1], ReLU)


def test_its_repr_is_nested_like_pytorchs():
    model = Sequential(Linear(3, 4), Sequential(ReLU(), Linear(4, 2)))
    assert repr(model) == (
        "Sequential(\n"
        "  (0): Linear(3, 4)\n"
        "  (1): Sequential(\n"
        "    (0): ReLU()\n"
        "    (1): Linear(4, 2)\n"
        "  )\n"
        ")"
    )
    assert repr(Sequential()) == "Sequential()"


def test_a_slice_is_a_sequential_of_the_same_modules():
    model = Sequential(Linear(3, 4), ReLU(), Linear(4, 2))
    assert isinstance(model[:2], Sequential)
    assert model[:2][0] is model[0]
    assert len(model[1:]) == 2


# Without a cache, activations work in place


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("activation", [ReLU, Sigmoid, Tanh, GELU, ELU])
def test_predict_gives_the_bits_of_forward(activation, dtype):
    rng = np.random.default_rng(0)
    linear = [Linear(3, 5, rng=rng), Linear(5, 2, rng=rng)]
    model = Sequential(linear[0], activation(), linear[1], activation(), activation())
    model = model.astype(dtype)
    x = rng.standard_normal((4, 3)).astype(dtype)
    np.testing.assert_array_equal(model.predict(x), model.forward(x))


@pytest.mark.parametrize("first", [[ReLU()], [Flatten(), ReLU()]], ids=["ReLU", "Flatten"])
def test_predict_writes_over_nothing_that_others_hold(first):
    class Kept(ReLU):  # somebody else's: keeps what it is handed and what it returns
        def forward(self, x):
            y = super().forward(x)
            self.seen = [(x, x.copy()), (y, y.copy())]
            return y

    rng = np.random.default_rng(0)
    kept = Kept()
    inner = Sequential(Tanh(), Linear(3, 3, rng=rng))
    model = Sequential(*first, inner, kept, Tanh())
    x = rng.standard_normal((4, 3)).astype(np.float32)
    before = x.copy()
    y = model.predict(x)
    np.testing.assert_array_equal(x, before)
    for now, then in kept.seen:
        np.testing.assert_array_equal(now, then)
    copy = y.copy()
    model.predict(-x)
    np.testing.assert_array_equal(y, copy)


def test_a_subclass_of_an_activation_is_asked_itself_when_predicting():
    class Doubled(ReLU):
        def forward(self, x):
            return 2 * super().forward(x)

    rng = np.random.default_rng(0)
    linear = Linear(3, 3, rng=rng)
    x = rng.standard_normal((4, 3)).astype(np.float32)
    model, plain = Sequential(linear, Doubled()), Sequential(linear, ReLU())
    np.testing.assert_array_equal(model.predict(x), 2 * plain.predict(x))


# a ReLU before a max-pooling


def images(**options):
    rng = np.random.default_rng(0)
    return Sequential(
        Conv2d(2, 4, 3, padding=1, dtype=float, rng=rng), ReLU(), MaxPool2d(2, **options)
    )


def pooled(model, x, g, lent):
    with Workspaces(model).lent() if lent else nullcontext():
        y = model.forward(x).copy()
        return [y, model.backward(g).copy(), *(a.copy() for a in model.get_gradients())]


@pytest.mark.parametrize("options", [{}, {"stride": 1}, {"ceil_mode": True}, {"padding": 1}])
def test_in_a_training_step_the_relu_after_pooling_gives_the_same_bits(options):
    rng = np.random.default_rng(1)
    model = images(**options)
    x = rng.integers(-2, 3, (3, 2, 7, 7)).astype(float)  # with ties
    g = rng.standard_normal(model.forward(x).shape)
    for a, b in zip(pooled(model, x, g, False), pooled(model, x, g, True), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_relu_sees_the_pooled_pixels_in_a_training_step_and_all_of_them_elsewhere(monkeypatch):
    seen = []
    forward = ReLU.forward
    monkeypatch.setattr(
        ReLU, "forward", lambda self, x: (seen.append(x.shape), forward(self, x))[1]
    )
    x = np.ones((1, 2, 6, 6))
    for lent, options in [(True, {}), (True, {"padding": 1}), (False, {})]:
        model = images(**options)
        with Workspaces(model).lent() if lent else nullcontext():
            model.forward(x)
    assert seen == [(1, 4, 3, 3), (1, 4, 6, 6), (1, 4, 6, 6)]


def test_a_window_of_nothing_but_padding_is_minus_infinity_before_the_relu():
    model = Sequential(ReLU(), MaxPool2d(2, padding=1, dilation=2))
    x = np.ones((1, 1, 1, 1))
    expected = model.forward(x)
    assert expected.tolist() == [[[[-np.inf]]]]
    np.testing.assert_array_equal(model.predict(x), expected)
    with Workspaces(model).lent():
        np.testing.assert_array_equal(model.forward(x), expected)


# inference on many images


def features(*more):
    rng = np.random.default_rng(0)
    return Sequential(
        *(Conv2d(1, 3, 3, rng=rng), ReLU(), MaxPool2d(2), *more, Flatten(), Linear(27, 4, rng=rng))
    )


@pytest.fixture
def largest_batch(monkeypatch):
    """The largest number of images that a convolution has seen at once."""
    seen = [0]
    forward = Conv2d.forward

    def noting(self, x):
        seen[0] = max(seen[0], len(x))
        return forward(self, x)

    monkeypatch.setattr(Conv2d, "forward", noting)
    return seen


def many_images(n):
    return np.random.default_rng(2).standard_normal((n, 1, 8, 8)).astype(np.float32)


@pytest.mark.parametrize("n", [1, 64, 65, 200])
def test_many_images_are_predicted_a_block_at_a_time_with_the_same_result(n, largest_batch):
    x = many_images(n)
    model = features(BatchNorm2d(3), Dropout(), Residual(Conv2d(3, 3, 1)))
    y = model.predict(x)
    assert largest_batch == [min(n, 64)]
    np.testing.assert_allclose(y, model.eval().forward(x), rtol=0, atol=1e-6)
    assert model.predict(x.tolist() if n == 1 else x).shape == (n, 4)


class Mine(BatchNorm2d):
    """Somebody's own: nobody knows what it does with a batch."""


@pytest.mark.parametrize(
    "layer", [BatchNorm2d(3, track_running_stats=False), Mine(3)], ids=["no statistics", "foreign"]
)
def test_images_that_may_see_each_other_are_predicted_together(layer, largest_batch):
    x = many_images(70)
    model = features(layer)
    y = model.predict(x)
    assert largest_batch == [70]
    np.testing.assert_array_equal(y, model.eval().forward(x))


def test_images_that_are_flattened_together_are_predicted_together(largest_batch):
    model = Sequential(Conv2d(1, 3, 3), Flatten(0))
    assert model.predict(many_images(70)).shape == (70 * 3 * 6 * 6,)
    assert largest_batch == [70]


def test_without_caches_but_in_training_a_batch_stays_whole(largest_batch):
    model = features(BatchNorm2d(3))
    with no_cache():
        model.forward(many_images(70))
    assert largest_batch == [70]
