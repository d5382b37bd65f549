"""`mytorch run NAME`: an experiment, from data to report."""

import argparse
import signal
import sys
import typing
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..interop.world import world
from ..lab import registry
from ..lab.config import as_typed, describe
from ..lab.registry import Experiment
from ..lab.replicas import how_to_resume, replica
from ..lab.runner import OPTIONS, configure, interrupted, make_run
from ..lab.seeds import run_seeds
from ..reporting.runs import SAVE_EVERY, Run
from ..utils.console import Parser
from ..utils.errors import MytorchError
from .main import COMMANDS


def main(argv: Sequence[str]) -> int:
    """Run an experiment; the last line on stdout is its folder."""
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    if arguments.help or arguments.name is None:
        if arguments.name is not None:
            parser.epilog = _describe_fields(registry.get(arguments.name))
        if not arguments.help:
            parser.error(f"which experiment? There are: {', '.join(registry.names())}")
        parser.print_help()
        return 0

    experiment = registry.get(arguments.name)
    given = _fields(parser, rest)
    wanted = {name: v for name in OPTIONS if (v := getattr(arguments, name)) is not None}
    out: Path | None = arguments.out
    if arguments.resume and out is None:
        parser.error("--resume needs --out DIR, the folder of the interrupted run")
    if out is not None and arguments.resume and (out / "config.json").is_file():
        config, kept = interrupted(experiment, given, wanted, out, smoke=arguments.smoke)
        if (out / "report.html").is_file():  # what a run writes last
            return _ended(out) if world()[0] == 0 else 0
    else:
        config, kept = configure(experiment, given, smoke=arguments.smoke), wanted
    asked = {**given, **({"smoke": True} if arguments.smoke else {})}
    with replica(out) as place:
        options: dict[str, Any] = {
            "say": _say if place.first else lambda label, text: None,
            "warn": _warn if place.first else lambda line: None,
            "resume": arguments.resume,
            "save_every": arguments.save_every,
        }
        run = make_run(experiment, config, asked, kept, out=place.out, **options)
        try:
            code = _run(experiment, config, run, asked, kept, options)
        except MytorchError:
            if place.first:
                raise
            return 2  # the first process says it
        return _ended(run.folder) if code == 0 and place.first else code


def _run(
    experiment: Experiment,
    config: Any,
    run: Run,
    asked: dict[str, object],
    kept: dict[str, int],
    options: dict[str, Any],
) -> int:
    try:
        if "seeds" in kept:
            run_seeds(experiment, config, run, asked, kept, options)
        else:
            experiment.run(config, run)
        run.end()
    except KeyboardInterrupt as interruption:
        said = str(interruption) or f"{experiment.name} was interrupted"
        if run.folder is not None:
            said += f"; go on with: {how_to_resume(experiment.name, run.folder)}"
        options["warn"](said)
        return 128 + getattr(interruption, "number", signal.SIGINT)
    finally:
        run.close()
    return 0


def _ended(folder: Path | None) -> int:
    assert folder is not None
    _say("report", str(folder / "report.html"))
    print(folder)
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="mytorch run",
        usage="mytorch run NAME [--out DIR] [--resume] [--smoke] [--seeds K] [--FIELD=VALUE ...]",
        epilog="An experiment has fields of its own: mytorch run NAME --help lists them.",
        description=COMMANDS["run"] + "; the last line printed is the folder of the run",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    add = parser.add_argument
    add("name", nargs="?", metavar="NAME", help="one of 'mytorch list'")
    add("--out", type=_folder, metavar="DIR", help="a new folder (runs/NAME/TIME if not given)")
    add("--resume", action="store_true", help="go on with the run in DIR, to the same bits")
    add("--smoke", action="store_true", help="run in seconds, on very little")
    add(
        "--seeds",
        type=_several,
        metavar="K",
        help="run with K seeds, from --seed on; tells mean and standard deviation",
    )
    add(
        "--monitor",
        type=_count,
        metavar="K",
        help="every K steps, keep statistics of weights, net inputs and activations",
    )
    add(
        "--save-every",
        type=_seconds,
        metavar="SECONDS",
        default=SAVE_EVERY,
        help=f"between two checkpoints (default {SAVE_EVERY:g})",
    )
    add("-h", "--help", action="store_true", help="show this help and exit")
    return parser


def _folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("expected the name of a folder")
    return Path(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)


def _several(text: str) -> int:
    if _count(text) < 2:
        raise argparse.ArgumentTypeError("expected at least 2; one seed is --seed")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"expected seconds, 0 or more, got {text!r}")
    return seconds


def _say(label: str, text: str) -> None:
    print(f"{label:<17} {text}", flush=True)


def _warn(line: str) -> None:
    print(f"mytorch: {line}", file=sys.stderr, flush=True)


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
