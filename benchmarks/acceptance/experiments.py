"""Experiments of the lab at their full size, and what has to come out of them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from mytorch.cli.main import main as mytorch
from mytorch.courses.nyu6953.initialize_weights import METHODS
from mytorch.lab.registry import of_course
from mytorch.reporting.runs import read_results
from mytorch.utils.errors import RunError
from mytorch.utils.files import write_json

from .outcome import Outcome, Trial

Results = Mapping[str, Any]
CHANCE = 0.1135  # the share of MNIST's largest class among its test images
AT_MOST = 30.0  # seconds for all of them


@dataclass(frozen=True)
class Experiments:
    """Runs of `mytorch run`, one after another, and the function that judges their results.

    `judge` takes the results in the order of the names, and the seconds of the clock; it returns
    what was measured in words, and whether that is enough.
    """

    names: tuple[str, ...]
    judge: Callable[[Sequence[Results], float], tuple[str, bool]]
    options: tuple[str, ...] = ()

    def __call__(self, folder: Path) -> Outcome:
        """Run what is not complete, and judge all of it."""
        clock = folder / "seconds.json"
        if not clock.is_file():
            start = perf_counter()
            for name in self.names:
                self.run(name, folder / name)
            write_json(clock, perf_counter() - start)
        seconds = float(json.loads(clock.read_text(encoding="utf-8")))
        measured, reached = self.judge(
            [read_results(folder / name) for name in self.names], seconds
        )
        return Outcome(measured, reached, seconds)

    def run(self, name: str, folder: Path) -> None:
        """Run one, or go on with it."""
        code = mytorch(["run", name, *self.options, f"--out={folder}", "--resume"])
        if code == 130:
            raise KeyboardInterrupt
        if code:
            raise RunError(f"{name} ended with exit code {code}")


def accuracy(least: float) -> Callable[[Sequence[Results], float], tuple[str, bool]]:
    """Return the judge of one experiment's test accuracy."""

    def judge(results: Sequence[Results], seconds: float) -> tuple[str, bool]:
        found = results[0]["metrics"]["test_accuracy"]
        return f"{found:.4f}", found >= least

    return judge


def initializations(results: Sequence[Results], seconds: float) -> tuple[str, bool]:
    """Judge nyu6953/p5: zero and small weights learn nothing, Xavier's and He's do."""
    metrics, tables = results[0]["metrics"], results[0]["tables"]
    stuck, learned, gradients = [], [], []
    for activation in ("tanh", "relu"):
        found = {m: metrics[f"test_accuracy_{activation}_{m}"] for m in METHODS}
        stuck += [found["zero"], found["small_random"]]
        learned += [found["xavier"], found["he"]]
        table = tables[f"trainings_{activation}"]
        first = table["columns"].index("largest weight gradient, untrained")
        zero = next(row for row in table["rows"] if row[0] == "zero")
        gradients += zero[first : first + 3]  # untrained, trained; what the weights have moved
    still = max(gradients)
    reached = still == 0 and set(stuck) == {CHANCE} and min(learned) >= 0.96
    return f"{still:g}; {min(stuck):.4f} to {max(stuck):.4f}; {min(learned):.4f}", reached


def in_time(results: Sequence[Results], seconds: float) -> tuple[str, bool]:
    """Judge how long the experiments took."""
    return f"{seconds:.0f} s", seconds < AT_MOST


def dcn(backend: str, on: str) -> Trial:
    """Return rice576/dcn on MNIST, on a backend."""
    return Trial(
        f"dcn-{backend}",
        f"`rice576/dcn`, MNIST 55,000/5,000/10,000, 4 epochs, on {on}",
        "test accuracy >= 0.99",
        Experiments(("rice576/dcn",), accuracy(0.99), (f"--backend={backend}",)),
    )


EXPERIMENTS = [
    dcn("numpy", "the library"),
    dcn("torch", "PyTorch"),
    Trial(
        "initialization",
        "`nyu6953/p5`, MNIST, 10 epochs: weight gradients of zero weights; accuracy of zero and "
        "small ones; the lowest of Xavier's and He's",
        f"0; {CHANCE}; >= 0.96",
        Experiments(("nyu6953/p5",), initializations),
    ),
    Trial(
        "sweeps",
        "`cmu10601`, all five experiments, small data, 100 epochs",
        f"< {AT_MOST:g} s",
        Experiments(tuple(of_course("cmu10601")), in_time),
    ),
]
