"""The experiments there are: every file `experiments/<course>/<name>.py`."""

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..utils.errors import ArgumentError
from . import experiments


class Experiment(NamedTuple):
    """An experiment: its name, one sentence about it, its settings, and what runs it.

    `smoke` are the settings that make it run in seconds.
    """

    name: str
    title: str
    config: type[Any]
    run: Callable[..., None]
    smoke: Mapping[str, Any]


def names() -> list[str]:
    """Return the names of all experiments: `course/name`."""
    found = pkgutil.walk_packages(experiments.__path__, experiments.__name__ + ".")
    return sorted("/".join(m.name.rsplit(".", 2)[-2:]) for m in found if not m.ispkg)


def get(name: str) -> Experiment:
    """Return an experiment by name.

    Raises
    ------
    ArgumentError
        For an unknown name; the message lists those there are.
    """
    if name not in names():
        close = difflib.get_close_matches(name, names(), n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise ArgumentError(
            f"no experiment is named {name!r}; {hint}there are: {', '.join(names())}"
        )
    module = importlib.import_module(f"{experiments.__name__}.{name.replace('/', '.')}")
    title = (module.__doc__ or "").partition("\n")[0]
    return Experiment(name, title, module.Config, module.run, module.SMOKE)
