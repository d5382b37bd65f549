"""What the classifiers of images that are written in PyTorch share: the library trains them."""

from typing import Any

from mytorch.courses.purdue373.recorded import Recorded
from mytorch.interop.torch import TorchLoss, TorchModel, TorchOptimizer, torch


class RecordedTorch(Recorded, torch.nn.Module):  # type: ignore[misc]
    """A classifier around a module of PyTorch, `model`, that keeps the curves of its training."""

    model: Any

    def forward(self, x: Any) -> Any:
        """Return the scores (N, classes) of a tensor of examples."""
        return self.model(x)

    def predict(self, X: Any) -> Any:
        """Return a tensor of the predicted labels (N,)."""
        return torch.from_numpy(self._labels(X))

    def _train(
        self,
        optimizer: Any,
        train: tuple[Any, Any],
        validation: tuple[Any, Any],
        epochs: int,
        batch_size: int | None,
    ) -> None:
        """Train by cross-entropy with an optimizer of PyTorch, on `_fit`'s batches."""
        network = self._network()
        loss = TorchLoss(torch.nn.CrossEntropyLoss())
        stepped = TorchOptimizer(network, optimizer)
        self._fit(network, loss, stepped, train, validation, epochs, batch_size)

    def _network(self) -> TorchModel:
        return TorchModel(self.model)
