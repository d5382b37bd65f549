"""Early stopping: end where the validation says that more training makes it worse."""

from collections.abc import Mapping
from math import inf, isnan
from typing import Any

from ..nn import Module
from ..utils.errors import ArgumentError
from .records import EpochRecord

METRICS = {"validation_loss": "min", "validation_accuracy": "max", "train_loss": "min"}


class EarlyStopping:
    """Stop when a metric has not improved for more than `patience` epochs; keep the best weights.

    A metric improves where it is better than the best so far by more than `min_delta`. At the end
    of the training, whatever ended it, the model gets the parameters and buffers of its best epoch.

    Parameters
    ----------
    patience
        The number of epochs in a row without improvement that are allowed.
    metric
        "validation_loss" or "train_loss", which are to fall, or "validation_accuracy", to rise.
    min_delta
        What counts as no improvement, 0 or larger, in the units of the metric.

    Attributes
    ----------
    best, best_epoch
        The best metric so far, and its epoch; 0 before the first.
    stopped
        Whether the training is to end.

    Raises
    ------
    ArgumentError
        For an argument that is not as above.

    Reference: Prechelt 1998, "Early stopping - but when?", the criterion UP with strips of one
    epoch.
    """

    def __init__(
        self, patience: int = 10, *, metric: str = "validation_loss", min_delta: float = 0.0
    ) -> None:
        if patience < 0:
            raise ArgumentError(f"EarlyStopping: patience must be 0 or larger, got {patience}")
        if metric not in METRICS:
            raise ArgumentError(
                f"EarlyStopping: metric must be one of {', '.join(METRICS)}, got {metric!r}"
            )
        if not 0 <= min_delta < inf:
            raise ArgumentError(f"EarlyStopping: min_delta must be 0 or larger, got {min_delta}")
        self.patience, self.metric, self.min_delta = patience, metric, min_delta
        self.best = inf if METRICS[metric] == "min" else -inf
        self.best_epoch = 0
        self.stopped = False
        self._weights: dict[str, Any] = {}

    def update(self, record: EpochRecord, model: Module) -> None:
        """Take note of an epoch: keep the model's weights if it is the best so far.

        Raises
        ------
        ArgumentError
            Where the record lacks the metric, as it does without a validation set.
        """
        value = getattr(record, self.metric)
        if value is None:
            raise ArgumentError(
                f"EarlyStopping watches {self.metric}, which this training does not measure; "
                "pass a validation set, or metric='train_loss'"
            )
        gain = self.best - value if METRICS[self.metric] == "min" else value - self.best
        if not isnan(gain) and gain > self.min_delta:
            self.best, self.best_epoch = value, record.epoch
            self._weights = model.state_dict()
        self.stopped = record.epoch - self.best_epoch > self.patience

    def restore(self, model: Module) -> None:
        """Give the model the weights of the best epoch, if there was any."""
        if self._weights:
            model.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` takes, weights included."""
        return {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "stopped": self.stopped,
            "weights": dict(self._weights),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another one of the same arguments was."""
        self.best, self.best_epoch = float(state["best"]), int(state["best_epoch"])
        self.stopped, self._weights = bool(state["stopped"]), dict(state["weights"])

    def __repr__(self) -> str:
        return f"EarlyStopping(patience={self.patience}, metric={self.metric!r})"
