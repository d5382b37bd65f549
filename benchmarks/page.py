"""The page that is printed and written: tables, and everything needed to judge them."""

from collections.abc import Sequence
from datetime import date

from . import machine
from .peers import Column
from .runner import Results
from .tables import workload_table
from .verdicts import shortfalls, target_table
from .workloads import SEED, Workload

HOW_TO_READ = """\
A measurement is a process of its own: it sets its threads, runs the workload once to warm up and
then again and again for the given time. The processes of one workload are interleaved, round after
round; a number is the median over processes of each process's median, with the smallest and the
largest of these medians beside it. Each row is the fastest of its modes and thread counts; one
whose fastest run in two rounds is 1.3 times slower than that does not run again.

A shared machine slows down for seconds at a time, by half and more. So some fixed matrix products,
small as those of a batch, are timed every 0.3 s, and what ran between two such looks of which one
took 1.2 times its best time does not count, whoever ran. A process that found no steady seconds
counts only where no other round did.

- T is PyTorch's eager mode with its defaults, T* its best configuration: eager, fused or foreach
  optimizer, or torch.compile; for images also channels last in memory. "speed / T" above 1 is
  faster than PyTorch.
- "first run" is what the first run took longer than the median, compilation included.
- "memory" is the peak of the process above what it held after its imports: data, model and all;
  "process" is the peak of all that it held, the imports included. Both are of the first run.
- "time / floor" compares with the matrix products of the workload alone, in NumPy, in the same run.
  A convolution is the product of all windows with all filters: of a whole batch or in blocks of
  images that fit the cache, whichever is faster.
- Targets of speed count as reached within 10 %, those of memory to the letter.
- All data are random numbers; data, initial weights and the order of the examples are the same for
  all, and `tests/benchmarks` proves that all compute the same parameters from them.
- JAX compiles an epoch as one scan; of images every batch is a call of a compiled step, which is
  faster for convolutions.
- The masks of dropout are everyone's own, and so are the losses then: here they are compared within
  10 %, and in `tests/benchmarks` to the last digits, without dropout."""


def steadiness(results: Results) -> str:
    """Say how many runs were made while the machine gave all it can."""
    samples = [sample for found in results.samples.values() for sample in found]
    runs = sum(sample["runs"] for sample in samples)
    left = sum(sample["runs"] - len(sample["times"]) for sample in samples)
    unsteady = sum(not sample["steady"] for sample in samples)
    return (
        f"{left:,} of {runs:,} runs do not count because it slowed down beside them; "
        f"{unsteady} of {len(samples)} processes found no steady seconds, and count only where "
        "all rounds were so."
    )


def render(
    results: Results,
    workloads: Sequence[Workload],
    columns: Sequence[Column],
    *,
    noise: str,
    settings: str,
    today: date,
) -> str:
    """Return the whole page as Markdown."""
    versions: dict[str, str] = {}
    for samples in results.samples.values():
        for sample in samples:
            versions |= sample["versions"]
    known = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    facts = [
        f"- machine: {machine.describe()}",
        f"- versions: {known or 'nothing was measured'}; NumPy's BLAS: {machine.blas()}",
        f"- {today.isoformat()}, seed {SEED}, {settings}",
        f"- {noise} {steadiness(results)}",
    ]
    if not results.complete:
        facts.append("- Interrupted: some measurements are missing.")
    sections = [workload_table(results, workload, columns) for workload in workloads]
    targets = f"## Targets\n\n{target_table(results, workloads)}"
    missed = shortfalls(results, workloads)
    page = ["# Benchmarks", "\n".join(facts), targets, missed, *sections]
    return "\n\n".join(filter(None, [*page, "## How to read it", HOW_TO_READ])) + "\n"
