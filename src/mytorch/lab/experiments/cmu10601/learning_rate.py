"""Learning rates: one that overfits, one that converges and one that is too slow, by epoch."""

from collections.abc import Mapping
from dataclasses import dataclass

from ....reporting.plots import Panel, curves
from ....reporting.runs import Run
from ....training.convergence import (
    CONVERGED,
    OVERFITTING,
    TOO_SLOW,
    UNDECIDED,
    UNSTABLE,
    Course,
    course_of,
)
from ...by_example import NATS, Settings, examples, network, train
from ...config import check_at_least, check_distinct

SMOKE = {"data": "digits", "epochs": 5, "hidden": 10, "limit": 40}
QUESTION = "Which learning rates converge, and which show other trouble?"
PHRASES = {
    CONVERGED: "converges",
    OVERFITTING: "overfits",
    TOO_SLOW: "is too slow for {} epochs",
    UNSTABLE: "does not settle",
    UNDECIDED: "has not converged after {} epochs, but slows down",
}
COLUMNS = [
    "rate",
    "training, first",
    "training, last",
    "validation, first",
    "validation, last",
    "lowest",
    "in epoch",
    "pace",
    "verdict",
]


@dataclass(frozen=True)
class Config(Settings):
    """Rates 0.03, 0.003, 0.0003: the middle one ends with the lowest validation loss, 1.060 nats.

    Seed 0 is the course's own draws; `limit` takes the first so many examples of each split.
    """

    hidden: int = 50
    lr: tuple[float, ...] = (0.03, 0.003, 0.0003)

    def __post_init__(self) -> None:
        super().__post_init__()
        for rate in self.lr:
            check_at_least(0, lr=rate)
        check_distinct(lr=self.lr)
        check_at_least(2, epochs=self.epochs)  # of one epoch there is no course
        check_at_least(1, hidden=self.hidden)


def run(config: Config, run: Run) -> None:
    """Train with each rate, draw its curves, and say what became of it."""
    data = examples(config)
    run.begin()
    rows, found, last = [], {}, {}
    for rate in config.lr:
        model = network(config, data, (config.hidden,))
        outcome = train(run, f"rate_{rate:g}", config, data, model, rate)
        losses, held_out = outcome.column("train_loss"), outcome.column("validation_loss")
        course = found[rate] = course_of(losses, held_out)
        last[rate] = held_out[-1]
        run.metric(f"train_loss_rate_{rate:g}", losses[-1])
        run.metric(f"validation_loss_rate_{rate:g}", held_out[-1])
        ends = losses[0], losses[-1], held_out[0], held_out[-1], min(held_out)
        rows.append([rate, *ends, course.best_epoch, course.pace, course.verdict])
        name = f"learning rate {rate:g}"
        run.figure(
            name.replace(" ", "_"),
            curves([Panel(course.verdict, "epoch", NATS, outcome.curves())], columns=1),
            f"Mean cross-entropy after every epoch, {name}: {course.evidence}.",
        )
        run.say(name, f"{course.verdict}: {losses[-1]:.4f} and {held_out[-1]:.4f}")
    run.table("learning_rates", COLUMNS, rows)
    run.finding("learning_rates", QUESTION, *comment(found, last, config.epochs))


def comment(
    found: Mapping[float, Course], validation_losses: Mapping[float, float], epochs: int
) -> list[str]:
    """Return what became of each rate, and which ends with the lowest of `validation_losses`."""
    said = [
        f"{rate:g} {PHRASES[course.verdict].format(epochs)}: {course.evidence}."
        for rate, course in found.items()
    ]
    if len(found) > 1:
        lowest, best = min((loss, rate) for rate, loss in validation_losses.items())
        said.append(f"The validation loss is lowest at the end with {best:g}: {lowest:.3f}.")
    return said
