"""Hidden units: what the size of the hidden layer does to the loss on letters seen and unseen."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from ....reporting.plots import Curve, Panel, curves
from ....reporting.runs import Run
from ....training.convergence import TOO_SLOW, course_of
from ....training.judgement import LEARNED
from ...by_example import NATS, Outcome, Settings, examples, network, train
from ...config import check_at_least, check_distinct

SMOKE = {"data": "digits", "epochs": 3, "hidden": (2, 5, 20), "limit": 40}
QUESTION = (
    "How do the losses on the training and the validation data depend on the number of hidden "
    "units, and what goes wrong with too few?"
)
COLUMNS = [
    "hidden units",
    "training loss",
    "validation loss",
    "training accuracy",
    "validation accuracy",
    "still falling steeply",
]


@dataclass(frozen=True)
class Config(Settings):
    """5 to 200 hidden units: after 100 epochs 200 have the lowest validation loss, 1.153 nats.

    Seed 0 is the course's own draws; `limit` takes the first so many examples of each split.
    """

    hidden: tuple[int, ...] = (5, 20, 50, 100, 200)
    lr: float = 0.001

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least(0, lr=self.lr)
        check_at_least(1, hidden=min(self.hidden))
        check_distinct(hidden=self.hidden)


class Ending(NamedTuple):
    """How a training ended: its last losses and accuracies, and whether it still falls steeply."""

    units: int
    train_loss: float
    validation_loss: float
    train_accuracy: float
    validation_accuracy: float
    falling: bool


def run(config: Config, run: Run) -> None:
    """Train a network of each size, and compare where they end."""
    data = examples(config)
    run.begin()
    endings = []
    for units in sorted(config.hidden):
        model = network(config, data, (units,))
        outcome = train(run, f"hidden_{units}", config, data, model, config.lr)
        end = _ending(units, outcome)
        endings.append(end)
        run.metric(f"train_loss_hidden_{units}", end.train_loss)
        run.metric(f"validation_loss_hidden_{units}", end.validation_loss)
        run.say(f"{units} hidden units", f"{end.train_loss:.4f} and {end.validation_loss:.4f}")
    run.table("hidden_units", COLUMNS, endings)
    sizes, train_losses, validation_losses, *_ = zip(*endings, strict=True)
    lines = [Curve("training", sizes, train_losses), Curve("validation", sizes, validation_losses)]
    what = f"after {config.epochs} epochs, learning rate {config.lr:g}"
    run.figure(
        "hidden_units",
        curves([Panel(what, "hidden units", NATS, lines)], columns=1),
        f"Mean cross-entropy on the training and the validation data {what}, by the number of "
        "hidden units.",
        "Final loss by hidden units",
    )
    run.finding("hidden_units", QUESTION, *comment(endings, data.chance))


def _ending(units: int, outcome: Outcome) -> Ending:
    last = outcome.epochs[-1]
    assert last.validation_loss is not None
    assert last.validation_accuracy is not None
    assert last.train_accuracy is not None
    losses = outcome.column("train_loss"), outcome.column("validation_loss")
    falling = len(outcome.epochs) > 1 and course_of(*losses).verdict == TOO_SLOW
    accuracies = last.train_accuracy, last.validation_accuracy
    return Ending(units, last.train_loss, last.validation_loss, *accuracies, falling)


def comment(endings: Sequence[Ending], chance: float) -> list[str]:
    """Return what the endings, the smallest network first, say about the number of units."""
    few, many = endings[0], endings[-1]
    best = min(endings, key=lambda end: end.validation_loss)
    said = [f"With {_of(few)}; guessing among the classes would cost {chance:.3f}."]
    if len(endings) == 1:
        return said
    worst = all(
        few.train_loss > end.train_loss and few.validation_loss > end.validation_loss
        for end in endings[1:]
    )
    if worst and few.train_accuracy < LEARNED:
        said.append(
            f"These are too few: the loss is the highest of all on both data, and even of the "
            f"examples that the network learned from it gets only {few.train_accuracy:.2f} right. "
            "It underfits."
        )
    elif not worst:
        said.append("The smallest network is not the worst on both data.")
    pairs = list(pairwise(endings))
    if all(a.train_loss > b.train_loss and a.validation_loss > b.validation_loss for a, b in pairs):
        said.append(f"Both losses fall with every larger network; with {_of(many)}.")
    elif best is many:
        said.append(f"The validation loss is lowest with the most units; with {_of(many)}.")
    else:
        said.append(f"The validation loss is lowest with {best.units} units; with {_of(many)}.")
        if many.train_loss < best.train_loss:
            said.append(
                "Beyond that the training loss falls and the validation loss does not: what more "
                "units learn does not carry over."
            )
    gaps = [end.validation_loss - end.train_loss for end in (few, many)]
    said.append(
        f"The gap between the two losses is {gaps[0]:.3f} with {few.units} units and {gaps[1]:.3f} "
        f"with {many.units}."
    )
    if falling := [str(end.units) for end in endings if end.falling]:
        said.append(
            f"With {', '.join(falling)} units the training loss still falls at the end with half "
            "its mean pace or more, so part of the differences is how fast the networks learn at "
            "this rate, and not what they could learn."
        )
    return said


def _of(end: Ending) -> str:
    return (
        f"{end.units} hidden units the loss ends at {end.train_loss:.3f} on the training and "
        f"{end.validation_loss:.3f} on the validation data"
    )
