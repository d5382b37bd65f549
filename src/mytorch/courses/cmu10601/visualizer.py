"""Draw three letters of a CSV file above each other, each with its label."""

import sys
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from mytorch.courses.arguments import program_parser
from mytorch.courses.cmu10601.letters import LETTERS, PIXELS, read_letters
from mytorch.courses.outputs import check_outputs
from mytorch.courses.pictures import save
from mytorch.utils.console import exit_code
from mytorch.utils.errors import ArgumentError, DataError
from mytorch.utils.extras import require

Array = NDArray[Any]


def draw(images: Array, labels: Array) -> Any:
    """Return a figure of letters (N, 16, 8), black on white, one below the other."""
    figure_module = require("matplotlib.figure", "lab")
    figure = figure_module.Figure(figsize=(2.4, 3.4 * len(images)), layout="constrained")
    axes = figure.subplots(len(images), squeeze=False)[:, 0]
    for ax, image, label in zip(axes, images, labels, strict=True):
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        ax.set_title(f"Label: {LETTERS[label]}")
        ax.set_xticks([])
        ax.set_yticks([])
    return figure


def main(argv: Sequence[str]) -> int:
    """Write the picture."""
    parser = program_parser(__file__, "Draw three letters of a CSV file, each with its label.")
    parser.add_argument("examples", type=Path, metavar="IN.csv", help="label, pixels")
    parser.add_argument("rows", type=int, nargs=3, metavar="ROW", help="three rows, from 0")
    parser.add_argument("out", type=Path, metavar="OUT.jpg", help="the picture, to be written")
    args = parser.parse_args(argv)
    X, labels = read_letters(args.examples)
    if X.shape[1] != prod(PIXELS):
        raise DataError(
            f"{args.examples}: expected {prod(PIXELS)} pixels a row ({PIXELS[0]} x {PIXELS[1]}), "
            f"got {X.shape[1]}"
        )
    for row in args.rows:
        if not 0 <= row < len(X):
            raise ArgumentError(f"{args.examples}: has rows 0 to {len(X) - 1}, got row {row}")
    check_outputs([args.out], [args.examples])
    save(draw(X[args.rows].reshape(-1, *PIXELS), labels[args.rows]), args.out)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code("visualizer.py", lambda: main(sys.argv[1:])))
