"""The images of purdue373: a small part of FashionMNIST, drawn with scikit-learn's seed 42."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mytorch.data import Split, load
from mytorch.data.transforms import unit_range
from mytorch.utils.errors import ArgumentError
from mytorch.utils.extras import require

Array = NDArray[Any]

DATA = "fashion-mnist"
TRAIN, HELD_OUT = 2000, 200  # images
SEED = 42


class Images(NamedTuple):
    """Splits of images x (N, C, H, W), float32 in [0, 1], and labels y (N,)."""

    train: Split
    validation: Split
    test: Split
    whole_test: Split
    classes: int


def course_split(name: str = DATA) -> Images:
    """Return 2,000 images to train on, 200 for validation and 200 for tests, always the same.

    A smaller data set is cut in the same proportion, 10 to 1, and gives all its test images where
    there are no more than 200.

    Raises
    ------
    ArgumentError
        For a data set that is not of images with classes.
    DataError
        For an unknown name, and for a file that is missing or damaged.
    """
    data = load(name)
    if not data.classes or data.train.x.ndim != 4 or data.value_range is None:
        raise ArgumentError(
            f"--data {name}: purdue373 is about images with classes, and these are none; try "
            f"{DATA}, or digits, which needs no file"
        )
    n = len(data.train)
    held_out = HELD_OUT if n >= TRAIN + HELD_OUT else n * HELD_OUT // (TRAIN + HELD_OUT)
    kept = TRAIN if n >= TRAIN + HELD_OUT else n - held_out
    if held_out < 1:
        raise ArgumentError(f"--data {name}: {n} images are too few, 11 or more are needed")
    train, validation = _draw(n, kept, held_out)
    test = np.arange(len(data.test))
    if len(test) > HELD_OUT:
        test, _ = _draw(len(test), HELD_OUT, 1)

    def scaled(split: Split) -> Split:
        assert data.value_range is not None
        return Split(unit_range(split.x, data.value_range), np.asarray(split.y, np.int64))

    return Images(
        scaled(data.train[train]),
        scaled(data.train[validation]),
        scaled(data.test[test]),
        scaled(data.test),
        len(data.classes),
    )


def add_data_option(parser: ArgumentParser) -> None:
    """Add `--data` to a program's options."""
    parser.add_argument(
        "--data",
        default=DATA,
        metavar="NAME",
        help=f"a data set of images, see 'mytorch data list' (default: {DATA})",
    )


def tell_accuracy(data: Images, accuracy: Callable[[Array, Array], float]) -> None:
    """Print the accuracy on the test images of the course, and on all there are."""
    print(f"accuracy on {len(data.test):,} test images: {accuracy(*data.test):.4f}")
    print(f"accuracy on all {len(data.whole_test):,} test images: {accuracy(*data.whole_test):.4f}")


def _draw(n: int, kept: int, held_out: int) -> tuple[Array, Array]:
    """Return the row numbers of both parts, as the course draws them."""
    kept_rows, held_out_rows = require("sklearn.model_selection", "lab").train_test_split(
        np.arange(n), train_size=kept, test_size=held_out, random_state=SEED
    )
    return kept_rows, held_out_rows
