"""Tanh, Sigmoid and ReLU on two half moons: three decision boundaries, and how they differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....nn import Sequential
from ....reporting.boundaries import decision_boundaries, scatter
from ....reporting.plots import Curve, Panel, curves
from ....reporting.runs import Run
from ...chance import listed
from ...config import check_at_least
from ...half_moons import NAMES, Descent, descend, network, points, sampled

Array = NDArray[Any]

SMOKE = {"passes": 60, "hidden": 4}
CLOSE = 0.01  # accuracies this near are told as equal: two of 200 examples
CLEAR = 1.25  # so many times as many passes are told as slower
FLAT, CURVED = 0.5, 0.05  # shares of the plane
STEPS = 200  # of the grid on which flatness is measured


@dataclass(frozen=True)
class Config(Descent):
    """One hidden layer of 10 units: at least 0.95 of the training examples right with each.

    The arithmetic is the course's: gradients summed over the examples, reg_lambda W added to those
    of the weights, 20,000 passes at a rate of 0.01.
    """

    hidden: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least(1, hidden=self.hidden)


class Measured(NamedTuple):
    """What is told of an activation.

    `reached` is the first pass whose loss is below the level that all reach, `slope` the mean of
    f'(z) over units and examples at the first weights, `flat` the share of the plane on which the
    scores are linear.
    """

    name: str
    loss: float
    train_accuracy: float
    test_accuracy: float
    reached: int
    slope: float
    flat: float


def run(config: Config, run: Run) -> None:
    """Train with each activation; compare losses, accuracies and boundaries."""
    data = points(config.data, config.seed)
    run.begin()
    run.figure(
        "data",
        scatter(*data.train),
        f"The {len(data.train):,} training examples.",
        "Training examples",
    )
    trained = [
        descend(run, config, data, activation, (config.hidden,), NAMES[activation])
        for activation in NAMES
    ]
    level = 1.1 * max(net.losses[-1] for net in trained)
    sizes = (data.train.x.shape[1], config.hidden, data.classes)
    rows = [
        Measured(
            net.name,
            net.losses[-1],
            net.train_accuracy,
            net.test_accuracy,
            next(i for i, loss in enumerate(net.losses, 1) if loss <= level),
            first_slope(network(sizes, net.activation, config.seed), data.train.x),
            flat_share(net.model.predict, data.train.x),
        )
        for net in trained
    ]
    for row in rows:
        run.metric(f"final_loss_{row.name.lower()}", row.loss)
        run.metric(f"train_accuracy_{row.name.lower()}", row.train_accuracy)
        run.metric(f"test_accuracy_{row.name.lower()}", row.test_accuracy)
        run.say(row.name, f"{row.train_accuracy:.4f} of the training examples right")
    run.figure(
        "decision_boundaries",
        decision_boundaries([net.plane(data.train) for net in trained]),
        f"What each network makes of the plane after {config.passes:,} passes, and the training "
        "examples.",
    )
    losses = [Curve(net.name, *sampled(net.losses)) for net in trained]
    run.figure(
        "loss",
        curves([Panel("", "pass", "loss with L2 term (nats)", losses, log="xy")]),
        "The loss of all training examples before each pass; both axes are logarithmic.",
        "Training loss by pass",
    )
    run.table(
        "activations",
        [
            *("activation", "final loss", "training accuracy", "test accuracy"),
            *(f"passes to {level:.3f}", "f'(z) at first", "flat share"),
        ],
        rows,
    )
    question = "How do the activation functions differ on these data?"
    run.finding("activations", question, *differences(rows, level))


def differences(rows: Sequence[Measured], level: float) -> list[str]:
    """Return what the numbers say about the activations."""
    each = ", ".join(
        f"{row.train_accuracy:.3f} and {row.test_accuracy:.3f} ({row.name})" for row in rows
    )
    said = [f"Accuracies on the training and the test examples: {each}."]
    best, worst = (choose(rows, key=lambda row: row.train_accuracy) for choose in (max, min))
    if best.train_accuracy - worst.train_accuracy <= CLOSE:
        said.append(
            "On the training examples they are within one percentage point: what they can learn "
            "here is the same."
        )
    else:
        said.append(f"{best.name} gets most training examples right, {worst.name} fewest.")
    fast, slow = (choose(rows, key=lambda row: row.reached) for choose in (min, max))
    if slow.reached >= CLEAR * fast.reached:
        said.append(
            f"They differ in speed: a loss of {level:.3f}, which all reach, takes {fast.name} "
            f"{fast.reached:,} passes and {slow.name} {slow.reached:,}, "
            f"{slow.reached / fast.reached:.1f} times as many."
        )
        if slow.slope == min(row.slope for row in rows) and slow.slope < fast.slope:
            said.append(
                f"{slow.name} also has the smallest derivative at the first weights, "
                f"{slow.slope:.2f} on average ({fast.name}: {fast.slope:.2f})."
            )
    else:
        said.append(f"All of them need about as many passes to a loss of {level:.3f}.")
    flat = [f"{row.name} ({row.flat:.0%})" for row in rows if row.flat >= FLAT]
    curved = [f"{row.name} ({row.flat:.0%})" for row in rows if row.flat <= CURVED]
    if flat:
        said.append(
            f"The scores of {listed(flat)} are linear on most of the plane, so that the boundary "
            "consists of straight pieces."
        )
    if curved:
        said.append(f"Those of {listed(curved)} are linear almost nowhere: the boundary is curved.")
    return said


def first_slope(model: Sequential, X: Array) -> float:
    """Return the mean of f'(z) over the hidden units and the examples."""
    z, f = model[0].forward(X), model[1]
    return float(f.backward(np.ones_like(f.forward(z))).mean())


def flat_share(scores: Any, X: Array) -> float:
    """Return the share of a grid over the examples on which second differences of scores are 0."""
    axes = [np.linspace(a, b, STEPS) for a, b in zip(X.min(axis=0), X.max(axis=0), strict=True)]
    grid = np.stack(np.meshgrid(*axes), axis=-1)  # (STEPS, STEPS, 2)
    found = scores(grid.reshape(-1, 2)).reshape(STEPS, STEPS, -1)
    margin = found[..., 1] - found[..., 0]
    bends = [np.abs(np.diff(margin, 2, axis=axis)) for axis in (0, 1)]
    none = 1e-9 * np.ptp(margin)
    return float(np.mean((bends[0][:, 1:-1] <= none) & (bends[1][1:-1] <= none)))
