"""Train a convolutional network of four blocks on FashionMNIST, in PyTorch.

The network is PyTorch's; the library's training loop runs it, through an adapter. `numpy_cnn` is
the same network on the library's own layers.
"""

import sys
from collections.abc import Sequence
from typing import Any

from mytorch.courses.arguments import check_seed
from mytorch.courses.purdue373.program import run_cnn
from mytorch.courses.purdue373.recorded import check_classes, images, no_metrics
from mytorch.utils.console import exit_code, needs

if __name__ == "__main__":
    needs("pytorch_cnn.py", "torch", "torch")

from mytorch.courses.purdue373.recorded_torch import RecordedTorch
from mytorch.interop.torch import torch


class PyTorchCNN(RecordedTorch):
    """Four blocks of convolution 3x3, ReLU, max-pooling, batch norm and dropout, then two layers.

    Shapes: x (N, 1, H, W), H and W from 16 to 31; scores (N, num_classes). The blocks have 32, 64,
    128 and 256 channels, the hidden dense layer 128 units.

    Parameters
    ----------
    num_classes
        The number of classes.
    random_seed
        Given to `torch.manual_seed` before the weights are drawn; dropout goes on from there.

    Attributes
    ----------
    model
        The torch.nn.Sequential of all layers.
    train_val_metrics
        `train_losses`, `train_accs`, `val_losses`, `val_accs`, by epoch.

    Raises
    ------
    ArgumentError
        For less than one class, a seed that is none.
    """

    picture = "pytorch_cnn_train_val_metrics.png"

    def __init__(self, num_classes: int = 10, random_seed: int = 42) -> None:
        super().__init__()
        self.num_classes = self.classes = check_classes("PyTorchCNN", num_classes)
        torch.manual_seed(check_seed(random_seed))
        self.model = torch.nn.Sequential(
            *_block(1, 32),
            *_block(32, 64),
            *_block(64, 128),
            *_block(128, 256),
            torch.nn.Flatten(),
            torch.nn.Linear(256, 128),
            torch.nn.ReLU(),
            torch.nn.Linear(128, num_classes),
        )
        self.train_val_metrics = no_metrics()

    def train(  # the course's name, and PyTorch's for the mode: with a truth value it is that
        self,
        X_train: Any = True,
        y_train: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        epochs: int = 10,
        learning_rate: float = 0.001,
        *,
        batch_size: int | None = None,
    ) -> Any:
        """Train with Adam, a step on all examples in each epoch, or on batches in their order.

        Examples are (N, 1, H, W), labels (N,) or one-hot rows; arrays or tensors.

        Raises
        ------
        RunError
            Where the loss is no longer finite.
        """
        if isinstance(X_train, bool):
            return super().train(X_train)
        optimizer = torch.optim.Adam(self.model.parameters(), lr=learning_rate)
        self._train(optimizer, (X_train, y_train), (X_val, y_val), epochs, batch_size)
        return None

    def _inputs(self, X: Any) -> Any:
        return images(X)


def _block(channels: int, out: int) -> tuple[Any, ...]:
    """(N, channels, H, W) -> (N, out, H // 2, W // 2)."""
    return (
        torch.nn.Conv2d(channels, out, kernel_size=3, stride=1, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.BatchNorm2d(out),
        torch.nn.Dropout(0.3),
    )


def main(argv: Sequence[str]) -> int:
    """Train, print, and write the figure."""
    what = "Train a convolutional network on FashionMNIST, in PyTorch."
    return run_cnn(__file__, argv, PyTorchCNN, what)


if __name__ == "__main__":
    sys.exit(exit_code("pytorch_cnn.py", lambda: main(sys.argv[1:])))
