"""`python -m benchmarks W1 W3 --rounds 5 --peers numpy,torch --quick`."""

import argparse
import sys
from datetime import date
from pathlib import Path

from mytorch.utils.files import write_text

from . import machine
from .page import render
from .peers import COLUMNS, Column
from .runner import in_a_process, run
from .workloads import WORKLOADS, select


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the page, and write it where asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("workloads", nargs="*", help=f"of {', '.join(WORKLOADS)}; W2 is all W2-...")
    parser.add_argument("--peers", default=",".join(COLUMNS), help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="processes per peer (%(default)s)")
    parser.add_argument("--budget", type=float, default=3.0, help="seconds a process measures")
    parser.add_argument("--limit", type=float, default=180.0, help="seconds a process may take")
    parser.add_argument("--quick", action="store_true", help="a glance: one round, all cores only")
    parser.add_argument("--out", type=Path, help="write the page to this file too")
    told = parser.parse_args(arguments)
    try:
        workloads, columns = select(told.workloads), _columns(told.peers)
    except ValueError as error:
        parser.error(str(error))
    threads = sorted({1, machine.cpu_count()})
    rounds, budget = told.rounds, told.budget
    if told.quick:
        rounds, budget, threads = 1, min(budget, 0.5), threads[-1:]
    if rounds < 1:
        parser.error("--rounds must be at least 1")

    noise = machine.Noise()
    measure = in_a_process(budget, told.limit)
    results = run(workloads, columns, measure, rounds=rounds, threads=threads)
    page = render(
        results,
        [workload for workload in workloads if results.has(workload.name)],
        columns,
        noise=noise.verdict(),
        settings=f"rounds of processes: {rounds}, {budget:g} s each",
        today=date.today(),
    )
    print(page, end="")
    if told.out and results.complete:
        write_text(told.out, page)
    elif told.out:
        print(f"interrupted: {told.out} is left as it was", file=sys.stderr)
    return 0 if results.complete else 130


def _columns(names: str) -> list[Column]:
    unknown = sorted(set(names.split(",")) - set(COLUMNS))
    if unknown:
        raise ValueError(f"no peer {unknown[0]!r}: choose from {', '.join(COLUMNS)}")
    return [column for name, column in COLUMNS.items() if name in names.split(",")]


if __name__ == "__main__":
    sys.exit(main())
