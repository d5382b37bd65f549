"""The parts that reports of several experiments share: metrics, tables, figures, a line said."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset
from ..training import EpochRecord, Evaluation, StepRecord
from ..utils.checking.report import GradientReport
from ..utils.errors import ArgumentError
from ..utils.extras import require
from . import figures, tables
from .runs import Run


def gradient_check(run: Run, check: GradientReport) -> None:
    """Report whether backward is the derivative of forward."""
    run.metric("gradient_check_error", check.error)
    run.table("gradient_check", *tables.gradient_check(check))
    run.figure(
        "gradient_check",
        figures.gradient_check(check),
        f"Backward against difference quotients on {check.samples} training samples: over all "
        f"{check.entries:,} parameters the largest relative error is {check.error:.1e}. Entries "
        "above 1e-7 are decided by a better derivative; where a cross has no dot below it, the "
        "difference was rounding.",
    )
    run.say("gradient check", f"{check.verdict}, largest relative error {check.error:.1e}")


def training(run: Run, records: Sequence[StepRecord | EpochRecord]) -> None:
    """Report how the training loss fell."""
    losses = [record.loss for record in records if isinstance(record, StepRecord)]
    epochs = [record for record in records if isinstance(record, EpochRecord)]
    run.metric("final_train_loss", epochs[-1].train_loss)
    run.figure(
        "training_loss",
        figures.loss_by_iteration(losses, epochs[0].step),
        f"Training loss by iteration, {len(losses):,} in all, {epochs[0].step:,} in each epoch.",
    )
    run.say(
        "training loss", f"{losses[0]:.4f} at first, {epochs[-1].train_loss:.4f} in the last epoch"
    )


def classification(run: Run, data: Dataset, outcome: Evaluation, rng: np.random.Generator) -> None:
    """Report how a classifier did on the test split, with some of its images drawn from `rng`."""
    confusion(run, data, outcome)
    truth = data.test.y
    if data.test.x.ndim == 4 and outcome.labels is not None:
        shown = rng.permutation(len(truth))[:10]
        run.figure(
            "test_images",
            figures.image_grid(
                data.test.x[shown],
                predicted=[data.classes[label] for label in outcome.labels[shown]],
                true=[data.classes[label] for label in truth[shown]],
            ),
            f"{len(shown)} random test images; a wrong one is framed.",
        )


def confusion(run: Run, data: Dataset, outcome: Evaluation) -> NDArray[Any]:
    """Report how a classifier did on the test split; return the confusion matrix."""
    truth = data.test.y
    if outcome.accuracy is None or outcome.labels is None:
        raise ArgumentError("classification: the targets of the test split are not labels")
    run.metric("test_loss", outcome.loss)
    run.metric("test_accuracy", outcome.accuracy)
    what = "images" if data.test.x.ndim == 4 else "examples"
    counts = require("sklearn.metrics", "lab").confusion_matrix(
        truth, outcome.labels, labels=range(len(data.classes))
    )
    run.table("confusion_matrix", *tables.confusion_matrix(counts, data.classes))
    run.figure(
        "confusion_matrix",
        figures.confusion_matrix(counts, data.classes),
        f"{counts.trace():,} of {len(truth):,} test {what} are right.",
    )
    run.say("test accuracy", f"{outcome.accuracy:.4f} of {len(truth):,} {what}")
    return np.asarray(counts)
