"""Units of a trained network whose ReLU is 0 for every example."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data import load
from ..nn import Module
from ..reporting.predictor import Predictor
from ..reporting.runs import read_config
from ..training.outputs import layer_outputs
from ..utils.errors import RunError

BATCH = 500  # examples at a time


class ReLUUnits(NamedTuple):
    """A ReLU layer: its name, and for how many of the examples each unit is positive.

    A unit of a layer of images is a channel: it lives where any of its pixels is positive.
    """

    name: str
    active: NDArray[np.int64]  # (units,)
    examples: int

    @property
    def dead(self) -> int:
        """How many units are positive for no example."""
        return int((self.active == 0).sum())


def dead_units(model: Module, x: NDArray[Any]) -> list[ReLUUnits]:
    """Return, for every ReLU of a network, how often each of its units is positive.

    The condition of a dead one: w.x_i + b <= 0 for every example i, so that its output is 0.

    Shapes: x (N, ...), as the model takes it.
    """
    counts: dict[str, NDArray[np.int64]] = {}
    for start in range(0, len(x), BATCH):
        for name, y in layer_outputs(model, x[start : start + BATCH]):
            if name.split()[-1] != "ReLU":
                continue
            positive = y.reshape(*y.shape[:2], -1).max(axis=2) > 0  # (N, units)
            counts[name] = counts.get(name, 0) + positive.sum(axis=0)
    return [ReLUUnits(name, count, len(x)) for name, count in counts.items()]


def dead_units_of_run(folder: Path) -> list[ReLUUnits]:
    """Return the same of the network in a run's folder, on the data it was trained on.

    Raises
    ------
    RunError, DataError
        Where the folder holds no trained model, or its data are not here.
    """
    predictor = Predictor(folder)
    data = read_config(folder)["data"]
    if not isinstance(data, str):
        raise RunError(f"{folder}: config.json does not name its data")
    return dead_units(predictor.model, predictor.prepared(load(data).train.x))
