"""What the loss curves of a training say of its learning rate: whether it converged, and if not."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..utils.errors import ArgumentError
from .judgement import TENTH, levels, rises_against

CONVERGED, OVERFITTING, TOO_SLOW, UNSTABLE, UNDECIDED = VERDICTS = (
    "converged",
    "overfitting",
    "too slow",
    "unstable",
    "undecided",
)

# The pace of a training is how far its loss falls in an epoch. One that ends with half of its mean
# pace or more was stopped on the way.
STEEP = 0.5
# A validation loss that changes by less than a hundredth in the last tenth has settled.
SETTLED = 0.01
# A training loss that ends a tenth above the lowest level that it had does not go down any more.
JUMP = 0.10


class Course(NamedTuple):
    """What became of a training: a verdict of `VERDICTS`, and what it rests on.

    Attributes
    ----------
    pace
        The fall of the training loss in an epoch at the end, in parts of its mean over all epochs.
    change
        By how much the validation loss changed in the last tenth of the epochs, as a share.
    best_epoch
        The epoch with the lowest validation loss, counted from 1.
    evidence
        In words.
    """

    verdict: str
    pace: float
    change: float
    best_epoch: int
    evidence: str


def course_of(train_losses: Sequence[float], val_losses: Sequence[float]) -> Course:
    """Return what became of a training, told from both losses after every epoch.

    Levels are means over a tenth of the epochs. In this order:

    - overfitting, where the validation loss rises as `judge` says, while the training loss falls;
    - unstable, where the training loss ends above its first value, or higher by more than `JUMP`
      than the lowest level it had;
    - too slow, where it still falls with `STEEP` of its mean pace, or more;
    - converged, where the validation loss changes by less than `SETTLED` in the last tenth;
    - undecided otherwise: it still falls, but slowly.

    Raises
    ------
    ArgumentError
        For fewer than two epochs, curves of different lengths, or numbers that are not finite.
    """
    train, val = (np.asarray(losses, np.float64) for losses in (train_losses, val_losses))
    if train.shape != val.shape or train.ndim != 1 or len(train) < 2:
        raise ArgumentError(
            "course_of: expected two curves of the same epochs, at least two, got shapes "
            f"{train.shape} and {val.shape}"
        )
    if not np.isfinite([train, val]).all():
        raise ArgumentError("course_of: expected finite losses")
    window = max(1, len(train) // TENTH)
    train_level, val_level = levels(train, window), levels(val, window)
    before = -1 - window  # the level of the tenth before the last
    fall = (train_level[before] - train_level[-1]) / window
    mean_fall = (train[0] - train[-1]) / (len(train) - 1)
    pace = float(fall / mean_fall) if mean_fall > 0 else 0.0
    change = float(val_level[-1] / val_level[before] - 1)
    best = int(np.argmin(val))
    lowest = int(np.argmin(val_level))

    falling = (
        f"the training loss fell from {train[0]:.3f} to {train[-1]:.3f}, and changes at the end by "
        f"{-fall:+.2g} an epoch, {pace:.2f} times its mean pace"
    )
    if rises_against(val_level, train_level):
        verdict = OVERFITTING
        evidence = (
            f"since epoch {lowest + window} the validation loss rose from {val_level[lowest]:.3f} "
            f"to {val_level[-1]:.3f}, while the training loss fell from {train_level[lowest]:.3f} "
            f"to {train_level[-1]:.3f}"
        )
    elif mean_fall <= 0 or train_level[-1] > (1 + JUMP) * train_level.min():
        verdict = UNSTABLE
        evidence = (
            f"the training loss began with {train[0]:.3f}, was {train.min():.3f} at its lowest, "
            f"and ended with {train[-1]:.3f}"
        )
    elif pace >= STEEP:
        verdict, evidence = TOO_SLOW, falling
    else:
        settled = abs(change) < SETTLED
        verdict = CONVERGED if settled else UNDECIDED
        evidence = (
            f"{falling}; the validation loss changed by {100 * change:+.2g} % in the last "
            f"{_epochs(window)}, to {val_level[-1]:.3f}"
        )
    return Course(verdict, pace, change, best + 1, evidence)


def _epochs(count: int) -> str:
    return f"{count} epochs" if count > 1 else "epoch"
