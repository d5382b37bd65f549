"""Copies of a model in another precision, and what a model holds."""

import copy
from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike

Model = TypeVar("Model")


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

    Works for any object. Arrays held in two places (as an attribute and in a list of
    parameters, say) are one array in the copy too; the model itself is left as it was.
    """
    target = np.dtype(dtype)
    held = [a for a in contents(model) if isinstance(a, np.ndarray) and a.dtype.kind in "fc"]
    # deepcopy looks an object up in `memo` before it copies it: here it finds it converted.
    memo: dict[int, Any] = {id(array): array.astype(target) for array in held}
    return copy.deepcopy(model, memo)
