"""The network of any number of layers on another data set: depth, width and activation chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ....data import Dataset, Split, load
from ....data.splits import cut
from ....data.transforms import standardized_rows
from ....interop.backend import BACKENDS, on_backend
from ....nn import SGD, L2Penalty, Module, SoftmaxCrossEntropy
from ....reporting import sections
from ....reporting.curves import learning_curves
from ....reporting.plots import Curve, Panel, curves
from ....reporting.runs import Run
from ....training import EpochRecord, evaluate, fit
from ....training.judgement import judge
from ....utils.errors import ArgumentError
from ....utils.random import streams
from ...chance import differ
from ...config import DTYPES, check_at_least, check_one_of
from ...half_moons import NAMES, network

EPOCHS = {"digits": 30, "mnist": 5, "fashion-mnist": 5}
SMOKE = {"epochs": 2, "limit": 300, "depths": (1, 2), "widths": (4, 16)}
HELD_OUT = 0.2  # of the training examples, where no validation examples are published


@dataclass(frozen=True)
class Config:
    """Every combination trained, the best on validation examples tested: 0.95 of digits right.

    With 0 epochs, each data set has its own number of them; `limit` takes the first so many
    training examples only.
    """

    data: str = "digits"
    seed: int = 0
    backend: str = "numpy"
    depths: tuple[int, ...] = (1, 2, 3)
    widths: tuple[int, ...] = (16, 64)
    activations: tuple[str, ...] = ("tanh", "sigmoid", "relu")
    epochs: int = 0
    batch_size: int = 32
    lr: float = 0.1
    reg_lambda: float = 1e-4
    limit: int | None = None
    dtype: str = "float32"

    def __post_init__(self) -> None:
        check_at_least(0, seed=self.seed, lr=self.lr, reg_lambda=self.reg_lambda)
        check_at_least(0, epochs=self.epochs)
        check_at_least(1, depths=min(self.depths), widths=min(self.widths), limit=self.limit)
        check_at_least(1, batch_size=self.batch_size)
        check_one_of(BACKENDS, backend=self.backend)
        check_one_of(DTYPES, dtype=self.dtype)
        for name in self.activations:
            check_one_of(tuple(NAMES), activations=name)
        for field in ("depths", "widths"):
            object.__setattr__(self, field, tuple(sorted(set(getattr(self, field)))))
        object.__setattr__(self, "activations", tuple(dict.fromkeys(self.activations)))
        object.__setattr__(self, "epochs", self.epochs or EPOCHS.get(self.data, 10))


class Fitted(NamedTuple):
    """A network after its training, with what each epoch recorded."""

    activation: str
    depth: int
    width: int
    parameters: int
    records: list[EpochRecord]
    model: Module

    @property
    def accuracy(self) -> float:
        """The share of the validation examples that it gets right in the end."""
        return self.records[-1].validation_accuracy or 0.0

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return f"{NAMES[self.activation]} {self.depth} x {self.width}"


def run(config: Config, run: Run) -> None:
    """Train every combination, choose one, test it, and tell why it is made as it is."""
    data = load(config.data)
    if not data.classes or data.train.y.ndim > 1:
        raise ArgumentError(f"rice576/other-data is about classes; {config.data} has none")
    train, validation, test, standardizer = standardized_rows(data, config.dtype)
    rng = streams(config.seed)
    if validation is None:
        train, validation = cut(train, HELD_OUT, rng.data)
    train = train[: config.limit]
    run.begin()
    nets = [
        train_one(run, config, train, validation, len(data.classes), activation, depth, width)
        for activation in config.activations
        for width in config.widths
        for depth in config.depths
    ]
    best = choice(nets)
    run.metric("validation_accuracy", best.accuracy)
    run.figure(
        "networks",
        curves(
            [by_depth(nets, activation) for activation in config.activations],
            columns=len(config.activations),
            share_y=True,
        ),
        f"Accuracy on {len(validation):,} validation examples after {config.epochs} epochs.",
        "Validation accuracy by depth",
    )
    run.table(
        "networks",
        [
            *("activation", "hidden layers", "units in each", "parameters"),
            *("training loss", "training accuracy", "validation accuracy"),
        ],
        [
            [
                *(NAMES[net.activation], net.depth, net.width, net.parameters),
                *(net.records[-1].train_loss, net.records[-1].train_accuracy, net.accuracy),
            ]
            for net in nets
        ],
    )
    run.table("design", ["choice", "here", "why"], design(config, data, train, validation, best))
    series = [
        [getattr(record, key) for record in best.records]
        for key in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
    ]
    run.figure(
        "learning_curves",
        learning_curves(*series)[0],
        f"The chosen network, {best.name}, after each epoch.",
    )
    run.say("chosen", f"{best.name}, {best.accuracy:.4f} of the validation examples right")
    outcome = evaluate(best.model, SoftmaxCrossEntropy(), test)
    sections.classification(run, data, outcome, rng.data)
    run.finding("design", "How was the network designed, and why?", *chosen(nets, best, outcome[1]))
    question = "What do depth, width and activation change?"
    run.finding("effects", question, *effects(nets, len(validation)))
    judged = judge(*series)
    question = "Does the chosen network generalize?"
    said = f"{judged.verdict.capitalize()}: {'; '.join(judged.evidence)}."
    run.finding("generalization", question, said)
    run.model(best.model, standardizer, data)


def train_one(
    run: Run,
    config: Config,
    train: Split,
    validation: Split,
    classes: int,
    activation: str,
    depth: int,
    width: int,
) -> Fitted:
    """Train one network, with the batches that all of them see."""
    sizes = (train.x.shape[1], *(width,) * depth, classes)
    model = network(sizes, activation, config.seed, config.dtype)
    optimizer = SGD(model.get_parameters(), lr=config.lr)
    parts = on_backend(config.backend, model, SoftmaxCrossEntropy(), optimizer)
    training = fit(
        *(*parts, train, validation),
        epochs=config.epochs,
        batch_size=config.batch_size,
        rng=streams(config.seed).order,
        penalties=[L2Penalty(config.reg_lambda)],
        evaluate_train=True,
        step_records=False,
    )
    records = run.train(training, f"{activation}_{depth}_x_{width}")
    model.load_state_dict(parts.model.state_dict())
    parameters = sum(p.size for p in model.get_parameters())
    epochs = [record for record in records if isinstance(record, EpochRecord)]
    return Fitted(activation, depth, width, parameters, epochs, model)


def choice(nets: Sequence[Fitted]) -> Fitted:
    """Return the network with most validation examples right; of equals, the smallest."""
    return max(nets, key=lambda net: (net.accuracy, -net.parameters))


def by_depth(nets: Sequence[Fitted], activation: str) -> Panel:
    """Return the accuracies of an activation's networks against their depth, a curve per width."""
    mine = [net for net in nets if net.activation == activation]
    found = []
    for width in dict.fromkeys(net.width for net in mine):
        wide = [net for net in mine if net.width == width]
        points = [net.depth for net in wide], [net.accuracy for net in wide]
        found.append(Curve(f"{width} units in each", *points))
    return Panel(NAMES[activation], "hidden layers", "validation accuracy", found)


def design(
    config: Config, data: Dataset, train: Split, validation: Split, best: Fitted
) -> list[list[Any]]:
    """Return a row for each choice: what it is, what it is here, and why."""
    shape = " x ".join(map(str, data.train.x.shape[1:]))
    published = data.validation is not None
    held = "validation as published" if published else "a fifth held out to choose by"
    sizes = [len(part) for part in (train, validation, data.test)]
    parts = zip(sizes, ("training", "validation", "test"), strict=True)
    return [
        ["inputs", f"{train.x.shape[1]:,}", f"an example is {shape} numbers, taken as one row"],
        ["outputs", f"{len(data.classes)}", "one for each class, softmax over them"],
        ["scaling", "mean 0, deviation 1", "statistics of the published training examples"],
        ["examples", " + ".join(f"{count:,} {part}" for count, part in parts), held],
        ["hidden layers", _several(config.depths), f"compared; chosen: {best.depth}"],
        ["units in each", _several(config.widths), f"compared; chosen: {best.width}"],
        [
            "activation",
            _several([NAMES[name] for name in config.activations]),
            f"compared; chosen: {NAMES[best.activation]}",
        ],
        ["first weights", "N(0, 1) / sqrt(inputs)", "the course's draw; biases 0"],
        [
            "loss",
            f"cross-entropy + {config.reg_lambda:g} / 2 sum of W^2",
            "mean over the examples of a batch; all weight matrices",
        ],
        [
            "training",
            f"SGD, rate {config.lr:g}, batches of {config.batch_size}, {config.epochs} epochs",
            "the same batches for all networks",
        ],
    ]


def chosen(nets: Sequence[Fitted], best: Fitted, accuracy: float | None) -> list[str]:
    """Return how the choice was made."""
    equal = [net for net in nets if net.accuracy == best.accuracy and net is not best]
    said = (
        f"Of {len(nets)} networks {best.name} gets most validation examples right, "
        f"{best.accuracy:.4f}"
    )
    if equal:
        said = (
            f"Of {len(nets)} networks {len(equal) + 1} get most validation examples right, "
            f"{best.accuracy:.4f}; {best.name} has the fewest parameters of them, "
            f"{best.parameters:,}"
        )
    return [
        f"{said}. The test examples were looked at once, with this one: {accuracy:.4f} right.",
        "The table of the design says what else was decided.",
    ]


def effects(nets: Sequence[Fitted], n: int) -> list[str]:
    """Return, for each choice, the best accuracy with each of its values on n examples."""
    said = []
    for what, key in (("hidden layers", "depth"), ("units", "width"), ("activation", "activation")):
        best: dict[Any, float] = {}
        for net in nets:
            value = getattr(net, key)
            best[value] = max(best.get(value, 0.0), net.accuracy)
        if len(best) < 2:
            continue
        each = ", ".join(f"{NAMES.get(value, value)}: {a:.4f}" for value, a in best.items())
        most, least = (choose(best, key=lambda value: best[value]) for choose in (max, min))
        verdict = (
            f"{NAMES.get(most, most)} is better than {NAMES.get(least, least)} beyond chance"
            if differ(best[most], best[least], n)
            else "the differences may be chance"
        )
        said.append(f"Best validation accuracy by {what}: {each}; {verdict}.")
    widest = max(net.width for net in nets)
    for activation in dict.fromkeys(net.activation for net in nets):
        wide = [net for net in nets if (net.activation, net.width) == (activation, widest)]
        first, last = wide[0], wide[-1]
        if differ(first.accuracy, last.accuracy, n):
            said.append(
                f"{NAMES[activation]} {'gains' if last.accuracy > first.accuracy else 'loses'} by "
                f"depth: {first.accuracy:.4f} with {first.depth} x {widest} units, "
                f"{last.accuracy:.4f} with {last.depth} x {widest}."
            )
    worst = min(nets, key=lambda net: net.accuracy)
    top = float(np.max([net.accuracy for net in nets]))
    if differ(worst.accuracy, top, n):
        said.append(f"The lowest of all is {worst.name} with {worst.accuracy:.4f}.")
    return said


def _several(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values))
