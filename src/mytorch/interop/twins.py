"""PyTorch's twin of a model of ours, of its loss and of its optimizer: the same numbers.

The twin has the same weights under the same names, and draws its dropout masks from the same
generator, so that both train in step.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import nn
from ..utils.errors import ArgumentError
from .torch import TorchLoss, TorchModel, TorchOptimizer, torch


class Dropout(torch.nn.Module):  # type: ignore[misc]
    """Dropout whose masks come from our generator; named as ours, where layers are listed."""

    def __init__(self, ours: nn.Dropout) -> None:
        super().__init__()
        self.ours = ours

    def forward(self, x: Any) -> Any:
        """Return x m / (1 - p) in training, x in evaluation."""
        if not self.training or not self.ours.p:
            return x
        return x * torch.from_numpy(self.ours._mask(x.detach().numpy()))


class Dropout2d(Dropout):
    """Dropout of whole channels, the same way."""


class _Frozen:
    """A mode that stays evaluation."""

    def train(self, mode: bool = True) -> Any:
        """Stay in evaluation."""
        return super().train(False)  # type: ignore[misc]


class FrozenBatchNorm1d(_Frozen, torch.nn.BatchNorm1d):  # type: ignore[misc]
    """Batch normalization by its running statistics, in training too."""


class FrozenBatchNorm2d(_Frozen, torch.nn.BatchNorm2d):  # type: ignore[misc]
    """Batch normalization by its running statistics, in training too."""


class Residual(torch.nn.Module):  # type: ignore[misc]
    """y = f(x) + x, or f(x) + s(x)."""

    def __init__(self, body: Any, shortcut: Any) -> None:
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x: Any) -> Any:
        """Return the sum."""
        return self.body(x) + (x if self.shortcut is None else self.shortcut(x))


class MaxOut(torch.nn.Module):  # type: ignore[misc]
    """The largest of each group of features; named as ours, where layers are listed."""

    def __init__(self, num_pieces: int) -> None:
        super().__init__()
        self.num_pieces = num_pieces

    def forward(self, x: Any) -> Any:
        """Return (N, C, ...) of (N, C k, ...)."""
        n, features, *rest = x.shape
        k = self.num_pieces
        return x.reshape(n, features // k, k, *rest).max(dim=2).values


def torch_module(model: nn.Module) -> Any:
    """Return a torch.nn.Module that computes what the model computes, with copies of its weights.

    Raises
    ------
    ArgumentError
        For a module that is not one of the library's own.
    """
    if type(model) not in MODULES:
        raise ArgumentError(f"PyTorch has no twin of {model!r}")
    module = MODULES[type(model)](model)
    state = {name: torch.from_numpy(np.array(a)) for name, a in model.state_dict().items()}
    if state:
        dtype = next((t.dtype for t in state.values() if t.is_floating_point()), None)
        module.to(dtype)
        module.load_state_dict(state)
    return module.train(model.training)


MODULES: dict[type, Callable[[Any], Any]] = {
    nn.Linear: lambda m: torch.nn.Linear(m.in_features, m.out_features, bias=m.bias is not None),
    nn.Conv2d: lambda m: torch.nn.Conv2d(
        m.in_channels,
        m.out_channels,
        m.kernel_size,
        m.stride,
        m.padding,
        m.dilation,
        m.groups,
        m.bias is not None,
    ),
    nn.MaxPool2d: lambda m: torch.nn.MaxPool2d(
        m.kernel_size, m.stride, m.padding, m.dilation, ceil_mode=m.ceil_mode
    ),
    nn.AvgPool2d: lambda m: torch.nn.AvgPool2d(
        m.kernel_size,
        m.stride,
        m.padding,
        m.ceil_mode,
        m.count_include_pad,
        m.divisor_override,
    ),
    nn.AdaptiveAvgPool2d: lambda m: torch.nn.AdaptiveAvgPool2d(m.output_size),
    nn.Flatten: lambda m: torch.nn.Flatten(m.start_dim, m.end_dim),
    nn.Dropout: Dropout,
    nn.Dropout2d: Dropout2d,
    nn.BatchNorm1d: lambda m: (FrozenBatchNorm1d if m.frozen else torch.nn.BatchNorm1d)(
        m.num_features, m.eps, m.momentum, m.affine, m.track_running_stats
    ),
    nn.BatchNorm2d: lambda m: (FrozenBatchNorm2d if m.frozen else torch.nn.BatchNorm2d)(
        m.num_features, m.eps, m.momentum, m.affine, m.track_running_stats
    ),
    nn.LayerNorm: lambda m: torch.nn.LayerNorm(
        m.normalized_shape, m.eps, m.elementwise_affine, bias=m.bias is not None
    ),
    nn.MaxOut: lambda m: MaxOut(m.num_pieces),
    nn.Identity: lambda m: torch.nn.Identity(),
    nn.ReLU: lambda m: torch.nn.ReLU(),
    nn.LeakyReLU: lambda m: torch.nn.LeakyReLU(m.negative_slope),
    nn.ELU: lambda m: torch.nn.ELU(m.alpha),
    nn.SiLU: lambda m: torch.nn.SiLU(),
    nn.GELU: lambda m: torch.nn.GELU(m.approximate),
    nn.Sigmoid: lambda m: torch.nn.Sigmoid(),
    nn.Tanh: lambda m: torch.nn.Tanh(),
    nn.Softplus: lambda m: torch.nn.Softplus(m.beta, m.threshold),
    nn.Softmax: lambda m: torch.nn.Softmax(m.dim),
    nn.LogSoftmax: lambda m: torch.nn.LogSoftmax(m.dim),
    nn.Sequential: lambda m: torch.nn.Sequential(*map(torch_module, m)),
    nn.Residual: lambda m: Residual(
        torch_module(m.body), None if m.shortcut is None else torch_module(m.shortcut)
    ),
}


def torch_loss(loss: nn.Loss) -> TorchLoss:
    """Return PyTorch's loss of the same options."""
    if type(loss) not in LOSSES:
        raise ArgumentError(f"PyTorch has no twin of {loss!r}")
    return TorchLoss(LOSSES[type(loss)](loss))


def _tensor(weights: Any) -> Any:
    return None if weights is None else torch.from_numpy(np.array(weights))


LOSSES: dict[type, Callable[[Any], Any]] = {
    nn.SoftmaxCrossEntropy: lambda m: torch.nn.CrossEntropyLoss(
        _tensor(m.weight),
        ignore_index=m.ignore_index,
        reduction=m.reduction,
        label_smoothing=m.label_smoothing,
    ),
    nn.NLLLoss: lambda m: torch.nn.NLLLoss(
        _tensor(m.weight), ignore_index=m.ignore_index, reduction=m.reduction
    ),
    nn.BCEWithLogitsLoss: lambda m: torch.nn.BCEWithLogitsLoss(
        _tensor(m.weight), pos_weight=_tensor(m.pos_weight), reduction=m.reduction
    ),
    nn.MSELoss: lambda m: torch.nn.MSELoss(reduction=m.reduction),
    nn.L1Loss: lambda m: torch.nn.L1Loss(reduction=m.reduction),
    nn.HuberLoss: lambda m: torch.nn.HuberLoss(m.reduction, m.delta),
}

OPTIMIZERS: dict[type, tuple[str, ...]] = {
    nn.SGD: ("momentum", "dampening", "nesterov"),
    nn.Adagrad: ("lr_decay", "eps"),
    nn.RMSprop: ("alpha", "eps", "momentum", "centered"),
    nn.Adam: ("betas", "eps", "amsgrad", "decoupled_weight_decay"),
    nn.AdamW: ("betas", "eps", "amsgrad"),
}


def torch_optimizer(optimizer: nn.Optimizer, model: TorchModel) -> TorchOptimizer:
    """Return PyTorch's optimizer of the same options over the twin's parameters."""
    kind = type(optimizer)
    if kind not in OPTIMIZERS or optimizer.steps:
        raise ArgumentError(f"{optimizer!r} has no twin in PyTorch, or has made steps already")
    options = {name: getattr(optimizer, name) for name in OPTIMIZERS[kind]}
    if isinstance(optimizer, nn.Adagrad):  # what its sums begin with is all that is left of it
        options["initial_accumulator_value"] = float(optimizer.sum[0].flat[0])
    make = getattr(torch.optim, kind.__name__)
    theirs = make(
        model.module.parameters(),
        lr=optimizer.lr,
        weight_decay=optimizer.weight_decay,
        maximize=optimizer.maximize,
        **options,
    )
    return TorchOptimizer(model, theirs)
