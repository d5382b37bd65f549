"""`mytorch predict RUN FILE ...`: a trained model on images or tables of yours."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..reporting.predictor import Predictor
from ..utils.console import Parser
from .main import COMMANDS

SHOWN = 3  # classes, the likeliest first


def main(argv: Sequence[str]) -> int:
    """Print a line for each image, or row of a table: the likeliest classes, or the number."""
    parser = Parser(
        prog="mytorch predict",
        description=COMMANDS["predict"] + ". A table has the columns that the model was trained "
        "on, in their order, and no labels. An image is brought to the size of those that it was "
        "trained on; it should look like them: MNIST's digits are white on black.",
        allow_abbrev=False,
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a run")
    parser.add_argument("files", type=Path, nargs="+", metavar="IMAGE|CSV")
    arguments = parser.parse_args(argv)
    predictor = Predictor(arguments.run)
    examples = [(path, predictor.read(path)) for path in arguments.files]  # all, or none
    for path, x in examples:
        names = [str(path)] if len(x) == 1 else [f"{path}:{row}" for row in range(1, len(x) + 1)]
        if not predictor.classes:
            for name, y in zip(names, predictor.outputs(x), strict=True):
                print(f"{name:<24}  {'  '.join(f'{v:.6g}' for v in np.ravel(y))}")
            continue
        for name, p in zip(names, predictor.probabilities(x), strict=True):
            best = np.argsort(-p, kind="stable")[:SHOWN]
            print(f"{name:<24}  " + "   ".join(f"{predictor.classes[c]} {p[c]:.4f}" for c in best))
    return 0
