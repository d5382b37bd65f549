"""rice576's networks of any number of layers on two half moons: data, draws, gradient descent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..courses.rice576.three_layer_neural_network import (
    ACTIVATIONS,
    generate_data,
    initial_parameters,
)
from ..data import Split, load
from ..interop.backend import BACKENDS, on_backend
from ..nn import SGD, L2Penalty, Linear, Module, Sequential, SoftmaxCrossEntropy
from ..reporting.boundaries import Plane
from ..reporting.runs import Run
from ..training import EpochRecord, evaluate, fit
from ..training.layers import summarize
from ..utils.errors import ArgumentError
from ..utils.extras import require
from ..utils.random import streams
from .config import check_at_least, check_one_of

Array = NDArray[Any]

NAMES = {"tanh": "Tanh", "sigmoid": "Sigmoid", "relu": "ReLU"}
FRESH = 1000  # points of the moons that no network learns from


@dataclass(frozen=True)
class Descent:
    """The settings that all experiments on the plane share: the course's, by default.

    Each pass is a step along the gradient that is summed over all examples, with reg_lambda W
    added for the weights: N times the gradient of the loss that is reported,
    (sum of -log p + reg_lambda / 2 sum of W^2) / N.
    """

    data: str = "moons"
    seed: int = 0
    backend: str = "numpy"
    passes: int = 20000
    lr: float = 0.01
    reg_lambda: float = 0.01

    def __post_init__(self) -> None:
        check_at_least(0, seed=self.seed, lr=self.lr, reg_lambda=self.reg_lambda)
        check_at_least(1, passes=self.passes)
        check_one_of(BACKENDS, backend=self.backend)


class Points(NamedTuple):
    """Points of the plane to learn from, others to test with, and how many classes they have."""

    train: Split
    test: Split
    classes: int


def points(name: str, seed: int) -> Points:
    """Return the examples of a data set whose inputs are two numbers.

    `moons` are the course's 200 points, always the same, and 1,000 fresh ones drawn by `seed`.

    Raises
    ------
    ArgumentError
        For a data set with other inputs, or without classes.
    """
    if name == "moons":
        make_moons = require("sklearn.datasets", "lab").make_moons
        state = np.random.RandomState(streams(seed).data.integers(2**32))
        fresh = make_moons(FRESH, noise=0.20, random_state=state)
        return Points(Split(*generate_data()), Split(*fresh), 2)
    data = load(name)
    shape = data.train.x.shape[1:]
    if shape != (2,) or not data.classes or data.train.y.ndim > 1:
        what = " x ".join(map(str, shape)) + ("" if data.classes else " and no classes")
        raise ArgumentError(
            f"this experiment draws the plane: it takes examples of 2 numbers with classes, and "
            f"{name} has {what}; try moons, circles or spirals"
        )
    train, test = (Split(part.x.astype(np.float64), part.y) for part in (data.train, data.test))
    return Points(train, test, len(data.classes))


def network(
    sizes: Sequence[int], activation: str, seed: int, dtype: DTypeLike = np.float64
) -> Sequential:
    """Return dense layers with an activation between them, W ~ N(0, 1) / sqrt(in) and b = 0.

    The draws are the course's: `initial_parameters(sizes, seed)`.
    """
    layers: list[Module] = []
    for W, b in initial_parameters(sizes, seed):
        layer = Linear(*W.shape, init="zeros", dtype=dtype)
        layer.weight[...], layer.bias = W.T, b[0].astype(dtype)
        layers += [layer, ACTIVATIONS[activation]()]
    return Sequential(layers[:-1])


class Trained(NamedTuple):
    """A network after its training.

    `gradient_ratio` is that of the first layer's gradient to the last layer's, before the first
    step; `losses` are those before each pass.
    """

    name: str
    activation: str
    hidden: tuple[int, ...]
    parameters: int
    gradient_ratio: float
    losses: list[float]
    train_accuracy: float
    test_accuracy: float
    model: Module

    def plane(self, examples: Split) -> Plane:
        """Return the panel that shows what it makes of the plane."""
        title = f"{self.name}: {self.train_accuracy:.1%} right"
        return Plane(title, lambda X: self.model.predict(X).argmax(axis=1), *examples)


def descend(
    run: Run, config: Descent, data: Points, activation: str, hidden: Sequence[int], name: str
) -> Trained:
    """Train a network with these hidden layers by the settings; what it is called is `name`."""
    sizes = (data.train.x.shape[1], *hidden, data.classes)
    model = network(sizes, activation, config.seed)
    mean = SoftmaxCrossEntropy()
    layers = summarize(model, mean, *data.train)
    first, *_, last = [n for layer in layers if (n := layer.gradient_norm) is not None]
    optimizer = SGD(model.get_parameters(), lr=config.lr)
    parts = on_backend(config.backend, model, SoftmaxCrossEntropy(reduction="sum"), optimizer)
    training = fit(
        *parts,
        data.train,
        epochs=config.passes,
        batch_size=len(data.train),
        penalties=[L2Penalty(config.reg_lambda)],
        step_records=False,
    )
    records = run.train(training, name.lower().replace(" ", "_"))
    model.load_state_dict(parts.model.state_dict())
    return Trained(
        name,
        activation,
        tuple(hidden),
        sum(p.size for p in model.get_parameters()),
        first / last if last else 0.0,
        [record.train_loss for record in records if isinstance(record, EpochRecord)],
        evaluate(model, mean, data.train).accuracy or 0.0,
        evaluate(model, mean, data.test).accuracy or 0.0,
        model,
    )


def sampled(losses: Sequence[float], most: int = 300) -> tuple[list[int], list[float]]:
    """Return some passes, closer together at first, and their losses: for a logarithmic axis."""
    passes = np.unique(np.geomspace(1, len(losses), most).round().astype(int))
    return passes.tolist(), [losses[p - 1] for p in passes]
