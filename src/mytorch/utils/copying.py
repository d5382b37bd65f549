"""Copies of a model in another precision, and what a model holds."""

import copy
from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

Model = TypeVar("Model")
Array = NDArray[Any]


def contents(model: object) -> Iterator[object]:
    """Yield every object that `model` holds, itself first, each once.

    Attributes, lists, tuples and dictionaries are followed, in a fixed order, so that a model
    and its copy yield corresponding objects.
    """
    seen: set[int] = set()
    waiting = [model]
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)
        elif hasattr(item, "__dict__") and not isinstance(item, type):
            waiting.extend(vars(item).values())


def copy_as(model: Model, dtype: DTypeLike) -> Model:
    """Return a deep copy of `model` whose inexact arrays have the given dtype.

    Works for any object, and leaves it as it was. Arrays that are one stay one: an array held in
    two places, and views of one buffer, such as `weight` and `weight.T`.
    """
    target = np.dtype(dtype)
    held = [a for a in contents(model) if isinstance(a, np.ndarray) and a.dtype.kind in "fc"]
    owners = [_owner(array) for array in held]
    shared = {id(o) for o in owners if sum(other is o for other in owners) > 1}
    converted: dict[int, Array] = {}
    # deepcopy looks an object up in `memo` before it copies it: here it finds it converted.
    memo: dict[int, Any] = {}
    for array, owner in zip(held, owners, strict=True):
        if id(owner) in shared and _is_plain(owner, array):
            buffer = converted.setdefault(id(owner), owner.astype(target))
            memo[id(array)] = _same_view(array, owner, buffer)
        else:
            memo[id(array)] = array.astype(target)
    return copy.deepcopy(model, memo)


def _owner(array: Array) -> Array:
    """Return the array that owns the memory of a view."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _is_plain(owner: Array, view: Array) -> bool:
    """Tell whether a view can be made again on a converted copy of its owner."""
    contiguous = owner.flags.c_contiguous or owner.flags.f_contiguous
    return contiguous and owner.dtype == view.dtype and type(view) is np.ndarray


def _same_view(view: Array, owner: Array, buffer: Array) -> Array:
    """Return the view of `buffer` that `view` is of `owner`."""
    size = owner.itemsize
    offset = (view.__array_interface__["data"][0] - owner.__array_interface__["data"][0]) // size
    strides = tuple(stride // size * buffer.itemsize for stride in view.strides)
    flat = buffer.ravel(order="K")  # the memory itself: a contiguous array's ravel is a view
    return np.ndarray(
        view.shape, buffer.dtype, buffer=flat, offset=offset * buffer.itemsize, strides=strides
    )
