"""A run's trained model, read from its folder and used on examples that it has never seen."""

import json
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.readers import read_image, read_rows
from ..data.transforms import Standardizer
from ..nn import Conv2d, Module, architecture, load_file
from ..utils.errors import MytorchError, RunError, one_line
from ..utils.kernels.softmax import log_softmax

Array = NDArray[Any]


class Predictor:
    """The model of a finished run.

    Attributes
    ----------
    classes
        The names of the labels; none where the model predicts numbers.
    shape
        Of the examples that it takes.

    Raises
    ------
    RunError
        Where the folder holds no model, or a damaged one.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "model.json"
        if not path.exists() and any(folder.glob("seed-*/model.json")):
            raise RunError(
                f"{folder}: is a run with several seeds; name one of them: {folder}/seed-0"
            )
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            self._standardizer = Standardizer.from_json(facts["input"])
            self.classes = tuple(map(str, facts["classes"]))
            self.model: Module = architecture.build(facts["architecture"], self._standardizer.dtype)
        except OSError as error:
            raise RunError(
                f"{folder}: holds no trained model ({error.strerror}: {path.name}); has the run "
                "ended?"
            ) from error
        except (MytorchError, LookupError, TypeError, ValueError, RecursionError) as error:
            raise RunError(f"{path}: does not describe a model ({one_line(error)})") from error
        try:
            self.model.load_state_dict(load_file(folder / "model.npz"))
        except MytorchError as error:
            raise RunError(f"{folder}: its weights cannot be used: {error}") from error
        self.shape = self._standardizer.shape
        try:
            outputs = self.outputs(np.zeros((1, *self.shape))).shape[1]
        except (MytorchError, ValueError, MemoryError) as error:
            raise RunError(
                f"{path}: its parts do not fit each other ({one_line(error)})"
            ) from error
        if self.classes and len(self.classes) != outputs:
            raise RunError(f"{path}: names {len(self.classes)} classes for {outputs} outputs")

    def outputs(self, x: Array) -> Array:
        """Return what the model puts out for examples (N, ...): of a classifier, scores (N, C)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.model.predict(self.prepared(x))

    def prepared(self, x: Array) -> Array:
        """Return examples (N, ...) as the model itself takes them: standardized."""
        rows = self._standardizer(x)
        return rows.reshape(-1, *self.shape) if self._takes_images else rows

    @property
    def _takes_images(self) -> bool:
        """Whether the model begins with a convolution, and not with a dense layer."""
        first = next((part for part in self.model.modules() if part.parameter_names), None)
        return isinstance(first, Conv2d)

    def probabilities(self, x: Array) -> Array:
        """Return the probability of each class (N, C)."""
        return np.exp(log_softmax(self.outputs(x)))

    def read(self, path: Path) -> Array:
        """Return the examples in a file, as the model takes them: an image, or a table's rows.

        An image gets the size and the channels of those that the model was trained on.

        Raises
        ------
        DataError
            For a file that is none, and a table with another number of columns.
        """
        value_range = self._standardizer.value_range
        if path.suffix.lower() == ".csv" or len(self.shape) != 3:
            return read_rows(path, prod(self.shape)).reshape(-1, *self.shape)
        if value_range is None:
            raise RunError(
                f"{path}: the model was trained on images of floating numbers, and nobody knows "
                f"what their white is; give rows of {prod(self.shape)} numbers as a .csv file"
            )
        channels, height, width = self.shape
        image = read_image(path, channels, (height, width))
        low, high = value_range
        return (image[np.newaxis] / 255 * (high - low) + low).astype(np.float64)
