"""The tables: Markdown that is also readable in a terminal."""

from collections.abc import Sequence
from statistics import median

from .cells import Cell, cell, speed
from .peers import COLUMNS, Column
from .runner import Results
from .workloads import WORKLOADS, Workload

MISSING = "-"
TITLES = ["ms", "images/s", "min - max", "fastest as", "first run", "memory", "process"]
TITLES += ["speed / T", "speed / T*", "time / floor"]
OF_IMAGES = {"images/s", "process"}  # where the examples are images


def workload_table(results: Results, workload: Workload, columns: Sequence[Column]) -> str:
    """Return the title of a workload, a row per column, and footnotes for what is missing."""
    name = workload.name
    titles = [title for title in TITLES if workload.images or title not in OF_IMAGES]
    rows, notes = [], Footnotes()
    for column in columns:
        if not column.modes(workload):
            continue
        label = column.label + notes.mark(_remarks(results, name, column))
        found = cell(results, name, column.name)
        told = _facts(results, workload, column, found) if found else {}
        rows.append([label, *(told.get(title, MISSING) for title in titles)])
    table = markdown(["", *titles], rows, right=range(1, len(titles) + 1))
    below = [str(notes), *(where_it_goes(results, name, column) for column in columns)]
    return "\n\n".join(filter(None, [f"## {name}: {workload.title}", table, *below]))


def _facts(results: Results, workload: Workload, column: Column, found: Cell) -> dict[str, str]:
    """Return what stands under each title."""
    name, samples = workload.name, results.samples[workload.name, found.variant]
    return {
        "ms": milliseconds(found.time),
        "images/s": f"{workload.examples / found.time:,.0f}",
        "min - max": f"{milliseconds(found.low)} - {milliseconds(found.high)}",
        "fastest as": str(found.variant),
        "first run": f"+{max(sample['preparation'] for sample in samples):.1f} s",
        "memory": mebibytes(found.memory),
        "process": mebibytes(found.process),
        "speed / T": times(speed(results, name, column.name, "torch")),
        "speed / T*": times(speed(results, name, column.name, "torch-best")),
        "time / floor": times(speed(results, name, "gemm", column.name)),
    }


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
    workload is the same too: thousands of steps in float32 do not stay equal to many digits, and
    the masks of dropout that everyone draws move the loss by a few percent.
    """
    ours, reference = (results.best(workload, COLUMNS[name]) for name in (column, "numpy"))
    if ours is None or reference is None:
        return False
    figures = results.samples[workload, ours][0]["figures"]
    expected = results.samples[workload, reference][0]["figures"]
    tolerance = 1e-6 if WORKLOADS[workload].dtype == "float64" else 1e-2
    if WORKLOADS[workload].noisy:
        tolerance = 0.1
    return any(
        not abs(a - b) <= tolerance * max(abs(b), 1.0)
        for a, b in zip(figures, expected, strict=bool(figures))
    )


def milliseconds(seconds: float) -> str:
    """Return a time with three digits."""
    value = 1e3 * seconds
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def mebibytes(size: float | None) -> str:
    """Return a number of bytes in MiB."""
    return f"{size / 2**20:,.0f} MiB" if size else MISSING


def times(ratio: float | None) -> str:
    """Return a ratio with two or three digits."""
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
