"""List the examples that were labelled wrongly: their row, true and predicted label."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mytorch.courses.arguments import program_parser
from mytorch.courses.cmu10601.letters import read_labels, read_letters
from mytorch.courses.outputs import check_outputs, write_output
from mytorch.utils.console import exit_code
from mytorch.utils.errors import ArgumentError

Array = NDArray[Any]

HEADER = "Index,Input Label,Output Label"


def incorrect(labels: Array, predicted: Array) -> list[tuple[int, int, int]]:
    """Return (row, true label, predicted label) of every example where they differ, from row 0."""
    rows = np.flatnonzero(labels != predicted)
    return [(int(row), int(labels[row]), int(predicted[row])) for row in rows]


def table_as_text(rows: Sequence[tuple[int, int, int]]) -> str:
    """Return the table of such examples as CSV, with its header."""
    return "".join(f"{line}\n" for line in [HEADER, *(",".join(map(str, row)) for row in rows)])


def main(argv: Sequence[str]) -> int:
    """Write the table."""
    parser = program_parser(__file__, "List the examples of a CSV file that were labelled wrongly.")
    parser.add_argument("examples", type=Path, metavar="IN.csv", help="label, pixels")
    parser.add_argument(
        "labels", type=Path, metavar="PRED.labels", help="one predicted label a line"
    )
    parser.add_argument("out", type=Path, metavar="OUT.csv", help="the table, to be written")
    args = parser.parse_args(argv)
    _, labels = read_letters(args.examples)
    predicted = read_labels(args.labels)
    if len(labels) != len(predicted):
        raise ArgumentError(
            f"{args.labels}: expected {len(labels)} labels, one for each row of {args.examples}, "
            f"got {len(predicted)}"
        )
    check_outputs([args.out], [args.examples, args.labels])
    write_output(args.out, table_as_text(incorrect(labels, predicted)).encode())
    return 0


if __name__ == "__main__":
    sys.exit(exit_code("incorrect_finder.py", lambda: main(sys.argv[1:])))
