"""Learning rates as functions of the step, in lock step with PyTorch's schedulers."""

import copy
import inspect
import math
import pickle
import re

import numpy as np
import pytest

from mytorch import nn
from mytorch.nn import SGD, ReduceLROnPlateau
from mytorch.nn.schedule import constant, cosine, one_cycle, one_cycle_momentum, step, warm_up
from mytorch.utils.errors import ArgumentError

# The schedule, and for how many steps it is asked.
SCHEDULES = {
    "constant": (constant(0.1), 10),
    "step": (step(0.1, 3), 20),
    "cosine": (cosine(0.1, 10, 1e-3), 15),
    "one_cycle": (one_cycle(0.1, 20), 20),
    "one_cycle_momentum": (one_cycle_momentum(20), 20),
    "warm_up": (warm_up(step(0.1, 3), 5), 20),
}
every_schedule = pytest.mark.parametrize(("schedule", "n"), SCHEDULES.values(), ids=SCHEDULES)


# what every schedule promises


@every_schedule
def test_a_schedule_has_no_state_and_gives_python_floats(schedule, n):
    forward = [schedule(t) for t in range(n)]
    order = np.random.default_rng(0).permutation(n)  # of NumPy integers
    assert [schedule(t) for t in order] == [forward[t] for t in order]
    assert all(type(schedule(t)) is float for t in order)


@every_schedule
@pytest.mark.parametrize("wrong", [-1, 0.5, None])
def test_a_step_that_is_none_is_refused(schedule, n, wrong):
    message = rf"^\w+: step must be an integer of at least 0, got {wrong}$"
    with pytest.raises(ArgumentError, match=message):
        schedule(wrong)


def test_a_learning_rate_of_numpy_gives_python_floats():
    for rate in (np.float32(0.5), np.float64(0.5), np.array([0.5])[0]):
        assert (
            type(constant(rate)(0)) is type(step(rate, 1)(0)) is type(cosine(rate, 2)(0)) is float
        )


def test_every_schedule_is_tested_here():
    assert set(SCHEDULES) == {
        name
        for name, value in vars(nn.schedule).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }


def test_an_optimizer_follows_a_schedule():
    p = np.zeros(1)
    optimizer, schedule = SGD([p], lr=1.0), nn.schedule.step(1.0, step_size=2, gamma=0.5)
    positions = []
    for t in range(5):
        optimizer.lr = schedule(t)
        optimizer.step([np.ones(1)])
        positions.append(p.item())
    assert positions == [-1, -2, -2.5, -3, -3.25]


# values worked by hand


def test_the_values_worked_by_hand():
    assert [step(8, 2, 0.5)(t) for t in range(7)] == [8, 8, 4, 4, 2, 2, 1]
    # Half a cosine over 3 steps: cos 0, 60, 120, 180 degrees = 1, 1/2, -1/2, -1.
    assert_close([cosine(9, 3, 1)(t) for t in range(4)], [9, 7, 3, 1])
    # Rise of 0.4 * 10 = 4 steps, from 10/10 at t = 0 to 10 at t = 3; fall to 1/4 at t = 9.
    line = one_cycle(10, 10, 0.4, "linear", div_factor=10, final_div_factor=4)
    assert_close([line(t) for t in (0, 1, 2, 3, 5, 7, 9)], [1, 4, 7, 10, 6.75, 3.5, 0.25])
    # The factor is 1/2, 5/8, 3/4, 7/8, 1.
    assert [warm_up(constant(8), 4, 0.5)(t) for t in range(6)] == [4, 5, 6, 7, 8, 8]


def test_cosine_annealing_stays_at_the_end():
    schedule = cosine(0.1, 10, 1e-3)
    assert [schedule(t) for t in (10, 11, 15, 20, 10**9)] == [1e-3] * 5


@pytest.mark.parametrize("three_phase", [False, True])
@pytest.mark.parametrize("strategy", ["cos", "linear"])
def test_a_rise_of_one_step_begins_at_the_top(strategy, three_phase):
    # r = 1, so that the rise ends at t = 0, where it begins; PyTorch divides by zero.
    assert one_cycle(2.0, 10, 0.1, strategy, three_phase=three_phase)(0) == 2
    assert one_cycle_momentum(10, 0.8, 0.9, 0.1, strategy, three_phase)(0) == 0.8


# in lock step with PyTorch


def torchs(make, n, lr=0.1):
    """The learning rates and momenta of n steps under the schedulers that make(optimizer) makes."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr, momentum=0.5)
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    seen = []
    for t in range(n):
        if t:
            optimizer.step()
            scheduler.step()
        seen.append((optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]))
    return np.array(seen).T


def assert_close(ours, theirs, tolerance=1e-12):
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=0)


@pytest.mark.parametrize("gamma", [0.1, 0.9, 1.0, 1.1, 0.0])
@pytest.mark.parametrize("step_size", [1, 7, 30, 500])
def test_step_equals_torchs(step_size, gamma):
    theirs, _ = torchs(lambda s, o: s.StepLR(o, step_size, gamma), 200)
    schedule = step(0.1, step_size, gamma)
    assert_close([schedule(t) for t in range(200)], theirs)


@pytest.mark.parametrize("eta_min", [0.0, 1e-3, 0.2])
@pytest.mark.parametrize("total_steps", [1, 2, 17, 200])
def test_cosine_equals_torchs_up_to_its_end(total_steps, eta_min):
    theirs, _ = torchs(lambda s, o: s.CosineAnnealingLR(o, total_steps, eta_min), total_steps + 1)
    schedule = cosine(0.1, total_steps, eta_min)
    ours = [schedule(t) for t in range(total_steps + 1)]
    assert_close(ours, theirs)


ONE_CYCLES = [
    {"total_steps": n, "pct_start": p, "anneal_strategy": a, "three_phase": three, **factors}
    for n in (1, 2, 3, 64, 101)
    for p in (0.0, 0.05, 0.3, 0.5, 0.77, 1.0)
    for a in ("cos", "linear")
    for three in (False, True)
    for factors in ({}, {"div_factor": 3.0, "final_div_factor": 7.0})
    if n * p != 1 and not (three and p > 0.5)  # PyTorch divides by zero; we refuse
]


def test_one_cycle_equals_torchs():
    for options in ONE_CYCLES:
        n = options["total_steps"]
        theirs, momenta = torchs(lambda s, o, k=options: s.OneCycleLR(o, 0.3, **k), n)
        schedule = one_cycle(0.3, **options)
        assert_close([schedule(t) for t in range(n)], theirs)
        shared = {k: v for k, v in options.items() if "factor" not in k}
        momentum = one_cycle_momentum(**shared)
        assert_close([momentum(t) for t in range(n)], momenta)


def test_the_bounds_of_the_momentum_are_torchs():
    options = {"base_momentum": 0.5, "max_momentum": 0.99, "three_phase": True}
    _, theirs = torchs(lambda s, o: s.OneCycleLR(o, 0.3, 50, **options), 50)
    momentum = one_cycle_momentum(50, **options)
    assert_close([momentum(t) for t in range(50)], theirs)


@pytest.mark.parametrize("start_factor", [1 / 3, 1e-3, 1.0])
@pytest.mark.parametrize("steps", [1, 5, 50])
def test_warm_up_alone_equals_torchs(steps, start_factor):
    theirs, _ = torchs(lambda s, o: s.LinearLR(o, start_factor, total_iters=steps), 100)
    schedule = warm_up(constant(0.1), steps, start_factor)
    assert_close([schedule(t) for t in range(100)], theirs)


# Schedules that multiply the rate, the inner clock running from step 0.
CHAINED = {
    "step": (step(0.1, 7, 0.5), lambda s, o: s.StepLR(o, 7, 0.5)),
    "cosine": (cosine(0.1, 100), lambda s, o: s.CosineAnnealingLR(o, 100)),
    "warm_up": (warm_up(constant(0.1), 9, 0.2), lambda s, o: s.LinearLR(o, 0.2, total_iters=9)),
}


@pytest.mark.parametrize(("inner", "theirs"), CHAINED.values(), ids=CHAINED)
def test_a_warm_up_into_a_schedule_equals_torchs_chained_schedulers(inner, theirs):
    expected, _ = torchs(
        lambda s, o: s.ChainedScheduler([s.LinearLR(o, 0.1, total_iters=20), theirs(s, o)]), 100
    )
    schedule = warm_up(inner, 20, 0.1)
    assert_close([schedule(t) for t in range(100)], expected)


@pytest.mark.parametrize(("inner", "theirs"), CHAINED.values(), ids=CHAINED)
def test_a_warm_up_before_a_schedule_equals_torchs_sequential_schedulers(inner, theirs):
    expected, _ = torchs(
        lambda s, o: s.SequentialLR(
            o, [s.LinearLR(o, 0.1, total_iters=20), theirs(s, o)], milestones=[20]
        ),
        100,
    )
    schedule = warm_up(lambda t: inner(max(0, t - 20)), 20, 0.1)
    first = inner(0) / 0.1  # SequentialLR warms up to the optimizer's rate, we to the schedule's
    ours = np.array([schedule(t) for t in range(100)])
    ours[:20] /= first
    assert_close(ours, expected)


def test_a_warm_up_may_begin_at_zero():
    schedule = warm_up(constant(1.0), 4, 0.0)
    assert [schedule(t) for t in range(6)] == [0, 0.25, 0.5, 0.75, 1, 1]


# reduce on plateau

PLATEAUS = [
    {},
    {"mode": "max"},
    {"factor": 0.5, "patience": 0},
    {"factor": 0.0, "patience": 2, "min_lr": 1e-3},
    {"patience": 1, "threshold": 0.3},
    {"patience": 1, "threshold": 0.3, "mode": "max"},
    {"patience": 1, "threshold": 0.3, "threshold_mode": "abs"},
    {"patience": 1, "threshold": 0.3, "threshold_mode": "abs", "mode": "max"},
    {"patience": 2, "cooldown": 3, "factor": 0.9},
    {"patience": 0, "cooldown": 1, "factor": 0.5, "min_lr": 0.01},
    {"patience": 0, "factor": 0.5, "eps": 0.01},
    {"patience": 0, "factor": 0.5, "eps": 0.05},  # the first reduction, to the bit
    {"patience": 0, "factor": 0.7, "threshold": 0.0, "eps": 0.0},
]


def metrics(kind, seed, n=150):
    rng = np.random.default_rng(seed)
    if kind == "noise":
        return rng.random(n)
    if kind == "descent":
        return np.exp(-np.arange(n) / 30) + rng.normal(0, 0.02, n)
    if kind == "steps":  # equal values too
        return np.cumsum(rng.integers(-1, 2, n)).astype(float)
    holes = rng.random(n)
    holes[rng.random(n) < 0.2] = np.nan
    holes[rng.random(n) < 0.1] = np.inf
    return holes


@pytest.mark.parametrize("options", PLATEAUS, ids=str)
@pytest.mark.parametrize("kind", ["noise", "descent", "steps", "holes"])
def test_reduce_on_plateau_equals_torchs(kind, options):
    torch = pytest.importorskip("torch")
    for seed in range(5):
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
        theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        ours = ReduceLROnPlateau(0.1, **options)
        for metric in metrics(kind, seed):
            theirs.step(metric)
            assert ours.step(metric) == ours.lr == optimizer.param_groups[0]["lr"]
            assert ours.best == theirs.best


def test_every_option_of_torchs_reduce_on_plateau_is_compared_and_has_its_default():
    torch = pytest.importorskip("torch")
    theirs = dict(inspect.signature(torch.optim.lr_scheduler.ReduceLROnPlateau).parameters)
    ours = dict(inspect.signature(ReduceLROnPlateau).parameters)
    del theirs["optimizer"], ours["lr"]
    assert {k: p.default for k, p in ours.items()} == {k: p.default for k, p in theirs.items()}
    assert {key for options in PLATEAUS for key in options} == set(ours)


@pytest.mark.parametrize(
    ("ours", "theirs", "without"),
    [
        (step, "StepLR", {"lr"}),
        (one_cycle, "OneCycleLR", set()),
        (one_cycle_momentum, "OneCycleLR", set()),
        (warm_up, "LinearLR", {"schedule", "steps"}),
    ],
)
def test_the_defaults_are_torchs(ours, theirs, without):
    torch = pytest.importorskip("torch")
    theirs = inspect.signature(getattr(torch.optim.lr_scheduler, theirs)).parameters
    for name, parameter in inspect.signature(ours).parameters.items():
        if name not in {*without, "total_steps"}:
            assert parameter.default == theirs[name].default


def test_reduce_on_plateau_goes_on_after_a_pickle_or_a_copy():
    values = metrics("noise", 0)
    whole = ReduceLROnPlateau(1.0, patience=2, cooldown=1, factor=0.9)
    expected = [whole.step(v) for v in values]
    for again in (lambda x: pickle.loads(pickle.dumps(x)), copy.deepcopy):
        part = ReduceLROnPlateau(1.0, patience=2, cooldown=1, factor=0.9)
        seen = []
        for v in values:
            part = again(part)
            seen.append(part.step(v))
        assert seen == expected
    assert all(type(value) in (float, int, str) for value in vars(whole).values())


def test_reduce_on_plateau_shows_where_it_is():
    plateau = ReduceLROnPlateau(0.1)
    plateau.step(np.float32(2.5))
    assert repr(plateau) == "ReduceLROnPlateau(lr=0.1, best=2.5)"


# what is refused


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: constant(-1), "constant: lr must be a finite number 0 or larger, got -1"),
        (
            lambda: constant(math.nan),
            "constant: lr must be a finite number 0 or larger, got nan",
        ),
        (
            lambda: constant("0.1"),
            "constant: lr must be a finite number 0 or larger, got '0.1'",
        ),
        (lambda: step(-1, 1), "step: lr must be a finite number 0 or larger, got -1"),
        (lambda: step(1, 0), "step: step_size must be an integer of at least 1, got 0"),
        (lambda: step(1, 2.5), "step: step_size must be an integer of at least 1, got 2.5"),
        (lambda: step(1, 1, -1), "step: gamma must be a finite number 0 or larger, got -1"),
        (
            lambda: cosine(math.inf, 1),
            "cosine: lr must be a finite number 0 or larger, got inf",
        ),
        (lambda: cosine(1, 0), "cosine: total_steps must be an integer of at least 1, got 0"),
        (
            lambda: cosine(1, 1, -1),
            "cosine: eta_min must be a finite number 0 or larger, got -1",
        ),
        (
            lambda: one_cycle(-1, 1),
            "one_cycle: max_lr must be a finite number 0 or larger, got -1",
        ),
        (lambda: one_cycle(1, 0), "one_cycle: total_steps must be an integer of at least 1, got 0"),
        (
            lambda: one_cycle(1, 1, 1.5),
            "one_cycle: pct_start must be a finite number in 0..1, got 1.5",
        ),
        (
            lambda: one_cycle(1, 1, 0.6, three_phase=True),
            "one_cycle: pct_start must be a finite number in 0..0.5, got 0.6",
        ),
        (
            lambda: one_cycle(1, 1, anneal_strategy="cosine"),
            "one_cycle: anneal_strategy must be 'cos' or 'linear', got 'cosine'",
        ),
        (
            lambda: one_cycle(1, 1, div_factor=0),
            "one_cycle: div_factor must be a finite number above 0, got 0",
        ),
        (
            lambda: one_cycle(1, 1, final_div_factor=0),
            "one_cycle: final_div_factor must be a finite number above 0, got 0",
        ),
        (
            lambda: one_cycle(1, 10)(10),
            "one_cycle: step must be below total_steps=10, got 10; steps count from 0, so "
            "total_steps is the number of updates in the whole run",
        ),
        (
            lambda: one_cycle_momentum(10)(11),
            "one_cycle_momentum: step must be below total_steps=10, got 11; steps count from 0, "
            "so total_steps is the number of updates in the whole run",
        ),
        (
            lambda: one_cycle_momentum(10, -0.1),
            "one_cycle_momentum: base_momentum must be a finite number 0 or larger, got -0.1",
        ),
        (
            lambda: one_cycle_momentum(10, 0.1, -0.1),
            "one_cycle_momentum: max_momentum must be a finite number 0 or larger, got -0.1",
        ),
        (
            lambda: warm_up(0.1, 5),
            "warm_up: expected a function of the step, got 0.1; a fixed rate is constant(lr)",
        ),
        (
            lambda: warm_up(constant(1), 0),
            "warm_up: steps must be an integer of at least 1, got 0",
        ),
        (
            lambda: warm_up(constant(1), 1, 2),
            "warm_up: start_factor must be a finite number in 0..1, got 2",
        ),
        (
            lambda: ReduceLROnPlateau(SGD([], lr=0.1)),
            f"ReduceLROnPlateau: lr must be a finite number 0 or larger, got {SGD([], lr=0.1)!r}",
        ),
        (
            lambda: ReduceLROnPlateau(1, "low"),
            "ReduceLROnPlateau: mode must be 'min' or 'max', got 'low'",
        ),
        (
            lambda: ReduceLROnPlateau(1, factor=1.0),
            "ReduceLROnPlateau: factor must be below 1, got 1.0",
        ),
        (
            lambda: ReduceLROnPlateau(1, factor=-1),
            "ReduceLROnPlateau: factor must be a finite number 0 or larger, got -1",
        ),
        (
            lambda: ReduceLROnPlateau(1, patience=-1),
            "ReduceLROnPlateau: patience must be an integer of at least 0, got -1",
        ),
        (
            lambda: ReduceLROnPlateau(1, threshold=-1),
            "ReduceLROnPlateau: threshold must be a finite number 0 or larger, got -1",
        ),
        (
            lambda: ReduceLROnPlateau(1, threshold=1),
            "ReduceLROnPlateau: threshold must be below 1 for mode 'min' and threshold_mode "
            "'rel', got 1: no metric would improve",
        ),
        (
            lambda: ReduceLROnPlateau(1, threshold_mode="relative"),
            "ReduceLROnPlateau: threshold_mode must be 'rel' or 'abs', got 'relative'",
        ),
        (
            lambda: ReduceLROnPlateau(1, cooldown=1.5),
            "ReduceLROnPlateau: cooldown must be an integer of at least 0, got 1.5",
        ),
        (
            lambda: ReduceLROnPlateau(1, min_lr=-1),
            "ReduceLROnPlateau: min_lr must be a finite number 0 or larger, got -1",
        ),
        (
            lambda: ReduceLROnPlateau(1, eps=-1),
            "ReduceLROnPlateau: eps must be a finite number 0 or larger, got -1",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_was_wanted(call, message):
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        call()
