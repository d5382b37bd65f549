"""How a module shows its options."""

from inspect import Parameter, signature

import numpy as np


def with_options(module: object) -> str:
    """Return `Name(3, option=value)`: what its constructor was given and is not the default.

    Values are looked up under the names of the constructor's parameters; arrays show as `...`,
    and where the option is a yes or no, an array means yes.
    """
    shown = []
    for name, option in signature(type(module)).parameters.items():
        value = getattr(module, name, option.default)
        if isinstance(option.default, bool):
            value = value is not None and value is not False
        if option.default is Parameter.empty:
            shown.append(str(value))
        elif isinstance(value, np.ndarray):
            shown.append(f"{name}=...")
        elif value != option.default:
            shown.append(f"{name}={value!r}")
    return f"{type(module).__name__}({', '.join(shown)})"
