"""Train a network with one hidden layer of ReLU on FashionMNIST, in PyTorch.

The network is PyTorch's; the library's training loop runs it, through an adapter.
"""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from mytorch.courses.arguments import check_seed, count, program_parser, width
from mytorch.courses.purdue373.images import Images
from mytorch.courses.purdue373.program import add_options, train_and_judge
from mytorch.courses.purdue373.recorded import Recorded, floats, no_metrics
from mytorch.utils.console import exit_code, needs
from mytorch.utils.errors import ArgumentError

if __name__ == "__main__":
    needs("pytorch_ann.py", "torch", "torch")

from mytorch.courses.purdue373.recorded_torch import RecordedTorch
from mytorch.interop.torch import torch


class PyTorchANN(RecordedTorch):
    """Scores W2 relu(W1 x + b1) + b2, for cross-entropy.

    Shapes: x (N, input_size); scores (N, output_size).

    Parameters
    ----------
    input_size, hidden_size, output_size
        The numbers of inputs, hidden units and classes.
    random_seed
        Given to `torch.manual_seed` before the weights are drawn.

    Attributes
    ----------
    model
        The torch.nn.Sequential of Linear, ReLU, Linear.
    train_val_metrics
        `train_losses`, `train_accs`, `val_losses`, `val_accs`, by epoch.

    Raises
    ------
    ArgumentError
        For sizes below 1, a seed that is none.
    """

    picture = "pytorch_ann_train_val_metrics.png"

    def __init__(
        self, input_size: int, hidden_size: int, output_size: int, random_seed: int = 42
    ) -> None:
        super().__init__()
        sizes = input_size, hidden_size, output_size
        if min(sizes) < 1:
            raise ArgumentError(f"PyTorchANN: sizes must be at least 1, got {sizes}")
        self.input_size, self.hidden_size, self.output_size = sizes
        self.classes, self.seed = output_size, check_seed(random_seed)
        torch.manual_seed(self.seed)
        self.model = torch.nn.Sequential(
            torch.nn.Linear(input_size, hidden_size),
            torch.nn.ReLU(),
            torch.nn.Linear(hidden_size, output_size),
        )
        self.train_val_metrics = no_metrics()

    def train(  # the course's name, and PyTorch's for the mode: with a truth value it is that
        self,
        X_train: Any = True,
        y_train: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        epochs: int = 100,
        batch_size: int = 64,
        learning_rate: float = 0.2,
    ) -> Any:
        """Train by stochastic gradient descent, on batches in the order of the examples.

        Examples are (N, input_size), or images of so many pixels; labels (N,) or one-hot rows; all
        of them arrays or tensors.

        Raises
        ------
        RunError
            Where the loss is no longer finite.
        """
        if isinstance(X_train, bool):
            return super().train(X_train)
        optimizer = torch.optim.SGD(self.model.parameters(), lr=learning_rate)
        self._train(optimizer, (X_train, y_train), (X_val, y_val), epochs, batch_size)
        return None

    def _inputs(self, X: Any) -> Any:
        if getattr(X, "ndim", 2) > 2:  # images, each as one row
            X = X.reshape(len(X), -1)
        return floats(X, (None, self.input_size))


def main(argv: Sequence[str]) -> int:
    """Train, print, and write the figure."""
    parser = program_parser(
        __file__, "Train a network with one hidden layer on FashionMNIST, in PyTorch."
    )
    parser.add_argument("--hidden", type=width, default=32, help="hidden units (default: 32)")
    parser.add_argument("--batch-size", type=count, default=64, help="(default: 64)")
    add_options(parser, PyTorchANN.picture, epochs=100, lr=0.2)
    options = parser.parse_args(argv)

    def train(data: Images) -> Recorded:
        (x, y), (x_val, y_val) = data.train, data.validation
        model = PyTorchANN(int(np.prod(x.shape[1:])), options.hidden, data.classes, options.seed)
        model.train(x, y, x_val, y_val, options.epochs, options.batch_size, options.lr)
        return model

    return train_and_judge(options, train)


if __name__ == "__main__":
    sys.exit(exit_code("pytorch_ann.py", lambda: main(sys.argv[1:])))
