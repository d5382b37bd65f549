"""States: named arrays, written into a model or an optimizer all together or not at all."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..utils.errors import ArgumentError

Array = NDArray[Any]


def load_arrays(
    owner: str, own: Mapping[str, Array], state: Mapping[str, ArrayLike], strict: bool = True
) -> None:
    """Write `state` into the arrays of `own` of the same names, in place.

    Raises
    ------
    ArgumentError
        One line with everything that does not fit; nothing is written then.
    """
    if not isinstance(state, Mapping):
        raise ArgumentError(
            f"{owner}.load_state_dict: expected a dictionary of arrays, got {type(state).__name__}"
        )
    wrong: list[str] = []
    given: dict[str, Array] = {}
    if strict:
        missing = [name for name in own if name not in state]
        unexpected = [name for name in state if name not in own]
        wrong += [f"missing {', '.join(missing)}"] * bool(missing)
        wrong += [f"unexpected {', '.join(map(str, unexpected))}"] * bool(unexpected)
    for name in [name for name in own if name in state]:
        try:
            given[name] = value = np.asarray(state[name])
        except (ValueError, TypeError, RuntimeError) as error:  # rows of unequal length, a GPU
            wrong.append(f"{name} is no array ({error})")
            continue
        target = own[name]
        if value.shape != target.shape:
            wrong.append(f"{name} has shape {value.shape}, expected {target.shape}")
        elif not np.can_cast(value.dtype, target.dtype, "same_kind"):
            wrong.append(f"{name} has dtype {value.dtype}, expected {target.dtype}")
    if wrong:
        raise ArgumentError(f"{owner}.load_state_dict: {'; '.join(wrong)}")
    for name, value in given.items():
        own[name][...] = value
