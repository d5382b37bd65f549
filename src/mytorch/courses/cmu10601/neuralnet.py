"""Train a network with one hidden layer on letters, as the assignment's `neuralnet.py` does.

Two conventions are the course's: a layer's biases are column 0 of its weights, so that it sees
[1, x], and the gradient of an example comes one example at a time (1-D arrays, float64).
"""

import argparse
import functools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mytorch import nn
from mytorch.courses.arguments import above_0, count, program_parser
from mytorch.courses.cmu10601.initial import random_init, zero_init
from mytorch.courses.cmu10601.letters import LETTERS, read_letters
from mytorch.courses.outputs import check_outputs, write_output
from mytorch.courses.profile import epoch_seeded
from mytorch.training import fit
from mytorch.utils.console import Parser, exit_code
from mytorch.utils.errors import ArgumentError
from mytorch.utils.progress import progress

__all__ = ["NN", "Linear", "Sigmoid", "SoftMaxCrossEntropy", "random_init", "zero_init"]

Array = NDArray[Any]
Init = Callable[[tuple[int, int]], Array]

INITS: dict[int, Init] = {1: random_init, 2: zero_init}


class Linear:
    """a = w [1, x], with w (out, 1 + in): column 0 holds the biases, and begins at zero.

    Backward, with dz = dL/da: dw = dz [1, x]^T, and dL/dx = dz w without column 0, since nothing
    is before the 1.

    Attributes
    ----------
    w, dw
        The weights and their gradient (out, 1 + in). Setting `w` copies; sizes are taken from it.
    lr
        The learning rate.
    cache
        [1, x] of the last forward.
    """

    def __init__(
        self, input_size: int, output_size: int, weight_init_fn: Init, learning_rate: float
    ) -> None:
        self.w = weight_init_fn((output_size, 1 + input_size))
        self.w[:, 0] = 0
        self.dw = np.zeros_like(self.w)
        self.lr = learning_rate
        self.cache: Array | None = None

    @property
    def w(self) -> Array:
        """The weights (out, 1 + in)."""
        return self._layer.weight

    @w.setter
    def w(self, w: ArrayLike) -> None:
        weight = np.array(w, np.float64, ndmin=2)
        out, inputs = weight.shape
        if getattr(self, "_layer", None) is None or self.w.shape != weight.shape:
            self._layer = nn.Linear(inputs, out, bias=False, init="zeros", dtype=np.float64)
        self._layer.weight[...] = weight  # so that `w -= ...` leaves the layer what it has seen

    def forward(self, x: Array) -> Array:
        """Return a (out,) from x (in,)."""
        self.cache = np.concatenate([[1.0], np.ravel(x)])
        return self._layer.forward(self.cache[np.newaxis])[0]  # (1, 1 + in) -> (1, out)

    def backward(self, dz: Array) -> Array:
        """Set dw from dz (out,) and return dL/dx (in,)."""
        dx = self._layer.backward(np.reshape(dz, (1, -1)))  # (1, out) -> (1, 1 + in)
        assert dx is not None
        (self.dw,) = self._layer.get_gradients()
        return dx[0, 1:]

    def step(self) -> None:
        """w <- w - lr dw."""
        nn.SGD([self.w], self.lr).step([self.dw])


class Sigmoid:
    """z = 1 / (1 + exp(-a)), element by element.

    Attributes
    ----------
    cache
        z of the last forward.
    """

    def __init__(self) -> None:
        self._function = nn.Sigmoid()
        self.cache: Array | None = None

    def forward(self, x: ArrayLike) -> Array:
        """Return sigma(x)."""
        self.cache = self._function.forward(np.asarray(x, np.float64))
        return self.cache

    def backward(self, dz: ArrayLike) -> Array:
        """Return dz sigma' at the x of the last forward; dz may be one number for all of them."""
        shape = () if self.cache is None else self.cache.shape
        return self._function.backward(np.broadcast_to(dz, shape))


class SoftMaxCrossEntropy:
    """y_hat = softmax(z) and the loss -log y_hat[y], for scores z (C,) and a label y."""

    def _softmax(self, z: ArrayLike) -> Array:
        """Return exp(z) / sum exp(z)."""
        return nn.Softmax().predict(np.asarray(z, np.float64))

    def _cross_entropy(self, y: int, y_hat: Array) -> float:
        """Return -log y_hat[y], of probabilities."""
        with np.errstate(divide="ignore"):  # -log 0 = inf is the loss of what was held impossible
            log_probabilities = np.log(y_hat)
        return nn.NLLLoss().forward(log_probabilities[np.newaxis], np.reshape(y, 1))

    def forward(self, z: Array, y: int) -> tuple[Array, float]:
        """Return (y_hat, loss)."""
        loss = nn.SoftmaxCrossEntropy().forward(
            np.asarray(z, np.float64)[np.newaxis], np.reshape(y, 1)
        )
        return self._softmax(z), loss

    def backward(self, y: int, y_hat: Array) -> Array:
        """Return dL/dz = y_hat - onehot(y); from its arguments, so that no forward is needed."""
        return y_hat - np.eye(len(y_hat))[y]


class NN:
    """Scores w2 [1, sigma(w1 [1, x])], trained one example at a time."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        weight_init_fn: Init,
        learning_rate: float,
    ) -> None:
        self.linear1 = Linear(input_size, hidden_size, weight_init_fn, learning_rate)
        self.activation = Sigmoid()
        self.linear2 = Linear(hidden_size, output_size, weight_init_fn, learning_rate)
        self.softmax = SoftMaxCrossEntropy()
        self.lr = learning_rate

    def forward(self, x: Array, y: int) -> tuple[Array, float]:
        """Return (y_hat (C,), loss) of one example."""
        a = self.linear1.forward(x)  # (in,) -> (hidden,)
        z = self.activation.forward(a)
        return self.softmax.forward(self.linear2.forward(z), y)  # (hidden,) -> (C,)

    def backward(self, y: int, y_hat: Array) -> None:
        """Set the gradients of both layers, from the weights as they are."""
        db = self.softmax.backward(y, y_hat)  # (C,)
        dz = self.linear2.backward(db)  # (hidden,)
        self.linear1.backward(self.activation.backward(dz))

    def step(self) -> None:
        """Update both layers."""
        self.linear1.step()
        self.linear2.step()

    def compute_loss(self, X: Array, y: Array) -> float:
        """Return the mean cross-entropy over all examples, X (N, in), y (N,)."""
        return _mean_loss(self.network(), X, y)

    def train(
        self, X_tr: Array, y_tr: Array, X_test: Array, y_test: Array, n_epochs: int
    ) -> tuple[list[float], list[float]]:
        """Return the mean losses on both splits after each epoch.

        An epoch is one kernel of the library, for the very updates that forward, backward and step
        make example by example; sums are added in another order. That is felt in the last digit,
        but grows where a training is chaotic: with 2 to 5 hidden units at a rate of 0.1, what
        rounding changes doubles about every epoch, and after 100 epochs no two orders of summation
        agree, nor of multiplication.

        Interrupted, the weights stay those after the last whole epoch.
        """
        network = self.network()
        epochs = fit(
            network,
            nn.SoftmaxCrossEntropy(),
            nn.SGD(network.get_parameters(), self.lr),
            (np.ascontiguousarray(X_tr, np.float64), np.asarray(y_tr)),
            epochs=n_epochs,
            **by_example(len(X_tr)),
        )
        train_losses, test_losses = [], []
        for _ in progress(epochs, total=n_epochs, label="training", unit="epoch"):
            self.adopt(network)
            train_losses.append(_mean_loss(network, X_tr, y_tr))
            test_losses.append(_mean_loss(network, X_test, y_test))
        return train_losses, test_losses

    def test(self, X: Array, y: Array) -> tuple[Array, float]:
        """Return the predicted labels (N,), the smallest of equals, and the share of wrong ones."""
        labels = self.network().predict(X).argmax(axis=1)
        return labels, float(np.mean(labels != y))

    def print_weights(self) -> None:
        """Print both matrices, alpha (hidden, 1 + in) and beta (C, 1 + hidden)."""
        for name, layer in (("alpha", self.linear1), ("beta", self.linear2)):
            print(f"{name} {layer.w.shape}:\n{layer.w}")

    def network(self) -> nn.Sequential:
        """Return the same network with the biases apart, as the library keeps them."""
        return library_network([self.linear1.w, self.linear2.w])

    def adopt(self, network: nn.Module) -> None:
        """Take the weights of such a network, which may be PyTorch's twin of one."""
        weight1, bias1, weight2, bias2 = network.get_parameters()
        self.linear1.w[:, 0], self.linear1.w[:, 1:] = bias1, weight1
        self.linear2.w[:, 0], self.linear2.w[:, 1:] = bias2, weight2


def library_network(weights: Sequence[Array]) -> nn.Sequential:
    """Return a network of the library with sigmoids between layers of weights (out, 1 + in)."""
    layers: list[nn.Module] = []
    for w in weights:
        out, inputs = w.shape
        dense = nn.Linear(inputs - 1, out, init="zeros", dtype=np.float64)
        dense.load_state_dict({"weight": w[:, 1:], "bias": w[:, 0]})
        layers += [dense, nn.Sigmoid()]
    return nn.Sequential(layers[:-1])


def by_example(n: int) -> dict[str, Any]:
    """Return the options with which `fit` trains on n examples as the course does.

    One update for each example, and the order of an epoch from its number.
    """
    order = functools.partial(epoch_seeded, n=n)
    return {"batch_size": 1, "order": order, "step_records": False}


def _mean_loss(network: nn.Sequential, X: Array, y: Array) -> float:
    """Return the mean cross-entropy over all examples; what overflows shows in it."""
    with np.errstate(over="ignore", invalid="ignore"):
        return nn.SoftmaxCrossEntropy().forward(network.predict(X), y)


def shuffle(X: Array, y: Array, epoch: int) -> tuple[Array, Array]:
    """Return the examples in the order of an epoch, counted from 0: seeded with its number."""
    order = epoch_seeded(epoch, len(X))
    return X[order], y[order]


def args2data(
    args: argparse.Namespace,
) -> tuple[Array, Array, Array, Array, str, str, str, int, int, int, float]:
    """Return (X_tr, y_tr, X_te, y_te, out_tr, out_te, out_metrics, n_epochs, n_hid, flag, lr).

    Raises
    ------
    DataError
        Where a file is not a table of letters, or they differ in their pixels.
    """
    inputs = Path(args.train_input), Path(args.validation_input)
    (X_tr, y_tr), (X_te, y_te) = map(read_letters, inputs)
    if X_tr.shape[1] != X_te.shape[1]:
        raise ArgumentError(
            f"{inputs[1]}: expected {X_tr.shape[1]} pixels a row as in {inputs[0]}, got "
            f"{X_te.shape[1]}"
        )
    outputs = args.train_out, args.validation_out, args.metrics_out
    numbers = args.num_epoch, args.hidden_units, args.init_flag, args.learning_rate
    return X_tr, y_tr, X_te, y_te, *outputs, *numbers


def labels_as_text(labels: Array) -> str:
    """Return one label a line."""
    return "".join(f"{label}\n" for label in labels)


def metrics_as_text(
    train_losses: Sequence[float], test_losses: Sequence[float], errors: tuple[float, float]
) -> str:
    """Return two lines for each epoch and one for each split's error."""
    lines = []
    for epoch, losses in enumerate(zip(train_losses, test_losses, strict=True), 1):
        for split, value in zip(("train", "validation"), losses, strict=True):
            lines.append(f"epoch={epoch} crossentropy({split}): {value}\n")
    train, validation = errors
    return "".join([*lines, f"error(train): {train}\n", f"error(validation): {validation}\n"])


def main(argv: Sequence[str]) -> int:
    """Train, and write the labels of both splits and the metrics."""
    args = _parser().parse_args(argv)
    X_tr, y_tr, X_te, y_te, out_tr, out_te, out_metrics, epochs, hidden, flag, lr = args2data(args)
    outputs = [Path(out) for out in (out_tr, out_te, out_metrics)]
    check_outputs(outputs, [Path(args.train_input), Path(args.validation_input)])

    network = NN(X_tr.shape[1], hidden, len(LETTERS), INITS[flag], lr)
    losses = network.train(X_tr, y_tr, X_te, y_te, epochs)
    labels_tr, error_tr = network.test(X_tr, y_tr)
    labels_te, error_te = network.test(X_te, y_te)
    if args.debug:
        network.print_weights()

    metrics = metrics_as_text(*losses, (error_tr, error_te))
    texts = labels_as_text(labels_tr), labels_as_text(labels_te), metrics
    for path, text in zip(outputs, texts, strict=True):
        write_output(path, text.encode())
    return 0


def _parser() -> Parser:
    parser = program_parser(
        __file__, "Train a network with one hidden layer of sigmoids on letters."
    )
    for name, what in (
        ("train_input", "CSV of training examples: label, pixels"),
        ("validation_input", "CSV of validation examples"),
        ("train_out", "predicted labels of the training examples, to be written"),
        ("validation_out", "predicted labels of the validation examples, to be written"),
        ("metrics_out", "losses by epoch and errors, to be written"),
    ):
        parser.add_argument(name, help=what)
    parser.add_argument("num_epoch", type=count, help="epochs, at least 1")
    parser.add_argument("hidden_units", type=count, help="hidden units, at least 1")
    parser.add_argument("init_flag", type=_init_flag, help="1: random, 2: zero")
    parser.add_argument("learning_rate", type=above_0, help="above 0")
    parser.add_argument("--debug", action="store_true", help="print the weights at the end")
    return parser


def _init_flag(text: str) -> int:
    if text not in ("1", "2"):
        raise argparse.ArgumentTypeError(f"expected 1 (random) or 2 (zero), got {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(exit_code("neuralnet.py", lambda: main(sys.argv[1:])))
