"""`mytorch COMMAND ...`: finds the command, and tells mistakes in one line."""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from .. import __version__
from ..utils.errors import MytorchError

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


class Parser(argparse.ArgumentParser):
    """An argument parser that tells a mistake in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Print the line and exit with 2."""
        self.exit(2, f"{self.prog}: {message} (see '{self.prog} --help')\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 1 where a check failed, or 2 for a mistake of the user's."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed before we began
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - until the end
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = Parser(
        prog="mytorch",
        usage="mytorch COMMAND ...",
        description="Neural networks by hand in NumPy.",
        epilog="commands ('mytorch COMMAND --help' tells more):\n"
        + "\n".join(f"  {name:<9}{what}" for name, what in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"mytorch {__version__}")
    if not arguments or arguments[0].startswith("-"):
        parser.parse_args(arguments)
        parser.print_help(sys.stderr)
        return 2
    command, *rest = arguments
    if command not in COMMANDS:
        parser.error(f"no command is named {command!r}; there are: {', '.join(COMMANDS)}")
    if isinstance(sys.stdout, io.TextIOWrapper):  # a path that the terminal cannot spell
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        module = importlib.import_module(f".{command}", __package__)
        code = int(module.main(rest))
        sys.stdout.flush()
        return code
    except MytorchError as error:
        print(f"mytorch: {_printable(str(error))}", file=sys.stderr)
        return 2
    except MemoryError as error:
        print(f"mytorch: there is not enough memory ({error})", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever reads our output has had enough, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141  # 128 + SIGPIPE, as of a process that the signal ends
    except OSError as error:  # a full disk, a folder that may not be written
        print(f"mytorch: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("mytorch: interrupted", file=sys.stderr)
        return 130


def _printable(text: str) -> str:
    """Return a text in one line: a file name may hold a line's end."""
    return "".join(c if c >= " " and c != "\x7f" else repr(c)[1:-1] for c in text)
