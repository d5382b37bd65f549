"""Train a neuron and a perceptron: check values, a set that a line separates, one that none does.

Two conventions are the course's: no bias in the neuron, and weights W (inputs, 1). The layers are
the library's; what it has no layer for is a threshold, which has no derivative to learn from.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mytorch import nn
from mytorch.courses.arguments import above_zero, count, file_or_folder, program_parser, seed
from mytorch.courses.cs4152.conventions import RATE, SEED, stream, uniform_init
from mytorch.courses.cs4152.drawing import perceptrons
from mytorch.courses.cs4152.learning import Learning, Weights
from mytorch.courses.pictures import picture_file, save
from mytorch.utils.console import Parser, exit_code

Array = NDArray[Any]

X = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0]], np.float64)
Y = np.array([[1], [1], [0], [0]], np.float64)
PASSES = 1000


class Neuron:
    """o = sigma(X W), one neuron without bias, and the error E = (y - o)^2 / 2.

    Shapes: X (N, inputs), W (inputs, 1), o and y (N, 1).
    """

    def __init__(self, inputs: int, *, lr: float = RATE, seed: int = SEED) -> None:
        self.lr = lr
        dense = nn.Linear(inputs, 1, bias=False, init="zeros", dtype=np.float64)
        dense.weight[...] = uniform_init((inputs, 1), stream(seed)).T
        self._dense, self._network = dense, nn.Sequential(dense, nn.Sigmoid())
        self._loss = nn.MSELoss()
        self._optimizer = nn.SGD(self._network.get_parameters(), lr)

    @property
    def W(self) -> Array:  # noqa: N802 - the course's name
        """The weights (inputs, 1), which the layer holds as (1, inputs)."""
        return self._dense.weight.T

    @W.setter
    def W(self, W: Array) -> None:  # noqa: N802
        self._dense.weight[...] = W.T

    def forward(self, X: Array) -> Array:
        """Return o (N, 1)."""
        # STARTCODE
        return self._network.forward(X)  # (N, inputs) (inputs, 1) -> (N, 1)
        # ENDCODE

    def step(self, X: Array, y: Array) -> None:
        """W <- W - lr dE/dW, with dE/dW = X^T ((o - y) o (1 - o))."""
        # STARTCODE
        self._loss.forward(self.forward(X), y)
        self._network.backward(self._loss.backward(0.5))  # half of (y - o)^2
        self._optimizer.step(self._network.get_gradients())
        # ENDCODE

    def train(self, X: Array, y: Array, passes: int) -> None:
        """Make a step for one example after the other, so many times through all of them."""
        # STARTCODE
        for _ in range(passes):
            for row in range(len(X)):
                self.step(X[row : row + 1], y[row : row + 1])
        # ENDCODE


class Perceptron:
    """y_hat = 1 where z = X w + b > 0, else 0, trained by Rosenblatt's rule.

    An example that is wrong moves w by lr (y - y_hat) x and b by lr (y - y_hat); one that is right
    moves nothing. That is a gradient step of a dense layer with y_hat - y for dL/dz.

    Shapes: X (N, inputs), w (inputs,), y and y_hat (N,) of 0 and 1.

    Reference: Rosenblatt 1958, "The perceptron: a probabilistic model for information storage and
    organization in the brain"; Novikoff 1962, "On convergence proofs on perceptrons".
    """

    def __init__(self, inputs: int, *, lr: float = 1.0, seed: int = SEED) -> None:
        self.lr = lr
        self._dense = nn.Linear(inputs, 1, init="zeros", dtype=np.float64)
        self._dense.weight[...] = uniform_init((inputs, 1), stream(seed)).T
        self._optimizer = nn.SGD(self._dense.get_parameters(), lr)

    @property
    def w(self) -> Array:
        """The weights (inputs,)."""
        return self._dense.weight[0]

    @w.setter
    def w(self, w: Array) -> None:
        self._dense.weight[0] = w

    @property
    def b(self) -> float:
        """The bias."""
        return float(self._dense.get_parameters()[1][0])

    @b.setter
    def b(self, b: float) -> None:
        self._dense.get_parameters()[1][0] = b

    @property
    def weights(self) -> Weights:
        """Copies of w (inputs,) and b."""
        return self.w.copy(), self.b

    def predict(self, X: Array) -> Array:
        """Return y_hat (N,)."""
        # STARTCODE
        z = self._dense.forward(X)[:, 0]  # (N, inputs) (inputs, 1) -> (N,)
        return (z > 0).astype(np.int64)
        # ENDCODE

    def errors(self, X: Array, y: Array) -> int:
        """Return how many examples are wrong."""
        return int(np.sum(self.predict(X) != y))

    def update(self, X: Array, y: Array) -> bool:
        """Learn from one example X (1, inputs), y (1,); return whether it was wrong."""
        # STARTCODE
        change = self.predict(X) - y  # (1,): -1, 0 or 1
        if change[0] == 0:
            return False
        self._dense.backward(change[:, np.newaxis].astype(np.float64))
        self._optimizer.step(self._dense.get_gradients())
        return True
        # ENDCODE

    def train(self, X: Array, y: Array, passes: int) -> Learning:
        """Go through all examples until a pass finds none wrong, or `passes` are made."""
        errors, best = [self.errors(X, y)], self.weights
        wrong, made = True, 0  # whether the last pass found an example wrong; passes made
        # STARTCODE
        fewest = errors[0]
        while wrong and made < passes:
            wrong, made = False, made + 1
            for row in range(len(X)):
                if self.update(X[row : row + 1], y[row : row + 1]):
                    wrong = True
                    errors.append(self.errors(X, y))
                    if errors[-1] < fewest:
                        fewest, best = errors[-1], self.weights
        # ENDCODE
        return Learning(errors[-1] == 0, made, errors, best, self.weights)


def separable(seed: int = SEED, n: int = 100, margin: float = 0.1) -> tuple[Array, Array]:
    """Return points X (n, 2) of the square [-1, 1]^2 and on which side y (n,) of a line they are.

    The line goes through the origin in a random direction, and no point is closer to it than
    `margin`.
    """
    rng = stream(seed)
    angle = np.pi * rng.random_sample()
    normal = np.array([np.cos(angle), np.sin(angle)])
    points = uniform_init((4 * n, 2), rng)
    distance = points @ normal  # (4 n, 2) (2,) -> (4 n,)
    kept = np.flatnonzero(np.abs(distance) >= margin)[:n]
    return points[kept], (distance[kept] > 0).astype(np.int64)


def overlapping(seed: int = SEED, n: int = 100) -> tuple[Array, Array]:
    """Return points X (n, 2) of two normal clouds, and of which one y (n,) they are.

    The centres are (-0.5, -0.5) and (0.5, 0.5), the deviation is 0.5: about 8 % of the points are
    on the wrong side of the best line, and no line separates them.
    """
    rng = stream(seed)
    y = np.arange(n) % 2
    return (y - 0.5)[:, np.newaxis] + 0.5 * rng.standard_normal((n, 2)), y


# Why does the rule come to rest on the first set, and not on the second?
# STARTTEXT
# An update happens only where an example is wrong. Where a line separates the classes with a
# margin, there are at most (R / margin)^2 updates from weights of zero, R the length of the longest
# [x, 1]: then none is wrong any more. Where no line separates them, every line has an example that
# is wrong, so every pass updates; the weights wander, and the last ones are not the best ones.
# ENDTEXT


def main(argv: Sequence[str]) -> int:
    """Print the check values, train on both sets, and draw how that went."""
    args = _parser().parse_args(argv)
    path = picture_file(args.out, "perceptron.png")
    _show_neuron(args.seed, args.lr, args.passes)
    panels = []
    for name, points in (("separable", separable), ("overlapping", overlapping)):
        inputs, labels = points(args.seed)
        perceptron = Perceptron(2, seed=args.seed)
        learning = perceptron.train(inputs, labels, args.perceptron_passes)
        print(f"\nperceptron, {name} points: {learning.verdict(len(inputs))}")
        panels.append((name, inputs, labels, learning))
    save(perceptrons(panels), path)
    print(f"\n{path}")
    return 0


def _show_neuron(seed: int, lr: float, passes: int) -> None:
    neuron = Neuron(X.shape[1], lr=lr, seed=seed)
    print(f"neuron of {X.shape[1]} inputs without bias, sigmoid, seed [{seed}], lr {lr:g}")
    _print_row("initial weights", neuron.W)
    _print_row("output for sample 0", neuron.forward(X[:1]))
    neuron.step(X[:1], Y[:1])
    _print_row("after a step on sample 0", neuron.forward(X[:1]))
    neuron.train(X, Y, passes)
    _print_row(f"after {passes:,} passes", neuron.forward(X))
    _print_row("targets", Y)


def _print_row(what: str, values: Array) -> None:
    # Eight decimals without trailing zeros, as the course prints arrays.
    texts = (f"{value:.8f}".rstrip("0").rstrip(".") for value in np.ravel(values))
    print(f"  {what:<26}" + "  ".join(texts))


def _parser() -> Parser:
    parser = program_parser(
        __file__, "Train a neuron and a perceptron, and draw the perceptron's boundaries."
    )
    add = parser.add_argument
    add("--seed", type=seed, default=SEED, help=f"default {SEED}, as [{SEED}]")
    add("--lr", type=above_zero(1e6), default=RATE, help=f"of the neuron (default {RATE})")
    add(
        "--passes",
        type=count,
        default=PASSES,
        help=f"of the neuron through its samples (default {PASSES})",
    )
    add(
        "--perceptron-passes",
        type=count,
        default=100,
        help="of the perceptron through its points, at most (default 100)",
    )
    add(
        "--out",
        type=file_or_folder,
        default=Path(),
        help="the picture, or a folder for perceptron.png (default: the current folder)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(exit_code("perceptron.py", lambda: main(sys.argv[1:])))
