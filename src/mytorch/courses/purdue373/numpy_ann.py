"""Train a network with one hidden layer of ReLU on FashionMNIST, in NumPy.

The conventions are the course's: examples are rows, weights (in, out), biases rows (1, out), labels
one-hot rows. The layers are the library's. Its cross-entropy takes scores; `_cross_entropy` takes
probabilities, as the course does, and is written out.
"""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mytorch import nn
from mytorch.courses.arguments import above_0, check_seed, count, program_parser, seed, width
from mytorch.courses.dense import Dense, floats
from mytorch.courses.purdue373.images import add_data_option, course_split, tell_accuracy
from mytorch.data.batches import batch_indices
from mytorch.data.transforms import flatten
from mytorch.utils.console import exit_code
from mytorch.utils.errors import ArgumentError, OrderError, RunError, ShapeError

Array = NDArray[Any]

DIVISORS = ("classes", "samples")
EVERY = 10  # epochs between two lines


class NumpyANN:
    """a2 = softmax(z2), z2 = a1 W2 + b2, a1 = relu(z1), z1 = x W1 + b1.

    Shapes: x (N, input_size); W1 (input_size, hidden_size), b1 (1, hidden_size), z1, a1
    (N, hidden_size); W2 (hidden_size, output_size), b2 (1, output_size), z2, a2 (N, output_size).

    Attributes
    ----------
    input_size, hidden_size, output_size, lr
        As given.
    W1, b1, W2, b2
        The parameters: weights 0.01 N(0, 1), W1 drawn before W2, from
        `numpy.random.RandomState(random_seed)`; biases 0.
    z1, a1, z2, a2
        What the last `_forward` in training computed. All of them may be set, and are used as they
        are.
    val_losses, val_accs
        Loss and accuracy on the validation data after each epoch.

    Raises
    ------
    ArgumentError
        For sizes below 1, a negative learning rate, a seed that is none.
    """

    z1: Array
    a1: Array
    z2: Array
    a2: Array

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        lr: float,
        random_seed: int = 42,
    ) -> None:
        if min(input_size, hidden_size, output_size) < 1:
            raise ArgumentError(
                f"NumpyANN: sizes must be at least 1, got {(input_size, hidden_size, output_size)}"
            )
        if not 0 <= lr < np.inf:
            raise ArgumentError(f"NumpyANN: lr must be a finite number 0 or larger, got {lr}")
        self.input_size, self.hidden_size, self.output_size = input_size, hidden_size, output_size
        self.lr = lr
        # The stream of np.random.seed(random_seed), without touching that of others.
        rng = np.random.RandomState(check_seed(random_seed))
        self.W1 = initial_weights((input_size, hidden_size), rng)
        self.W2 = initial_weights((hidden_size, output_size), rng)
        self.b1, self.b2 = np.zeros((1, hidden_size)), np.zeros((1, output_size))
        self.val_losses: list[float] = []
        self.val_accs: list[float] = []

    def _relu(self, x: ArrayLike) -> Array:
        """Return max(0, x)."""
        return nn.ReLU().forward(floats(x))

    def _relu_grad(self, x: ArrayLike) -> Array:
        """Return 0 where x <= 0, else 1."""
        relu = nn.ReLU()
        return relu.backward(np.ones_like(relu.forward(floats(x))))

    def _softmax(self, x: ArrayLike) -> Array:
        """Return exp(x) / sum exp(x), of each row."""
        return nn.Softmax().forward(floats(x))

    def _cross_entropy(
        self, y_pred: ArrayLike, y_true: ArrayLike, *, per: str = "classes"
    ) -> float:
        """Return -sum y log p over all samples and classes, divided by the number of classes.

        With per="samples" it is divided by the number of samples instead: the mean. The gradient
        has no factor of either kind but 1 / samples. Where y is 0, p may be 0 too. The order of the
        arguments is that of the course's starter file; its text has them the other way round.

        Raises
        ------
        ArgumentError
            For another divisor.
        ShapeError
            Where y_pred and y_true are not both (N, C).
        """
        p, y = floats(y_pred), floats(y_true)
        if per not in DIVISORS:
            raise ArgumentError(f"per must be one of {', '.join(DIVISORS)}, got {per!r}")
        if p.ndim != 2 or p.shape != y.shape or 0 in p.shape:
            raise ShapeError(
                f"expected y_pred and y_true of one shape (N, C), got {p.shape} and {y.shape}"
            )
        samples, classes = p.shape
        counts = y != 0
        with np.errstate(divide="ignore"):  # the loss of a probability of 0 is infinite
            total = 0.0 - float(np.sum(y[counts] * np.log(p[counts])))
        return total / (classes if per == "classes" else samples)

    def _forward(self, x: ArrayLike, training: bool) -> Array:
        """Return a2 (N, output_size); store z1, a1, z2 and a2 only in training."""
        z1 = Dense(self.W1, self.b1).forward(np.atleast_2d(floats(x)))  # (N, in) -> (N, hidden)
        a1 = self._relu(z1)
        z2 = Dense(self.W2, self.b2).forward(a1)  # (N, hidden) -> (N, out)
        a2 = self._softmax(z2)
        if training:
            self.z1, self.a1, self.z2, self.a2 = z1, a1, z2, a2
        return a2

    def _backward(self, X: ArrayLike, y_true: ArrayLike) -> None:
        """Make one step of gradient descent, from what the last `_forward` in training stored.

        dz2 = a2 - y, dW2 = a1^T dz2, db2 = sum dz2, dz1 = dz2 W2^T relu'(z1), dW1 = X^T dz1,
        db1 = sum dz1, each divided by the number of samples; then W <- W - lr dW.

        Raises
        ------
        OrderError
            Before any `_forward` in training.
        ShapeError
            Where X and y_true are not those samples.
        """
        if not hasattr(self, "a2"):
            raise OrderError("NumpyANN._backward needs a _forward with training=True before it")
        X, y = np.atleast_2d(floats(X)), np.atleast_2d(floats(y_true))
        if y.shape != self.a2.shape or len(X) != len(y):
            raise ShapeError(
                f"NumpyANN._backward: expected one-hot rows {self.a2.shape} for the samples of the "
                f"last _forward, got y_true {y.shape} and X {X.shape}"
            )
        dz2 = (self.a2 - y) / len(X)  # (N, out)
        da1, dW2, db2 = Dense(self.W2, self.b2).gradients(self.a1, dz2)
        dz1 = da1 * self._relu_grad(self.z1)  # (N, hidden)
        first = Dense(self.W1, self.b1)
        first.needs_input_gradient = False
        _, dW1, db1 = first.gradients(X, dz1)
        # Copies: what was handed in as weights is not overwritten.
        parameters = [floats(p).copy() for p in (self.W1, self.b1, self.W2, self.b2)]
        nn.SGD(parameters, self.lr).step([dW1, db1, dW2, db2])
        self.W1, self.b1, self.W2, self.b2 = parameters

    def train(
        self,
        X_train: ArrayLike,
        y_train: ArrayLike,
        X_val: ArrayLike,
        y_val: ArrayLike,
        epochs: int,
        batch_size: int,
    ) -> None:
        """Train on mini-batches in the order of the samples; print every 10th epoch.

        After each epoch, loss and accuracy on the validation data go to `val_losses` and
        `val_accs`.

        Raises
        ------
        RunError
            Where the loss is no longer finite.
        """
        X_train, y_train = floats(X_train), floats(y_train)
        X_val, y_val = floats(X_val), floats(y_val)
        if epochs < 1 or not len(X_train) or len(X_train) != len(y_train):
            raise ArgumentError(
                "NumpyANN.train: expected epochs and samples of at least 1, and labels for each, "
                f"got {epochs=}, X_train {X_train.shape}, y_train {y_train.shape}"
            )
        for epoch in range(1, epochs + 1):
            with np.errstate(over="ignore", invalid="ignore"):
                for rows in batch_indices(len(X_train), batch_size):
                    self._forward(X_train[rows], training=True)
                    self._backward(X_train[rows], y_train[rows])
                loss = self._cross_entropy(self.predict(X_val), y_val)
            if not np.isfinite(loss):
                raise RunError(
                    f"the validation loss is {loss} after epoch {epoch}: the updates grew without "
                    f"bound; try a learning rate below {self.lr:g}"
                )
            self.val_losses.append(loss)
            self.val_accs.append(self.accuracy(X_val, y_val))
            if epoch % EVERY == 0:
                print(
                    f"Epoch {epoch}: validation loss {loss:.4f}, "
                    f"validation accuracy {self.val_accs[-1]:.4f}"
                )

    def predict(self, X: ArrayLike) -> Array:
        """Return the probabilities (N, output_size), storing nothing."""
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is no probability
            return self._forward(X, training=False)

    def accuracy(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the share of samples whose largest probability is at the 1 of y (N, C).

        Raises
        ------
        ShapeError
            For no samples, or a y that is not one-hot rows for them.
        """
        p, y = self.predict(X), floats(y)
        if y.shape != p.shape or not len(p):
            raise ShapeError(
                f"NumpyANN.accuracy: expected samples, and one-hot rows {p.shape}, got y {y.shape}"
            )
        return float(np.mean(p.argmax(axis=1) == y.argmax(axis=1)))


def initial_weights(shape: tuple[int, int], rng: np.random.RandomState | None = None) -> Array:
    """Return W ~ 0.01 N(0, 1), of shape (in, out); without `rng`, the first of seed 42."""
    rng = np.random.RandomState(42) if rng is None else rng
    return 0.01 * rng.standard_normal(shape)


def main(argv: Sequence[str]) -> int:
    """Train, and print the accuracies."""
    parser = program_parser(
        __file__, "Train a network with one hidden layer on FashionMNIST, in NumPy."
    )
    add_data_option(parser)
    parser.add_argument("--hidden", type=width, default=64, help="hidden units (default: 64)")
    parser.add_argument("--lr", type=above_0, default=0.01, help="learning rate (default: 0.01)")
    parser.add_argument("--epochs", type=count, default=250, help="(default: 250)")
    parser.add_argument("--batch-size", type=count, default=64, help="(default: 64)")
    parser.add_argument("--seed", type=seed, default=42, help="of the weights (default: 42)")
    args = parser.parse_args(argv)
    data = course_split(args.data)
    one_hot = np.eye(data.classes)
    train, validation = (
        (flatten(x).astype(np.float64), one_hot[y]) for x, y in (data.train, data.validation)
    )
    model = NumpyANN(train[0].shape[1], args.hidden, data.classes, args.lr, args.seed)
    model.train(*train, *validation, args.epochs, args.batch_size)
    tell_accuracy(data, lambda x, y: model.accuracy(flatten(x), one_hot[y]))
    return 0


if __name__ == "__main__":
    sys.exit(exit_code("numpy_ann.py", lambda: main(sys.argv[1:])))
