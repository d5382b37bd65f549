"""PyTorch's modules, losses and optimizers with the library's own methods.

So whatever trains a model of ours, `fit` above all, trains one of PyTorch's, without a line that
knows the difference:

    model = TorchModel(torch.nn.Sequential(...))
    loss = TorchLoss(torch.nn.CrossEntropyLoss())
    optimizer = TorchOptimizer(model, torch.optim.Adam(model.module.parameters()))
    for record in fit(model, loss, optimizer, train, epochs=3): ...

Arrays and CPU tensors share their memory; nothing is copied on the way.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..nn import Loss, Module, Optimizer
from ..nn.module import is_caching
from ..nn.state import load_arrays
from ..training.outputs import walk
from ..utils.errors import ArgumentError, OrderError
from ..utils.extras import require

Array = NDArray[Any]
torch = require("torch", "torch")


class TorchModel(Module):
    """A torch.nn.Module on the CPU: forward and backward by PyTorch's autograd.

    Gradients are set by backward, as everywhere in this library, not accumulated.

    Attributes
    ----------
    module
        The torch.nn.Module.
    """

    def __init__(self, module: Any) -> None:
        if not isinstance(module, torch.nn.Module):
            raise ArgumentError(f"TorchModel: expected a torch.nn.Module, got {module!r}")
        for name, p in module.named_parameters():
            if p.device.type != "cpu":
                raise ArgumentError(f"TorchModel: {name} is on {p.device}, expected the CPU")
        self.module = module

    def forward(self, x: ArrayLike) -> Array:
        """Return the module's output."""
        tensor = torch.from_numpy(np.asarray(x))
        if not is_caching():
            with torch.no_grad():
                return self._call(tensor).numpy()
        tensor.requires_grad_(self.needs_input_gradient)
        output = self._call(tensor)
        self._save(tensor, output)
        return output.detach().numpy()

    def backward(self, grad_output: ArrayLike) -> Array | None:
        """Set the parameters' gradients and return dL/dx."""
        tensor, output = self._saved()
        self.module.zero_grad(set_to_none=True)
        output.backward(torch.from_numpy(np.ascontiguousarray(grad_output, output_dtype(output))))
        self._cache = None  # autograd has freed the graph
        return None if tensor.grad is None else tensor.grad.numpy()

    def _call(self, tensor: Any) -> Any:
        return self.module(tensor)

    def get_parameters(self) -> list[Array]:
        """Return the parameters: arrays that share the tensors' memory."""
        return [p.detach().numpy() for p in self.module.parameters()]

    def get_gradients(self) -> list[Array]:
        """Return the gradients that backward set last; zeros where it reached none."""
        gradients = [p.grad for p in self.module.parameters()]
        if gradients and all(g is None for g in gradients):
            raise OrderError(f"{type(self).__name__}: no gradients yet, call backward first")
        return [
            np.zeros(p.shape, output_dtype(p)) if g is None else g.numpy()
            for p, g in zip(self.module.parameters(), gradients, strict=True)
        ]

    def named_parameters(self) -> Iterator[tuple[str, Array]]:
        """Yield (name, parameter)."""
        return ((name, p.detach().numpy()) for name, p in self.module.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Array]]:
        """Yield (name, buffer)."""
        return ((name, b.numpy()) for name, b in self.module.named_buffers())

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """Yield nothing: what is inside is PyTorch's."""
        return iter(())

    def state_dict(self) -> dict[str, Array]:
        """Return copies of the module's state_dict as arrays."""
        return {name: t.detach().numpy().copy() for name, t in self.module.state_dict().items()}

    def load_state_dict(self, state: Mapping[str, ArrayLike], strict: bool = True) -> None:
        """Write arrays into the parameters and buffers, in place."""
        own = {name: t.detach().numpy() for name, t in self.module.state_dict().items()}
        load_arrays(type(self).__name__, own, state, strict)

    @property
    def training(self) -> bool:
        """The mode of the module."""
        return bool(self.module.training)

    @training.setter
    def training(self, mode: bool) -> None:
        self.module.train(mode)

    def layer_outputs(self, x: Array) -> Iterator[tuple[str, Array]]:
        """Yield (name, output) of every layer of a torch.nn.Sequential, in evaluation mode."""
        training = self.training
        self.training = False

        def run(layer: Any, x: Array) -> Array:
            return layer(torch.from_numpy(x)).numpy()

        try:
            with torch.no_grad():
                yield from walk(self.module, x, torch.nn.Sequential, run)
        finally:
            self.training = training

    def __repr__(self) -> str:
        return f"TorchModel({self.module!r})"


class TorchLoss(Loss):
    """A loss of PyTorch's, such as torch.nn.CrossEntropyLoss()."""

    def __init__(self, criterion: Any) -> None:
        super().__init__(reduction=criterion.reduction)
        self.criterion = criterion

    def forward(self, z: ArrayLike, y: ArrayLike) -> float:  # type: ignore[override]
        """Return the loss."""
        leaf = torch.from_numpy(np.asarray(z)).requires_grad_(is_caching())
        value = self.criterion(leaf, torch.from_numpy(np.asarray(y)))
        self._save(leaf, value)
        return float(value.item())

    def backward(self, grad_output: ArrayLike = 1.0) -> Array:
        """Return dL/dz."""
        leaf, value = self._saved()
        (gradient,) = torch.autograd.grad(value, leaf)
        self._cache = None
        return gradient.numpy() * np.asarray(grad_output, output_dtype(leaf))

    def __repr__(self) -> str:
        return f"TorchLoss({self.criterion!r})"


class TorchOptimizer(Optimizer):
    """An optimizer of PyTorch's, over the parameters of a TorchModel."""

    def __init__(self, model: TorchModel, optimizer: Any) -> None:
        self._tensors = list(model.module.parameters())
        held = [p for group in optimizer.param_groups for p in group["params"]]
        if len(held) != len(self._tensors) or any(
            a is not b for a, b in zip(held, self._tensors, strict=True)
        ):
            raise ArgumentError("TorchOptimizer: the optimizer's parameters are not the model's")
        self.optimizer = optimizer
        super().__init__(model.get_parameters(), optimizer.param_groups[0]["lr"])

    @property
    def lr(self) -> float:
        """The learning rate, of all groups."""
        return float(self.optimizer.param_groups[0]["lr"])

    @lr.setter
    def lr(self, value: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = value

    def step(self, gradients: Sequence[Array]) -> None:
        """Update every parameter in place from its gradient."""
        for tensor, gradient in zip(self._tensors, self._begin(gradients), strict=True):
            tensor.grad = torch.from_numpy(gradient)
        self.optimizer.step()

    def state_dict(self) -> dict[str, Array]:
        """Return copies of what is remembered: `steps`, and `exp_avg.0` and so on."""
        memory = {"steps": np.array(self.steps)}
        for position, tensor in enumerate(self._tensors):
            for name, value in self.optimizer.state.get(tensor, {}).items():
                if value is not None:
                    memory[f"{name}.{position}"] = torch.as_tensor(value).numpy().copy()
        return memory

    def load_state_dict(self, state: Mapping[str, ArrayLike]) -> None:
        """Take up what another optimizer of the same kind and options remembered."""
        self.steps = int(np.asarray(state["steps"]))
        self.optimizer.state.clear()
        for key, value in state.items():
            name, dot, position = key.rpartition(".")
            if dot:
                array = np.array(value)
                self.optimizer.state[self._tensors[int(position)]][name] = torch.from_numpy(array)

    def __repr__(self) -> str:
        return f"TorchOptimizer({type(self.optimizer).__name__}, lr={self.lr:g})"


def output_dtype(tensor: Any) -> Any:
    """Return the NumPy dtype of a tensor."""
    return torch.empty(0, dtype=tensor.dtype).numpy().dtype
