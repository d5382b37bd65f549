"""`mytorch COMMAND ...`: finds the command, and tells mistakes in one line."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from .. import __version__
from ..courses.registry import COURSES
from ..utils.console import Parser, exit_code
from . import course

COMMANDS = {
    "run": "run an experiment and write its report",
    "list": "list the experiments",
    "check": "check the gradients of a module in a file of yours",
    "explain": "answer a pen-and-paper question, every step with its numbers",
    "data": "list, download and verify data sets",
    "runs": "list, show and clean up runs",
    "compare": "compare the settings and the results of two runs",
    "predict": "use the trained model of a run on images or tables of yours",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 1 where a check failed, or 2 for a mistake of the user's."""
    return exit_code("mytorch", lambda: _run(argv))


def _run(argv: Sequence[str] | None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = Parser(
        prog="mytorch",
        usage="mytorch COMMAND ...",
        description="Neural networks by hand in NumPy.",
        epilog="commands ('mytorch COMMAND --help' tells more):\n"
        + "\n".join(f"  {name:<9}{what}" for name, what in COMMANDS.items())
        + "\n\ncourses ('mytorch COURSE' lists its programs):\n  "
        + " ".join(COURSES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"mytorch {__version__}")
    if not arguments or arguments[0].startswith("-"):
        parser.parse_args(arguments)
        parser.print_help(sys.stderr)
        return 2
    command, *rest = arguments
    if command in COURSES:
        return course.main(command, rest)
    if command not in COMMANDS:
        parser.error(
            f"no command is named {command!r}; there are: {', '.join(COMMANDS)}, "
            f"and the courses {', '.join(COURSES)}"
        )
    module = importlib.import_module(f".{command}", __package__)
    return int(module.main(rest))
