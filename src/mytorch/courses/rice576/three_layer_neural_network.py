"""Train a network of three layers (input, hidden, output) on two half moons.

The conventions are the course's: examples are rows, weights (in, out), biases rows (1, out), and
gradients sums over the examples. The layers are the library's.
"""

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mytorch import nn
from mytorch.courses import pictures
from mytorch.courses.arguments import (
    above_0,
    at_least_0,
    check_seed,
    count,
    program_parser,
    seed,
    width,
)
from mytorch.courses.dense import Dense, floats, labels
from mytorch.reporting.boundaries import decision_boundary
from mytorch.utils.console import Parser, exit_code
from mytorch.utils.errors import ArgumentError, OrderError, RunError
from mytorch.utils.extras import require

Array = NDArray[Any]
Function = Callable[[Array], Array]

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "relu": nn.ReLU,
}
REDUCTIONS = ("sum", "mean")
EVERY = 1000  # passes between two lines about the loss


def generate_data() -> tuple[Array, Array]:
    """Return the 200 points X (200, 2) of two half moons and their labels y (200,), seed 0."""
    make_moons = require("sklearn.datasets", "lab").make_moons
    # The stream of np.random.seed(0), without touching that of others.
    X, y = make_moons(200, noise=0.20, random_state=np.random.RandomState(0))
    return X, y


def plot_decision_boundary(
    pred_func: Function, X: ArrayLike, y: ArrayLike, figure: Any = None
) -> Any:
    """Return a figure of the regions that `pred_func` gives each label, and of the examples.

    `pred_func` takes points (M, 2) and returns labels (M,). The grid has steps of 0.01 and a margin
    of 0.5. Nothing is shown; with `figure` it is drawn into that one.
    """
    return decision_boundary(pred_func, np.asarray(X), np.asarray(y), figure)


class NeuralNetwork:
    """probs = softmax(z2), z2 = a1 W2 + b2, a1 = f(z1), z1 = X W1 + b1.

    Shapes: X (N, in); W1 (in, hidden), b1 (1, hidden); W2 (hidden, out), b2 (1, out); z1, a1
    (N, hidden); z2, probs (N, out).

    Parameters
    ----------
    nn_input_dim, nn_hidden_dim, nn_output_dim
        The numbers of inputs, hidden units and classes.
    actFun_type
        f: Tanh, Sigmoid or ReLU, in any letter case.
    reg_lambda
        The factor of the L2 term, 0 or larger.
    seed
        Of `numpy.random.RandomState`, which draws W1 and then W2.
    reduction
        "sum": `backprop` returns sums over the examples, and the update, with reg_lambda W added,
        follows N times the gradient of the loss. "mean": it divides by N, and the L2 term is N
        times as strong in the update as in the loss.

    Attributes
    ----------
    W1, b1, W2, b2
        The parameters.
    z1, a1, z2, probs
        What the last `feedforward` computed. All of them may be set, and are used as they are.

    Raises
    ------
    ArgumentError
        For an unknown activation or reduction, sizes below 1, a negative reg_lambda.
    """

    W1: Array
    b1: Array
    W2: Array
    b2: Array
    z1: Array
    a1: Array
    z2: Array
    probs: Array

    def __init__(
        self,
        nn_input_dim: int,
        nn_hidden_dim: int,
        nn_output_dim: int,
        actFun_type: str = "tanh",
        reg_lambda: float = 0.01,
        seed: int = 0,
        *,
        reduction: str = "sum",
    ) -> None:
        sizes = nn_input_dim, nn_hidden_dim, nn_output_dim
        self._set_up(sizes, actFun_type, reg_lambda, reduction)
        self.nn_input_dim, self.nn_hidden_dim, self.nn_output_dim = sizes
        (self.W1, self.b1), (self.W2, self.b2) = initial_parameters(sizes, seed)

    def _set_up(
        self, sizes: Sequence[int], actFun_type: str, reg_lambda: float, reduction: str
    ) -> None:
        """Check the options and keep them."""
        if min(sizes) < 1:
            raise ArgumentError(f"{type(self).__name__}: sizes must be at least 1, got {sizes}")
        if not 0 <= reg_lambda < np.inf:
            raise ArgumentError(
                f"{type(self).__name__}: reg_lambda must be a finite number 0 or larger, got "
                f"{reg_lambda}"
            )
        if reduction not in REDUCTIONS:
            raise ArgumentError(
                f"{type(self).__name__}: reduction must be one of {', '.join(REDUCTIONS)}, got "
                f"{reduction!r}"
            )
        _activation(actFun_type)
        self.actFun_type, self.reg_lambda, self.reduction = actFun_type, reg_lambda, reduction

    def actFun(self, z: ArrayLike, type: str) -> Array:  # noqa: A002, N802 - the course's names
        """Return f(z), element by element.

        Raises
        ------
        ArgumentError
            For a `type` that is not Tanh, Sigmoid or ReLU.
        """
        return _activation(type).forward(floats(z))

    def diff_actFun(self, z: ArrayLike, type: str) -> Array:  # noqa: A002, N802
        """Return f'(z), element by element; of ReLU it is [z > 0].

        Raises
        ------
        ArgumentError
            For a `type` that is not Tanh, Sigmoid or ReLU.
        """
        f = _activation(type)
        slope = f.backward(np.ones_like(f.forward(floats(z))))
        assert slope is not None
        return slope

    def feedforward(self, X: ArrayLike, actFun: Function) -> None:
        """Set z1, a1, z2 and probs; `actFun` is a function of z alone."""
        self.z1 = Dense(self.W1, self.b1).forward(floats(X))  # (N, in) -> (N, hidden)
        self.a1 = actFun(self.z1)
        self.z2 = Dense(self.W2, self.b2).forward(floats(self.a1))  # (N, hidden) -> (N, out)
        self.probs = nn.Softmax().forward(self.z2)

    def calculate_loss(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return (sum of -log p + reg_lambda / 2 (sum of W1^2 + sum of W2^2)) / N."""
        with quiet():
            self.feedforward(X, self._function)
            return self._loss(self.z2, y, [Dense(self.W1, self.b1), Dense(self.W2, self.b2)])

    def backprop(self, X: ArrayLike, y: ArrayLike) -> tuple[Array, ...]:
        """Return dW1, dW2, db1, db2, from what the last `feedforward` left.

        d2 = p - y, dW2 = a1^T d2, db2 = sum d2, d1 = d2 W2^T f'(z1), dW1 = X^T d1, db1 = sum d1.

        Raises
        ------
        OrderError
            Before any feedforward.
        """
        d2 = self._output_gradient(y)  # (N, out)
        d_a1, dW2, db2 = Dense(self.W2, self.b2).gradients(floats(self.a1), d2)
        d1 = d_a1 * self.diff_actFun(self.z1, self.actFun_type)  # (N, hidden)
        first = Dense(self.W1, self.b1)
        first.needs_input_gradient = False
        _, dW1, db1 = first.gradients(floats(X), d1)
        return dW1, dW2, db1, db2

    def fit_model(
        self,
        X: ArrayLike,
        y: ArrayLike,
        epsilon: float = 0.01,
        num_passes: int = 20000,
        print_loss: bool = True,
    ) -> None:
        """Make `num_passes` steps of gradient descent on all examples, with reg_lambda W added.

        Raises
        ------
        RunError
            Where the weights are no longer finite.
        """
        # Copies: what was handed in as weights is not overwritten.
        self.W1, self.b1, self.W2, self.b2 = (
            floats(p).copy() for p in (self.W1, self.b1, self.W2, self.b2)
        )
        optimizer = nn.SGD([self.W1, self.b1, self.W2, self.b2], epsilon)
        X = floats(X)
        for i in range(num_passes):
            with quiet():
                self.feedforward(X, self._function)
                dW1, dW2, db1, db2 = self.backprop(X, y)
                dW1, dW2 = dW1 + self.reg_lambda * self.W1, dW2 + self.reg_lambda * self.W2
                optimizer.step([dW1, db1, dW2, db2])
            self._look(i, num_passes, optimizer, X, y, print_loss)

    def predict(self, X: ArrayLike) -> Array:
        """Return the label (N,) of each example, the smallest of equals; it is a feedforward."""
        with quiet():
            self.feedforward(X, self._function)
        return self.probs.argmax(axis=1)

    def visualize_decision_boundary(self, X: ArrayLike, y: ArrayLike, figure: Any = None) -> Any:
        """Return a figure of the regions that are given each label (`plot_decision_boundary`)."""
        return plot_decision_boundary(self.predict, X, y, figure)

    # for the network of any number of layers, too

    def _function(self, z: Array) -> Array:
        return self.actFun(z, self.actFun_type)

    def _loss(self, scores: Array, y: ArrayLike, layers: Sequence[Dense]) -> float:
        """Return the loss of scores (N, out), with the L2 term of the layers."""
        y = labels(y, *scores.shape)
        misfit = nn.SoftmaxCrossEntropy(reduction="sum").forward(scores, y)
        return (misfit + nn.L2Penalty(self.reg_lambda).value(nn.Sequential(*layers))) / len(y)

    def _output_gradient(self, y: ArrayLike) -> Array:
        """Return p - y (N, out), or (p - y) / N.

        It is taken from `probs`, which may have been set: the library's loss keeps its own.
        """
        if not hasattr(self, "probs"):
            raise OrderError(f"{type(self).__name__}.backprop needs a feedforward before it")
        n, classes = self.probs.shape
        difference = self.probs - np.eye(classes)[labels(y, n, classes)]
        return difference / n if self.reduction == "mean" else difference

    def _look(
        self, i: int, passes: int, optimizer: nn.Optimizer, X: Array, y: ArrayLike, tell: bool
    ) -> None:
        """After some passes, print the loss, and find out whether all is well."""
        if i % EVERY and i < passes - 1:
            return
        if not all(np.isfinite(p).all() for p in optimizer.parameters):
            raise RunError(
                f"the weights are no longer finite after iteration {i}: the updates grew without "
                f"bound; try an epsilon below {optimizer.lr:g}"
            )
        if tell and i % EVERY == 0:
            print(f"Loss after iteration {i}: {self.calculate_loss(X, y):f}")


def initial_parameters(sizes: Sequence[int], seed: int = 0) -> list[tuple[Array, Array]]:
    """Return W ~ N(0, 1) / sqrt(in) and b = 0 of each layer, drawn one after another.

    Shapes: W (in, out), b (1, out).
    """
    # The stream of np.random.seed(seed), without touching that of others.
    rng = np.random.RandomState(check_seed(seed))
    return [
        (initial_weights((n_in, n_out), rng), np.zeros((1, n_out)))
        for n_in, n_out in pairwise(sizes)
    ]


def initial_weights(shape: tuple[int, int], rng: np.random.RandomState | None = None) -> Array:
    """Return W ~ N(0, 1) / sqrt(in), of shape (in, out); without `rng`, the first of seed 0."""
    rng = np.random.RandomState(0) if rng is None else rng
    return rng.standard_normal(shape) / np.sqrt(shape[0])


def add_options(parser: Parser, picture: str) -> None:
    """Add the options of a program that trains such a network."""
    parser.add_argument(
        "--activation", default="Tanh", metavar="NAME", help="Tanh, Sigmoid or ReLU (default: Tanh)"
    )
    parser.add_argument(
        "--reg-lambda", type=at_least_0, default=0.01, help="factor of the L2 term (default: 0.01)"
    )
    parser.add_argument("--epsilon", type=above_0, default=0.01, help="step size (default: 0.01)")
    parser.add_argument("--passes", type=count, default=20000, help="steps (default: 20000)")
    parser.add_argument("--seed", type=seed, default=0, help="of the weights (default: 0)")
    parser.add_argument(
        "--mean", action="store_true", help="divide the gradients by the number of examples"
    )
    pictures.add_options(parser, picture)


def train_and_draw(options: Namespace, make: Callable[..., NeuralNetwork]) -> int:
    """Make a network by the options, train it on the moons, and write its figure."""
    model = make(
        actFun_type=options.activation,
        reg_lambda=options.reg_lambda,
        seed=options.seed,
        reduction="mean" if options.mean else "sum",
    )
    picture = pictures.Picture(options)
    X, y = generate_data()
    model.fit_model(X, y, options.epsilon, options.passes)
    print(f"accuracy on the training data: {np.mean(model.predict(X) == y):.4f}")
    model.visualize_decision_boundary(X, y, picture.figure)
    picture.finish()
    print(f"decision boundary: {picture.path}")
    return 0


def main(argv: Sequence[str]) -> int:
    """Train, print, and write the figure."""
    parser = program_parser(__file__, "Train a network with one hidden layer on two half moons.")
    parser.add_argument("--hidden", type=width, default=3, help="hidden units (default: 3)")
    add_options(parser, "three_layer_neural_network.png")
    options = parser.parse_args(argv)
    return train_and_draw(options, lambda **kept: NeuralNetwork(2, options.hidden, 2, **kept))


def _activation(name: str) -> nn.Module:
    found = ACTIVATIONS.get(str(name).lower())
    if found is None:
        raise ArgumentError(f"no activation is named {name!r}; there are: Tanh, Sigmoid, ReLU")
    return found()


def quiet() -> np.errstate:
    """Numbers that overflow show in the weights, and are told once, with their cause."""
    return np.errstate(over="ignore", invalid="ignore")


if __name__ == "__main__":
    sys.exit(exit_code("three_layer_neural_network.py", lambda: main(sys.argv[1:])))
