"""What is asked of the library, each with the run that shows it.

A run lands in a folder of its own, and says what came out. One that was interrupted goes on from
there; one that is complete is not run again.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from mytorch import nn
from mytorch.data import load
from mytorch.data.dataset import Split
from mytorch.data.splits import cut
from mytorch.data.transforms import channel_statistics, normalize, unit_range
from mytorch.interop.backend import on_backend
from mytorch.lab import networks
from mytorch.nn import schedule
from mytorch.reporting.runs import Run, read_results
from mytorch.training import evaluate, fit
from mytorch.utils.errors import DataError
from mytorch.utils.files import write_json
from mytorch.utils.progress import progress
from mytorch.utils.random import streams

from .experiments import EXPERIMENTS
from .outcome import Outcome, Trial

Array = Any
SEED = 0
LR = 1e-3
LOCK_STEP = 1e-8  # of each array's largest number


@dataclass(frozen=True)
class Training:
    """A network on a set of images, and its test accuracy in the end.

    Adam, at a rate that falls from 1e-3 to 0 along half a cosine: at a constant one the last step
    decides by chance.
    """

    network: str
    data: str
    held_out: int  # examples of the training set that are for validation
    epochs: int
    batch_size: int
    accuracy: float

    def __call__(self, folder: Path) -> Outcome:
        """Train, or go on, or read what came out."""
        if not (folder / "results.json").is_file():
            self.train(folder)
        accuracy = read_results(folder)["metrics"]["test_accuracy"]
        timing = json.loads((folder / "timing.json").read_text(encoding="utf-8"))
        return Outcome(f"{accuracy:.4f}", accuracy >= self.accuracy, timing[self.network])

    def train(self, folder: Path) -> None:
        """Train to the end, and write down what came out."""
        train, validation, test = images(self.data, self.held_out)
        rng = streams(SEED)
        model = getattr(networks, self.network)(rng.init)
        for layer in model:
            if isinstance(layer, nn.Dropout):
                layer.rng = rng.dropout
        loss, optimizer = nn.SoftmaxCrossEntropy(), nn.Adam(model.get_parameters(), lr=LR)
        steps = self.epochs * -(-len(train) // self.batch_size)
        header = {"experiment": f"acceptance/{self.network}", "title": self.network}
        header |= {"data": self.data, "backend": "numpy", "seed": SEED, "config": vars(self).copy()}
        run = Run(header, "make accept", folder, resume=True)
        training = fit(
            *(model, loss, optimizer, train, validation),
            epochs=self.epochs,
            batch_size=self.batch_size,
            rng=rng.order,
            schedule=schedule.cosine(LR, steps),
        )
        try:
            run.train(training, self.network)
            run.metric("test_accuracy", evaluate(model, loss, test).accuracy or 0.0)
            run.end()
        finally:
            run.close()


@dataclass(frozen=True)
class LockStep:
    """A network in float64 beside its twin in PyTorch: the same weights, batches and masks."""

    network: str
    data: str
    steps: int = 200
    batch_size: int = 64

    def __call__(self, folder: Path) -> Outcome:
        """Train both, and return how far their losses and final parameters are apart."""
        if not (folder / "results.json").is_file():
            self.train(folder)
        results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        apart = results["apart"]
        return Outcome(f"{apart:.1e}", apart <= LOCK_STEP, results["seconds"])

    def train(self, folder: Path) -> None:
        """Train both, and write down what came out."""
        start = perf_counter()
        split, _, _ = images(self.data, 0)
        train = split[: self.batch_size * self.steps]
        x, y = train.x.astype(np.float64), train.y
        ours, theirs = (self.trained(backend, x, y) for backend in ("numpy", "torch"))
        apart = max(distance(a, b) for a, b in zip(ours, theirs, strict=True))
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "results.json", {"apart": apart, "seconds": perf_counter() - start})

    def trained(self, backend: str, x: Array, y: Array) -> list[Array]:
        """Return the losses of all steps, then the state of the model."""
        model = getattr(networks, self.network)(np.random.default_rng(SEED), dtype=np.float64)
        optimizer = nn.SGD(model.get_parameters(), lr=0.01, momentum=0.9)
        parts = on_backend(backend, model, nn.SoftmaxCrossEntropy(), optimizer)
        training = fit(*parts, (x, y), epochs=1, batch_size=self.batch_size)
        steps = progress(training, total=training.total_records, label=f"{self.network} {backend}")
        losses = np.array([record[2] for record in steps])
        return [losses, *parts.model.state_dict().values()]


def distance(a: Array, b: Array) -> float:
    """Return max |a - b| / max |b|."""
    return float(np.abs(a - b).max() / np.abs(b).max())


def images(name: str, held_out: int) -> tuple[Split, Split | None, Split]:
    """Return training, validation and test images, standardized by the training images."""
    data = load(name)
    train, validation = cut(data.train, held_out) if held_out else (data.train, None)
    if data.test is None:
        raise DataError(f"{name} has no test set")
    mean, std = channel_statistics(unit_range(train.x, data.value_range))

    def ready(split: Split) -> Split:
        return Split(normalize(unit_range(split.x, data.value_range), mean, std), split.y)

    return ready(train), None if validation is None else ready(validation), ready(data.test)


def _training(name: str, what: str, *arguments: Any) -> Trial:
    training = Training(*arguments)
    return Trial(name, what, f"test accuracy >= {training.accuracy:g}", training)


TRIALS = [
    *EXPERIMENTS,
    _training(
        "cnn",
        "purdue373's CNN on FashionMNIST, 60,000/10,000, 10 epochs",
        *("block_cnn", "fashion-mnist", 0, 10, 64, 0.90),
    ),
    *(
        Trial(
            f"{name}-in-step",
            f"{title}, 200 float64 steps of batch 64 beside PyTorch: losses and final arrays",
            f"apart by <= {LOCK_STEP:g}",
            LockStep(network, data),
        )
        for name, title, network, data in [
            ("dcn", "rice576's DCN on MNIST", "dcn", "mnist"),
            ("cnn", "purdue373's CNN on FashionMNIST", "block_cnn", "fashion-mnist"),
        ]
    ),
]
