"""A container whose modules learn only what to add to their input."""

from typing import Any

from numpy.typing import ArrayLike

from ..utils.errors import ArgumentError, ShapeError
from .checks import floating
from .module import Array, Module
from .sequential import Sequential


class Residual(Module):
    """y = f(x) + x, f the modules in order; with `shortcut` s, y = f(x) + s(x).

        Residual(Linear(64, 64), ReLU(), Linear(64, 64))
        Residual(Linear(64, 32), ReLU(), shortcut=Linear(64, 32))

    Shapes: any that the modules take; f(x) and x, or s(x), must have the same shape.

    Backward, with g = dL/dy: dL/dx = f'(g) + g, or f'(g) + s'(g), where f'(g) is what the
    backward of the modules returns.

    Raises
    ------
    ArgumentError
        For no modules, for what is no module, or for the same one twice.
    ShapeError
        Where the two terms have different shapes.

    Reference: He et al. 2016, "Deep residual learning for image recognition", equations 1 and 2.
    """

    def __init__(self, *modules: Any, shortcut: Any = None) -> None:
        self.body = Sequential(*modules)
        self.shortcut = shortcut
        if not len(self.body):
            raise ArgumentError("Residual: expected at least one module")
        if shortcut is not None:
            if isinstance(shortcut, type) or not hasattr(shortcut, "backward"):
                raise ArgumentError(f"Residual: shortcut is not a module: {shortcut!r}")
            Sequential(self.body, shortcut)  # refuses one in both places

    def forward(self, x: ArrayLike) -> Array:
        """Return f(x) + x, or f(x) + s(x)."""
        change = self.body.forward(x)
        other = x if self.shortcut is None else self.shortcut.forward(x)
        other = floating(self, other, change.dtype)
        if change.shape != other.shape:
            raise ShapeError(
                f"Residual: the modules return shape {change.shape} and the shortcut "
                f"{other.shape}, expected the same; give a module that mends it as shortcut="
            )
        return change + other

    def backward(self, grad_output: ArrayLike) -> Array:
        """Return dL/dx."""
        grad = self.body.backward(grad_output)
        other = grad_output if self.shortcut is None else self.shortcut.backward(grad_output)
        if grad is None or other is None:
            raise ArgumentError("Residual: a backward within it returned None, expected dL/dx")
        return grad + floating(self, other, grad.dtype, "grad_output")

    def __repr__(self) -> str:
        lines = [
            f"  ({name}): {child!r}".replace("\n", "\n  ") for name, child in self.named_children()
        ]
        return "Residual(\n" + "\n".join(lines) + "\n)"
