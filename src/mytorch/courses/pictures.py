"""The picture that a program leaves: `--out FILE`, and a window only with `--show`."""

import io
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from ..reporting.figures import styled
from ..utils.errors import ArgumentError
from ..utils.extras import require
from .outputs import check_outputs, write_output

# Of what matplotlib writes, the kinds that others can open, and that need no TeX.
KINDS = ("eps", "jpeg", "jpg", "pdf", "png", "svg", "tif", "tiff", "webp")
TIMELESS = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}  # the same bytes every time
DPI = 150


def add_options(parser: ArgumentParser, default: str) -> None:
    """Add `--out` and `--show` to a program's options."""
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(default),
        metavar="FILE",
        help=f"the figure, to be written (default: {default})",
    )
    parser.add_argument("--show", action="store_true", help="open the figure in a window, too")


class Picture:
    """A figure that is going to be drawn, written and perhaps shown.

    Everything that can go wrong with it is found when it is made, before a training.

    Attributes
    ----------
    figure
        To draw into.

    Raises
    ------
    ArgumentError
        For a file that cannot be written or whose name ends in no kind of picture; for `--show`
        where no window can be opened.
    MissingExtraError
        Where matplotlib is not installed.
    """

    def __init__(self, options: Namespace) -> None:
        self.path: Path = options.out
        self._shown: bool = options.show
        check_outputs([self.path])
        kind_of(self.path)
        self.figure = _window(self.path) if self._shown else _plain()

    def finish(self) -> None:
        """Write the figure, and show it if that is wanted."""
        save(self.figure, self.path)
        self.show()

    def show(self) -> None:
        """Show the figure until its window is closed, if that is wanted."""
        if self._shown:
            require("matplotlib.pyplot", "lab").show()


def picture_file(out: Path, name: str) -> Path:
    """Return where a picture goes: to the file `out`, or into the folder `out` under its name.

    Raises
    ------
    ArgumentError
        Where it cannot be written, or its name ends in no kind of picture.
    """
    path = out / name if out.is_dir() else out
    kind_of(path, wanted="a folder that exists, or the name of a picture that ends in one of")
    check_outputs([path])
    return path


@styled
def save(figure: Any, path: Path) -> None:
    """Write a figure whole or not at all, as the kind of picture that its name ends in."""
    content, kind = io.BytesIO(), kind_of(path)
    figure.savefig(content, format=kind, dpi=DPI, metadata=TIMELESS.get(kind))
    write_output(path, content.getvalue())


def kind_of(path: Path, wanted: str = "the name of a picture that ends in one of") -> str:
    """Return the kind of picture that a file's name ends in.

    Raises
    ------
    ArgumentError
        For another ending; the message lists those there are.
    """
    kind = path.suffix[1:].lower()
    if kind not in KINDS:
        raise ArgumentError(f"{path}: expected {wanted} {', '.join(f'.{name}' for name in KINDS)}")
    return kind


def _plain() -> Any:
    return require("matplotlib.figure", "lab").Figure(layout="constrained")


def _window(path: Path) -> Any:
    plt = require("matplotlib.pyplot", "lab")
    try:
        figure = plt.figure(layout="constrained")
    except ImportError:  # the toolkit that is asked for, or its display, is not there
        figure = None
    if figure is None or figure.canvas.required_interactive_framework is None:
        raise ArgumentError(f"--show: no window can be opened here; leave it out and open {path}")
    return figure
