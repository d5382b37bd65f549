"""An experiment's settings: a frozen dataclass, overridden field by field from text."""

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import fields
from sys import float_info
from typing import Any

from ..utils.errors import ArgumentError, did_you_mean

LARGEST = 10**12  # of whole numbers
DTYPES = ("float32", "float64")
PLURALS = {int: "whole numbers", float: "numbers", str: "words"}


def override(config: type[Any], texts: Mapping[str, str]) -> Any:
    """Return a config with some fields given as text, each read as its type says.

    Raises
    ------
    ArgumentError
        For an unknown field (the message lists them), and for a text that is no such value.
    """
    hints = typing.get_type_hints(config)
    values = {}
    for name, text in texts.items():
        if name not in hints:
            hint = did_you_mean(name, hints, "--")
            raise ArgumentError(f"no field is named --{name}; {hint}there are: {_listed(config)}")
        try:
            values[name] = _read(text, hints[name])
        except ValueError as error:
            wanted = describe(hints[name])
            raise ArgumentError(f"--{name}={text}: expected {wanted}") from error
    return config(**values)


def from_json(config: type[Any], stored: Mapping[str, Any], where: str) -> Any:
    """Return a config of the fields in a config.json, which is at `where`.

    Raises
    ------
    ArgumentError
        Where they are not the fields that there are, or not of their types.
    """
    hints = typing.get_type_hints(config)
    if set(stored) != set(hints):
        odd = ", ".join(sorted(set(stored) ^ set(hints)))
        raise ArgumentError(f"{where}: its fields are not those of this version: {odd}")
    return override(config, {name: as_typed(value) for name, value in stored.items()})


def describe(hint: Any) -> str:
    """Say in words what a field takes."""
    if isinstance(hint, types.UnionType):
        return f"{describe(_inner(hint))}, or none"
    if typing.get_origin(hint) is tuple:
        return f"{PLURALS[_item(hint)]} separated by commas"
    return {int: "a whole number", float: "a number", bool: "true or false"}.get(hint, "text")


def as_typed(value: Any) -> str:
    """Return a value as a person would type it after `--field=`."""
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def check_at_least(minimum: float, **values: float | None) -> None:
    """Refuse values below a minimum, by the name of their field; None passes.

    Raises
    ------
    ArgumentError
        For the first value that is smaller, or not a number.
    """
    for name, value in values.items():
        most = LARGEST if isinstance(value, int) else float_info.max
        if value is not None and not minimum <= value <= most:
            raise ArgumentError(
                f"--{name}={str(value)[:30]}: expected a number of at least {minimum:g}, "
                f"at most {most:.2g}"
            )


def check_distinct(**values: Sequence[object]) -> None:
    """Refuse a list in which something stands twice, by the name of its field.

    Raises
    ------
    ArgumentError
        For the first such list.
    """
    for name, several in values.items():
        if twice := [value for value in several if several.count(value) > 1]:
            raise ArgumentError(f"--{name}={as_typed(several)}: {twice[0]} stands there twice")


def check_one_of(choices: Sequence[str], **values: str) -> None:
    """Refuse what is none of the choices, by the name of its field.

    Raises
    ------
    ArgumentError
        For the first value that is not.
    """
    for name, value in values.items():
        if value not in choices:
            raise ArgumentError(f"--{name}={value}: expected {' or '.join(choices)}")


def _read(text: str, hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        return None if text.lower() == "none" else _read(text, _inner(hint))
    if typing.get_origin(hint) is tuple:
        return tuple(_read(part, _item(hint)) for part in text.split(","))
    if hint is bool:
        return ("false", "true").index(text.lower()) == 1
    return hint(text)


def _inner(hint: types.UnionType) -> Any:
    """Return T of `T | None`."""
    return next(part for part in typing.get_args(hint) if part is not type(None))


def _item(hint: Any) -> type:
    """Return T of `tuple[T, ...]`."""
    item: type = typing.get_args(hint)[0]
    return item


def _listed(config: type[Any]) -> str:
    return ", ".join(f"--{field.name}" for field in fields(config))
