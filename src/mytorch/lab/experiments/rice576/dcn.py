"""A deep convolutional network on MNIST: trained, validated after each epoch, tested."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from ....nn import SoftmaxCrossEntropy
from ....reporting import sections
from ....reporting.plots import Curve, Panel, curves
from ....reporting.runs import Run
from ....training import EpochRecord, evaluate
from ....training.layers import summarize
from ....utils.random import streams
from ...dcn import Deep, images, network, train

SMOKE = {"data": "digits", "epochs": 1, "limit": 200}
PUBLISHED = 0.99  # of MNIST's test images, about, for this network


@dataclass(frozen=True)
class Config(Deep):
    """About 0.99 of MNIST's test images right after 4 epochs on 55,000 images, by Adam.

    Its rate falls from `lr` (0.001) to 0 along half a cosine. 5,000 images are for validation,
    10,000 for the test; `limit` takes the first so many of each. With padding 2 the convolutions
    keep the size of the images, 28 -> 14 -> 7; with 0 they do not.
    """


def run(config: Config, run: Run) -> None:
    """Train the network; show its loss, its errors, and what it takes for what."""
    data = images(config)
    model = network(config, data)
    run.begin()
    run.say("images", f"{data.sizes} for training, validation, test")
    records, trained = train(run, config, data, model)
    sections.training(run, records)
    epochs = [record for record in records if isinstance(record, EpochRecord)]
    run.metric("validation_accuracy", epochs[-1].validation_accuracy or 0.0)
    numbers = [record.epoch for record in epochs]
    losses = [
        Curve("training", numbers, [record.train_loss for record in epochs]),
        Curve("validation", numbers, [record.validation_loss or 0.0 for record in epochs]),
    ]
    errors = [100 * (1 - (record.validation_accuracy or 0.0)) for record in epochs]
    run.figure(
        "epochs",
        curves(
            [
                Panel("loss", "epoch", "cross-entropy (nats)", losses),
                Panel(
                    *("validation error", "epoch", "wrong images (%)"),
                    [Curve("validation", numbers, errors)],
                ),
            ]
        ),
        "After each epoch. The training loss is the mean over the epoch's steps, with dropout; the "
        "validation loss is without.",
        "Loss and error by epoch",
    )
    run.table(
        "epochs",
        ["epoch", "iterations", "training loss", "validation loss", "validation accuracy"],
        [[e.epoch, e.step, e.train_loss, e.validation_loss, e.validation_accuracy] for e in epochs],
    )
    model.eval()
    layers = summarize(model, SoftmaxCrossEntropy(), *data.train[: config.batch_size])
    run.table(
        "layers",
        ["", "layer", "output", "parameters"],
        [
            [layer.name, layer.layer, " x ".join(map(str, layer.output_shape)), layer.parameters]
            for layer in layers
        ],
    )
    outcome = evaluate(trained.model, trained.loss, data.test, kernels="auto")
    sections.classification(run, data.data, outcome, streams(config.seed).data)
    run.model(model, data.standardizer, data.data)
    accuracy, n = outcome.accuracy or 0.0, len(data.test)
    published = PUBLISHED if (config.data, n) == ("mnist", 10_000) else None
    question = "How good is the network on images that it has never seen?"
    run.finding("accuracy", question, *answers(epochs, accuracy, n, published))


def answers(
    epochs: Sequence[EpochRecord], accuracy: float, n: int, published: float | None
) -> list[str]:
    """Return what the numbers say: the accuracy on n test images, and how it came about."""
    said = [
        f"{accuracy:.4f} of the {n:,} test images are right, with a standard error of "
        f"{sqrt(accuracy * (1 - accuracy) / n):.4f}."
    ]
    if published is not None:
        level = "at" if round(accuracy, 2) >= published else "below"
        said.append(f"That is {level} the published level of about {published:g}.")
    validation = [record.validation_accuracy or 0.0 for record in epochs]
    if len(epochs) > 1:
        rising = all(later > earlier for earlier, later in pairwise(validation))
        best = validation.index(max(validation))
        said.append(
            f"Of the validation images {validation[0]:.4f} were right after the first epoch and "
            f"{validation[-1]:.4f} after the last"
            + (", more with every epoch." if rising else f"; most after epoch {best + 1}.")
        )
    return said
