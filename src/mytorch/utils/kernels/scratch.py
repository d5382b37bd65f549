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
    held: dict[Any, NDArray[Any]] = _of_thread.__dict__
    key, size = f"{purpose} {np.dtype(dtype)}", prod(shape)
    if key not in held or held[key].size < size:
        held[key] = np.empty(size, dtype)
    return held[key][:size].reshape(shape)
