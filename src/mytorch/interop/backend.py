"""One experiment, two backends: the library itself, and PyTorch with the same numbers."""

from typing import NamedTuple

from ..nn import Loss, Module, Optimizer
from ..utils.errors import ArgumentError

BACKENDS = ("numpy", "torch")


class Trained(NamedTuple):
    """What takes part in a training, in the order in which `fit` takes it."""

    model: Module
    loss: Loss
    optimizer: Optimizer


def on_backend(backend: str, model: Module, loss: Loss, optimizer: Optimizer) -> Trained:
    """Return what trains on a backend: these themselves on "numpy", their twins on "torch".

    The twins have the same weights under the same names, the same options, and draw their dropout
    masks from the same generators. Under torchrun each process trains on its share of every batch,
    and all of them make the same steps as one process on the whole batch.

    Raises
    ------
    ArgumentError
        For another backend, and for what PyTorch has no twin of.
    MissingExtraError
        Where PyTorch is not installed.
    """
    if backend not in BACKENDS:
        raise ArgumentError(f"--backend={backend}: expected {' or '.join(BACKENDS)}")
    if backend == "numpy":
        return Trained(model, loss, optimizer)
    from . import distributed, twins

    twin = distributed.model(twins.torch_module(model))
    return Trained(twin, twins.torch_loss(loss), twins.torch_optimizer(optimizer, twin))
