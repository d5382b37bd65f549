"""Two hidden layers of sigmoids against one: what depth does where slopes are small."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ....nn import Sequential, SoftmaxCrossEntropy
from ....reporting.plots import Panel, curves
from ....reporting.runs import Run
from ....training.judgement import Judgement, judge
from ....training.layers import summarize
from ....utils.errors import ArgumentError
from ...by_example import NATS, Examples, Outcome, Settings, examples, network, train
from ...config import as_typed, check_at_least

SMOKE = {"data": "digits", "epochs": 3, "hidden": (8, 8), "limit": 40}
QUESTION = "What does a second hidden layer change, and which network under- or overfits?"
BELOW = 0.9  # of the loss of guessing: from there on a network has begun to tell classes apart
COLUMNS = [
    "hidden layers",
    "training loss",
    "validation loss",
    "first gradient at the start",
    f"below {BELOW:g} of guessing in epoch",
    "verdict",
]


@dataclass(frozen=True)
class Config(Settings):
    """50-50 against 50 hidden units: two layers end at a training loss of 1.664, one at 0.467.

    Seed 0 is the course's own draws; `limit` takes the first so many examples of each split.
    """

    hidden: tuple[int, ...] = (50, 50)
    lr: float = 0.003

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least(0, lr=self.lr)
        check_at_least(1, hidden=min(self.hidden))
        if len(self.hidden) < 2:
            raise ArgumentError(
                f"--hidden={as_typed(self.hidden)}: expected the sizes of two hidden layers or "
                "more; the first alone is what they are compared with"
            )


class Learner(NamedTuple):
    """A network that has learned: its hidden layers, and what can be said of it.

    `start` is the norm of the loss's gradient for the first layer before training, `left` the first
    epoch with a training loss below BELOW times that of guessing, if there is one.
    """

    layers: int
    train_loss: float
    validation_loss: float
    start: float
    left: int | None
    judgement: Judgement


def run(config: Config, run: Run) -> None:
    """Train both networks alike, draw all four curves, and compare."""
    data = examples(config)
    run.begin()
    learners, lines = [], []
    for hidden in (config.hidden[:1], config.hidden):
        name = "-".join(map(str, hidden))
        model = network(config, data, hidden)
        start = _first_gradient(model, data)
        outcome = train(run, f"hidden_{name}", config, data, model, config.lr)
        learner = _learner(len(hidden), outcome, start, data.chance)
        learners.append(learner)
        lines += outcome.curves(f"{name}: ")
        count = {1: "one", 2: "two"}.get(len(hidden), str(len(hidden)))
        run.metric(f"train_loss_{count}_hidden", learner.train_loss)
        run.metric(f"validation_loss_{count}_hidden", learner.validation_loss)
        run.say(name, f"{learner.train_loss:.4f} and {learner.validation_loss:.4f}")
    run.figure(
        "two_hidden",
        curves([Panel(f"learning rate {config.lr:g}", "epoch", NATS, lines)], columns=1),
        "Mean cross-entropy after every epoch of networks with "
        f"{config.hidden[0]} hidden units and with {'-'.join(map(str, config.hidden))}.",
        "One hidden layer against two",
    )
    rows = [[*learner[:-1], learner.judgement.verdict] for learner in learners]
    run.table("two_hidden", COLUMNS, rows)
    run.finding("two_hidden", QUESTION, *comment(learners, config.epochs))


def _first_gradient(model: Sequential, data: Examples) -> float:
    norm = summarize(model, SoftmaxCrossEntropy(), *data.train)[0].gradient_norm
    assert norm is not None
    return norm


def _learner(layers: int, outcome: Outcome, start: float, chance: float) -> Learner:
    names = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
    losses, accuracies, held_out, held_out_accuracies = map(outcome.column, names)
    below = (record.epoch for record in outcome.epochs if record.train_loss < BELOW * chance)
    verdict = judge(losses, accuracies, held_out, held_out_accuracies)
    return Learner(layers, losses[-1], held_out[-1], start, next(below, None), verdict)


def comment(learners: Sequence[Learner], epochs: int) -> list[str]:
    """Return what the two networks, the one with one hidden layer first, say about depth."""
    one, deep = learners
    name = "two" if deep.layers == 2 else str(deep.layers)
    said = [
        f"After {epochs} epochs the loss is {one.train_loss:.3f} on the training and "
        f"{one.validation_loss:.3f} on the validation data with one hidden layer, "
        f"{deep.train_loss:.3f} and {deep.validation_loss:.3f} with {name}."
    ]
    if deep.train_loss > one.train_loss and deep.validation_loss > one.validation_loss:
        said.append("Depth does not help here.")
    elif deep.train_loss < one.train_loss and deep.validation_loss < one.validation_loss:
        said.append("Depth helps on both data.")
    elif deep.train_loss < one.train_loss:
        said.append("Depth helps on the training data alone.")
    if deep.start < one.start:
        said.append(
            "Before training the gradient that reaches the first layer is "
            f"{one.start / deep.start:.3g} times shorter in the deeper network: every sigmoid on "
            "the way multiplies it by a slope of at most 1/4, and every layer by small weights."
        )
    begun = [f"in epoch {one.left}" if one.left else "never" for one in learners]
    said.append(
        f"The training loss falls below {BELOW:g} of that of guessing {begun[0]} with one hidden "
        f"layer, {begun[1]} with {name}."
    )
    for learner, who in ((one, "One hidden layer"), (deep, f"{name.capitalize()} hidden layers")):
        verdict, evidence = learner.judgement
        said.append(f"{who}: {verdict}; {'; '.join(evidence)}.")
    return said
