"""cmu10601's own ways: biases in column 0, seeds taken from shapes and epochs, sums by example."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..profile import Contradiction, Profile, epoch_seeded
from .initial import random_init
from .neuralnet import labels_as_text


def _lines_written() -> Mapping[str, Any]:
    """Write the labels of three examples as the program does."""
    text = labels_as_text(np.array([1, 0, 2]))
    return {"text": text, "empty lines": text.splitlines().count("")}


PROFILE = Profile(
    name="cmu10601",
    title="optical character recognition with one hidden layer, in NumPy",
    programs=("neuralnet", "incorrect_finder", "visualizer"),
    loss="examples",
    gradient="nothing",  # a batch is one example
    bias="column 0",
    rows_are_inputs=False,
    initial=random_init,
    order=epoch_seeded,
    contradictions=(
        Contradiction(
            says="a label file has an empty line after each sequence",
            holds="an example is one image: one label a line and no empty line; a trailing one is "
            "ignored",
            shown=_lines_written,
        ),
    ),
)
