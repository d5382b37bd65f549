"""Optimizers: how parameters follow their gradients.

The formulas and defaults are PyTorch's. An optimizer holds the parameter arrays and updates
them in place; `step` is given the gradients, in the same order.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from ..utils.errors import ArgumentError, ShapeError
from .module import Array


class Optimizer:
    """The parameters to update, and the learning rate."""

    def __init__(self, parameters: Iterable[Array], lr: float) -> None:
        if isinstance(parameters, np.ndarray):  # iterable too, over its rows
            raise ArgumentError(
                f"{type(self).__name__}: parameters are one array, expected a list of arrays; "
                "pass model.get_parameters()"
            )
        self.parameters = list(parameters)
        for position, p in enumerate(self.parameters):
            if not isinstance(p, np.ndarray) or p.dtype.kind not in "fc":
                raise ArgumentError(
                    f"{type(self).__name__}: parameter {position} is not a floating array; "
                    "pass model.get_parameters()"
                )
        if not lr >= 0:
            raise ArgumentError(f"{type(self).__name__}: lr must be 0 or larger, got {lr}")
        self.lr = lr

    def step(self, gradients: Sequence[Array]) -> None:
        """Update every parameter in place from its gradient."""
        raise NotImplementedError(f"{type(self).__name__} does not define step(gradients)")

    def zero_grad(self) -> None:
        """Do nothing: backward sets gradients anew each time, so there is nothing to clear.

        It is here for training loops written for libraries whose gradients accumulate.
        """

    def _check(self, gradients: Sequence[Array]) -> None:
        if len(gradients) != len(self.parameters):
            raise ShapeError(
                f"{self!r}: got {len(gradients)} gradients for {len(self.parameters)} parameters"
            )
        for position, (p, g) in enumerate(zip(self.parameters, gradients, strict=True)):
            if np.shape(g) != p.shape:
                raise ShapeError(
                    f"{self!r}: gradient {position} has shape {np.shape(g)}, "
                    f"its parameter {p.shape}"
                )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(lr={self.lr:g})"


class SGD(Optimizer):
    """Stochastic gradient descent with momentum.

    v <- momentum v + g,   p <- p - lr v;   without momentum, p <- p - lr g.

    Parameters
    ----------
    parameters
        The arrays to update: `model.get_parameters()`.
    lr
        The learning rate, 0 or larger.
    momentum
        0 (none) or larger.

    Raises
    ------
    ArgumentError, ShapeError
        For a negative lr or momentum; for gradients that do not match the parameters.

    Reference: Polyak 1964, "Some methods of speeding up the convergence of iteration methods",
    in the form of Sutskever et al. 2013, "On the importance of initialization and momentum in
    deep learning", with lr applied to v as in PyTorch.
    """

    def __init__(
        self, parameters: Iterable[Array], lr: float = 0.01, *, momentum: float = 0.0
    ) -> None:
        super().__init__(parameters, lr)
        if not momentum >= 0:
            raise ArgumentError(f"SGD: momentum must be 0 or larger, got {momentum}")
        self.momentum = momentum
        self._velocity = [np.zeros_like(p) for p in self.parameters] if momentum else []

    def step(self, gradients: Sequence[Array]) -> None:
        """Update every parameter in place from its gradient."""
        self._check(gradients)
        if self.momentum:
            for v, g in zip(self._velocity, gradients, strict=True):
                v *= self.momentum
                v += g
            gradients = self._velocity
        for p, g in zip(self.parameters, gradients, strict=True):
            p -= float(self.lr) * g  # a Python number leaves float32 arithmetic in float32

    def __repr__(self) -> str:
        return f"SGD(lr={self.lr:g}, momentum={self.momentum:g})"
