"""How kernels are compiled, and what they take."""

from functools import partial
from typing import Any

import numba
from numpy.typing import NDArray

Array = NDArray[Any]

# Sums may be taken in any order, and products and sums in one instruction: nothing else that
# "fast" mathematics allows (NaN and infinity stay what they are).
jit: Any = partial(
    numba.njit, cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"}
)


def flat(*arrays: Array | None) -> list[Array | None]:
    """Return the arrays with one axis, or nothing where the compiled kernels cannot take them."""
    flat: list[Array | None] = []
    for a in arrays:
        if a is None:
            flat.append(None)
        elif a.flags.c_contiguous and a.dtype.kind == "f":
            flat.append(a.reshape(-1))
        else:
            return []
    return flat
