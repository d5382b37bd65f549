"""Which targets are reached, and what the missed ones lack."""

from collections.abc import Sequence

from .cells import RATIOS, Cell, cell, mean_ratio
from .peers import COLUMNS
from .runner import Results
from .tables import MISSING, markdown, mebibytes, milliseconds, times
from .targets import TARGETS, Target
from .workloads import Workload, select


def target_table(results: Results, workloads: Sequence[Workload]) -> str:
    """Return a row per target of these workloads: wanted, measured, reached or not."""
    names = {workload.name for workload in workloads}
    rows = []
    for target in TARGETS:
        group = [workload.name for workload in select([target.workload])]
        if not names.issuperset(group):
            continue
        ratio = mean_ratio(target.of, results, group, target.column, target.against)
        reached = MISSING if ratio is None else "yes" if target.reached(ratio) else "NO"
        who, whom = COLUMNS[target.column].label, COLUMNS[target.against].label
        where = target.workload if len(group) == 1 else f"{target.workload}, geometric mean"
        rows.append([where, target.of, who, whom, target.wanted, times(ratio), reached])
    header = ["", "what", "of", "against", "target", "measured", "reached"]
    return markdown(header, rows, right=(4, 5))


def shortfalls(results: Results, workloads: Sequence[Workload]) -> str:
    """Return a line per target that was missed: how much time or memory it allows."""
    names = {workload.name for workload in workloads}
    lines = []
    for target in TARGETS:
        ours, against, gemm = (
            cell(results, target.workload, name) for name in (target.column, target.against, "gemm")
        )
        ratio = RATIOS[target.of](results, target.workload, target.column, target.against)
        if target.workload not in names or ours is None or against is None or ratio is None:
            continue
        if target.reached(ratio):
            continue
        if target.of == "speed":
            told = _too_slow(target, ours, against, gemm)
        else:
            told = _too_large(target, ours, against)
        lines.append(f"- {target.workload}, {COLUMNS[target.column].label}: {told}.")
    return "\n".join(["Missed:", "", *lines]) if lines else ""


def _too_slow(target: Target, ours: Cell, against: Cell, gemm: Cell | None) -> str:
    """Say how much time the target allows, and what it leaves beside the products."""
    allowed = against.time / target.ratio
    told = (
        f"{target.ratio:g} times as fast as {COLUMNS[target.against].label} would be "
        f"{milliseconds(allowed)} ms"
    )
    if gemm:
        told += (
            f". The matrix products alone take {milliseconds(gemm.time)}; all the rest, now "
            f"{milliseconds(ours.time - gemm.time)}, would have to fit into "
            f"{milliseconds(allowed - gemm.time)}"
        )
    return told


def _too_large(target: Target, ours: Cell, against: Cell) -> str:
    """Say how much memory the target allows."""
    allowed = target.ratio * (against.process or 0)
    return (
        f"{target.ratio:g} of the memory of {COLUMNS[target.against].label} would be "
        f"{mebibytes(allowed)}; the process holds {mebibytes(ours.process)}"
    )
