"""What flows through a network: the output of every layer for some examples."""

from collections.abc import Callable, Iterator
from typing import Any

from numpy.typing import NDArray

from ..nn import Module, Sequential
from ..nn.workspace import Workspaces
from ..utils.kernels import NUMPY, choose

Array = NDArray[Any]

FEW = 8  # from here on both ways are equally fast, for a network of 20 million products an image


def predict(model: Module, x: Array, *, kernels: str = "auto") -> Array:
    """Return `model.predict(x)`, computed by the kernels that `fit` takes.

    With Numba's, a network with convolutions uses all cores; the result is the same to rounding.
    A few examples go through NumPy's: to wake Python's threads would take longer than they do.
    """
    chosen = choose(kernels)
    with Workspaces(model, kernels=NUMPY if len(x) < FEW else chosen).lent():
        return model.predict(x)


def layer_outputs(model: Module, x: Array) -> Iterator[tuple[str, Array]]:
    """Yield (name, output) of every layer for the examples x, in evaluation mode.

    A name is that of the layer's parameters without their own, and its class: `0 Linear`. The
    layers of a Sequential within a Sequential are yielded one by one.
    """
    if hasattr(model, "layer_outputs"):
        yield from model.layer_outputs(x)
    else:
        yield from walk(model, x, Sequential, lambda layer, x: layer.predict(x))


def walk(
    model: Any,
    x: Array,
    container: Any,
    run: Callable[[Any, Array], Array],
    prefix: str = "",
) -> Iterator[tuple[str, Array]]:
    """Yield (name, output) of every layer: `container` is what holds layers, `run` runs one."""
    if not isinstance(model, container):
        yield f"{prefix}{type(model).__name__}", run(model, x)
        return
    for name, layer in model.named_children():
        inside = isinstance(layer, container)
        for where, y in walk(layer, x, container, run, f"{prefix}{name}{'.' if inside else ' '}"):
            yield where, y
        x = y
