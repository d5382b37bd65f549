"""How the parameters of a network are distributed while it trains."""

import numpy as np

from ..training import EpochRecord, Record, Training
from .tensorboard import TensorBoard, is_shown

LOOKS = 25  # epochs, about, after which all parameters are looked at
BINS = 30


class Weights:
    """At the end of an epoch, a histogram of every parameter for TensorBoard, by the epoch."""

    def __init__(self, board: TensorBoard) -> None:
        self._board = board

    def observe(self, name: str, training: Training, record: Record) -> None:
        """Look at the parameters, if an epoch has ended whose turn it is, or the last one."""
        if not isinstance(record, EpochRecord):
            return
        if not is_shown(record.epoch, training.epochs, LOOKS):
            return
        for what, values in training.model.named_parameters():
            finite = values[np.isfinite(values)]
            if finite.size:
                self._board.histogram(f"{name}/{what}", finite, record.epoch, BINS)

    def flush(self) -> None:
        """Nothing waits: the board writes."""

    def close(self) -> None:
        """Nothing is open but the board."""
