"""Learning rates as functions of the step.

A schedule is a function, `lr = schedule(step)`, of the number of updates made so far: 0 before
the first. It has no state: every step may be asked for, in any order, and a run that resumes
needs its step only. The factories below return schedules; an optimizer follows one so:

    schedule = warm_up(cosine(0.1, total_steps=1000), steps=50)
    for step in range(1000):
        optimizer.lr = schedule(step)

`ReduceLROnPlateau` follows a metric instead of the step, and so has a state.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from math import cos, inf, isfinite, nan, pi
from numbers import Integral, Real
from typing import Any, TypeAlias

from ..utils.errors import ArgumentError

Schedule: TypeAlias = Callable[[int], float]


def constant(lr: float) -> Schedule:
    """lr(t) = lr.

    Raises
    ------
    ArgumentError
        For a negative lr; the schedule, for a step below 0.
    """
    lr = _number("constant", "lr", lr)

    def value(step: int) -> float:
        _count("constant", "step", step)
        return lr

    return value


def step(lr: float, step_size: int, gamma: float = 0.1) -> Schedule:
    """lr(t) = lr gamma^floor(t / step_size).

    Parameters
    ----------
    lr
        The rate before the first drop.
    step_size
        The number of steps between drops.
    gamma
        What each drop multiplies the rate by.

    Raises
    ------
    ArgumentError
        For a negative lr or gamma, or a step_size below 1; the schedule, for a step below 0.

    Reference: PyTorch's StepLR, in closed form.
    """
    lr, gamma = _number("step", "lr", lr), _number("step", "gamma", gamma)
    step_size = _count("step", "step_size", step_size, least=1)

    def value(step: int) -> float:
        return lr * gamma ** (_count("step", "step", step) // step_size)

    return value


def cosine(lr: float, total_steps: int, eta_min: float = 0.0) -> Schedule:
    """lr(t) = eta_min + (lr - eta_min) (1 + cos(pi t / total_steps)) / 2, and eta_min from
    t = total_steps on.

    Parameters
    ----------
    lr
        The rate at step 0.
    total_steps
        The step at which the rate reaches eta_min. It stays there: PyTorch's CosineAnnealingLR,
        equal up to here, climbs back to lr in another total_steps.
    eta_min
        The last rate.

    Raises
    ------
    ArgumentError
        For a negative lr or eta_min, or total_steps below 1; the schedule, for a step below 0.

    Reference: Loshchilov and Hutter 2017, "SGDR: stochastic gradient descent with warm restarts",
    equation 5, for one run.
    """
    lr, eta_min = _number("cosine", "lr", lr), _number("cosine", "eta_min", eta_min)
    total_steps = _count("cosine", "total_steps", total_steps, least=1)

    def value(step: int) -> float:
        t = min(_count("cosine", "step", step), total_steps)
        return eta_min + (lr - eta_min) * (1 + cos(pi * t / total_steps)) / 2

    return value


def one_cycle(
    max_lr: float,
    total_steps: int,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    three_phase: bool = False,
) -> Schedule:
    """lr(t) rises from max_lr / div_factor to max_lr, then falls to a final_div_factor-th of
    where it began, on half cosines or straight lines.

    With r = pct_start total_steps: the rise ends at t = r - 1, the fall at total_steps - 1. In
    three phases the fall is back to the beginning, at t = 2 r - 2, and then on to the end.
    Neither r need be an integer.

    Parameters
    ----------
    max_lr
        The largest rate.
    total_steps
        The number of steps of the run; the schedule has no value for more.
    pct_start
        The part of the run, 0 to 1, that the rise takes; at most 0.5 in three phases.
    anneal_strategy
        "cos" or "linear".
    div_factor, final_div_factor
        max_lr over the first rate; the first rate over the last.
    three_phase
        Falls in two phases instead of one.

    Raises
    ------
    ArgumentError
        For a negative max_lr, a factor that is not above 0, total_steps below 1, or a pct_start
        or anneal_strategy not named above; the schedule, for a step outside 0..total_steps - 1.

    Reference: Smith and Topin 2018, "Super-convergence: very fast training of neural networks
    using large learning rates", with the phases of PyTorch's OneCycleLR.
    """
    peak = _number("one_cycle", "max_lr", max_lr)
    first = peak / _number("one_cycle", "div_factor", div_factor, above=True)
    last = first / _number("one_cycle", "final_div_factor", final_div_factor, above=True)
    values = (first, peak, first, last) if three_phase else (first, peak, last)
    return _cycle("one_cycle", values, total_steps, pct_start, anneal_strategy)


def one_cycle_momentum(
    total_steps: int,
    base_momentum: float = 0.85,
    max_momentum: float = 0.95,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    three_phase: bool = False,
) -> Schedule:
    """momentum(t) falls from max_momentum to base_momentum while `one_cycle` rises, and rises
    back while it falls; it stays at max_momentum in the last of three phases.

    It is for SGD's `momentum`, or the first of Adam's `betas`.

    Parameters
    ----------
    base_momentum, max_momentum
        The smallest and the largest momentum.
    total_steps, pct_start, anneal_strategy, three_phase
        As in `one_cycle`.

    Raises
    ------
    ArgumentError
        For a negative momentum, and as in `one_cycle`.

    Reference: Smith 2018, "A disciplined approach to neural network hyper-parameters: part 1",
    section 4.3, with the phases of PyTorch's OneCycleLR.
    """
    low = _number("one_cycle_momentum", "base_momentum", base_momentum)
    high = _number("one_cycle_momentum", "max_momentum", max_momentum)
    values = (high, low, high, high) if three_phase else (high, low, high)
    return _cycle("one_cycle_momentum", values, total_steps, pct_start, anneal_strategy)


def warm_up(schedule: Schedule, steps: int, start_factor: float = 1 / 3) -> Schedule:
    """lr(t) = schedule(t) (start_factor + (1 - start_factor) min(t, steps) / steps).

    The clock of the inner schedule runs from step 0, so that its total_steps counts the warm-up
    too. This is PyTorch's LinearLR with start_factor and total_iters = steps: alone around
    `constant`, in a ChainedScheduler around any schedule that multiplies the rate (StepLR,
    cosine annealing to 0). For SequentialLR, where the schedule begins when the warm-up has
    ended, hold its first value until then: `warm_up(lambda t: schedule(max(0, t - steps)), steps)`.

    Parameters
    ----------
    schedule
        Any function of the step.
    steps
        The step from which on the rate is the schedule's own.
    start_factor
        The part of its value, 0 to 1, at step 0.

    Raises
    ------
    ArgumentError
        For a schedule that is not a function, steps below 1, or a start_factor outside 0..1; the
        schedule, for a step below 0.

    Reference: Goyal et al. 2017, "Accurate, large minibatch SGD: training ImageNet in 1 hour",
    section 2.2.
    """
    if not callable(schedule):
        raise ArgumentError(
            f"warm_up: expected a function of the step, got {schedule!r}; "
            "a fixed rate is constant(lr)"
        )
    steps = _count("warm_up", "steps", steps, least=1)
    start_factor = _number("warm_up", "start_factor", start_factor, most=1)

    def value(step: int) -> float:
        t = min(_count("warm_up", "step", step), steps)
        return schedule(step) * (start_factor + (1 - start_factor) * t / steps)

    return value


class ReduceLROnPlateau:
    """lr <- max(factor lr, min_lr) when a metric has not improved for more than `patience` steps.

    A metric improves on the best so far where it is below best (1 - threshold), for mode "min"
    and threshold_mode "rel"; below best - threshold for "abs"; above best (1 + threshold) and
    above best + threshold for mode "max". A metric that is not a number does not improve.

    `state_dict` and `load_state_dict` hold all of it: another one goes on where this one is.

    Parameters
    ----------
    lr
        The rate to begin with.
    mode
        "min" for a metric that is to fall, such as a loss; "max" for one that is to rise.
    factor
        What each reduction multiplies the rate by: 0 or more, less than 1.
    patience
        The number of steps without improvement that are allowed.
    threshold, threshold_mode
        How much better than the best counts, and whether relative to it, "rel", or "abs".
        Relative thresholds are meant for metrics above 0.
    cooldown
        The number of steps after a reduction whose metrics count as no failure.
    min_lr
        The smallest rate.
    eps
        A reduction by no more than this is not made.

    Attributes
    ----------
    lr
        The rate now; each `step` returns it too.
    best
        The best metric so far.

    Raises
    ------
    ArgumentError
        For an argument that is not as above; the message names it.

    Reference: PyTorch's ReduceLROnPlateau.
    """

    def __init__(
        self,
        lr: float,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        name = type(self).__name__
        self.lr = _number(name, "lr", lr)
        self.mode = _choice(name, "mode", mode, ("min", "max"))
        self.factor = _number(name, "factor", factor)
        if not self.factor < 1:
            raise ArgumentError(f"{name}: factor must be below 1, got {factor}")
        self.patience = _count(name, "patience", patience)
        self.threshold = _number(name, "threshold", threshold)
        self.threshold_mode = _choice(name, "threshold_mode", threshold_mode, ("rel", "abs"))
        self.cooldown = _count(name, "cooldown", cooldown)
        self.min_lr = _number(name, "min_lr", min_lr)
        self.eps = _number(name, "eps", eps)
        if (mode, threshold_mode) == ("min", "rel") and not self.threshold < 1:
            raise ArgumentError(
                f"{name}: threshold must be below 1 for mode 'min' and threshold_mode 'rel', "
                f"got {threshold}: no metric would improve"
            )

        self.best = inf if mode == "min" else -inf
        self._failures = 0  # in a row
        self._cooling = 0  # steps left

    def step(self, metric: float) -> float:
        """Take note of a metric, commonly the validation loss of an epoch; return the rate."""
        metric = float(metric)
        if self._improves(metric):
            self.best = metric
            self._failures = 0
        else:
            self._failures += 1
        if self._cooling:
            self._cooling -= 1
            self._failures = 0
        if self._failures > self.patience:
            reduced = max(self.lr * self.factor, self.min_lr)
            if self.lr - reduced > self.eps:
                self.lr = reduced
            self._cooling = self.cooldown
            self._failures = 0
        return self.lr

    def state_dict(self) -> dict[str, Any]:
        """Return the options and what has happened so far."""
        return dict(vars(self))

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another one was.

        Raises
        ------
        ArgumentError
            For what is no such state; nothing is changed then.
        """
        if set(state) != set(vars(self)):
            raise ArgumentError(f"{type(self).__name__}.load_state_dict: expected a state_dict()")
        vars(self).update(state)

    def _improves(self, metric: float) -> bool:
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            bar = self.best * (1 + sign * self.threshold)
        else:
            bar = self.best + sign * self.threshold
        return metric < bar if self.mode == "min" else metric > bar

    def __repr__(self) -> str:
        return f"{type(self).__name__}(lr={self.lr:g}, best={self.best:g})"


def _cycle(
    name: str, values: tuple[float, ...], total_steps: int, pct_start: float, anneal_strategy: str
) -> Schedule:
    """Return the schedule that runs through `values`, in phases as `one_cycle` describes them."""
    total_steps = _count(name, "total_steps", total_steps, least=1)
    three_phase = len(values) == 4
    # A rise of more than half would leave the last of three phases no steps.
    pct_start = _number(name, "pct_start", pct_start, most=0.5 if three_phase else 1)
    is_cosine = _choice(name, "anneal_strategy", anneal_strategy, ("cos", "linear")) == "cos"
    rise = pct_start * total_steps
    ends = [rise - 1, 2 * rise - 2] if three_phase else [rise - 1]
    phases = list(pairwise([0.0, *ends, total_steps - 1.0]))  # (first, last) step of each

    def value(step: int) -> float:
        t = _count(name, "step", step)
        if t >= total_steps:
            raise ArgumentError(
                f"{name}: step must be below total_steps={total_steps}, got {step}; steps count "
                "from 0, so total_steps is the number of updates in the whole run"
            )
        phase = sum(t > end for end in ends)
        begin, end = phases[phase]
        part = (t - begin) / (end - begin) if end != begin else 1.0  # of the phase, 0 to 1
        start, goal = values[phase], values[phase + 1]
        if is_cosine:
            return goal + (start - goal) * (1 + cos(pi * part)) / 2
        return start + (goal - start) * part

    return value


def _number(
    where: str, what: str, value: object, *, above: bool = False, most: float = inf
) -> float:
    """Return a finite number of at least 0, or above 0, and at most `most`, as a Python float."""
    number = float(value) if isinstance(value, Real) else nan
    if (number > 0 if above else number >= 0) and number <= most and isfinite(number):
        return number
    wanted = "above 0" if above else "0 or larger" if most == inf else f"in 0..{most:g}"
    raise ArgumentError(f"{where}: {what} must be a finite number {wanted}, got {value!r}")


def _count(where: str, what: str, value: object, *, least: int = 0) -> int:
    """Return an integer of at least `least`, as a Python int."""
    if isinstance(value, Integral) and int(value) >= least:
        return int(value)
    raise ArgumentError(f"{where}: {what} must be an integer of at least {least}, got {value!r}")


def _choice(where: str, what: str, value: str, choices: tuple[str, ...]) -> str:
    """Return one of the choices."""
    if value in choices:
        return value
    wanted = " or ".join(repr(choice) for choice in choices)
    raise ArgumentError(f"{where}: {what} must be {wanted}, got {value!r}")
