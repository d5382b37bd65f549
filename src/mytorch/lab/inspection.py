"""A classifier of images, looked at closely: its data, its training, its mistakes, how sure it is.

Each function answers one question with figures, tables and sentences.
"""

import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset, Split
from ..reporting import figures, plots, tables
from ..reporting.plots import Curve, Panel
from ..reporting.runs import Run
from ..training import EpochRecord
from ..training.mistakes import (
    CONFIDENT,
    UNCERTAIN,
    Quadrant,
    lowest_recall,
    most_confused,
    nearest,
    quadrants,
)
from . import mistakes
from .classes import balance, visible

Array = NDArray[Any]

EACH = 2  # images shown of each class, and of each quadrant
MISSED = 5  # images shown of the class with the lowest recall
WIDTH = 22  # letters that fit above an image


class Outcome(NamedTuple):
    """A trained classifier's probabilities (N, C) for the test split of a data set.

    `train` and `test` are the rows that the network was given.
    """

    data: Dataset
    train: Split
    test: Split
    probabilities: Array

    @property
    def labels(self) -> Array:
        """What it takes each test image for, (N,)."""
        return self.probabilities.argmax(axis=1)

    def name(self, label: int) -> str:
        """Return the name of a class."""
        return self.data.classes[label]


def explore(run: Run, question: str, data: Dataset, rng: np.random.Generator) -> None:
    """Show what there is to learn from: sizes, some images of each class, and how many it has."""
    splits = {"training": data.train, "validation": data.validation, "test": data.test}
    there = {name: split for name, split in splits.items() if split is not None}
    run.table("splits", ["split", "images"], [[name, len(split)] for name, split in there.items()])
    order = rng.permutation(len(data.train))
    labels = data.train.y[order]
    shown = np.concatenate([order[labels == c][:EACH] for c in range(len(data.classes))])
    run.figure(
        "training_images",
        figures.pictures(
            visible(data, data.train.x[shown]),
            [_wrapped(data.classes[label]) for label in data.train.y[shown]],
            columns=4 if len(shown) <= 24 else 10,
        ),
        f"{len(shown)} random training images, {EACH} of each class.",
    )
    counts = {
        name: np.bincount(split.y, minlength=len(data.classes)).tolist()
        for name, split in there.items()
    }
    rows = zip(data.classes, *counts.values(), strict=True)
    run.table("class_counts", ["class", *counts], [list(row) for row in rows])
    run.figure(
        "class_counts",
        plots.bars(data.classes, counts["training"], xlabel="class", ylabel="training images"),
        "How many training images each class has.",
    )
    verdict = balance(counts["training"], data.classes)
    if verdict.ratio is not None:
        run.metric("class_ratio", verdict.ratio)
    sizes = ", ".join(f"{len(split):,} {name}" for name, split in there.items())
    run.finding("exploration", question, f"There are {sizes} images.", verdict.sentence)


def learning(run: Run, epochs: Sequence[EpochRecord]) -> None:
    """Show the loss and the accuracy on training and validation data, epoch by epoch."""
    numbers = [record.epoch for record in epochs]
    for name, unit, pairs in (
        ("loss", "cross-entropy (nats)", [(e.train_loss, e.validation_loss) for e in epochs]),
        ("accuracy", "accuracy", [(e.train_accuracy, e.validation_accuracy) for e in epochs]),
    ):
        both = zip(("training", "validation"), zip(*pairs, strict=True), strict=True)
        curves = [Curve(label, numbers, [float(v or 0) for v in values]) for label, values in both]
        run.figure(
            name,
            plots.curves([Panel("", "epoch", unit, curves)]),
            f"The {name} on all training and all validation images after each epoch.",
        )
    last = epochs[-1]
    run.metric("final_train_loss", last.train_loss)
    run.metric("final_validation_loss", float(last.validation_loss or 0))
    run.metric("train_accuracy", float(last.train_accuracy or 0))
    run.metric("validation_accuracy", float(last.validation_accuracy or 0))


def errors(
    run: Run, question: str, outcome: Outcome, counts: Array, rng: np.random.Generator
) -> None:
    """Show which classes are confused, which one is missed most, and what its images look like."""
    data, labels = outcome.data, outcome.labels
    found = most_confused(counts)
    run.table(
        "most_confused",
        ["true", "taken for", "images", "share of the true class", "the other way round"],
        [
            [outcome.name(t), outcome.name(p), n, n / int(counts[t].sum()), int(counts[p, t])]
            for t, p, n in found
        ],
    )
    run.table("per_class", *tables.per_class(data.test.y, labels, data.classes))
    weak = lowest_recall(counts)
    missed = np.flatnonzero((data.test.y == weak) & (labels != weak))
    shown = rng.permutation(missed)[:MISSED]
    sure = outcome.probabilities[shown].max(axis=1)
    run.table(
        "missed_images",
        ["test image", "true", "taken for", "with confidence"],
        [
            [int(row), outcome.name(weak), outcome.name(labels[row]), float(p)]
            for row, p in zip(shown, sure, strict=True)
        ],
    )
    if len(shown):
        run.figure(
            "missed_images",
            figures.pictures(
                visible(data, data.test.x[shown]),
                [
                    _wrapped(f"as {outcome.name(labels[row])}") + f"\nconfidence {p:.2f}"
                    for row, p in zip(shown, sure, strict=True)
                ],
            ),
            f"{len(shown)} random test images of {outcome.name(weak)}, the class with the lowest "
            "recall, and what they were taken for.",
            f"Test images of {outcome.name(weak)} that were missed",
        )
    accuracy = float(np.mean(labels == data.test.y))
    run.finding(
        "errors",
        question,
        f"Right on {accuracy:.2%} of {len(labels):,} test images.",
        mistakes.confused(found, counts, data.classes),
        *mistakes.hypothesis(_weakest(outcome, counts, weak, shown)),
    )


def _weakest(outcome: Outcome, counts: Array, weak: int, shown: Array) -> mistakes.Weakest | None:
    """Return the evidence on a class whose recall is the lowest; None where it misses nothing."""
    others = np.where(np.arange(len(counts)) == weak, -1, counts[weak])
    other, recognised = int(others.argmax()), int(counts[weak, weak])
    if not others[other]:
        return None
    train, (x, y), labels = outcome.train, outcome.test, outcome.labels
    there = {c: (y == weak) & (labels == c) for c in (weak, other)}
    seen = np.bincount(train.y, minlength=len(counts))
    like = like_anyway = None
    if seen[weak] and seen[other]:
        own, mean = (train.x[train.y == c].mean(axis=0, dtype=np.float64) for c in (weak, other))
        # Nearer to `mean` than to `own`: |x - mean|^2 < |x - own|^2.
        nearer = x @ (mean - own) > (mean @ mean - own @ own) / 2  # (N,)
        like = float(nearer[there[other]].mean())
        like_anyway = float(nearer[there[weak]].mean()) if recognised else None
    return mistakes.Weakest(
        name=outcome.name(weak),
        recognised=recognised,
        missed=int(counts[weak].sum()) - recognised,
        taken_for=outcome.name(other),
        times=int(others[other]),
        like=like,
        like_anyway=like_anyway,
        more=float(seen[other] / seen[weak]) if seen[weak] else None,
        shown=len(shown),
        shown_as=int(np.sum(labels[shown] == other)),
    )


def confidence(
    run: Run,
    question: str,
    outcome: Outcome,
    epochs: Sequence[EpochRecord],
    rng: np.random.Generator,
) -> None:
    """Show images of the four quadrants, right or wrong and confident or not, and say why."""
    data, labels, p = outcome.data, outcome.labels, outcome.probabilities
    found, n = quadrants(p, data.test.y), len(labels)
    run.table(
        "quadrants",
        ["test images", "number", "share"],
        [[quadrant.name, len(quadrant.rows), len(quadrant.rows) / n] for quadrant in found],
    )
    lacking = mistakes.too_few(found, EACH)
    _show_quadrants(run, outcome, found, lacking, rng)
    wrong = labels != data.test.y
    [sure] = [q.rows for q in found if q.confident and not q.right]
    beside = outcome.train.y[nearest(outcome.test.x[sure], outcome.train.x)]
    facts = mistakes.Overconfidence(
        examples=n,
        wrong=int(wrong.sum()),
        confident=sum(len(q.rows) for q in found if q.confident),
        pairs=[(outcome.name(data.test.y[r]), outcome.name(labels[r])) for r in sure],
        like_predicted=int(np.sum(beside == labels[sure])),
        like_true=int(np.sum(beside == data.test.y[sure])),
        confidence=float(p.max(axis=1).mean(dtype=np.float64)),
        accuracy=float(1 - wrong.mean()),
    )
    run.metric("mean_confidence", facts.confidence)
    run.finding("confidence", question, *mistakes.overconfidence(facts, epochs), *lacking)


def _show_quadrants(
    run: Run,
    outcome: Outcome,
    found: Sequence[Quadrant],
    lacking: Sequence[str],
    rng: np.random.Generator,
) -> None:
    """Show some images of each quadrant; where there are too few, a white one says so."""
    data, labels, p = outcome.data, outcome.labels, outcome.probabilities
    images, rows = [], []
    titles: list[str] = []
    framed: list[bool] = []
    blank = np.full(data.test.x.shape[1:], float(data.test.x.shape[1] == 3))  # white
    for quadrant in found:
        chosen = rng.permutation(quadrant.rows)[:EACH]
        for row in chosen:
            true, guess = outcome.name(data.test.y[row]), outcome.name(labels[row])
            images.append(visible(data, data.test.x[row]))
            titles.append(
                f"{quadrant.name}\n{_wrapped(f'true {true}')}\n{_wrapped(f'predicted {guess}')}"
                f"\nconfidence {p[row].max():.3f}"
            )
            rows.append([quadrant.name, int(row), true, guess, float(p[row].max())])
        for number in range(len(chosen), EACH):
            images.append(blank)
            titles.append(f"{quadrant.name}:\nno {'other ' if number else ''}image")
        framed += [not quadrant.right] * len(chosen) + [False] * (EACH - len(chosen))
    run.table("confidence", ["quadrant", "test image", "true", "predicted", "confidence"], rows)
    run.figure(
        "confidence",
        figures.pictures(np.stack(images), titles, columns=4, framed=framed),
        " ".join(
            [
                f"{EACH} random test images of each kind: right or wrong (framed), confident (a "
                f"probability above {CONFIDENT:g}) or uncertain (below {UNCERTAIN:g}).",
                *lacking,
            ]
        ),
    )


def _wrapped(title: str) -> str:
    """Return a title in lines that are no wider than an image."""
    return "\n".join(textwrap.wrap(title, WIDTH))
