"""`mytorch run NAME`: an experiment, from data to report."""

import argparse
import sys
import typing
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from ..lab import registry
from ..lab.config import as_typed, describe
from ..lab.runner import prepare
from .main import COMMANDS, Parser


def main(argv: Sequence[str]) -> int:
    """Run an experiment; the last line on stdout is its folder."""
    parser = Parser(
        prog="mytorch run",
        usage="mytorch run NAME [--out DIR] [--smoke] [--FIELD=VALUE ...]",
        epilog="An experiment has fields of its own: mytorch run NAME --help lists them.",
        description=COMMANDS["run"] + "; the last line printed is the folder of the run",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="one of 'mytorch list'")
    parser.add_argument(
        "--out", type=_folder, metavar="DIR", help="a new folder (runs/NAME/TIME if not given)"
    )
    parser.add_argument("--smoke", action="store_true", help="run in seconds, on very little")
    parser.add_argument("-h", "--help", action="store_true", help="show this help and exit")
    arguments, rest = parser.parse_known_args(argv)
    if arguments.help or arguments.name is None:
        if arguments.name is not None:
            parser.epilog = _describe_fields(registry.get(arguments.name))
        if not arguments.help:
            parser.error(f"which experiment? There are: {', '.join(registry.names())}")
        parser.print_help()
        return 0

    experiment = registry.get(arguments.name)
    config, run = prepare(
        experiment, _fields(parser, rest), out=arguments.out, smoke=arguments.smoke, say=_say
    )
    try:
        experiment.run(config, run)
        report = run.end()
    except KeyboardInterrupt:
        where = f"; what it recorded so far is in {run.folder}" if run.folder else ""
        print(f"mytorch: {experiment.name} was interrupted{where}", file=sys.stderr)
        return 130
    _say("report", str(report))
    print(run.folder)
    return 0


def _folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("expected the name of a folder")
    return Path(text)


def _say(label: str, text: str) -> None:
    print(f"{label:<18}{text}", flush=True)


def _fields(parser: Parser, rest: Sequence[str]) -> dict[str, str]:
    """Read `--field=value` and `--field value`; the last of the same name counts."""
    given: dict[str, str] = {}
    waiting = list(rest)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("--"):
            parser.error(f"unexpected argument {word!r}; fields are given as --field=value")
        name, equals, value = word[2:].partition("=")
        if not equals:
            if not waiting:
                parser.error(f"--{name} needs a value: --{name}=value")
            value = waiting.pop(0)
        given[name.replace("-", "_")] = value
    return given


def _describe_fields(experiment: registry.Experiment) -> str:
    hints = typing.get_type_hints(experiment.config)
    lines = [
        f"  --{field.name + '=' + as_typed(field.default):<24}{describe(hints[field.name])}"
        for field in fields(experiment.config)
    ]
    text = (experiment.config.__doc__ or "").replace("\n    ", "\n")
    return f"{experiment.name}: {experiment.title}\n\n{text}\nfields and defaults:\n" + "\n".join(
        lines
    )
