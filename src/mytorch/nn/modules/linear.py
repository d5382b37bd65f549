"""The dense layer."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ...utils.errors import ArgumentError
from ..checks import matrix, output_gradient
from ..init import Rng, initialize_weights
from ..module import Array, Module
from ..options import whole, with_options


class Linear(Module):
    """Y = X W^T + b; without `bias`, Y = X W^T.

    Shapes: X (N, in_features), W (out_features, in_features), b (out_features,),
    Y (N, out_features).

    Backward, with G = dL/dY: dL/dW = G^T X, dL/db = sum of the rows of G, dL/dX = G W.

    Init: W by `init`, a name of `mytorch.nn.init.METHODS`; by default Xavier's
    N(0, 2 / (in + out)). b is zero. `rng` is the generator to draw from.

    Raises
    ------
    ArgumentError
        For sizes below 1, or an unknown `init`.
    ShapeError, DtypeError
        For an input that is not (N, in_features) of floating numbers.

    Reference: Rumelhart, Hinton and Williams 1986, "Learning representations by
    back-propagating errors".
    """

    parameter_names: tuple[str, ...] = ("weight", "bias")
    returns_new_array = True

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        bias: bool = True,
        init: str = "xavier_normal",
        dtype: DTypeLike = np.float32,
        rng: Rng = None,
    ) -> None:
        self.in_features = whole(self, "in_features", in_features)
        self.out_features = whole(self, "out_features", out_features)
        if min(self.in_features, self.out_features) < 1:
            raise ArgumentError(f"{self!r}: sizes must be at least 1")
        self.weight = initialize_weights(
            (self.out_features, self.in_features), init, rng=rng, dtype=dtype
        )
        self.bias = np.zeros(out_features, dtype) if bias else None
        if not bias:
            self.parameter_names = ("weight",)

    def forward(self, x: ArrayLike) -> Array:
        """Return Y = X W^T + b."""
        x = matrix(self, x, self.in_features, self.weight.dtype)  # (N, in)
        self._save(x)
        y = self._empty("y", (len(x), self.out_features), x.dtype)
        self._kernels.matmul(x, self.weight.T, y)  # (N, in) (in, out) -> (N, out)
        if self.bias is not None:
            y += self.bias  # (N, out) + (out,)
        return y

    def backward(self, grad_output: ArrayLike) -> Array | None:
        """Set dL/dW and dL/db; return dL/dX = G W."""
        (x,) = self._saved()  # (N, in)
        g = output_gradient(self, grad_output, (len(x), self.out_features), x.dtype)  # (N, out)
        grad_weight = self._empty("grad_weight", self.weight.shape, x.dtype)
        self._kernels.matmul(g.T, x, grad_weight)  # (out, N) (N, in) -> (out, in)
        if self.bias is None:
            self._set_gradients(grad_weight)
        else:
            # A sum of rows; as a product it is faster than g.sum(axis=0): (N,) (N, out) -> (out,)
            self._set_gradients(grad_weight, _ones(len(x), x.dtype) @ g)
        if not self.needs_input_gradient:
            return None
        grad_input = self._empty("grad_input", x.shape, x.dtype)
        return self._kernels.matmul(g, self.weight, grad_input)  # (N, out) (out, in) -> (N, in)

    def __repr__(self) -> str:
        return with_options(self)


@lru_cache(maxsize=16)
def _ones(n: int, dtype: np.dtype[Any]) -> Array:
    return np.ones(n, dtype)
