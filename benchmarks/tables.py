"""The tables: Markdown that is also readable in a terminal."""

from collections.abc import Sequence
from statistics import geometric_mean, median
from typing import NamedTuple

from .peers import COLUMNS, Column
from .runner import Results, Variant, medians
from .targets import TARGETS
from .workloads import WORKLOADS, Workload, select

MISSING = "-"


class Cell(NamedTuple):
    """The fastest variant of a column and its times in seconds: median, smallest, largest."""

    variant: Variant
    time: float
    low: float
    high: float


def cell(results: Results, workload: str, column: str) -> Cell | None:
    """Return what a column reached on a workload, if anything."""
    best = results.best(workload, COLUMNS[column])
    if best is None:
        return None
    times = medians(results.counted(workload, best))
    return Cell(best, results.time(workload, best), min(times), max(times))


def speed(results: Results, workload: str, column: str, against: str) -> float | None:
    """Return how many times as fast a column is as another one, if both were measured."""
    ours, theirs = (cell(results, workload, name) for name in (column, against))
    return theirs.time / ours.time if ours and theirs else None


def mean_speed(
    results: Results, workloads: Sequence[str], column: str, against: str
) -> float | None:
    """Return the geometric mean of the speeds on these workloads, if all are known."""
    ratios = [speed(results, workload, column, against) for workload in workloads]
    known = [ratio for ratio in ratios if ratio is not None]
    return geometric_mean(known) if known and len(known) == len(ratios) else None


def workload_table(results: Results, workload: Workload, columns: Sequence[Column]) -> str:
    """Return the title of a workload, a row per column, and footnotes for what is missing."""
    header = ["", "ms", "min - max", "fastest as", "first run", "memory"]
    header += ["speed / T", "speed / T*", "time / floor"]
    rows, notes = [], Footnotes()
    for column in columns:
        if not column.modes(workload):
            continue
        label = column.label + notes.mark(_remarks(results, workload.name, column))
        found = cell(results, workload.name, column.name)
        if found is None:
            rows.append([label, *[MISSING] * (len(header) - 1)])
            continue
        samples = results.samples[workload.name, found.variant]
        memory = max((sample["memory"] or 0 for sample in samples), default=0)
        floor = speed(results, workload.name, "gemm", column.name)
        rows.append(
            [
                label,
                milliseconds(found.time),
                f"{milliseconds(found.low)} - {milliseconds(found.high)}",
                str(found.variant),
                f"+{max(sample['preparation'] for sample in samples):.1f} s",
                f"{memory / 2**20:,.0f} MiB" if memory else MISSING,
                _times(speed(results, workload.name, column.name, "torch")),
                _times(speed(results, workload.name, column.name, "torch-best")),
                _times(floor),
            ]
        )
    table = markdown(header, rows, right=range(1, len(header)))
    below = [str(notes), *(where_it_goes(results, workload.name, column) for column in columns)]
    return "\n\n".join(filter(None, [f"## {workload.name}: {workload.title}", table, *below]))


def where_it_goes(results: Results, workload: str, column: Column) -> str:
    """Return a sentence on the parts of a column's time, where it told them."""
    found = cell(results, workload, column.name)
    if found is None:
        return ""
    samples = [sample.get("parts") or {} for sample in results.samples[workload, found.variant]]
    if not samples[0]:
        return ""
    parts = {part: median(sample[part] for sample in samples) for part in samples[0]}
    told = [f"{part} {milliseconds(seconds)}" for part, seconds in parts.items()]
    gemm = cell(results, workload, "gemm")
    alone = f"; the matrix products alone take {milliseconds(gemm.time)}" if gemm else ""
    return f"Where the time goes in {column.label}, ms: {', '.join(told)}{alone}."


def target_table(results: Results, workloads: Sequence[Workload]) -> str:
    """Return a row per target of these workloads: wanted, measured, reached or not."""
    names = {workload.name for workload in workloads}
    rows = []
    for target in TARGETS:
        group = [workload.name for workload in select([target.workload])]
        if not names.issuperset(group):
            continue
        ratio = mean_speed(results, group, target.column, target.against)
        reached = MISSING if ratio is None else "yes" if target.reached(ratio) else "NO"
        who, whom = COLUMNS[target.column].label, COLUMNS[target.against].label
        wanted = f"{target.ratio:g}x"
        of = target.workload if len(group) == 1 else f"{target.workload}, geometric mean"
        rows.append([of, who, whom, wanted, _times(ratio), reached])
    header = ["", "speed of", "against", "target", "measured", "reached"]
    return markdown(header, rows, right=(3, 4))


def shortfalls(results: Results, workloads: Sequence[Workload]) -> str:
    """Return a line per target that was missed: how much time there is for what."""
    names = {workload.name for workload in workloads}
    lines = []
    for target in TARGETS:
        ours = cell(results, target.workload, target.column)
        against = cell(results, target.workload, target.against)
        if target.workload not in names or ours is None or against is None:
            continue
        if target.reached(against.time / ours.time):
            continue
        allowed = against.time / target.ratio
        line = (
            f"- {target.workload}, {COLUMNS[target.column].label}: {target.ratio:g} times as fast "
            f"as {COLUMNS[target.against].label} would be {milliseconds(allowed)} ms"
        )
        if gemm := cell(results, target.workload, "gemm"):
            line += (
                f". The matrix products alone take {milliseconds(gemm.time)}; all the rest, now "
                f"{milliseconds(ours.time - gemm.time)}, would have to fit into "
                f"{milliseconds(allowed - gemm.time)}"
            )
        lines.append(f"{line}.")
    return "\n".join(["Missed:", "", *lines]) if lines else ""


class Footnotes:
    """Remarks that are numbered as they come."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def mark(self, remarks: Sequence[str]) -> str:
        """Remember these remarks and return what points to them."""
        marks = ""
        for text in remarks:
            if text not in self.texts:
                self.texts.append(text)
            marks += f" [{self.texts.index(text) + 1}]"
        return marks

    def __str__(self) -> str:
        return "\n".join(f"- [{n}] {text}" for n, text in enumerate(self.texts, 1))


def _remarks(results: Results, workload: str, column: Column) -> list[str]:
    """What must be said of a column: its failures, and figures that nobody else has."""
    remarks: dict[str, list[str]] = {}
    for (name, variant), reason in results.failures.items():
        if name == workload and variant.column == column.name:
            remarks.setdefault(reason, []).append(str(variant))
    found = [f"{column.label}, {', '.join(names)}: {reason}" for reason, names in remarks.items()]
    if disagrees(results, workload, column.name):
        found.append(f"{column.label} computes something else: its losses are not NumPy's")
    return found


def disagrees(results: Results, workload: str, column: str) -> bool:
    """Whether a column's first epoch reports other figures than the NumPy loop's.

    The tests compare parameters after a few steps, closely; this sees, loosely, that the full
    workload is the same too: thousands of steps in float32 do not stay equal to many digits.
    """
    ours, reference = (results.best(workload, COLUMNS[name]) for name in (column, "numpy"))
    if ours is None or reference is None:
        return False
    figures = results.samples[workload, ours][0]["figures"]
    expected = results.samples[workload, reference][0]["figures"]
    tolerance = 1e-6 if WORKLOADS[workload].dtype == "float64" else 1e-2
    return any(
        not abs(a - b) <= tolerance * max(abs(b), 1.0)
        for a, b in zip(figures, expected, strict=bool(figures))
    )


def milliseconds(seconds: float) -> str:
    """Return a time with three digits."""
    value = 1e3 * seconds
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _times(ratio: float | None) -> str:
    return MISSING if ratio is None else f"{ratio:.1f}x" if ratio >= 10 else f"{ratio:.2f}x"


def markdown(
    header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] | range = ()
) -> str:
    """Return a table whose columns line up; those in `right` are aligned to the right."""
    widths = [max(3, *map(len, cells)) for cells in zip(header, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        placed = (
            text.rjust(width) if position in right else text.ljust(width)
            for position, (text, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join(placed)} |"

    rule = [
        "-" * (width - 1) + (":" if position in right else "-")
        for position, width in enumerate(widths)
    ]
    return "\n".join([line(header), line(rule), *map(line, rows)])
