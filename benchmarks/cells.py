"""What a column reached on a workload, and how two of them compare."""

from collections.abc import Sequence
from statistics import geometric_mean
from typing import NamedTuple

from .peers import COLUMNS
from .runner import Results, Variant, medians


class Cell(NamedTuple):
    """The fastest variant of a column: its times in seconds, its memory in bytes."""

    variant: Variant
    time: float  # the median
    low: float
    high: float
    memory: int | None  # above what the imports left
    process: int | None  # in all


def cell(results: Results, workload: str, column: str) -> Cell | None:
    """Return what a column reached on a workload, if anything."""
    best = results.best(workload, COLUMNS[column])
    if best is None:
        return None
    times = medians(results.counted(workload, best))
    samples = results.samples[workload, best]
    memory, process = (
        max((sample[key] or 0 for sample in samples), default=0) or None
        for key in ("memory", "process")
    )
    time = results.time(workload, best)
    return Cell(best, time, min(times), max(times), memory, process)


def speed(results: Results, workload: str, column: str, against: str) -> float | None:
    """Return how many times as fast a column is as another one, if both were measured."""
    ours, theirs = (cell(results, workload, name) for name in (column, against))
    return theirs.time / ours.time if ours and theirs else None


def memory(results: Results, workload: str, column: str, against: str) -> float | None:
    """Return how much a column's process held, as a multiple of another one's, if both told."""
    ours, theirs = (cell(results, workload, name) for name in (column, against))
    if not (ours and theirs and ours.process and theirs.process):
        return None
    return ours.process / theirs.process


RATIOS = {"speed": speed, "memory": memory}


def mean_ratio(
    of: str, results: Results, workloads: Sequence[str], column: str, against: str
) -> float | None:
    """Return the geometric mean of the ratios on these workloads, if all are known."""
    ratios = [RATIOS[of](results, workload, column, against) for workload in workloads]
    known = [ratio for ratio in ratios if ratio is not None]
    return geometric_mean(known) if known and len(known) == len(ratios) else None
