"""How a module reads its options, and how it shows them."""

from collections.abc import Collection
from inspect import Parameter, signature
from math import inf
from numbers import Real
from operator import index
from typing import Any

import numpy as np

from ..utils.errors import ArgumentError


def whole(module: object, name: str, value: Any, least: float = -inf) -> int:
    """Return an option that is to be a whole number, not below `least`.

    Raises
    ------
    ArgumentError
        For anything else.
    """
    try:
        number = index(value)
    except TypeError:
        message = f"{name} must be a whole number, got {value!r}"
        raise ArgumentError(f"{type(module).__name__}: {message}") from None
    if number < least:
        message = f"{name} must be at least {least}, got {number}"
        raise ArgumentError(f"{type(module).__name__}: {message}")
    return number


def real(module: object, name: str, value: Any, least: float = -inf, most: float = inf) -> float:
    """Return an option that is to be a number from `least` to `most`.

    Raises
    ------
    ArgumentError
        For anything else.
    """
    if not isinstance(value, Real) or not least <= float(value) <= most:
        wanted = "a number" if least == -inf else f"in [{least}, {most}]"
        raise ArgumentError(f"{type(module).__name__}: {name} must be {wanted}, got {value!r}")
    return float(value)


def with_options(module: object, pairs: Collection[str] = (), **values: Any) -> str:
    """Return `Name(3, option=value)`: what its constructor was given and is not the default.

    Values are looked up under the names of the constructor's parameters, if not in `values`; arrays
    show as `...`, and where the option is a yes or no, an array means yes. Of the options in
    `pairs`, two equal numbers show as one.
    """
    shown = []
    for name, option in signature(type(module)).parameters.items():
        value = values.get(name, getattr(module, name, option.default))
        if name in pairs and value is not None and value[0] == value[1]:
            value = value[0]
        if isinstance(option.default, bool):
            value = isinstance(value, np.ndarray) or bool(value)
        if option.default is Parameter.empty:
            shown.append(str(value))
        elif isinstance(value, np.ndarray):
            shown.append(f"{name}=...")
        elif value != option.default:
            shown.append(f"{name}={value!r}")
    return f"{type(module).__name__}({', '.join(shown)})"
