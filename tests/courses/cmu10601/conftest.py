import numpy as np
import pytest


def table(x, y):
    return "".join(
        ",".join([str(label), *(f"{value:g}" for value in row)]) + "\n"
        for row, label in zip(x, y, strict=True)
    )


@pytest.fixture
def letters(tmp_path):
    """Two small CSV files of letters that are not there, and what is in them."""
    rng = np.random.default_rng(0)
    splits = []
    for name, count in (("train.csv", 40), ("validation.csv", 15)):
        x = rng.integers(0, 2, (count, 12)).astype(float)
        y = rng.integers(0, 10, count)
        (tmp_path / name).write_text(table(x, y))
        splits.append((x, y))
    return splits


@pytest.fixture
def command(tmp_path, letters):
    """The arguments of the program, with the four numbers to choose."""

    def arguments(*numbers):
        inputs = [tmp_path / name for name in ("train.csv", "validation.csv")]
        outputs = [tmp_path / name for name in ("train.labels", "validation.labels", "metrics.txt")]
        return [str(argument) for argument in (*inputs, *outputs, *numbers)]

    return arguments
