"""One hidden layer of more and more units on two half moons: boundaries, losses, accuracies."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ....reporting.boundaries import decision_boundaries
from ....reporting.plots import Curve, Panel, curves
from ....reporting.runs import Run
from ...chance import differ
from ...config import check_at_least, check_one_of
from ...half_moons import NAMES, Descent, Trained, descend, points, sampled

SMOKE = {"passes": 40}
CLOSE = 0.01  # accuracies this near are told as equal: two of 200 examples
GAP = 0.02  # between the accuracies on training and test examples
RESTLESS = 1.5  # times its lowest value is a loss that still jumps
SHOWN = 8  # curves in one panel that can be told apart


@dataclass(frozen=True)
class Config(Descent):
    """Tanh with 1, 2, 3, 5, 10, 20 and 50 hidden units: from 10 on at least 0.97 right.

    That is the share of the training examples; 1 unit gets less than 0.9.
    """

    units: tuple[int, ...] = (1, 2, 3, 5, 10, 20, 50)
    activation: str = "tanh"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least(1, units=min(self.units))
        check_one_of(tuple(NAMES), activation=self.activation)
        object.__setattr__(self, "units", tuple(sorted(set(self.units))))


def run(config: Config, run: Run) -> None:
    """Train a network of each size; compare boundaries, losses and accuracies."""
    data = points(config.data, config.seed)
    run.begin()
    trained = [
        descend(run, config, data, config.activation, (h,), f"{h} unit{'s' if h > 1 else ''}")
        for h in config.units
    ]
    for h, net in zip(config.units, trained, strict=True):
        run.metric(f"final_loss_{h}", net.losses[-1])
        run.metric(f"train_accuracy_{h}", net.train_accuracy)
        run.metric(f"test_accuracy_{h}", net.test_accuracy)
        run.say(net.name, f"loss {net.losses[-1]:.4f}, {net.train_accuracy:.4f} right")
    run.figure(
        "decision_boundaries",
        decision_boundaries([net.plane(data.train) for net in trained]),
        f"{NAMES[config.activation]}, {config.passes:,} passes: what each network makes of the "
        "plane, and the training examples.",
    )
    run.figure(
        "hidden_units",
        curves(by_size(config.units, trained)),
        "The loss after training, and the accuracies on the training examples and on others, "
        "against the number of hidden units.",
        "Loss and accuracy by hidden units",
    )
    run.table(
        "hidden_units",
        ["hidden units", "parameters", "final loss", "training accuracy", "test accuracy"],
        [
            [h, net.parameters, net.losses[-1], net.train_accuracy, net.test_accuracy]
            for h, net in zip(config.units, trained, strict=True)
        ],
    )
    losses = [Curve(net.name, *sampled(net.losses)) for net in trained[:SHOWN]]
    run.figure(
        "loss",
        curves([Panel("", "pass", "loss with L2 term (nats)", losses, log="xy")]),
        "The loss of all training examples before each pass; both axes are logarithmic.",
        "Training loss by pass",
    )
    question = "What does a larger hidden layer change?"
    run.finding("hidden_units", question, *changes(trained, len(data.train), len(data.test)))


def by_size(units: Sequence[int], trained: Sequence[Trained]) -> list[Panel]:
    """Return loss and accuracies against the number of units."""
    loss = Curve("training", units, [net.losses[-1] for net in trained])
    accuracies = [
        Curve("training", units, [net.train_accuracy for net in trained]),
        Curve("test", units, [net.test_accuracy for net in trained]),
    ]
    return [
        Panel("loss after training", "hidden units", "loss with L2 term (nats)", [loss], log="x"),
        Panel("accuracy", "hidden units", "share of the examples", accuracies, log="x"),
    ]


def changes(trained: Sequence[Trained], examples: int, tests: int) -> list[str]:
    """Return what the numbers say about the sizes, the smallest network first.

    `examples` and `tests` are how many examples the two accuracies stand for.
    """
    first, last = trained[0], trained[-1]
    losses = [net.losses[-1] for net in trained]
    low = trained[losses.index(min(losses))]
    said = [
        f"The training loss is {first.losses[-1]:.4f} with {first.name} and {last.losses[-1]:.4f} "
        f"with {last.name}"
    ]
    if all(more < less for less, more in pairwise(losses)):
        said[0] += ", smaller with every step."
    else:
        said[0] += f"; it is lowest with {low.name}, {min(losses):.4f}."
    best = max(net.train_accuracy for net in trained)
    enough = next(net for net in trained if net.train_accuracy >= best - CLOSE)
    fewer = [net.train_accuracy for net in trained[: list(trained).index(enough)]]
    said.append(
        f"With {enough.name} {enough.train_accuracy:.3f} of the training examples are right, and "
        f"{best:.3f} at best"
    )
    said[1] += f"; with fewer, at most {max(fewer):.3f}." if fewer else "."
    top = max(trained, key=lambda net: net.test_accuracy)
    said.append(
        f"Of the {tests:,} test examples most are right with {top.name}, {top.test_accuracy:.3f}"
    )
    if differ(top.test_accuracy, last.test_accuracy, tests):
        said[2] += (
            f", and fewer, beyond chance, with {last.name}, {last.test_accuracy:.3f}: more units "
            "are not always better."
        )
    elif top is not last:
        said[2] += f"; that it is {last.test_accuracy:.3f} with {last.name} may be chance."
    else:
        said[2] += "."
    gap = last.train_accuracy - last.test_accuracy
    if gap > GAP and differ(last.train_accuracy, last.test_accuracy, examples, tests):
        said.append(
            f"With {last.name} {gap:.3f} more of the training examples than of the others are "
            "right: to that extent the largest network overfits."
        )
    for net in trained:
        end = net.losses[-max(1, len(net.losses) // 10) :]
        if max(end) > RESTLESS * min(end):
            said.append(
                f"With {net.name} the loss never settles: in the last tenth of the passes it moves "
                f"between {min(end):.4f} and {max(end):.4f}."
            )
    return said
