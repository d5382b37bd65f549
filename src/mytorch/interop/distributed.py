"""Training on several processes: each takes its share of every batch, all make the same step.

torchrun --nproc-per-node 2 -m mytorch run nyu6953/p6 --backend torch
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .torch import TorchModel, torch
from .world import world

Array = NDArray[Any]


def model(module: Any) -> TorchModel:
    """Return a model of this process: one of several under torchrun, else a plain one."""
    if world()[1] == 1:
        return TorchModel(module)
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group("gloo")
    return DistributedModel(module)


class DistributedModel(TorchModel):
    """A TorchModel whose gradients are the mean over all processes (DistributedDataParallel).

    Each process takes every so many-th row of a batch. Their shares may differ by one row, so what
    each gives to the mean is weighted by its share: the sum is the gradient of the whole batch.
    """

    def __init__(self, module: Any) -> None:
        super().__init__(module)
        self._replica = torch.nn.parallel.DistributedDataParallel(module)
        self._rank, self._size = world()
        self._share = 1 / self._size

    def own_rows(self, rows: Array) -> Array:
        """Return the rows of a batch that are of this process; if none is left, one of weight 0."""
        own = rows[self._rank :: self._size]
        self._share = len(own) / len(rows)
        return own if len(own) else rows[:1]

    def joint_loss(self, value: float) -> float:
        """Return the loss of the whole batch, from that of each process's rows."""
        total = torch.tensor(value * self._share, dtype=torch.float64)
        torch.distributed.all_reduce(total)
        return float(total)

    def backward(self, grad_output: ArrayLike) -> Array | None:
        """Set the gradients of the whole batch's loss; return dL/dx of this process's rows."""
        weight = self._share * self._size
        return super().backward(np.asarray(grad_output) * weight)

    def _call(self, tensor: Any) -> Any:
        return self._replica(tensor) if torch.is_grad_enabled() else self.module(tensor)
