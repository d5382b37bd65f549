"""The experiments there are: every file `experiments/<course>/<name>.py`.

A file's underscores are hyphens in the name of its experiment: hidden_units.py, hidden-units.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..utils.errors import ArgumentError, did_you_mean
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
    files = (m.name.rsplit(".", 2)[-2:] for m in found if not m.ispkg)
    return sorted(f"{course}/{file.replace('_', '-')}" for course, file in files)


def courses() -> list[str]:
    """Return the courses that have experiments."""
    return sorted({name.partition("/")[0] for name in names()})


def of_course(course: str) -> list[str]:
    """Return the names of a course's experiments.

    Raises
    ------
    ArgumentError
        For a course that has none; the message lists those that have.
    """
    if course not in courses():
        hint = did_you_mean(course, courses())
        raise ArgumentError(
            f"no course is named {course!r}; {hint}there are: {', '.join(courses())}"
        )
    return [name for name in names() if name.startswith(f"{course}/")]


def get(name: str) -> Experiment:
    """Return an experiment by name.

    Raises
    ------
    ArgumentError
        For an unknown name; the message lists those there are.
    """
    if name not in names():
        hint = did_you_mean(name, names())
        raise ArgumentError(
            f"no experiment is named {name!r}; {hint}there are: {', '.join(names())}"
        )
    path = name.replace("/", ".").replace("-", "_")
    module = importlib.import_module(f"{experiments.__name__}.{path}")
    title = (module.__doc__ or "").partition("\n")[0]
    return Experiment(name, title, module.Config, module.run, module.SMOKE)
