"""How networks that differ by their initial weights alone learn, and which weights to recommend."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..nn import Loss, Module
from ..training import Evaluation
from ..training.step import gradients_of
from .words import listed

Array = NDArray[Any]


class Movement(NamedTuple):
    """How far a training moved the parameters, and how large the gradients of the weights are.

    Each is the largest absolute value of its kind; the biases are those of hidden layers.
    """

    gradient_before: float
    gradient_after: float
    weights: float
    biases: float
    output_bias: float

    @property
    def weights_stood_still(self) -> bool:
        """Whether no weight has moved at all, nor had a reason to, before or after."""
        return not (self.gradient_before or self.gradient_after or self.weights)


class Learned(NamedTuple):
    """What became of one network: its training loss by epoch, how it tests, what it moved."""

    losses: Sequence[float]
    test: Evaluation
    movement: Movement

    @property
    def accuracy(self) -> float:
        """The share of test examples that is right."""
        return float(self.test.accuracy or 0)

    @property
    def only_label(self) -> int | None:
        """The label that all test examples get, if it is one."""
        labels = np.unique(np.asarray(self.test.labels))
        return int(labels[0]) if len(labels) == 1 else None


def weight_gradient(model: Module, loss: Loss, x: Array, y: Array) -> float:
    """Return the largest absolute entry of the gradients of all weights, over a batch."""
    _, gradients = gradients_of(model, loss, x, y)
    names = [name for name, _ in model.named_parameters()]
    pairs = zip(names, gradients, strict=True)
    return max(float(np.abs(g).max()) for name, g in pairs if name.endswith("weight"))


def movement(
    before: Mapping[str, Array], after: Mapping[str, Array], gradients: tuple[float, float]
) -> Movement:
    """Compare the parameters of a dense network by name, the first layer's first."""
    moved = {
        name: float(np.abs(after[name].astype(np.float64) - before[name]).max()) for name in before
    }
    *biases, output_bias = [name for name in moved if name.endswith("bias")]
    return Movement(
        *gradients,
        weights=max(size for name, size in moved.items() if name.endswith("weight")),
        biases=max((moved[name] for name in biases), default=0.0),
        output_bias=moved[output_bias],
    )


def who_learned(learned: Mapping[str, Learned], classes: Sequence[str]) -> list[str]:
    """Say which initializations do not learn, and how good the others are."""
    stuck = {m: t.only_label for m, t in learned.items() if t.only_label is not None}
    sentences = []
    for method, found in learned.items():
        moved = found.movement
        if moved.weights_stood_still:
            what = "the output bias has" if not moved.biases else "biases have"
            sentences.append(
                f"With {method} every gradient of a weight is exactly 0, before and after the "
                f"training, and no weight has moved; only {what}, by up to "
                f"{max(moved.output_bias, moved.biases):.3g}."
            )
        elif method == "zero":
            sentences.append(f"With zero the weights have moved, by up to {moved.weights:.3g}.")
    if stuck:
        told = listed(
            [
                f"{method} (class {classes[label]}, {learned[method].accuracy:.4f})"
                for method, label in stuck.items()
            ]
        )
        ends = listed([f"{learned[method].losses[-1]:.4f}" for method in stuck])
        give = "gives" if len(stuck) == 1 else "give"
        sentences.append(
            f"{told[:1].upper()}{told[1:]} {give} all test images one label, so that the accuracy "
            f"is the share of that class; the training loss ends at {ends}, and to guess each of "
            f"{len(classes)} classes alike costs {np.log(len(classes)):.4f}."
        )
    rest = [f"{m} {t.accuracy:.4f}" for m, t in learned.items() if m not in stuck]
    if rest:
        sentences.append(f"Test accuracy of those that tell images apart: {listed(rest)}.")
    return sentences


class Advice(NamedTuple):
    """The initialization with the highest test accuracy, the next best, and which is clear.

    A difference is clear above twice its standard error, as if the two were tested on images of
    their own: sqrt(a (1 - a) / N + b (1 - b) / N).
    """

    best: str
    accuracy: float
    second: str
    second_accuracy: float
    noise: float

    @property
    def clear(self) -> bool:
        """Whether the best is better than chance would make it."""
        return self.accuracy - self.second_accuracy > self.noise


def recommend(learned: Mapping[str, Learned], examples: int) -> Advice:
    """Return which initialization did best on so many test examples; of equals, the lower loss."""
    order = sorted(learned, key=lambda m: (-learned[m].accuracy, learned[m].losses[-1]))
    a, b = (learned[m].accuracy for m in order[:2])
    noise = 2 * float(np.sqrt((a * (1 - a) + b * (1 - b)) / examples))
    return Advice(order[0], a, order[1], b, noise)


def advise(activation: str, advice: Advice) -> str:
    """Say which initialization is best for an activation in this run."""
    best = f"{advice.best} with a test accuracy of {advice.accuracy:.4f}"
    second = f"{advice.second} with {advice.second_accuracy:.4f}"
    if advice.clear:
        return f"For {activation} the best in this run is {best}, before {second}."
    return (
        f"For {activation} the best in this run is {best}, but {second} is within the "
        f"{advice.noise:.4f} that chance may make of it: the test does not tell the two apart."
    )
