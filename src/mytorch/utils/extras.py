"""Packages that only some users need, imported when they are needed."""

import importlib
from typing import Any

from .errors import MissingExtraError


def require(module: str, extra: str) -> Any:
    """Import `module`, which the extra `extra` installs.

    Raises
    ------
    MissingExtraError
        One line that says what to install, when the package is absent.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name != package:
            raise  # the package is there, and one of its own imports is broken
        raise MissingExtraError(
            f"{package} is not installed: pip install 'mytorch[{extra}]'"
        ) from error
