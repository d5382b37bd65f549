"""Learn NOT((x0 XOR x1) AND x2): a perceptron cannot, a network of two layers can.

No biases, and weights (in, out), as the course has it; the layers are the library's.
"""

import sys
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mytorch import nn
from mytorch.courses.arguments import above_zero, count, program_parser, seed, whole
from mytorch.courses.cs4152.conventions import RATE, SEED, stream, uniform_init
from mytorch.courses.cs4152.perceptron import Neuron, Perceptron
from mytorch.utils.console import Parser, exit_code

Array = NDArray[Any]

X = np.array(list(product([0, 1], repeat=3)), np.float64)  # (8, 3), in binary order
Y = np.array([[1], [1], [1], [0], [1], [0], [1], [1]], np.float64)  # (8, 1)
HIDDEN = 4
PASSES = 2000
NEURON_PASSES = 1000


class LogicNetwork:
    """o = sigma(sigma(X W1) W2), two layers without biases, and the error E = (y - o)^2 / 2.

    Shapes: X (N, inputs), W1 (inputs, hidden), W2 (hidden, 1), o and y (N, 1). W1 is drawn first.
    """

    def __init__(
        self, inputs: int, hidden: int = HIDDEN, *, lr: float = RATE, seed: int = SEED
    ) -> None:
        self.lr, rng = lr, stream(seed)
        self._layers = [
            nn.Linear(n, m, bias=False, init="zeros", dtype=np.float64)
            for n, m in ((inputs, hidden), (hidden, 1))
        ]
        for layer in self._layers:
            layer.weight[...] = uniform_init(layer.weight.T.shape, rng).T
        first, second = self._layers
        self._network = nn.Sequential(first, nn.Sigmoid(), second, nn.Sigmoid())
        self._loss = nn.MSELoss()
        self._optimizer = nn.SGD(self._network.get_parameters(), lr)

    @property
    def W1(self) -> Array:  # noqa: N802 - the course's name
        """The weights of the hidden layer (inputs, hidden)."""
        return self._layers[0].weight.T

    @W1.setter
    def W1(self, W: Array) -> None:  # noqa: N802
        self._layers[0].weight[...] = W.T

    @property
    def W2(self) -> Array:  # noqa: N802 - the course's name
        """The weights of the output (hidden, 1)."""
        return self._layers[1].weight.T

    @W2.setter
    def W2(self, W: Array) -> None:  # noqa: N802
        self._layers[1].weight[...] = W.T

    def forward(self, X: Array) -> Array:
        """Return o (N, 1)."""
        # STARTCODE
        return self._network.forward(X)  # (N, inputs) -> (N, hidden) -> (N, 1)
        # ENDCODE

    def step(self, X: Array, y: Array) -> None:
        """Move W1 and W2 by -lr dE/dW, both gradients taken before either is moved.

        With h = sigma(X W1) and d = (o - y) o (1 - o): dE/dW2 = h^T d, and
        dE/dW1 = X^T (d W2^T h (1 - h)).
        """
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


def answers(outputs: Array) -> Array:
    """Return the outputs rounded to 0 or 1; one half, which says neither, becomes 0."""
    return np.round(outputs).astype(np.int64)


# Why can one neuron not do it, and four hidden ones can?
# STARTTEXT
# For x2 = 1 the targets 1, 0, 0, 1 are those of NOT XOR: the two ones lie across from each other,
# so a line that has both on its side has a zero there as well. A neuron is such a line, with a bias
# or without. Each hidden neuron is a line of its own, and the output combines their sides.
# ENDTEXT


def main(argv: Sequence[str]) -> int:
    """Train the neuron, the perceptron and the network, and print what each answers."""
    args = _parser().parse_args(argv)
    neuron = Neuron(3, seed=args.seed)
    neuron.train(X, Y, NEURON_PASSES)
    perceptron = Perceptron(3, seed=args.seed)
    learning = perceptron.train(X, Y[:, 0].astype(np.int64), NEURON_PASSES)
    network = LogicNetwork(3, args.hidden, lr=args.lr, seed=args.seed)
    network.train(X, Y, args.passes)

    outputs, targets = network.forward(X), Y[:, 0].astype(np.int64)
    columns = {
        "neuron": answers(neuron.forward(X))[:, 0],
        "perceptron": perceptron.predict(X),
        "network": answers(outputs)[:, 0],
    }
    print("x0 x1 x2  target  neuron  perceptron  network  network's output")
    for row, x in enumerate(X.astype(int)):
        said = "  ".join(f"{column[row]:>{len(name)}}" for name, column in columns.items())
        print(f"{x[0]:>2} {x[1]:>2} {x[2]:>2}  {targets[row]:>6}  {said}  {outputs[row, 0]:.8f}")
    print()
    _tell(f"neuron, sigmoid, {NEURON_PASSES:,} passes", columns["neuron"], targets)
    print(f"perceptron with a bias: {learning.verdict(len(X))}")
    units = f"{args.hidden} hidden unit{'s' if args.hidden > 1 else ''}"
    passes = f"{args.passes:,} pass{'es' if args.passes > 1 else ''}"
    _tell(f"network, {units}, {passes}", columns["network"], targets)
    return 0


def _tell(what: str, said: Array, targets: Array) -> None:
    right = int(np.sum(said == targets))
    print(f"{what}: {'all' if right == len(targets) else right} of {len(targets)} are right")


def _parser() -> Parser:
    parser = program_parser(
        __file__, "Learn NOT((x0 XOR x1) AND x2) with one neuron, which cannot, and two layers."
    )
    add = parser.add_argument
    add("--seed", type=seed, default=SEED, help=f"default {SEED}, as [{SEED}]")
    add("--lr", type=above_zero(1e6), default=RATE, help=f"of the network (default {RATE})")
    add("--hidden", type=whole(1, 10**4), default=HIDDEN, help=f"units (default {HIDDEN})")
    add(
        "--passes",
        type=count,
        default=PASSES,
        help=f"of the network through the inputs (default {PASSES})",
    )
    return parser


if __name__ == "__main__":
    sys.exit(exit_code("logic.py", lambda: main(sys.argv[1:])))
