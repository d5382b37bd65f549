"""Modules one after another."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..utils.errors import ArgumentError
from .module import Array, Module, is_caching
from .modules.activation import ReLU
from .modules.pooling import MaxPool2d
from .modules.reshape import Flatten
from .workspace import is_ours

BLOCK = 64  # images whose outputs, of all layers, fit the cache


class Sequential(Module):
    """y = f_n(... f_2(f_1(x))).

    Takes the modules as a list or as arguments: `Sequential([a, b])`, `Sequential(a, b)`. Any
    object with forward, backward, get_parameters and get_gradients will do.

    Backward: the chain rule from the last module to the first; each turns dL/d(its output)
    into dL/d(its input).

    Raises
    ------
    ArgumentError
        Where the same module stands twice (its second forward would overwrite what its first
        backward needs), or where something is not a module.
    """

    parameter_names = ()

    def __init__(self, *modules: Any) -> None:
        if len(modules) == 1 and isinstance(modules[0], Sequence):
            modules = tuple(modules[0])
        for position, module in enumerate(modules):
            if isinstance(module, type) or not hasattr(module, "backward"):
                raise ArgumentError(f"Sequential: item {position} is not a module: {module!r}")
        self.layers = list(modules)
        everything = [id(module) for module in self.modules()]
        if len(set(map(id, modules))) < len(modules) or len(set(everything)) < len(everything):
            raise ArgumentError("Sequential: the same module stands in it twice; make one for each")

    def forward(self, x: ArrayLike) -> Array:
        """Return y, running the modules in order."""
        if not is_caching():
            return self._without_cache(x)
        y: Any = x
        for layer in self._as_run():
            y = layer.forward(y)
        return y

    def _as_run(self) -> list[Any]:
        """Return the layers in the order in which a training step of `fit` runs them.

        There a ReLU comes after the max-pooling that follows it: max(0, .) of the largest is the
        largest of max(0, .), their gradients are the same, and there are fewer pixels left.
        """
        return self.layers if self._workspace is None else _relu_after_pooling(self.layers)

    def _without_cache(self, x: ArrayLike) -> Array:
        """Return y, many images a block at a time up to where they are flattened."""
        layers = _relu_after_pooling(self.layers)
        many = isinstance(x, np.ndarray) and x.ndim == 4 and len(x) > BLOCK
        end = _image_layers(layers) if many else 0
        if end == 0:
            return _run(layers, x)
        x = np.asarray(x)
        starts = range(0, len(x), BLOCK)
        features = [_run(layers[:end], x[start : start + BLOCK]) for start in starts]
        return _run(layers[end:], np.concatenate(features))

    def backward(self, grad_output: ArrayLike) -> Array | None:
        """Return dL/dx, or None from a first layer that does not need it."""
        grad: Any = grad_output
        for position, layer in reversed(list(enumerate(self._as_run()))):
            grad = layer.backward(grad)
            if grad is None and not getattr(layer, "needs_input_gradient", True):
                break  # on purpose: nothing before it has parameters
            if grad is None and position > 0:
                raise ArgumentError(
                    f"Sequential: layer {position}: {layer!r}.backward returned None, "
                    "expected dL/dx"
                )
        return grad

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """Yield ("0", first module), ("1", second), ... ."""
        for position, layer in enumerate(self.layers):
            yield str(position), layer

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, position: int | slice) -> Any:
        """Return one module, or for a slice a Sequential of the same modules."""
        found = self.layers[position]
        return Sequential(found) if isinstance(position, slice) else found

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    def __repr__(self) -> str:
        if not self.layers:
            return "Sequential()"
        lines = [
            f"  ({name}): {child!r}".replace("\n", "\n  ") for name, child in self.named_children()
        ]
        return "Sequential(\n" + "\n".join(lines) + "\n)"


def _run(layers: list[Any], x: Any) -> Array:
    """Return y without caches; activations take the place of what a layer of ours made for them."""
    mine = False  # whether nobody else holds x
    for layer in layers:
        ours = isinstance(layer, Module) and layer._holds_none()
        x = layer._value(x, x) if mine and ours and layer.works_in_place else layer.forward(x)
        mine = ours and layer.returns_new_array
    return x


def _image_layers(layers: list[Any]) -> int:
    """Return how many layers come up to a Flatten, if they treat every image by itself.

    So do our own in evaluation, but for a batch normalization that has no running statistics.
    """
    for position, layer in enumerate(layers):
        parts = list(layer.modules()) if isinstance(layer, Module) else [layer]
        if not all(
            is_ours(part) and not part.training and getattr(part, "track_running_stats", True)
            for part in parts
        ):
            return 0
        if type(layer) is Flatten:
            return position + 1 if layer.start_dim % 4 else 0  # axis 0 are the images
    return 0


def _relu_after_pooling(layers: list[Any]) -> list[Any]:
    """Return the layers with every ReLU that stands right before a max-pooling put after it."""
    ordered = list(layers)
    for position, (one, next_one) in enumerate(pairwise(layers)):
        # Where there is padding, a window may see nothing else: -inf, and not max(0, -inf).
        if type(one) is ReLU and type(next_one) is MaxPool2d and next_one.padding == (0, 0):
            ordered[position : position + 2] = next_one, one
    return ordered
