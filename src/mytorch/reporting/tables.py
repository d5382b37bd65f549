"""Tables of a report: each function returns the columns and the rows."""

from collections.abc import Iterable, Sequence
from math import isnan
from typing import Any

from numpy.typing import NDArray

from ..training.layers import LayerSummary
from ..utils.checking.report import GradientReport
from ..utils.extras import require

Table = tuple[list[str], list[list[Any]]]


def gradient_check(report: GradientReport) -> Table:
    """Return a row per parameter and one for the input: the worst entry, and the verdict."""
    columns = ["array", "shape", "largest error", "at", "backward", "numeric", "verdict"]
    rows = [
        [
            check.name,
            " x ".join(map(str, check.shape)),
            check.error,
            ", ".join(map(str, check.index or ())),
            _digits(check.analytic),
            _digits(check.numeric),
            " ".join(filter(None, [check.verdict, check.reason])),
        ]
        for check in report.checks
    ]
    return columns, rows


def layers(before: Iterable[LayerSummary], after: Iterable[LayerSummary]) -> Table:
    """Return a row per layer, with the norm of its gradient before and after training."""
    columns = [
        "",
        "layer",
        "output",
        "parameters",
        "gradient norm before training",
        "after training",
    ]
    rows: list[list[Any]] = []
    total = 0
    for old, new in zip(before, after, strict=True):
        output = " x ".join(["N", *map(str, old.output_shape)])
        rows.append(
            [old.name, old.layer, output, old.parameters, old.gradient_norm, new.gradient_norm]
        )
        total += old.parameters
    return columns, [*rows, ["", "all", "", total, None, None]]


def confusion_matrix(counts: NDArray[Any], classes: Sequence[str]) -> Table:
    """Return a row per true class, with how often it was taken for each class."""
    rows = [[name, *map(int, row)] for name, row in zip(classes, counts, strict=True)]
    return ["true", *(f"as {name}" for name in classes)], rows


def per_class(truth: NDArray[Any], labels: NDArray[Any], classes: Sequence[str]) -> Table:
    """Return a row per class: precision, recall, their harmonic mean, and how many there are.

    None stands where that is 0/0: for a class that is never predicted, or never true.
    """
    report = require("sklearn.metrics", "lab").classification_report(
        truth, labels, labels=range(len(classes)), output_dict=True, zero_division=float("nan")
    )
    rows: list[list[Any]] = []
    for label, name in enumerate(classes):
        of = report[str(label)]
        shares = (float(of[key]) for key in ("precision", "recall", "f1-score"))
        rows.append([name, *(None if isnan(v) else v for v in shares), int(of["support"])])
    return ["class", "precision", "recall", "F1", "examples"], rows


def _digits(value: float | None) -> str:
    """Return a derivative with enough digits to see where two differ."""
    return "" if value is None else f"{value:.9e}"
