"""The courses there are, and the programs of each."""

import ast
import importlib
import pkgutil
from collections.abc import Callable, Sequence

from ..utils.errors import ArgumentError, did_you_mean
from .profile import Profile

COURSES = ("cmu10601", "cs4152", "nyu6953", "purdue373", "rice576")


def profile(course: str) -> Profile:
    """Return the profile of a course.

    Raises
    ------
    ArgumentError
        For another name; the message lists those there are.
    """
    if course not in COURSES:
        hint = did_you_mean(course, COURSES)
        raise ArgumentError(f"no course is named {course!r}; {hint}there are: {', '.join(COURSES)}")
    found: Profile = importlib.import_module(f".{course}.conventions", __package__).PROFILE
    return found


def program(course: str, name: str) -> Callable[[Sequence[str]], int]:
    """Return the `main` of a program: it takes the arguments and returns the exit code.

    Raises
    ------
    ArgumentError
        For another name; the message lists those there are.
    """
    programs = profile(course).programs
    if name not in programs:
        raise ArgumentError(
            f"{course} has no program named {name!r}; there are: {', '.join(programs)}"
        )
    main: Callable[[Sequence[str]], int] = importlib.import_module(
        f".{course}.{name}", __package__
    ).main
    return main


def summary(course: str, name: str) -> str:
    """Return the first line of what a program says of itself; the program is read, not imported.

    So the list of a course's programs needs none of the packages that they need.
    """
    source = pkgutil.get_data(f"{__package__}.{course}", f"{name}.py") or b""
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
