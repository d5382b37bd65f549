"""Networks of sigmoids that learn from one example at a time: what cmu10601's experiments share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..courses.cmu10601.initial import random_init
from ..courses.cmu10601.neuralnet import Linear, by_example, library_network
from ..data import Dataset, Split, load
from ..data.transforms import Standardizer, flatten, unit_range
from ..interop.backend import BACKENDS, on_backend
from ..nn import SGD, Module, Sequential, SoftmaxCrossEntropy
from ..reporting.plots import Curve
from ..reporting.runs import Run
from ..training import EpochRecord, Training, fit
from ..utils.errors import ArgumentError
from ..utils.random import streams
from .config import check_at_least, check_one_of

Array = NDArray[Any]
Init = Callable[[tuple[int, int]], Array]

NATS = "mean cross-entropy (nats)"
HIGHEST = 0.1  # of the weights that a training begins with


@dataclass(frozen=True)
class Settings:
    """What can be set in all these experiments; each adds its own.

    With seed 0 weights and orders are the course's own draws, which come from the shapes of the
    matrices and the numbers of the epochs. Any other seed draws both anew, from the same
    distributions. `limit` takes the first so many examples of each split.
    """

    data: str = "ocr-letters"
    seed: int = 0
    backend: str = "numpy"
    epochs: int = 100
    limit: int | None = None

    def __post_init__(self) -> None:
        check_at_least(0, seed=self.seed)
        check_at_least(1, epochs=self.epochs, limit=self.limit)
        check_one_of(BACKENDS, backend=self.backend)


class Examples(NamedTuple):
    """Both splits as rows of numbers (N, D), float64, and the data set that they are from."""

    train: Split
    validation: Split
    data: Dataset

    @property
    def chance(self) -> float:
        """The loss of who holds all classes for equally likely."""
        return float(np.log(len(self.data.classes)))


def examples(config: Settings) -> Examples:
    """Return the training split and the validation split, or where none is, the test split.

    What has a known range is mapped to [0, 1]. Columns each of their own kind get the mean 0 and
    the deviation 1 that they have in the training split.

    Raises
    ------
    ArgumentError
        For data without classes.
    """
    data = load(config.data)
    if not data.classes or data.train.y.ndim > 1:
        raise ArgumentError(
            f"the experiments of cmu10601 are about classes, and {config.data} has none; try digits"
        )
    train, held_out = data.train[: config.limit], (data.validation or data.test)[: config.limit]
    value_range = data.value_range
    if value_range is None:
        standardizer, rows = Standardizer.of(train.x, None, np.float64)
        both = rows, standardizer(held_out.x)
    else:
        both = (
            flatten(unit_range(train.x, value_range, np.float64)),
            flatten(unit_range(held_out.x, value_range, np.float64)),
        )
    return Examples(Split(both[0], train.y), Split(both[1], held_out.y), data)


class Outcome(NamedTuple):
    """A training that has ended: its model, and the losses and accuracies after every epoch."""

    model: Module
    epochs: list[EpochRecord]

    def column(self, name: str) -> list[float]:
        """Return a field of every epoch, such as "validation_loss"."""
        return [getattr(record, name) for record in self.epochs]

    def curves(self, prefix: str = "") -> list[Curve]:
        """Return the loss on both splits by epoch."""
        return [
            Curve(f"{prefix}{split}", self.column("epoch"), self.column(name))
            for split, name in (("training", "train_loss"), ("validation", "validation_loss"))
        ]


def network(
    config: Settings, data: Examples, hidden: Sequence[int], init: Init | None = None
) -> Sequential:
    """Return a network with hidden layers of these sizes, before it has learned.

    `init` draws a matrix (out, 1 + in); where there is none, the course does, or the seed.
    """
    if init is None:
        init = _uniform(streams(config.seed).init) if config.seed else random_init
    sizes = (data.train.x.shape[1], *hidden, len(data.data.classes))
    return library_network([Linear(*shape, init, 0).w for shape in pairwise(sizes)])


def training(
    config: Settings, data: Examples, model: Sequential, lr: float, **options: Any
) -> Training:
    """Return the training of a network as the course does it; `options` are further ones of fit."""
    own = {"order": None, "rng": streams(config.seed).order} if config.seed else {}
    optimizer = SGD(model.get_parameters(), lr)
    return fit(
        *on_backend(config.backend, model, SoftmaxCrossEntropy(), optimizer),
        data.train,
        data.validation,
        epochs=config.epochs,
        evaluate_train=True,
        **{**by_example(len(data.train)), **own, **options},
    )


def train(
    run: Run, name: str, config: Settings, data: Examples, model: Sequential, lr: float
) -> Outcome:
    """Train a network, as the training `name` of a run."""
    what = training(config, data, model, lr)
    records = run.train(what, name)
    return Outcome(what.model, [one for one in records if isinstance(one, EpochRecord)])


def _uniform(rng: np.random.Generator) -> Init:
    """Return the course's distribution, drawn from a generator of one's own."""
    return lambda shape: rng.uniform(-HIGHEST, HIGHEST, shape)
