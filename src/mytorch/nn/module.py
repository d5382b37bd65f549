"""The contract of every layer: forward, backward, and the parameters between them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ..utils.copying import copy_as
from ..utils.errors import DtypeError, OrderError
from ..utils.kernels import NUMPY, Kernels
from .checks import Array as Array
from .state import load_arrays

_caching: ContextVar[bool] = ContextVar("caching", default=True)
_LAYERS = f"{__package__}.modules."


@contextmanager
def no_cache() -> Iterator[None]:
    """Within this block forward remembers nothing: less memory, and no backward after it.

    What an earlier forward has cached stays, so its backward may still follow.
    """
    token = _caching.set(False)
    try:
        yield
    finally:
        _caching.reset(token)


def is_caching() -> bool:
    """Tell whether forward is to remember what backward needs."""
    return _caching.get()


class Module:
    """A differentiable function y = f(x) with parameters.

    A layer declares `parameter_names` (and `buffer_names`, arrays that are saved with the
    parameters and not trained) and defines `forward` and `backward`; a module that holds other
    modules as attributes need only define the latter two.

    `forward(x)` -> y caches what backward needs (`_save`).
    `backward(grad_output)`, with dL/dy of the shape of y, *sets* the gradients of the
    parameters (nothing accumulates) and returns dL/dx.
    `get_parameters()` and `get_gradients()` list arrays in the same order; the parameters are
    the very arrays in use, for an optimizer to update in place.

    Attributes
    ----------
    training
        The mode, set by `train()` and `eval()` for the module and all that it holds.
    needs_input_gradient
        Where False, backward may return None instead of dL/dx. `fit` switches it off for the
        first layer, whose dL/dx nobody wants, and puts it back.
    """

    parameter_names: tuple[str, ...]
    buffer_names: tuple[str, ...] = ()
    returns_new_array = False  # which nobody else holds: for Sequential, of our own layers
    works_in_place = False  # whether an Elementwise may write f(x) over x
    training = True
    needs_input_gradient = True

    _cache: tuple[Any, ...] | None = None
    _gradients: tuple[Array, ...] | None = None
    _gradients_lent = False  # whether they lie in the workspace, to be overwritten
    _workspace: dict[Any, Array] | None = None  # lent by `fit` for a step: see workspace.py
    _kernels: Kernels = NUMPY  # `fit` lends others with the workspace

    # the function

    def forward(self, x: ArrayLike) -> Array:
        """Return y = f(x) and cache what backward needs."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward(x)")

    def backward(self, grad_output: ArrayLike) -> Array | None:
        """Set the parameters' gradients from dL/dy and return dL/dx."""
        raise NotImplementedError(f"{type(self).__name__} does not define backward(grad_output)")

    def __call__(self, *inputs: ArrayLike) -> Any:
        """Run forward."""
        return self.forward(*inputs)

    def predict(self, x: ArrayLike) -> Array:
        """Return f(x) in evaluation mode, caching nothing; the mode is restored."""
        modes = [(part, part.training) for part in _parts_with_modes(self)]
        try:
            for part, _ in modes:
                part.training = False
            with no_cache():
                return self.forward(x)
        finally:
            for part, training in modes:
                part.training = training

    # parameters

    def get_parameters(self) -> list[Array]:
        """Return the parameters: the arrays themselves, for updates in place."""
        own = [getattr(self, name) for name in self._declared_names()]
        return own + [p for _, child in self.named_children() for p in child.get_parameters()]

    def get_gradients(self) -> list[Array]:
        """Return the gradients that backward set last, in the order of `get_parameters`.

        They are never overwritten later: the next backward sets new arrays.

        Raises
        ------
        OrderError
            Where backward has not run yet.
        """
        own: list[Array] = []
        if self._declared_names():
            if self._gradients is None:
                raise OrderError(f"{self!r}: no gradients yet, call backward first")
            if self._gradients_lent and self._workspace is None:
                self._set_gradients(*(gradient.copy() for gradient in self._gradients))
            own.extend(self._gradients)
        return own + [g for _, child in self.named_children() for g in child.get_gradients()]

    def named_parameters(self) -> Iterator[tuple[str, Array]]:
        """Yield (name, parameter), named as in PyTorch's state_dict: `weight`, `0.weight`."""
        return self._named(parameters=True, buffers=False)

    def named_buffers(self) -> Iterator[tuple[str, Array]]:
        """Yield (name, buffer), such as `1.running_mean`."""
        return self._named(parameters=False, buffers=True)

    def state_dict(self) -> dict[str, Array]:
        """Return copies of all parameters and buffers by name, as PyTorch names and orders them."""
        return {name: a.copy() for name, a in self._named(parameters=True, buffers=True)}

    def load_state_dict(self, state: Mapping[str, ArrayLike], strict: bool = True) -> None:
        """Write the arrays of a `state_dict` into the parameters and buffers, in place.

        It may come from PyTorch: CPU tensors are read as arrays. Numbers are cast to the dtype
        that is here. Without `strict` names that only one side has are passed over.

        Raises
        ------
        ArgumentError
            One line with all names that are missing or unexpected, all shapes and dtypes that
            do not fit; nothing is written then.
        """
        own = dict(self._named(parameters=True, buffers=True))
        load_arrays(type(self).__name__, own, state, strict)

    def _named(self, parameters: bool, buffers: bool) -> Iterator[tuple[str, Array]]:
        if parameters and type(self).get_parameters is not Module.get_parameters:
            yield from _numbered(self)  # their names are not known
            parameters = False
        names = self._declared_names() if parameters else ()
        for name in (*names, *self.buffer_names) if buffers else names:
            yield name, getattr(self, name)
        for prefix, child in self.named_children():
            if isinstance(child, Module):
                inner: Iterable[tuple[str, Array]] = child._named(parameters, buffers)
            else:
                inner = _numbered(child) if parameters else ()
            yield from ((f"{prefix}.{name}", array) for name, array in inner)

    def _declared_names(self) -> tuple[str, ...]:
        names = getattr(self, "parameter_names", None)
        if names is not None:
            return tuple(names)
        if any(True for _ in self.named_children()):
            return ()
        raise NotImplementedError(
            f"{type(self).__name__} does not define get_parameters() and get_gradients(), "
            "or parameter_names for Module to find them by (an empty tuple where it has none)"
        )

    # the tree, its mode and dtype

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """Yield (name, module) for each module in an attribute, or in a list or dictionary there.

        A module is what has forward, backward and get_parameters, whoever wrote it.
        """
        if self._holds_none():
            return
        seen: set[int] = set()
        for name, child in _modules_in(vars(self)):
            if id(child) not in seen:
                seen.add(id(child))
                yield name, child

    def _holds_none(self) -> bool:
        """Whether it is one of our own layers, exactly: none of them holds modules."""
        return type(self).__module__.startswith(_LAYERS)

    def modules(self) -> Iterator["Module"]:
        """Yield this module and every Module below it."""
        yield self
        for _, child in self.named_children():
            if isinstance(child, Module):
                yield from child.modules()

    def train(self, mode: bool = True) -> Self:
        """Put the module and all that it holds into training mode."""
        for part in _parts_with_modes(self):
            part.training = mode
        return self

    def eval(self) -> Self:
        """Put the module and all that it holds into evaluation mode."""
        return self.train(False)

    def astype(self, dtype: DTypeLike) -> Self:
        """Return a copy whose parameters have `dtype`; the module itself stays as it is."""
        if np.dtype(dtype).kind not in "fc":
            raise DtypeError(f"{self!r}.astype: expected a floating dtype, got {np.dtype(dtype)}")
        return copy_as(self, dtype)

    def __getstate__(self) -> dict[str, Any]:
        """Leave caches and workspaces out of copies and pickles."""
        return {
            k: v
            for k, v in vars(self).items()
            if k not in ("_cache", "_gradients", "_workspace", "_kernels")
        }

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    # for layers to call

    def _save(self, *values: Any) -> None:
        """Keep what backward needs (the arrays themselves, not copies)."""
        if _caching.get():
            self._cache = values

    def _saved(self) -> tuple[Any, ...]:
        """Return what forward saved."""
        if self._cache is None:
            raise OrderError(
                f"{self!r}.backward needs a forward before it (predict and no_cache keep nothing)"
            )
        return self._cache

    def _set_gradients(self, *gradients: Array) -> None:
        """Set the gradients of the declared parameters, in the order of `parameter_names`."""
        self._gradients = gradients
        self._gradients_lent = self._workspace is not None

    def _empty(self, purpose: str, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
        """Return an uninitialised array: a new one, or inside `fit` that of the last step."""
        if self._workspace is None or not _caching.get():  # a forward aside: the step goes on
            return np.empty(shape, dtype)
        key = purpose, shape, dtype
        array = self._workspace.get(key)
        if array is None:
            array = self._workspace[key] = np.empty(shape, dtype)
        return array

    def _empty_like(self, purpose: str, x: Array) -> Array:
        """Return what `_empty` does, in the shape, dtype and layout of x.

        Images (N, C, H, W) that lie in memory as (N, H, W, C), as convolutions leave them, are
        followed by images that do.
        """
        if x.ndim != 4 or x.flags.c_contiguous:
            return self._empty(purpose, x.shape, x.dtype)
        n, c, h, w = x.shape
        return self._empty(purpose, (n, h, w, c), x.dtype).transpose(0, 3, 1, 2)


def _numbered(module: Any) -> Iterator[tuple[str, Array]]:
    """Yield the parameters of a module that has its own get_parameters, by number."""
    return ((str(number), p) for number, p in enumerate(module.get_parameters()))


def _modules_in(held: dict[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Yield (dotted name, module) for the modules in a dictionary, nested ones included."""
    for name, value in held.items():
        if isinstance(value, dict | list | tuple):
            inner = value if isinstance(value, dict) else dict(enumerate(value))
            yield from ((f"{name}.{rest}", child) for rest, child in _modules_in(inner))
        elif isinstance(value, Module) or (
            not isinstance(value, type)
            and all(hasattr(value, method) for method in ("forward", "backward", "get_parameters"))
        ):
            yield str(name), value


def _parts_with_modes(module: Module) -> list[Any]:
    """Return the module and all below it that have a mode, those that are not a Module too."""
    parts: list[Any] = [module]
    for _, child in module.named_children():
        if isinstance(child, Module):
            parts += _parts_with_modes(child)
        elif hasattr(child, "training"):
            parts.append(child)
    return parts
