"""Weights that begin at zero: hidden units that begin alike stay alike."""

import io
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....courses.cmu10601.initial import zero_init
from ....courses.cmu10601.neuralnet import NN
from ....nn import Module
from ....reporting.figures import pictures
from ....reporting.runs import Run
from ...by_example import Examples, Settings, examples, network, train, training
from ...config import check_at_least

Array = NDArray[Any]

SMOKE = {"data": "digits", "limit": 40}
QUESTION = (
    "Of the first updates from zero: which rows and columns of alpha and beta are equal, and why?"
)
COLUMNS = [
    "after",
    "largest of alpha",
    "largest of both",
    "rows of alpha differ by",
    "columns 1 to D of beta differ by",
    "rows of beta differ by",
]
CAPTION = (
    "Alpha without its biases: the weights of every hidden unit as a picture, the larger the "
    "darker, each on a scale of its own; a blank one is the same everywhere."
)
ROUNDING = 1e-12  # of the largest weight: less is not a difference, but an order of summation


@dataclass(frozen=True)
class Config(Settings):
    """4 units at zero: alpha is 0 after update 1, and its rows differ by 0 at the end of 1 epoch.

    Seed 0 is the course's own draws; `limit` takes the first so many examples of each split.
    `updates` are so many, from the first on, after which alpha and beta are printed.
    """

    epochs: int = 1
    hidden: int = 4
    lr: float = 0.1
    updates: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least(0, lr=self.lr)
        check_at_least(2, hidden=self.hidden)  # one row alone equals every other
        check_at_least(1, updates=self.updates)


class Symmetry(NamedTuple):
    """The largest weights, of alpha and of both; the largest differences of alpha's rows, of beta's
    columns 1 to D, and of beta's rows: within a column, a row and a column of the matrix.
    """

    alpha: float
    largest: float
    alpha_rows: float
    beta_columns: float
    beta_rows: float


def run(config: Config, run: Run) -> None:
    """Look at the weights after the first updates and at the end, and the same from random ones."""
    data = examples(config)
    run.begin()
    sizes = (config.hidden,)
    model = network(config, data, sizes, zero_init)
    steps = training(config, data, model, config.lr, step_records=True)
    moments = []
    for record in islice(steps, min(config.updates, len(data.train))):
        course = _course(steps.model, data, config)
        moments.append((f"update {record.step}", course))
        _print(run, *moments[-1], data.data.classes)

    zero, random = (
        train(run, name, config, data, network(config, data, sizes, init), config.lr)
        for name, init in (("zero", zero_init), ("random", None))
    )
    moments.append(("the last update", _course(zero.model, data, config)))
    moments.append(("the last update, from random", _course(random.model, data, config)))
    found = [symmetry(course.linear1.w, course.linear2.w) for _, course in moments]
    rows = [[when, *values] for (when, _), values in zip(moments, found, strict=True)]
    run.table("symmetry", COLUMNS, rows)
    for name, outcome in (("zero", zero), ("random", random)):
        run.metric(f"train_loss_{name}", outcome.column("train_loss")[-1])
        run.metric(f"validation_loss_{name}", outcome.column("validation_loss")[-1])
    run.metric("alpha_after_update_1", found[0].alpha)
    run.metric("alpha_rows_differ_by", max(moment.alpha_rows for moment in found[:-1]))
    run.metric("beta_columns_differ_by", max(moment.beta_columns for moment in found[:-1]))
    if data.data.train.x.ndim == 4:
        drawn = _drawn(moments, data.data.train.x.shape[1:])
        run.figure("alpha", drawn, CAPTION, "Weights alpha of each hidden unit")
    run.finding("zero_init", QUESTION, *comment(found[:-1], found[-1]))


def _course(model: Module, data: Examples, config: Config) -> NN:
    """Return the course's network with the weights of a model."""
    sizes = data.train.x.shape[1], config.hidden, len(data.data.classes)
    course = NN(*sizes, zero_init, config.lr)
    course.adopt(model)
    return course


def _print(run: Run, when: str, course: NN, classes: Sequence[str]) -> None:
    """Print both matrices, and keep them as tables."""
    with redirect_stdout(io.StringIO()) as printed, np.printoptions(threshold=100, precision=5):
        course.print_weights()
    run.say(f"after {when}", f"\n{printed.getvalue().rstrip()}")
    alpha, beta = course.linear1.w, course.linear2.w
    units = [f"unit {i}" for i in range(1, len(alpha) + 1)]
    for name, matrix, rows, columns in (
        ("alpha", alpha, units, [f"{i}" for i in range(1, alpha.shape[1])]),
        ("beta", beta, classes, units),
    ):
        named = [[row, *values] for row, values in zip(rows, matrix.tolist(), strict=True)]
        run.table(f"{name}_after_{when.replace(' ', '_')}", ["", "bias", *columns], named)


def symmetry(alpha: Array, beta: Array) -> Symmetry:
    """Return how equal the rows and columns of alpha (hidden, 1 + in), beta (C, 1 + hidden) are."""
    largest = float(abs(alpha).max()), float(abs(beta).max())
    return Symmetry(
        largest[0],
        max(largest),
        float(np.ptp(alpha, axis=0).max()),
        float(np.ptp(beta[:, 1:], axis=1).max()),
        float(np.ptp(beta, axis=0).max()),
    )


def _drawn(moments: Sequence[tuple[str, NN]], shape: tuple[int, ...]) -> Any:
    """Return a figure with the weights of every unit as a picture: a row for each moment."""
    images, titles = [], []
    for when, course in moments:
        weights = course.linear1.w[:, 1:].reshape(-1, *shape)  # (hidden, channels, H, W)
        images += list(weights.mean(axis=1, keepdims=True))
        title = when.removeprefix("the ").replace(", ", ",\n")
        titles += [f"{title}\nunit {i}" for i in range(1, len(weights) + 1)]
    return pictures(np.array(images), titles, columns=len(images) // len(moments))


def comment(found: Sequence[Symmetry], control: Symmetry) -> list[str]:
    """Return what was equal after the first updates and at the end, and why.

    `control` is the end of the same training from random weights.
    """
    first = found[0]
    sizes = [moment.largest for moment in found]
    rows, row_words = _equal([moment.alpha_rows for moment in found], sizes)
    columns, column_words = _equal([moment.beta_columns for moment in found], sizes)
    said = [
        "After update 1 alpha is still exactly 0."
        if first.alpha == 0
        else f"After update 1 the largest weight of alpha is {first.alpha:.3g}.",
        f"After each of the first {len(found) - 1} updates and at the end the rows of alpha are "
        f"{row_words}, and columns 1 to D of beta, one for each hidden unit, are {column_words}.",
    ]
    if min(moment.beta_rows for moment in found) > 0:
        said.append(f"The rows of beta differ, after update 1 by {first.beta_rows:.3g} already.")
    if first.alpha == 0 and rows and columns:
        said.append(
            "Why: at zero every hidden unit puts out 1/2, so all columns of beta but the first get "
            "the same update, while each of its rows gets its own y_hat - y. What alpha gets comes "
            "through these columns, which are 0 at update 1 and equal ever after. Units with equal "
            "inputs, outputs and gradients stay equal for ever: together they are one."
        )
        if control.alpha_rows > ROUNDING * control.largest:
            said.append(
                f"From random weights the rows of alpha differ by up to {control.alpha_rows:.3g} "
                "at the end: it is the beginning that makes them equal."
            )
    return said


def _equal(differences: Sequence[float], sizes: Sequence[float]) -> tuple[bool, str]:
    """Return whether such differences of weights of these sizes are none, and how to say it."""
    largest = max(differences)
    if largest == 0:
        return True, "equal to the last bit"
    if all(d <= ROUNDING * size for d, size in zip(differences, sizes, strict=True)):
        return True, f"equal but for rounding ({largest:.1e})"
    return False, f"not equal: they come to differ by up to {largest:.3g}"
