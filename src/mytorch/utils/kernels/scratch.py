"""Memory that a kernel needs only while it runs; each thread keeps it for its next call.

Asking the system for megabytes at every call costs more than the work that is done in them.
"""

from math import prod
from threading import local
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_of_thread = local()


def scratch(purpose: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array with anything in it; the next call with the same purpose takes it back."""
    held: dict[Any, NDArray[Any]] = _of_thread.__dict__.setdefault("held", {})
    key, size = (purpose, dtype), prod(shape)
    array = held.get(key)
    if array is None or array.size < size:
        array = held[key] = np.empty(size, dtype)
    return array[:size].reshape(shape)
