"""What the curves of a training say: underfitting, overfitting, or generalizing."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..utils.errors import ArgumentError

Array = NDArray[Any]

UNDERFITTING, OVERFITTING, GENERALIZING = VERDICTS = (
    "underfitting",
    "overfitting",
    "generalizing",
)

# One epoch may be better by chance: a curve's level is its mean over a tenth of the epochs.
TENTH = 10
# The accuracy of 200 validation examples has a standard error of up to 0.035, of 0.02 to 0.03 where
# it is 0.8 to 0.9: a gap below 0.1 may be chance.
GAP = 0.10
# Who gets more than a quarter of the examples wrong that it was shown has not learned them.
LEARNED = 0.75
# Validation loss that rises by a tenth above its lowest level, while the training loss still falls,
# is being traded for it. Below 0.02 nats the truth has a probability of 0.98: no matter then.
RISE = 0.10
NEGLIGIBLE = 0.02


class Judgement(NamedTuple):
    """The verdict, one of `VERDICTS`, and what it rests on, in words."""

    verdict: str
    evidence: tuple[str, ...]


def judge(
    train_losses: Sequence[float],
    train_accs: Sequence[float],
    val_losses: Sequence[float],
    val_accs: Sequence[float],
) -> Judgement:
    """Return what the losses and accuracies of each epoch, on both data, say of a training.

    Levels are means over the last tenth of the epochs. In this order:

    - overfitting, where the accuracy on the training data is higher than on the validation data by
      more than `GAP`, or where the validation loss is higher by more than `RISE` than the lowest
      level it had, and the training loss lower than it was then;
    - underfitting, where the accuracy on the training data is below `LEARNED`;
    - generalizing otherwise.

    A network that both misses its training data and does far worse on others is overfitting: what
    little it learned does not carry over. Losses and accuracies of both data are to be measured
    alike, in evaluation mode, or dropout would hide a gap.

    Raises
    ------
    ArgumentError
        For no epochs, curves of different lengths, or numbers that are not finite.
    """
    curves = _checked(
        train_losses=train_losses, train_accs=train_accs, val_losses=val_losses, val_accs=val_accs
    )
    window = max(1, len(train_losses) // TENTH)
    train_loss, train_acc, val_loss, val_acc = (levels(curve, window) for curve in curves)
    gap = train_acc[-1] - val_acc[-1]
    both = (
        f"the accuracy is {train_acc[-1]:.3f} on the training data and {val_acc[-1]:.3f} on the "
        f"validation data"
    )

    reasons = []
    if gap > GAP:
        reasons.append(f"{both}: a gap of {gap:.3f}, above {GAP:g}")
    best = int(np.argmin(val_loss))
    if rises_against(val_loss, train_loss):
        reasons.append(
            f"since epoch {best + window} the validation loss rose from {val_loss[best]:.3f} to "
            f"{val_loss[-1]:.3f}, while the training loss fell from {train_loss[best]:.3f} to "
            f"{train_loss[-1]:.3f}"
        )
    if reasons:
        return Judgement(OVERFITTING, tuple(reasons))
    if train_acc[-1] < LEARNED:
        return Judgement(UNDERFITTING, (f"{both}: the former is below {LEARNED:g}",))
    return Judgement(
        GENERALIZING,
        (
            f"{both}: the gap of {gap:.3f} is not above {GAP:g}",
            f"the validation loss ends at {val_loss[-1]:.3f}, its lowest level is "
            f"{val_loss[best]:.3f}",
        ),
    )


def _checked(**curves: Sequence[float]) -> list[Array]:
    arrays = {name: np.asarray(curve, np.float64) for name, curve in curves.items()}
    sizes = {name: curve.shape for name, curve in arrays.items()}
    if len(set(sizes.values())) > 1 or any(len(shape) != 1 for shape in sizes.values()):
        raise ArgumentError(f"judge: expected four curves of the same epochs, got {sizes}")
    for name, curve in arrays.items():
        if not len(curve):
            raise ArgumentError("judge: expected at least one epoch, got none; train first")
        if not np.isfinite(curve).all():
            epoch = int(np.argmin(np.isfinite(curve)))
            raise ArgumentError(f"judge: {name} is {curve[epoch]} in epoch {epoch + 1}")
    return list(arrays.values())


def rises_against(val_loss: Array, train_loss: Array) -> bool:
    """Tell of the levels of both losses whether the former rises while the latter falls."""
    best = int(np.argmin(val_loss))
    risen = val_loss[-1] > (1 + RISE) * val_loss[best] and val_loss[-1] > NEGLIGIBLE
    return bool(risen and train_loss[-1] < train_loss[best])


def levels(curve: Array, window: int) -> Array:
    """Return the means of each `window` epochs in a row."""
    return np.convolve(curve, np.full(window, 1 / window), mode="valid")
