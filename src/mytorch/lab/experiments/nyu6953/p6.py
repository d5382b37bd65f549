"""The NumPy library itself: gradients checked, then trained to read handwriting."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ....data import load
from ....data.transforms import standardized_rows
from ....nn import SGD, Linear, ReLU, Sequential, SoftmaxCrossEntropy
from ....reporting import figures, tables
from ....reporting.runs import Run
from ....training import EpochRecord, StepRecord, evaluate, fit
from ....training.layers import summarize
from ....utils.extras import require
from ....utils.gradient_check import check_gradients
from ....utils.progress import progress
from ....utils.random import streams
from ...config import check_at_least

EPOCHS = {"mnist": 3, "fashion-mnist": 10, "digits": 30}
SMOKE = {"hidden": (16, 8), "epochs": 2, "limit": 300}


@dataclass(frozen=True)
class Config:
    """D-128-64-C with ReLU, SGD: at least 0.96 of MNIST's test images right after 3 epochs.

    With 0 epochs, each data set has its own number of them; `limit` trains on the first so many
    examples only.
    """

    data: str = "digits"
    seed: int = 0
    epochs: int = 0
    hidden: tuple[int, ...] = (128, 64)
    lr: float = 0.1
    momentum: float = 0.0
    batch_size: int = 64
    check_samples: int = 5
    limit: int | None = None

    def __post_init__(self) -> None:
        check_at_least(0, seed=self.seed, epochs=self.epochs, lr=self.lr, momentum=self.momentum)
        check_at_least(1, hidden=min(self.hidden), batch_size=self.batch_size, limit=self.limit)
        check_at_least(1, check_samples=self.check_samples)
        object.__setattr__(self, "epochs", self.epochs or EPOCHS.get(self.data, 10))


def network(sizes: tuple[int, ...], rng: np.random.Generator) -> Sequential:
    """Return dense layers of these sizes with ReLU between them."""
    layers: list[Linear | ReLU] = []
    for inputs, outputs in pairwise(sizes):
        layers += [Linear(inputs, outputs, rng=rng), ReLU()]
    return Sequential(layers[:-1])


def run(config: Config, run: Run) -> None:
    """Check the gradients on a few samples, train, test, and show what was learned."""
    data = load(config.data)
    train, _, test = standardized_rows(data)
    train = train[: config.limit]
    rng = streams(config.seed)
    model = network((train.x.shape[1], *config.hidden, len(data.classes)), rng.init)
    loss = SoftmaxCrossEntropy()
    optimizer = SGD(model.get_parameters(), lr=config.lr, momentum=config.momentum)

    with run.timed("gradient_check"):
        samples = rng.data.permutation(len(train))[: config.check_samples]
        check = check_gradients(model, *train[samples])
    run.metric("gradient_check_error", check.error)
    run.table("gradient_check", *tables.gradient_check(check))
    run.figure(
        "gradient_check",
        figures.gradient_check(check),
        f"Backward against difference quotients on {len(samples)} training samples: over all "
        f"{check.entries:,} parameters the largest relative error is {check.error:.1e}. No dot: "
        "nothing but rounding is left.",
    )
    run.say("gradient check", f"{check.verdict}, largest relative error {check.error:.1e}")

    first_batch = train[: config.batch_size]
    before = summarize(model, loss, *first_batch)
    steps = -(-len(train) // config.batch_size)  # per epoch, rounded up
    with run.timed("training"):
        records = run.record(
            progress(
                fit(
                    model,
                    loss,
                    optimizer,
                    train,
                    epochs=config.epochs,
                    batch_size=config.batch_size,
                    rng=rng.order,
                ),
                total=(steps + 1) * config.epochs,
                label="training",
                unit="step",
            )
        )
    after = summarize(model, loss, *first_batch)
    losses = [record.loss for record in records if isinstance(record, StepRecord)]
    final = next(record for record in reversed(records) if isinstance(record, EpochRecord))
    run.metric("final_train_loss", final.train_loss)
    run.table("layers", *tables.layers(before, after))
    run.figure(
        "training_loss",
        figures.loss_by_iteration(losses, steps),
        f"Training loss by iteration, {len(losses):,} in all, {steps:,} in each epoch.",
    )
    run.say("training loss", f"{losses[0]:.4f} at first, {final.train_loss:.4f} in the last epoch")

    outcome = evaluate(model, loss, test)
    run.metric("test_loss", outcome.loss)
    run.metric("test_accuracy", outcome.accuracy)
    every = range(len(data.classes))
    counts = require("sklearn.metrics", "lab").confusion_matrix(
        test.y, outcome.labels, labels=every
    )
    run.table("confusion_matrix", *tables.confusion_matrix(counts, data.classes))
    run.figure(
        "confusion_matrix",
        figures.confusion_matrix(counts, data.classes),
        f"{counts.trace():,} of {len(test):,} test images are right.",
    )
    shown = rng.data.permutation(len(test))[:10]
    truth = [data.classes[label] for label in test.y[shown]]
    predicted = [data.classes[label] for label in outcome.labels[shown]]
    run.figure(
        "test_images",
        figures.image_grid(data.test.x[shown, 0], predicted, truth),
        "Ten random test images; a wrong one is framed.",
    )
    run.say("test accuracy", f"{outcome.accuracy:.4f} of {len(test):,} images")
