"""Loss and accuracy by epoch, of the training and the validation data."""

from collections.abc import Sequence
from typing import Any

from ..utils.extras import require
from .figures import BLUE, ORANGE, Figure, styled


@styled
def learning_curves(
    train_losses: Sequence[float],
    train_accs: Sequence[float],
    val_losses: Sequence[float],
    val_accs: Sequence[float],
    figure: Figure | None = None,
) -> tuple[Figure, Any]:
    """Return a figure with loss and accuracy side by side, and its two axes (2,).

    It is drawn into `figure`, if there is one.
    """
    if figure is None:
        figure = require("matplotlib.figure", "lab").Figure()
    figure.set_size_inches(9.0, 3.6)
    axes = figure.subplots(1, 2)
    pairs = ((train_losses, val_losses), (train_accs, val_accs))
    for ax, (train, validation), what in zip(
        axes, pairs, ("cross-entropy (nats)", "accuracy"), strict=True
    ):
        epochs = range(1, len(train) + 1)
        alone = "o" if len(train) == 1 else None
        ax.plot(epochs, train, color=BLUE, label="training", marker=alone)
        ax.plot(epochs, validation, color=ORANGE, linestyle="--", label="validation", marker=alone)
        ax.set(xlabel="epoch", ylabel=what)
        ax.margins(x=0.01)
        ax.legend()
    axes[0].set_title("loss")
    axes[1].set_title("accuracy")
    return figure, axes
