"""Inside the deep convolutional network while it learns: weights, net inputs, activations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....reporting import sections
from ....reporting.held_out import Error, read_held_out
from ....reporting.monitor import read_monitor
from ....reporting.plots import Curve, Panel, curves
from ....reporting.runs import Run
from ...config import check_at_least
from ...dcn import Deep, images, network, train

SMOKE = {"data": "digits", "epochs": 2, "limit": 200, "every": 2}
NUMBERS = ("min", "max", "mean", "std")
ACTIVATIONS = ("ReLU", "MaxPool2d")
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Config(Deep):
    """The network of rice576/dcn, 5 epochs of 1,100 iterations, looked into at every 100th.

    What is seen stands in monitor.jsonl, in TensorBoard's event files and in two figures: minimum,
    maximum, mean, deviation and histogram of all weights, biases, net inputs and activations.
    Validation and test error are taken after every epoch: below 0.02 after the first.
    """

    epochs: int = 5
    every: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least(1, every=self.every)


def run(config: Config, run: Run) -> None:
    """Train the network with the monitor on; tell what changed inside."""
    data = images(config)
    model = network(config, data)
    folder = run.begin()
    run.say("images", f"{data.sizes} for training, validation, test")
    run.watch(config.every, {"test": data.test})
    sections.training(run, train(run, config, data, model)[0])
    errors = read_held_out(folder)["training"]
    run.metric("validation_error", error_of(errors, "validation")[-1])
    run.metric("test_error", error_of(errors, "test")[-1])
    run.say("test error", f"{error_of(errors, 'test')[-1]:.4f} of {len(data.test):,} images")
    run.figure(
        "errors",
        curves([by_epoch(errors)]),
        f"Validation and test error at the end of every epoch, {errors[0].step:,} iterations each.",
        "Error by epoch",
    )
    steps = [error.step for error in errors if error.of == "test"]
    pairs = error_of(errors, "validation"), error_of(errors, "test")
    run.table(
        "errors",
        ["epoch", "iterations", "validation error", "test error"],
        [[i, *row] for i, row in enumerate(zip(steps, *pairs, strict=True), 1)],
    )
    seen = read_monitor(folder)["training"]
    run.table(
        "monitor",
        ["of", *(f"{name} {when}" for when in ("at first", "at last") for name in NUMBERS)],
        [
            [name, *(entry[key] for entry in (first, last) for key in NUMBERS)]
            for name, (first, last) in ends(seen).items()
        ],
    )
    question = "What happens to the weights, the net inputs and the activations?"
    run.finding("inside", question, *changes(ends(seen)))
    question = "How do the validation and the test error develop?"
    run.finding("errors", question, *development(*pairs))


def error_of(errors: Sequence[Error], of: str) -> list[float]:
    """Return the errors on one part of the images, epoch by epoch."""
    return [error.error for error in errors if error.of == of]


def by_epoch(errors: Sequence[Error]) -> Panel:
    """Return validation and test error against the epochs."""
    found = []
    for of in ("validation", "test"):
        values = error_of(errors, of)
        found.append(Curve(of, range(1, len(values) + 1), [100 * value for value in values]))
    return Panel("", "epoch", "wrong images (%)", found)


def ends(seen: Sequence[Entry]) -> dict[str, tuple[Entry, Entry]]:
    """Return the first and the last look at each array."""
    found: dict[str, tuple[Entry, Entry]] = {}
    for entry in seen:
        found[entry["of"]] = found.get(entry["of"], (entry,))[0], entry
    return found


def changes(found: Mapping[str, tuple[Entry, Entry]]) -> list[str]:
    """Return what the first and the last look say."""
    weights = {n: pair for n, pair in found.items() if n.endswith(".weight")}
    biases = {n: pair for n, pair in found.items() if n.endswith(".bias")}
    inputs = {n: pair for n, pair in found.items() if n.endswith((" Conv2d", " Linear"))}
    active = {n: pair for n, pair in found.items() if n.endswith(ACTIVATIONS)}
    growth = {name: last["std"] / first["std"] for name, (first, last) in weights.items()}
    most, least = (choose(growth, key=lambda name: growth[name]) for choose in (max, min))
    ends = [last["std"] for _, last in biases.values()]
    wider = [name for name, (first, last) in inputs.items() if last["std"] > first["std"]]
    hidden = [inputs[name] for name in list(inputs)[:-1]]
    lower = sum(last["mean"] < first["mean"] for first, last in hidden)
    below = sum(last["mean"] < 0 for _, last in hidden)
    said = [
        f"From the first look, after step 1, to the last the deviation of the weights changes "
        f"least in {least} (times {growth[least]:.3f}) and most in {most} (times "
        f"{growth[most]:.3f}).",
        f"The biases, 0 before the first step, end with deviations from {min(ends):.2g} to "
        f"{max(ends):.2g}.",
        f"The deviation of the net inputs grows in {len(wider)} of {len(inputs)} layers; in the "
        f"hidden ones their mean falls in {lower} of {len(hidden)}, and ends below 0 in {below}.",
    ]
    if below == len(hidden):
        said.append("So ReLU cuts off what lies around the mean, and lets through what stands out.")
    largest = max(last["max"] for _, last in active.values())
    said.append(f"The largest activation of the last look is {largest:.3g}.")
    if not any(entry["not_finite"] for pair in found.values() for entry in pair):
        said.append("Nothing overflowed.")
    return said


def development(validation: Sequence[float], test: Sequence[float]) -> list[str]:
    """Return how both errors changed from epoch to epoch."""
    said = [
        f"After the first epoch {validation[0]:.4f} of the validation images and {test[0]:.4f} of "
        "the test images are wrong"
    ]
    if len(test) == 1:
        return [f"{said[0]}."]
    said[0] += f", after epoch {len(test)} {validation[-1]:.4f} and {test[-1]:.4f}."
    best = min(range(len(test)), key=lambda i: validation[i])
    if best < len(test) - 1:
        said.append(f"The validation error was lowest after epoch {best + 1}.")
    return said
