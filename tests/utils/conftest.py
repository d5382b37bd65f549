import gzip
import os
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def five_digits():
    """Return five real MNIST digits as (x, y), other ones for every seed."""
    folder = os.environ.get("MYTORCH_DATA")
    if not folder:
        pytest.skip("MYTORCH_DATA is not set (the folder with mnist/train-images-idx3-ubyte.gz)")
    with gzip.open(Path(folder) / "mnist" / "train-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(16 + 784 * 100)[16:], np.uint8).reshape(100, 784)
    with gzip.open(Path(folder) / "mnist" / "train-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(8 + 100)[8:], np.uint8)

    def choose(seed):
        chosen = slice(5 * seed, 5 * seed + 5)
        return pixels[chosen].astype(np.float32) / 255, labels[chosen].astype(np.int64)

    return choose
