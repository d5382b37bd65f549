"""What every program of the command line shares: mistakes in one line, and the exit code."""

import argparse
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from .errors import MytorchError
from .extras import require


class Parser(argparse.ArgumentParser):
    """An argument parser that tells a mistake in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Print the line and exit with 2."""
        self.exit(2, f"{self.prog}: {printable(message)} (see '{self.prog} --help')\n")


def exit_code(program: str, work: Callable[[], int]) -> int:
    """Return what `work` returns, or the exit code of how it ended, told in one line on stderr.

    That is 2 for a mistake that the user can mend, 130 for Ctrl-C, and 141 where whoever reads the
    output has had enough.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed before we began
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - until the end
    if isinstance(sys.stdout, io.TextIOWrapper):  # a path that the terminal cannot spell
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = work()
        sys.stdout.flush()
        return code
    except MytorchError as error:
        print(f"{program}: {printable(str(error))}", file=sys.stderr)
        return 2
    except MemoryError as error:
        print(f"{program}: there is not enough memory ({error})", file=sys.stderr)
        return 2
    except BrokenPipeError:  # as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141  # 128 + SIGPIPE, as of a process that the signal ends
    except OSError as error:  # a full disk, a folder that may not be written
        where = printable(str(error.filename or "output"))
        print(f"{program}: {where}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
        return 130


def printable(text: str) -> str:
    """Return a text in one line: a file name may hold a line's end."""
    return "".join(c if c >= " " and c != "\x7f" else repr(c)[1:-1] for c in text)


def needs(program: str, module: str, extra: str) -> None:
    """End a program, with the line that says what to install, where a package is missing.

    For files whose classes are another package's, which must be there before the file is read.
    """

    def look() -> int:
        require(module, extra)
        return 0

    if code := exit_code(program, look):
        sys.exit(code)
