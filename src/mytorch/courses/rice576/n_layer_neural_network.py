"""Train a network of any number of layers on two half moons.

It is the network of three layers with more of them: the same conventions, and for three layers the
same numbers.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import ArrayLike, NDArray

from mytorch import nn
from mytorch.courses.arguments import program_parser, width
from mytorch.courses.dense import Dense, floats
from mytorch.courses.rice576.three_layer_neural_network import (
    NeuralNetwork,
    add_options,
    initial_parameters,
    quiet,
    train_and_draw,
)
from mytorch.utils.console import exit_code
from mytorch.utils.errors import ArgumentError, OrderError

Array = NDArray[Any]
Function = Callable[[Array], Array]


class Layer:
    """a = f(z), z = X W + b.

    Shapes: X (N, in), W (in, out), b (1, out), z and a (N, out).

    Attributes
    ----------
    W, b
        The parameters.
    X, z, a
        What the last `feedforward` was given, and computed.
    dW, db
        The gradients that the last `backprop` set.
    """

    X: Array
    z: Array
    a: Array
    dW: Array  # noqa: N815 - the name of the mathematics
    db: Array

    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def feedforward(self, X: ArrayLike, actFun: Function) -> Array:
        """Return a = f(X W + b); `actFun` is f, a function of z alone."""
        self.X = floats(X)
        self.z = self.dense().forward(self.X)  # (N, in) -> (N, out)
        self.a = actFun(self.z)
        return self.a

    def backprop(self, dz: ArrayLike) -> Array:
        """Set dW = X^T dz and db = sum dz, from dz = dL/dz (N, out); return dL/dX = dz W^T.

        Raises
        ------
        OrderError
            Before any feedforward.
        """
        if not hasattr(self, "X"):
            raise OrderError("Layer.backprop needs a feedforward before it")
        dX: Array
        dX, self.dW, self.db = self.dense().gradients(self.X, dz)
        return dX

    def dense(self) -> Dense:
        """Return the library's layer on W and b."""
        return Dense(self.W, self.b)


class DeepNeuralNetwork(NeuralNetwork):
    """probs = softmax(z_m), z_l = a_(l-1) W_l + b_l, a_l = f(z_l), a_0 = X.

    Parameters
    ----------
    n_layers
        How many layers there are, counted as in a network of three layers: with the input and the
        output. 2 is a linear classifier.
    layer_sizes
        Their sizes, from the number of inputs to the number of classes.
    actFun_type, reg_lambda, seed, reduction
        Those of `NeuralNetwork`, and f is the same in all hidden layers. Weights are drawn from the
        first layer to the last.

    Attributes
    ----------
    layers
        The n_layers - 1 `Layer` objects between them.
    probs
        What the last `feedforward` computed.

    Raises
    ------
    ArgumentError
        For fewer than 2 layers, another number of sizes, and what `NeuralNetwork` refuses.
    """

    def __init__(
        self,
        n_layers: int,
        layer_sizes: Sequence[int],
        actFun_type: str = "tanh",
        reg_lambda: float = 0.01,
        seed: int = 0,
        *,
        reduction: str = "sum",
    ) -> None:
        sizes = tuple(layer_sizes)
        if n_layers < 2 or len(sizes) != n_layers:
            raise ArgumentError(
                "DeepNeuralNetwork: expected 2 layers or more, and a size for each (input and "
                f"output too), got n_layers={n_layers} and {len(sizes)} sizes"
            )
        self._set_up(sizes, actFun_type, reg_lambda, reduction)
        self.n_layers, self.layer_sizes = n_layers, sizes
        self.layers = [Layer(W, b) for W, b in initial_parameters(sizes, seed)]

    def feedforward(self, X: ArrayLike, actFun: Function) -> None:
        """Set X, z and a of every layer, and probs; `actFun` is a function of z alone."""
        *hidden, last = self.layers
        a = floats(X)
        for layer in hidden:
            a = layer.feedforward(a, actFun)  # (N, in) -> (N, out)
        self.probs = last.feedforward(a, nn.Softmax().forward)

    def calculate_loss(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return (sum of -log p + reg_lambda / 2 sum of all W^2) / N."""
        with quiet():
            self.feedforward(X, self._function)
            return self._loss(self.layers[-1].z, y, [layer.dense() for layer in self.layers])

    def backprop(self, X: ArrayLike, y: ArrayLike) -> tuple[Array, ...]:
        """Return dW1, ..., dWm, db1, ..., dbm, from what the last `feedforward` of X left."""
        dz = self._output_gradient(y)  # (N, out)
        below = [None, *self.layers[:-1]]
        for layer, before in zip(reversed(self.layers), reversed(below), strict=True):
            da = layer.backprop(dz)
            if before is not None:
                dz = da * self.diff_actFun(before.z, self.actFun_type)
        weights, biases = [n.dW for n in self.layers], [n.db for n in self.layers]
        return (*weights, *biases)

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
        for layer in self.layers:  # copies: what was handed in as weights is not overwritten
            layer.W, layer.b = floats(layer.W).copy(), floats(layer.b).copy()
        weights, biases = [n.W for n in self.layers], [n.b for n in self.layers]
        optimizer = nn.SGD([*weights, *biases], epsilon)
        X = floats(X)
        for i in range(num_passes):
            with quiet():
                self.feedforward(X, self._function)
                gradients = self.backprop(X, y)
                pulls = [self.reg_lambda * W for W in weights]
                dW = [g + pull for g, pull in zip(gradients, pulls, strict=False)]
                optimizer.step([*dW, *gradients[len(dW) :]])
            self._look(i, num_passes, optimizer, X, y, print_loss)


def main(argv: Sequence[str]) -> int:
    """Train, print, and write the figure."""
    parser = program_parser(
        __file__, "Train a network with any number of hidden layers on two half moons."
    )
    parser.add_argument(
        "--hidden",
        type=width,
        nargs="*",
        default=[10, 10],
        metavar="UNITS",
        help="units of each hidden layer, none for a linear classifier (default: 10 10)",
    )
    add_options(parser, "n_layer_neural_network.png")
    options = parser.parse_args(argv)
    sizes = [2, *options.hidden, 2]
    return train_and_draw(options, lambda **kept: DeepNeuralNetwork(len(sizes), sizes, **kept))


if __name__ == "__main__":
    sys.exit(exit_code("n_layer_neural_network.py", lambda: main(sys.argv[1:])))
