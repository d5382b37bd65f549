"""`mytorch check FILE.py[:Class]`: are the gradients of a module in a file of yours right?"""

import argparse
import ast
import dataclasses
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ..grading.cases import Case, case_for, draw
from ..grading.source import load_modules
from ..utils.checking.report import GradientReport
from ..utils.console import Parser
from ..utils.errors import ArgumentError, MytorchError
from ..utils.gradient_check import check_gradients
from .main import COMMANDS

Result = TypeVar("Result")


class _BrokenError(Exception):
    """The file's own code raised; the message says what, and on which line."""


class _Predictions:
    """A model that hands its input on, for a loss to be checked by the gradient of its input."""

    def forward(self, x: Any) -> Any:
        return x

    def backward(self, grad_output: Any) -> Any:
        return grad_output


def main(argv: Sequence[str]) -> int:
    """Print a report per class; return 0 where all gradients are right, else 1."""
    parser = Parser(
        prog="mytorch check",
        description=COMMANDS["check"]
        + ". The class is built with the positional arguments of ours of the same name, and its "
        "backward is compared with the numeric derivative of its forward.",
        epilog="example: mytorch check layers.py:Linear",
        allow_abbrev=False,
    )
    parser.add_argument("target", metavar="FILE.py[:Class]", help="every class, if none is named")
    parser.add_argument("--as", dest="reference", metavar="NAME", help="what it is to be: Linear")
    parser.add_argument("--args", metavar="A,B", type=_values, help="arguments of the constructor")
    parser.add_argument("--input", metavar="N,D", type=_values, help="shape of the input: 5,4")
    parser.add_argument("--seed", type=int, default=0, help="of the input (default 0)")
    arguments = parser.parse_args(argv)

    file, _, class_name = arguments.target.rpartition(":")
    if not file or not class_name.isidentifier() or Path(arguments.target).is_file():
        file, class_name = arguments.target, ""  # C:\\layers.py has a colon too
    path = Path(file)
    all_right = True
    try:
        classes = _blaming(path, load_modules, path, class_name or None)
    except _BrokenError as error:
        print(f"mytorch check: {error}", file=sys.stderr)
        return 1
    for cls in classes:
        case = case_for(cls.__name__, arguments.reference)
        if arguments.args is not None:
            case = case._replace(arguments=arguments.args)
        if arguments.input is not None:
            case = case._replace(shape=arguments.input)
        try:
            report = _blaming(path, _check, cls, case, arguments.seed)
        except (_BrokenError, ArgumentError) as error:
            if class_name and isinstance(error, ArgumentError):
                raise
            print(f"gradient check of {cls.__name__}: {error}")
            all_right = False
        else:
            print(report)
            all_right = all_right and report.verdict == "ok"
    return 0 if all_right else 1


def _check(cls: type[Any], case: Case, seed: int) -> GradientReport:
    """Build the class and check it; a loss is checked behind a model that does nothing."""
    try:
        module = cls(*case.arguments)
    except TypeError as error:
        given = ", ".join(map(repr, case.arguments))
        raise ArgumentError(
            f"{cls.__name__}({given}) cannot be built ({error}); give its arguments with --args"
        ) from error
    x, targets = draw(case, seed)
    if targets is not None:
        report = check_gradients(_Predictions(), x, targets, loss=module)
        return dataclasses.replace(report, model=cls.__name__)
    return check_gradients(module, x, seed=seed)


def _blaming(path: Path, function: Callable[..., Result], *arguments: Any) -> Result:
    """Call a function; what goes wrong within the file is told with the line it went wrong on."""
    try:
        return function(*arguments)
    except MytorchError:
        raise
    except (Exception, SystemExit) as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if Path(frame.filename).resolve() == path.resolve()]
        what = f"{type(error).__name__}: {error}"
        if not own:
            raise _BrokenError(f"{path}: {what}") from error
        frame = own[-1]
        raise _BrokenError(f"{path}, line {frame.lineno}, in {frame.name}: {what}") from error


def _values(text: str) -> tuple[Any, ...]:
    try:
        value = ast.literal_eval(f"({text},)")
    except (SyntaxError, ValueError) as error:
        raise argparse.ArgumentTypeError(
            f"expected values separated by commas, got {text!r}"
        ) from error
    return tuple(value)
