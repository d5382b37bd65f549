"""A topic's problem: a frozen dataclass of options, each read from text or from TOML.

Text separates numbers by commas (or blanks), rows by semicolons, matrices by bars:
`0.5,0.3`, `1,2;3,4`, `1,2;3,4|5;6`. TOML has arrays of arrays for the same.
"""

import re
import reprlib
import tomllib
from collections.abc import Mapping
from dataclasses import Field, asdict, field, fields
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ..utils.errors import ArgumentError, DataError, did_you_mean, one_line
from ..utils.files import check_regular

Vector: TypeAlias = tuple[float, ...]
Whole: TypeAlias = tuple[int, ...]
Rows: TypeAlias = tuple[tuple[float, ...], ...]  # of any lengths; a matrix: of one length
Stack: TypeAlias = tuple[Rows, ...]  # matrices

MOST = 4096  # numbers in an option
LARGEST = 10**9  # of whole numbers


class Kind(NamedTuple):
    """What an option takes: numbers nested `depth` deep."""

    depth: int
    wanted: str
    whole: bool = False
    ragged: bool = False


KINDS = {
    "number": Kind(0, "a number"),
    "whole": Kind(0, "a whole number", whole=True),
    "vector": Kind(1, "numbers separated by commas, as in 0.5,0.3"),
    "wholes": Kind(1, "whole numbers separated by commas, as in 6,4,3", whole=True),
    "rows": Kind(2, "numbers separated by commas, rows by semicolons, as in 1,2;3", ragged=True),
    "places": Kind(2, "rows and columns counted from 0, as in 0,4;4,1", whole=True),
    "matrix": Kind(2, "rows of one length separated by semicolons, as in 1,2;3,4"),
    "stack": Kind(3, "matrices separated by bars, rows by semicolons, as in 1,2;3,4|5;6"),
}
SEPARATORS = (r"\s*,\s*|\s+", ";", r"\|")  # of depth 1, 2, 3


def option(
    default: Any,
    kind: str,
    what: str,
    *,
    least: float = -float("inf"),
    most: float = float("inf"),
    choices: tuple[str, ...] = (),
) -> Any:
    """Return a dataclass field: a default, a kind of `KINDS` (or "choice", "choices", "text")."""
    facts = {"kind": kind, "what": what, "least": least, "most": most, "choices": choices}
    return field(default=default, metadata=facts)


def read_texts(problem: type[Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the options given on a command line, read as their kinds say.

    Raises
    ------
    ArgumentError
        For a text that is no such value: one line with option, what was wanted, what came.
    """
    known = {f.name: f for f in fields(problem)}
    return {
        name: _read(known[name], text, f"--{name.replace('_', '-')}")
        for name, text in texts.items()
    }


def read_toml(problem: type[Any], path: Path) -> dict[str, Any]:
    """Return the options given in a TOML file: names as on the command line, numbers and arrays.

    Raises
    ------
    DataError
        Where the file cannot be read or is not TOML.
    ArgumentError
        For an unknown name (the message lists them), and a value of another kind.
    """
    check_regular(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not text in UTF-8 ({error.reason})") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: is not TOML: {one_line(error)}") from error
    known = {f.name: f for f in fields(problem)}
    given = {}
    for key, stored in table.items():
        name = key.replace("-", "_")
        if name not in known:
            hint = did_you_mean(name, known)
            shown = reprlib.repr(key)
            raise ArgumentError(f"{path}: no option {shown}; {hint}there are: {', '.join(known)}")
        given[name] = _read(known[name], stored, f"{path}: {key}")
    return given


def as_typed(value: Any) -> str:
    """Return a value as a person would type it: the inverse of reading it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if not isinstance(value, tuple):
        return repr(value)
    depth = _depth(value)
    if value and isinstance(value[0], str):
        return ",".join(value)
    return (",", ";", "|")[depth - 1].join(map(as_typed, value))


def as_json(problem: Any) -> dict[str, Any]:
    """Return the options of a problem by name: numbers, text, lists."""
    return {name: _lists(stored) for name, stored in asdict(problem).items()}


def array(value: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return numbers given as tuples as an array of float64."""
    return np.array(value, np.float64)


def _read(wanted: Field[Any], given: Any, where: str) -> Any:
    facts = wanted.metadata
    kind: str = facts["kind"]
    if kind in ("choice", "choices", "text"):
        return _read_words(facts, given, where)
    shape = KINDS[kind]
    typed = isinstance(given, str)
    nested = _split(given.strip(), shape.depth) if typed else given
    for _ in range(shape.depth - _depth(nested)):
        nested = [nested]  # one row is a matrix, too
    try:
        numbers = _numbers(nested, shape, shape.depth, typed)
    except (ValueError, OverflowError):
        raise _refusal(where, shape.wanted, given) from None
    flat = list(_flat(numbers))
    if len(flat) > MOST:
        raise ArgumentError(f"{where}: {len(flat)} numbers, expected at most {MOST}")
    least, most = facts["least"], facts["most"]
    if shape.whole:
        least, most = max(least, -LARGEST), min(most, LARGEST)
    for number in flat:
        if not least <= number <= most:
            raise _refusal(where, f"{shape.wanted}, {_bounds(least, most)}", given)
    return numbers


def _read_words(facts: Mapping[str, Any], given: Any, where: str) -> Any:
    several = facts["kind"] == "choices"
    if several and isinstance(given, list | tuple):
        words = list(given)
    elif isinstance(given, str):
        words = [word.strip() for word in given.split(",")] if several else [given.strip()]
    else:
        raise _refusal(where, "text", given)
    choices = facts["choices"]
    for word in words:
        if (
            not isinstance(word, str)
            or (choices and word not in choices)
            or "\0" in word
            or not word
        ):
            wanted = f"one of {', '.join(choices)}" if choices else "text"
            raise _refusal(where, wanted, word)
    return tuple(words) if several else words[0]


def _refusal(where: str, wanted: str, given: Any) -> ArgumentError:
    shown = reprlib.repr(given)
    return ArgumentError(f"{where}: expected {wanted}; got {shown}")


def _bounds(least: float, most: float) -> str:
    if most == float("inf"):
        return f"at least {least:.12g}"
    return f"at most {most:.12g}" if least == -float("inf") else f"from {least:.12g} to {most:.12g}"


def _split(text: str, depth: int) -> Any:
    if depth == 0:
        return text
    separator = SEPARATORS[depth - 1]
    return [_split(part.strip(), depth - 1) for part in re.split(separator, text)]


def _numbers(nested: Any, kind: Kind, depth: int, typed: bool) -> Any:
    """Return nested lists as nested tuples of numbers; ValueError where they are none."""
    if depth:
        if not isinstance(nested, list | tuple) or not nested:
            raise ValueError
        inner = tuple(_numbers(part, kind, depth - 1, typed) for part in nested)
        if depth == 2 and not kind.ragged and len(set(map(len, inner))) > 1:
            raise ValueError
        return inner
    if isinstance(nested, bool) or not isinstance(nested, str if typed else int | float):
        raise ValueError
    if kind.whole:
        if isinstance(nested, float):
            raise ValueError
        return int(nested)
    number = float(nested)
    if not np.isfinite(number):
        raise ValueError
    return number


def _depth(value: Any) -> int:
    depth = 0
    while isinstance(value, list | tuple):
        depth += 1
        value = value[0] if value else None
    return depth


def _flat(value: Any) -> Any:
    if isinstance(value, tuple):
        for part in value:
            yield from _flat(part)
    else:
        yield value


def _lists(value: Any) -> Any:
    return [_lists(part) for part in value] if isinstance(value, tuple) else value
