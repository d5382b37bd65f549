"""States: what a model or an optimizer remembers, taken out and put back whole or not at all."""

import inspect

import numpy as np
import pytest

from mytorch import nn
from mytorch.nn import SGD, Adagrad, Adam, AdamW, BatchNorm1d, Linear, RMSprop, Sequential
from mytorch.utils.errors import ArgumentError

RNG = np.random.default_rng(0)
X, G = RNG.standard_normal((6, 4)), RNG.standard_normal((6, 2))


def make(library=nn):
    return library.Sequential(
        library.Linear(4, 5),
        library.BatchNorm1d(5),
        library.ReLU(),
        library.Dropout(0.5),
        library.Sequential(library.Linear(5, 3, bias=False), library.LayerNorm(3), library.Tanh()),
        library.BatchNorm1d(3, affine=False),
        library.Linear(3, 2),
    )


def train(model, optimizer, steps):
    """Steps whose gradients depend on the parameters and on the step."""
    for _ in range(steps):
        gradients = [np.sin(3 * p + optimizer.steps) for p in model.get_parameters()]
        optimizer.step(gradients)


def refused(load, state, **options):
    with pytest.raises(ArgumentError) as caught:
        load(state, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def assert_equal(first, second):
    assert list(first) == list(second)
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])


# models


def test_names_order_shapes_and_dtypes_are_torchs():
    torch = pytest.importorskip("torch")
    theirs = make(torch.nn)
    for ours, expected in (
        (make().state_dict().items(), theirs.state_dict().items()),
        (make().named_parameters(), theirs.named_parameters()),
        (make().named_buffers(), theirs.named_buffers()),
    ):
        assert [(name, a.shape, a.dtype) for name, a in ours] == [
            (name, tuple(t.shape), t.detach().numpy().dtype) for name, t in expected
        ]


def test_a_state_never_changes_later_and_the_model_does_not_change_with_it():
    model = make().astype(np.float64)
    state = model.state_dict()
    before = {name: a.copy() for name, a in state.items()}
    model.backward(model.forward(X)[:, :2] * 0 + G)
    SGD(model.get_parameters(), lr=1).step(model.get_gradients())
    assert_equal(state, before)
    changed = model.state_dict()
    for name, a in changed.items():
        assert not np.array_equal(a, state[name]), name
        a += 1
    assert not any(np.array_equal(a, changed[name]) for name, a in model.state_dict().items())


def test_a_loaded_state_is_written_into_the_arrays_in_use():
    first, second = make(), make()
    first.forward(X)
    arrays = dict(second.named_parameters()) | dict(second.named_buffers())
    optimizer = SGD(second.get_parameters(), lr=1)
    state = first.state_dict()
    second.load_state_dict(state)
    assert_equal(second.state_dict(), state)
    for name, a in [*second.named_parameters(), *second.named_buffers()]:
        assert a is arrays[name]
        assert not np.shares_memory(a, state[name])
    np.testing.assert_array_equal(second.predict(X), first.predict(X))
    optimizer.step([np.ones_like(p) for p in optimizer.parameters])
    np.testing.assert_array_equal(second[0].weight, state["0.weight"] - np.float32(1))


def test_all_that_is_wrong_is_told_in_one_line_and_nothing_is_written():
    model = make()
    before, state = model.state_dict(), {name: a + 1 for name, a in make().state_dict().items()}
    del state["0.bias"], state["1.running_var"]
    state |= {"7.weight": np.ones(1), 8: np.ones(1)}
    state["0.weight"] = state["0.weight"].T
    state["6.bias"] = np.ones((1, 2))  # would broadcast without a word
    state["6.weight"] = state["6.weight"] + 0j
    state["1.num_batches_tracked"] = np.array(1.0)
    state["1.weight"] = np.array(["a"] * 5)
    state["1.bias"] = [[1.0], [2.0, 3.0]]
    message = refused(model.load_state_dict, state)
    start = (
        "Sequential.load_state_dict: missing 0.bias, 1.running_var; unexpected 7.weight, 8; "
        "0.weight has shape (4, 5), expected (5, 4); 1.weight has dtype <U1, expected float32; "
        "1.bias is no array ("
    )
    end = (
        "); 1.num_batches_tracked has dtype float64, expected int64; "
        "6.weight has dtype complex64, expected float32; 6.bias has shape (1, 2), expected (2,)"
    )
    assert message.startswith(start)
    assert message.endswith(end)
    assert_equal(model.state_dict(), before)


def test_without_strict_only_what_both_sides_have_is_loaded():
    model, other = make(), Sequential(Linear(4, 5), BatchNorm1d(5), Linear(5, 2))
    before, state = model.state_dict(), other.state_dict()
    assert "unexpected 2.weight" in refused(model.load_state_dict, state)
    model.load_state_dict(state, strict=False)
    for name, a in model.state_dict().items():
        np.testing.assert_array_equal(a, state.get(name, before[name]))
    model.load_state_dict({}, strict=False)
    message = refused(model.load_state_dict, {"0.bias": np.ones(4)}, strict=False)
    assert message == "Sequential.load_state_dict: 0.bias has shape (4,), expected (5,)"


@pytest.mark.parametrize("state", [None, "model.npz", [np.ones((5, 4))], make()], ids=type)
def test_what_is_no_dictionary_is_refused(state):
    kind = type(state).__name__
    assert refused(make().load_state_dict, state) == (
        f"Sequential.load_state_dict: expected a dictionary of arrays, got {kind}"
    )


def test_numbers_are_cast_to_the_dtype_that_is_there():
    for dtype in (np.float16, np.float64):
        state, model = make().astype(dtype).state_dict(), make()
        model.load_state_dict(state)
        assert {p.dtype.name for p in model.get_parameters()} == {"float32"}
        assert_equal(model.state_dict(), {n: a.astype(np.float32) for n, a in state.items()})
    layer = Linear(2, 1)
    layer.load_state_dict({"weight": [[1, 2]], "bias": np.array([3])})
    np.testing.assert_array_equal(layer.forward([[1.0, 1.0]]), [[6]])


def test_values_may_be_read_only_and_non_contiguous():
    model, state = make(), make().state_dict()
    for name, a in state.items():
        if a.ndim:
            state[name] = np.repeat(a, 2, axis=-1)[..., ::2]
        state[name].setflags(write=False)
    model.load_state_dict(state)
    assert_equal(model.state_dict(), state)


def test_a_state_of_torchs_gives_its_output_and_goes_back():
    torch = pytest.importorskip("torch")
    ours, theirs = make(), make(torch.nn)
    theirs(torch.tensor(X, dtype=torch.float32))
    ours.load_state_dict(theirs.state_dict())
    theirs.eval()
    with torch.no_grad():
        expected = theirs(torch.tensor(X, dtype=torch.float32))
    np.testing.assert_allclose(ours.predict(X), expected, rtol=0, atol=1e-6)
    ours.forward(X)
    state = {name: torch.tensor(a) for name, a in ours.state_dict().items()}
    back = make(torch.nn)
    back.load_state_dict(state)
    assert_equal({name: t.numpy() for name, t in back.state_dict().items()}, ours.state_dict())


def test_tensors_that_are_no_arrays_are_refused_by_name():
    torch = pytest.importorskip("torch")
    layer = Linear(2, 1)
    before = layer.state_dict()
    state = {"weight": torch.ones(1, 2, requires_grad=True), "bias": torch.ones(1).bfloat16()}
    message = refused(layer.load_state_dict, state)
    assert message.startswith("Linear.load_state_dict: weight is no array (Can't call numpy() on")
    assert "; bias is no array (" in message
    assert_equal(layer.state_dict(), before)


def test_an_npz_file_of_numpys_can_be_loaded_as_it_is(tmp_path):
    model, other = make(), make()
    np.savez(tmp_path / "model.npz", **model.state_dict())
    with np.load(tmp_path / "model.npz") as state:
        other.load_state_dict(state)
    assert_equal(other.state_dict(), model.state_dict())


def test_a_module_without_arrays_has_an_empty_state():
    model = Sequential(nn.ReLU(), nn.Dropout())
    assert model.state_dict() == {}
    model.load_state_dict({})
    assert refused(model.load_state_dict, {"0.weight": np.ones(1)}) == (
        "Sequential.load_state_dict: unexpected 0.weight"
    )


# optimizers

OPTIONS = {
    "lr": 0.05,
    "weight_decay": 0.1,
    "maximize": True,
    "momentum": 0.9,
    "dampening": 0.5,
    "nesterov": True,
    "lr_decay": 0.1,
    "initial_accumulator_value": 0.5,
    "eps": 1e-2,
    "alpha": 0.5,
    "centered": True,
    "betas": (0.5, 0.9),
    "amsgrad": True,
    "decoupled_weight_decay": True,
}
NEEDED = {"nesterov": {"momentum": 0.9}, "dampening": {"momentum": 0.9}}
CASES = {
    f"{kind.__name__}, {name}": (kind, {name: OPTIONS[name], **NEEDED.get(name, {})})
    for kind in (SGD, Adagrad, RMSprop, Adam, AdamW)
    for name in list(inspect.signature(kind).parameters)[1:]
}
CASES |= {
    f"{kind.__name__}, all at once": (
        kind,
        {
            name: OPTIONS[name]
            for name in list(inspect.signature(kind).parameters)[1:]
            if name != "nesterov"  # takes no dampening
        },
    )
    for kind in (SGD, Adagrad, RMSprop, Adam, AdamW)
}
every_optimizer = pytest.mark.parametrize(("kind", "options"), CASES.values(), ids=CASES)


@every_optimizer
@pytest.mark.parametrize("before", [0, 1, 7])
def test_training_goes_on_bit_for_bit_from_a_state(kind, options, before):
    model, other = make(), make()
    optimizer = kind(model.get_parameters(), **options)
    train(model, optimizer, before)
    state, memory = model.state_dict(), optimizer.state_dict()
    train(model, optimizer, 5)

    other.load_state_dict(state)
    resumed = kind(other.get_parameters(), **options)
    train(make(), resumed, before + 1)  # whatever it remembers is replaced
    other.load_state_dict(state)
    resumed.load_state_dict(memory)
    train(other, resumed, 5)

    assert_equal(other.state_dict(), model.state_dict())
    assert_equal(resumed.state_dict(), optimizer.state_dict())
    assert resumed.steps == before + 5


@every_optimizer
def test_what_an_optimizer_remembered_never_changes_later(kind, options):
    model = make()
    optimizer = kind(model.get_parameters(), **options)
    train(model, optimizer, 2)
    state = optimizer.state_dict()
    before = {name: a.copy() for name, a in state.items()}
    train(model, optimizer, 2)
    assert_equal(state, before)
    for name, a in optimizer.state_dict().items():
        assert not np.array_equal(a, before[name]), name


def test_momentum_that_was_switched_on_later_is_remembered_too():
    model, other = make(), make()
    optimizer = SGD(model.get_parameters(), lr=0.1, dampening=0.5)
    train(model, optimizer, 2)
    optimizer.momentum = 0.9
    train(model, optimizer, 2)
    other.load_state_dict(model.state_dict())
    resumed = SGD(other.get_parameters(), lr=0.1, dampening=0.5, momentum=0.9)
    resumed.load_state_dict(optimizer.state_dict())
    train(model, optimizer, 2)
    train(other, resumed, 2)
    assert_equal(other.state_dict(), model.state_dict())


def test_the_memory_of_another_optimizer_is_refused_and_nothing_is_changed():
    p = [np.ones((2, 3)), np.ones(2)]
    optimizer = Adam(p)
    optimizer.step([np.ones((2, 3)), np.ones(2)])
    before = optimizer.state_dict()
    assert refused(optimizer.load_state_dict, SGD(p, momentum=0.9).state_dict()) == (
        "Adam.load_state_dict: missing exp_avg.0, exp_avg.1, exp_avg_sq.0, exp_avg_sq.1; "
        "unexpected momentum_buffer.0, momentum_buffer.1"
    )
    state = Adam([np.ones((2, 3)), np.ones(3)]).state_dict() | {"steps": np.array(9.5)}
    assert refused(optimizer.load_state_dict, state) == (
        "Adam.load_state_dict: steps has dtype float64, expected int64; "
        "exp_avg.1 has shape (3,), expected (2,); exp_avg_sq.1 has shape (3,), expected (2,)"
    )
    assert_equal(optimizer.state_dict(), before)
    assert optimizer.steps == 1
