"""Train the course's convolutional network on FashionMNIST, on the library's own layers.

It is the network of `pytorch_cnn` with the same settings, without PyTorch.
"""

import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from numpy.typing import NDArray

from mytorch import nn
from mytorch.courses.purdue373.program import run_cnn
from mytorch.courses.purdue373.recorded import Recorded, check_classes, images, no_metrics
from mytorch.utils.console import exit_code
from mytorch.utils.random import streams

Array = NDArray[Any]

CHANNELS = (1, 32, 64, 128, 256)


class NumpyCNN(Recorded):
    """Four blocks of convolution 3x3, ReLU, max-pooling, batch norm and dropout, then two layers.

    Shapes: x (N, 1, H, W), H and W from 16 to 31; scores (N, num_classes).

    Attributes
    ----------
    model
        The Sequential of all layers; its parameters are named as those of `PyTorchCNN.model`.
    train_val_metrics
        `train_losses`, `train_accs`, `val_losses`, `val_accs`, by epoch.

    Raises
    ------
    ArgumentError
        For less than one class, a negative seed.
    """

    picture = "numpy_cnn_train_val_metrics.png"

    def __init__(self, num_classes: int = 10, random_seed: int = 42) -> None:
        self.num_classes = self.classes = check_classes("NumpyCNN", num_classes)
        rng = streams(random_seed)
        blocks: list[nn.Module] = []
        for channels, out in pairwise(CHANNELS):
            blocks += [nn.Conv2d(channels, out, 3, stride=1, padding=1, rng=rng.init), nn.ReLU()]
            blocks += [nn.MaxPool2d(2), nn.BatchNorm2d(out), nn.Dropout(0.3, rng=rng.dropout)]
        self.model = nn.Sequential(
            *blocks,
            nn.Flatten(),
            nn.Linear(256, 128, rng=rng.init),
            nn.ReLU(),
            nn.Linear(128, num_classes, rng=rng.init),
        )
        self.train_val_metrics = no_metrics()

    def train(
        self,
        X_train: Any,
        y_train: Any,
        X_val: Any,
        y_val: Any,
        epochs: int = 10,
        learning_rate: float = 0.001,
        *,
        batch_size: int | None = None,
    ) -> None:
        """Train with Adam, a step on all examples in each epoch, or on batches in their order.

        Examples are (N, 1, H, W), labels (N,) or one-hot rows.

        Raises
        ------
        RunError
            Where the loss is no longer finite.
        """
        self._fit(
            self.model,
            nn.SoftmaxCrossEntropy(),
            nn.Adam(self.model.get_parameters(), lr=learning_rate),
            (X_train, y_train),
            (X_val, y_val),
            epochs,
            batch_size,
        )

    def predict(self, X: Any) -> Array:
        """Return the predicted labels (N,)."""
        return self._labels(X)

    def _network(self) -> nn.Module:
        return self.model

    def _inputs(self, X: Any) -> Array:
        return images(X)


def main(argv: Sequence[str]) -> int:
    """Train, print, and write the figure."""
    what = "Train a convolutional network on FashionMNIST, in NumPy."
    return run_cnn(__file__, argv, NumpyCNN, what)


if __name__ == "__main__":
    sys.exit(exit_code("numpy_cnn.py", lambda: main(sys.argv[1:])))
