"""`mytorch compare RUN RUN`: what was asked for differently, and what came out differently."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..lab.config import as_typed
from ..reporting.runs import read_config, read_results
from ..utils.console import Parser
from .main import COMMANDS


def main(argv: Sequence[str]) -> int:
    """Print settings and machines that differ, and every metric; 0 where all metrics are equal."""
    parser = Parser(
        prog="mytorch compare",
        description=COMMANDS["compare"] + "; exits with 0 where all metrics are equal, else 1",
        allow_abbrev=False,
    )
    parser.add_argument("first", type=Path, metavar="RUN")
    parser.add_argument("second", type=Path, metavar="RUN")
    arguments = parser.parse_args(argv)
    folders = arguments.first, arguments.second
    results = [read_results(folder) for folder in folders]
    asked = [_settings(read_config(folder)) for folder in folders]

    _line("", *map(str, folders))
    for name, first, second in _pairs(*asked):
        if first != second:
            _line(name, as_typed(first), as_typed(second))
    same = True
    for name, first, second in _pairs(*(result["metrics"] for result in results)):
        numbers = isinstance(first, int | float) and isinstance(second, int | float)
        change = f"{second - first:+.4g}" if numbers and first != second else ""
        equal = first == second
        same = same and equal
        _line(name, _number(first), _number(second), "same" if equal else change)
    return 0 if same else 1


def _settings(config: dict[str, Any]) -> dict[str, Any]:
    head = {
        key: config.get(key)
        for key in ("experiment", "data", "backend", "seed", "seeds", "monitor")
    }
    return {**head, **config["config"], **config["machine"]}


def _pairs(first: dict[str, Any], second: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield (name, value, value) for every name in either; None where one lacks it."""
    for name in dict.fromkeys([*first, *second]):
        yield name, first.get(name), second.get(name)


def _number(value: Any) -> str:
    return "-" if value is None else f"{value:.6g}"


def _line(name: str, first: str, second: str, change: str = "") -> None:
    print(f"{name.replace('_', ' '):<28} {first:<32} {second:<32} {change}".rstrip())
