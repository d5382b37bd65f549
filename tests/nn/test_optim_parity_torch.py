"""Every optimizer, with all of its options, in lock step with PyTorch's."""

import inspect
import re

import numpy as np
import pytest

from mytorch import nn
from mytorch.nn import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Linear,
    ReLU,
    RMSprop,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    clip_grad_norm,
    clip_grad_value,
)
from mytorch.nn.schedule import cosine, one_cycle, step, warm_up
from mytorch.utils.errors import ArgumentError

torch = pytest.importorskip("torch")

CASES = [
    (SGD, {"lr": 0.01}),
    (SGD, {"lr": 0.1, "maximize": True}),
    (SGD, {"lr": 0.1, "weight_decay": 0.1}),
    (SGD, {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
    (SGD, {"lr": 0.1, "momentum": 0.9}),
    (SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}),
    (SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 1.0, "weight_decay": 0.1}),
    (SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    (SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "maximize": True}),
    (Adagrad, {}),
    (Adagrad, {"lr": 0.1, "lr_decay": 0.1}),
    (Adagrad, {"lr": 0.1, "weight_decay": 0.1}),
    (Adagrad, {"lr": 0.1, "initial_accumulator_value": 0.5}),
    (Adagrad, {"lr": 0.1, "eps": 1e-2}),
    (Adagrad, {"lr": 0.01, "lr_decay": 0.1, "weight_decay": 0.1, "maximize": True}),
    (RMSprop, {}),
    (RMSprop, {"alpha": 0.5}),
    (RMSprop, {"eps": 1e-2}),
    (RMSprop, {"weight_decay": 0.1}),
    (RMSprop, {"momentum": 0.9, "lr": 1e-3}),  # at 0.01 every bit lost grows, in PyTorch too
    (RMSprop, {"centered": True}),
    (RMSprop, {"centered": True, "momentum": 0.9, "weight_decay": 0.1, "lr": 1e-3}),
    (RMSprop, {"maximize": True, "lr": 1e-3}),
    (Adam, {}),
    (Adam, {"lr": 0.01, "betas": (0.5, 0.9)}),
    (Adam, {"lr": 0.01, "betas": (0.0, 0.0)}),
    (Adam, {"lr": 0.01, "eps": 1e-2}),
    (Adam, {"lr": 0.01, "weight_decay": 0.1}),
    (Adam, {"lr": 0.01, "amsgrad": True, "betas": (0.9, 0.9)}),
    (Adam, {"lr": 0.01, "amsgrad": True, "weight_decay": 0.1, "maximize": True}),
    (Adam, {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    (Adam, {"maximize": True}),
    (AdamW, {}),
    (AdamW, {"lr": 0.01, "betas": (0.5, 0.9)}),
    (AdamW, {"lr": 0.01, "eps": 1e-2}),
    (AdamW, {"lr": 0.01, "weight_decay": 0.1}),
    (AdamW, {"lr": 0.01, "weight_decay": 0.0}),
    (AdamW, {"lr": 0.01, "amsgrad": True, "betas": (0.9, 0.9)}),
    (AdamW, {"lr": 0.01, "amsgrad": True, "weight_decay": 0.1, "maximize": True}),
    (AdamW, {"maximize": True}),
]
every_case = pytest.mark.parametrize(
    ("kind", "options"),
    CASES,
    ids=[f"{kind.__name__}, {', '.join(options) or 'defaults'}" for kind, options in CASES],
)
KINDS = (SGD, Adagrad, RMSprop, Adam, AdamW)
# How PyTorch computes, not what.
IMPLEMENTATION = {"params", "foreach", "fused", "capturable", "differentiable"}


# float64: fifty steps of a network


def networks():
    """The same network twice, ours and PyTorch's, in float64."""
    rng = np.random.default_rng(0)
    ours = Sequential(
        *(Linear(12, 16, rng=rng), ReLU(), Linear(16, 16, rng=rng), Tanh()),
        Linear(16, 10, rng=rng),
    ).astype(np.float64)
    theirs = torch.nn.Sequential(
        *(torch.nn.Linear(12, 16), torch.nn.ReLU(), torch.nn.Linear(16, 16), torch.nn.Tanh()),
        torch.nn.Linear(16, 10),
    ).double()
    for p in ours.get_parameters():
        p += 0.1 * rng.standard_normal(p.shape)
    theirs.load_state_dict({name: torch.tensor(p) for name, p in ours.named_parameters()})
    return ours, theirs


def train(kind, options, *, lr=None, clip=None, torch_clip=None):
    """Take fifty steps with both, and hold them together at every tenth."""
    model, twin = networks()
    loss, optimizer = SoftmaxCrossEntropy(), kind(model.get_parameters(), **options)
    their_optimizer = getattr(torch.optim, kind.__name__)(twin.parameters(), **options)
    rng, before = np.random.default_rng(1), [p.copy() for p in model.get_parameters()]
    for t in range(50):
        x, y = rng.standard_normal((16, 12)), rng.integers(10, size=16)
        if lr:
            optimizer.lr = their_optimizer.param_groups[0]["lr"] = lr(t)

        loss.forward(model.forward(x), y)
        model.backward(loss.backward())
        gradients = model.get_gradients()
        optimizer.step(clip(gradients) if clip else gradients)

        their_optimizer.zero_grad()
        torch.nn.functional.cross_entropy(twin(torch.tensor(x)), torch.tensor(y)).backward()
        if torch_clip:
            torch_clip(twin.parameters())
        their_optimizer.step()

        if t % 10 == 9:
            for p, q in zip(model.get_parameters(), twin.parameters(), strict=True):
                assert_close(p, q)
    for p, q in zip(model.get_parameters(), before, strict=True):
        assert not np.array_equal(p, q)


def assert_close(ours, theirs, tolerance=1e-12):
    """The largest difference, relative to the largest value."""
    theirs = theirs.detach().numpy()
    assert ours.dtype == theirs.dtype
    assert np.max(np.abs(ours - theirs)) <= tolerance * np.max(np.abs(theirs))


@every_case
def test_fifty_steps_equal_torchs(kind, options):
    train(kind, options)


SCHEDULES = {
    "step": step(0.02, 10),
    "cosine": cosine(0.02, 40, 1e-3),
    "one_cycle": one_cycle(0.02, 50),
    "warm_up from 0": warm_up(cosine(0.02, 50), 5, 0.0),
}


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("kind", KINDS)
def test_fifty_steps_under_a_schedule_equal_torchs(kind, schedule):
    train(kind, {"momentum": 0.9} if kind is SGD else {}, lr=schedule)


@pytest.mark.parametrize("kind", KINDS)
def test_fifty_steps_under_clipping_equal_torchs(kind):
    options = {"lr": 0.01, "weight_decay": 0.1}
    utils = torch.nn.utils
    norms = []

    def by_norm(gradients):
        clipped, norm = clip_grad_norm(gradients, 0.1)
        norms.append(norm)
        return clipped

    train(kind, options, clip=by_norm, torch_clip=lambda p: utils.clip_grad_norm_(p, 0.1))
    assert min(norms) > 0.1
    train(
        kind,
        options,
        clip=lambda gradients: clip_grad_value(gradients, 0.02),
        torch_clip=lambda p: utils.clip_grad_value_(p, 0.02),
    )


# the table is whole


def options_of(kind, without):
    parameters = list(inspect.signature(kind).parameters.values())
    return {p.name: p.default for p in parameters if p.name not in without}


@pytest.mark.parametrize("kind", KINDS)
def test_no_option_of_torchs_that_changes_the_result_is_missing(kind):
    theirs = options_of(getattr(torch.optim, kind.__name__), IMPLEMENTATION)
    varied = {
        name
        for case, options in CASES
        if case is kind
        for name, value in options.items()
        if value != theirs[name]
    }
    assert varied == set(theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_the_options_and_their_defaults_are_torchs(kind):
    theirs = options_of(getattr(torch.optim, kind.__name__), IMPLEMENTATION)
    if kind is SGD:
        theirs["lr"] = 0.01  # the one that differs: a course asks for it
    assert options_of(kind, {"parameters"}) == theirs


def test_every_optimizer_is_compared():
    exported = {
        value
        for value in vars(nn).values()
        if isinstance(value, type) and issubclass(value, nn.Optimizer)
    }
    assert exported - {nn.Optimizer} == set(KINDS) == {kind for kind, _ in CASES}


# without a network


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_case
def test_the_same_gradients_give_the_same_steps_to_their_rounding(kind, options, dtype):
    # The same gradients for both: nothing that a network would amplify. Ten steps, each rounding
    # its update a few times.
    rng = np.random.default_rng(0)
    ours = rng.standard_normal((20, 30)).astype(dtype)
    theirs = torch.nn.Parameter(torch.tensor(ours))
    optimizer = kind([ours], **options)
    their_optimizer = getattr(torch.optim, kind.__name__)([theirs], **options)
    for _ in range(10):
        g = rng.standard_normal(ours.shape).astype(dtype)
        optimizer.step([g])
        theirs.grad = torch.tensor(g)
        their_optimizer.step()
    assert_close(ours, theirs, 2 * np.finfo(dtype).eps)
    state = [v for v in vars(optimizer).values() if isinstance(v, list)]
    assert {array.dtype for arrays in state for array in arrays} == {np.dtype(dtype)}


# out of range

OUT_OF_RANGE = [
    *((kind, {"lr": -1}, "lr") for kind in KINDS),
    *((kind, {"weight_decay": -0.1}, "weight_decay") for kind in KINDS),
    *((kind, {"eps": -1e-8}, "eps") for kind in KINDS[1:]),
    (SGD, {"momentum": -0.1}, "momentum"),
    (SGD, {"nesterov": True}, "nesterov"),
    (SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "nesterov"),
    (Adagrad, {"lr_decay": -1}, "lr_decay"),
    (Adagrad, {"initial_accumulator_value": -1}, "initial_accumulator_value"),
    (RMSprop, {"alpha": -0.1}, "alpha"),
    (RMSprop, {"momentum": -0.1}, "momentum"),
    *(
        (kind, {"betas": betas}, "betas")
        for kind in (Adam, AdamW)
        for betas in ((-0.1, 0.9), (0.9, 1.0))
    ),
]


@pytest.mark.parametrize(
    ("kind", "options", "named"),
    OUT_OF_RANGE,
    ids=[f"{kind.__name__}, {options}" for kind, options, _ in OUT_OF_RANGE],
)
def test_an_option_out_of_range_is_refused_by_name_and_by_torch_too(kind, options, named):
    with pytest.raises(ValueError, match=r"Invalid|Nesterov"):
        getattr(torch.optim, kind.__name__)([torch.zeros(1)], **options)
    with pytest.raises(ArgumentError) as caught:
        kind([np.zeros(1)], **options)
    assert re.fullmatch(rf"{kind.__name__}: {named}\b.*, got .*", str(caught.value))
