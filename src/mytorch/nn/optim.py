"""Optimizers: how parameters follow their gradients.

The formulas, option names and defaults are PyTorch's. An optimizer holds the parameter arrays
and updates them in place; `step` is given the gradients, in the same order. The formulas
themselves stand in `utils/kernels/update.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..utils.errors import ArgumentError, ShapeError
from ..utils.kernels import NUMPY, Kernels
from .module import Array
from .state import load_arrays


class Optimizer:
    """The parameters to update, the options, and the memory of the steps so far.

    Parameters
    ----------
    parameters
        The arrays to update: `model.get_parameters()`.
    lr
        The learning rate, 0 or larger. It may be set anew before any step, as may the options.
    weight_decay
        w: adds w p to the gradient of each parameter p, biases too (`L2Penalty` spares them).
    maximize
        Follow the gradient upwards.

    Raises
    ------
    ArgumentError, ShapeError
        For an option out of its range, by name; for gradients that do not match the parameters.

    A subclass defines `step`, and names in `memory_names` its lists of arrays, one array per
    parameter.
    """

    memory_names: tuple[str, ...] = ()

    _workspace: dict[Any, Array] | None = None  # both lent by `fit`: see workspace.py
    _kernels: Kernels = NUMPY

    def __init__(
        self,
        parameters: Iterable[Array],
        lr: float,
        *,
        weight_decay: float = 0.0,
        maximize: bool = False,
    ) -> None:
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
        self._at_least_0(lr=lr, weight_decay=weight_decay)
        self.lr, self.weight_decay, self.maximize = lr, weight_decay, maximize
        self.steps = 0

    def step(self, gradients: Sequence[Array]) -> None:
        """Update every parameter in place from its gradient."""
        raise NotImplementedError(f"{type(self).__name__} does not define step(gradients)")

    def zero_grad(self) -> None:
        """Do nothing: backward sets gradients anew each time, so there is nothing to clear.

        It is here for training loops written for libraries whose gradients accumulate.
        """

    def state_dict(self) -> dict[str, Array]:
        """Return copies of what is remembered: `steps`, and `exp_avg.0`, ... per parameter."""
        return {name: array.copy() for name, array in self._memory().items()}

    def load_state_dict(self, state: Mapping[str, ArrayLike]) -> None:
        """Take up what another optimizer of the same kind and options remembered.

        Raises
        ------
        ArgumentError
            One line with everything that does not fit; nothing is changed then.
        """
        own = self._memory()
        load_arrays(type(self).__name__, own, state)
        self.steps = int(own["steps"])

    def _memory(self) -> dict[str, Array]:
        memory = {"steps": np.array(self.steps)}
        for name in self.memory_names:
            for position, array in enumerate(getattr(self, name)):
                memory[f"{name}.{position}"] = array
        return memory

    def _zeros(self) -> list[Array]:
        return [np.zeros_like(p) for p in self.parameters]

    def _at_least_0(self, **options: float) -> None:
        for name, value in options.items():
            if not value >= 0:
                raise ArgumentError(
                    f"{type(self).__name__}: {name} must be 0 or larger, got {value}"
                )

    def _begin(self, gradients: Sequence[Array]) -> Sequence[Array]:
        """Begin a step: check the gradients, count, and return what to go down along."""
        if len(gradients) != len(self.parameters):
            raise ShapeError(
                f"{self!r}: got {len(gradients)} gradients for {len(self.parameters)} parameters"
            )
        for position, (p, g) in enumerate(zip(self.parameters, gradients, strict=True)):
            if g.shape != p.shape:
                raise ShapeError(
                    f"{self!r}: gradient {position} has shape {g.shape}, its parameter {p.shape}"
                )
        self.steps += 1
        return [-g for g in gradients] if self.maximize else gradients

    def _each(self, memory: Sequence[Array], wanted: object) -> Sequence[Array | None]:
        """Return one array of memory for each parameter, or None for each."""
        return memory if wanted else [None] * len(self.parameters)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(lr={self.lr:g})"


class SGD(Optimizer):
    """Stochastic gradient descent:  p <- p - lr g.

    With momentum  v <- momentum v + (1 - dampening) g,  p <- p - lr v, where v begins as the
    first g. With `nesterov` it looks one step ahead:  p <- p - lr (g + momentum v).

    Reference: Polyak 1964, "Some methods of speeding up the convergence of iteration methods",
    in the form of Sutskever et al. 2013, "On the importance of initialization and momentum in
    deep learning", with lr applied to v as in PyTorch. (PyTorch's own default for lr is 0.001.)
    """

    memory_names = ("momentum_buffer",)

    def __init__(
        self,
        parameters: Iterable[Array],
        lr: float = 0.01,
        *,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay=weight_decay, maximize=maximize)
        self._at_least_0(momentum=momentum)
        if nesterov and (momentum == 0 or dampening != 0):
            raise ArgumentError(
                "SGD: nesterov needs a momentum above 0 and no dampening, "
                f"got momentum={momentum}, dampening={dampening}"
            )
        self.momentum, self.dampening, self.nesterov = momentum, dampening, nesterov
        self.momentum_buffer = self._zeros() if momentum else []
        self._first = 1  # the step at which v begins

    def step(self, gradients: Sequence[Array]) -> None:
        """Update every parameter in place from its gradient."""
        gradients = self._begin(gradients)
        if self.momentum and not self.momentum_buffer:  # it was switched on later
            self.momentum_buffer, self._first = self._zeros(), self.steps
        options = (
            float(self.lr),  # Python numbers leave float32 arithmetic in float32
            float(self.momentum),
            0.0 if self.steps == self._first else float(self.dampening),
            self.nesterov,
            float(self.weight_decay),
        )
        buffers = self._each(self.momentum_buffer, self.momentum)
        for p, g, v in zip(self.parameters, gradients, buffers, strict=True):
            self._kernels.sgd(p, g, v, *options)

    def __repr__(self) -> str:
        return f"SGD(lr={self.lr:g}, momentum={self.momentum:g})"


class Adagrad(Optimizer):
    """s <- s + g^2,   p <- p - lr g / (sqrt(s) + eps): large steps where gradients were small.

    s begins as `initial_accumulator_value`; at step t = 1, 2, ... lr stands for
    lr / (1 + (t - 1) lr_decay).

    Reference: Duchi, Hazan and Singer 2011, "Adaptive subgradient methods for online learning
    and stochastic optimization".
    """

    memory_names = ("sum",)

    def __init__(
        self,
        parameters: Iterable[Array],
        lr: float = 0.01,
        *,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay=weight_decay, maximize=maximize)
        self._at_least_0(
            lr_decay=lr_decay, initial_accumulator_value=initial_accumulator_value, eps=eps
        )
        self.lr_decay, self.eps = lr_decay, eps
        self.sum = [np.full_like(p, initial_accumulator_value) for p in self.parameters]

    def step(self, gradients: Sequence[Array]) -> None:
        """Update every parameter in place from its gradient."""
        gradients = self._begin(gradients)
        lr = float(self.lr / (1 + (self.steps - 1) * self.lr_decay))
        options = lr, float(self.eps), float(self.weight_decay)
        for p, g, s in zip(self.parameters, gradients, self.sum, strict=True):
            self._kernels.adagrad(p, g, s, *options)


class RMSprop(Optimizer):
    """s <- alpha s + (1 - alpha) g^2,   p <- p - lr g / (sqrt(s) + eps).

    With `centered`, s less the square of a running mean of g stands under the root. With
    momentum  v <- momentum v + g / (...),   p <- p - lr v.

    Reference: Tieleman and Hinton 2012, "Lecture 6.5: RMSProp"; centered: Graves 2013,
    "Generating sequences with recurrent neural networks", equations 38 to 41.
    """

    memory_names = ("square_avg", "grad_avg", "momentum_buffer")

    def __init__(
        self,
        parameters: Iterable[Array],
        lr: float = 0.01,
        *,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay=weight_decay, maximize=maximize)
        self._at_least_0(alpha=alpha, eps=eps, momentum=momentum)
        self.alpha, self.eps, self.momentum, self.centered = alpha, eps, momentum, centered
        self.square_avg = self._zeros()
        self.grad_avg = self._zeros() if centered else []
        self.momentum_buffer = self._zeros() if momentum else []

    def step(self, gradients: Sequence[Array]) -> None:
        """Update every parameter in place from its gradient."""
        gradients = self._begin(gradients)
        if self.momentum and not self.momentum_buffer:  # it was switched on later
            self.momentum_buffer = self._zeros()
        options = (
            float(self.lr),
            float(self.alpha),
            float(self.eps),
            float(self.momentum),
            float(self.weight_decay),
        )
        memory = (
            self.square_avg,
            self._each(self.grad_avg, self.centered),
            self._each(self.momentum_buffer, self.momentum),
        )
        for p, g, *arrays in zip(self.parameters, gradients, *memory, strict=True):
            self._kernels.rmsprop(p, g, *arrays, *options)


class Adam(Optimizer):
    """m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2.

    p <- p - lr m' / (sqrt(v') + eps), with m' = m / (1 - beta1^t) and v' = v / (1 - beta2^t) at
    step t = 1, 2, ...: m and v begin as 0, and the divisors take that out. With `amsgrad` the
    largest v so far stands for v; `decoupled_weight_decay` makes it `AdamW`.

    Reference: Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1;
    AMSGrad: Reddi, Kale and Kumar 2018, "On the convergence of Adam and beyond", algorithm 2.
    """

    memory_names = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def __init__(
        self,
        parameters: Iterable[Array],
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay=weight_decay, maximize=maximize)
        self._at_least_0(eps=eps)
        for position, beta in enumerate(betas):
            if not 0 <= beta < 1:
                raise ArgumentError(
                    f"{type(self).__name__}: betas[{position}] must be at least 0 and below 1, "
                    f"got {beta}"
                )
        self.betas, self.eps, self.amsgrad = betas, eps, amsgrad
        self.decoupled_weight_decay = decoupled_weight_decay
        self.exp_avg, self.exp_avg_sq = self._zeros(), self._zeros()
        self.max_exp_avg_sq = self._zeros() if amsgrad else []

    def step(self, gradients: Sequence[Array]) -> None:
        """Update every parameter in place from its gradient."""
        gradients = self._begin(gradients)
        beta1, beta2 = self.betas
        options = (
            self.steps,
            float(self.lr),
            float(beta1),
            float(beta2),
            float(self.eps),
            float(self.weight_decay),
            self.decoupled_weight_decay,
        )
        largest = self._each(self.max_exp_avg_sq, self.amsgrad)
        memory = self.exp_avg, self.exp_avg_sq, largest
        for p, g, *arrays in zip(self.parameters, gradients, *memory, strict=True):
            self._kernels.adam(p, g, *arrays, *options)


class AdamW(Adam):
    """Adam with decoupled weight decay:  p <- (1 - lr weight_decay) p  before Adam's step.

    Reference: Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2.
    """

    def __init__(
        self,
        parameters: Iterable[Array],
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        amsgrad: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            parameters,
            lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
        )
