"""The measurements of several peers, interleaved: one process each, round after round."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from mytorch.utils.progress import progress

from .peers import COLUMNS, Column
from .workloads import Workload

SLOW = 1.3  # a variant this much slower than its column's best one leaves after two rounds
ROOT = Path(__file__).resolve().parents[1]


class Variant(NamedTuple):
    """A way of running a column: its mode and its number of threads."""

    column: str
    mode: str
    threads: int

    def __str__(self) -> str:
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return ", ".join(filter(None, [self.mode, threads]))


class MeasurementError(Exception):
    """A measurement that did not come about: one line why."""


@dataclass
class Results:
    """What was measured: per workload and variant one JSON object a round, or why there is none.

    `complete` is False when somebody interrupted.
    """

    samples: dict[tuple[str, Variant], list[dict[str, Any]]] = field(default_factory=dict)
    failures: dict[tuple[str, Variant], str] = field(default_factory=dict)
    complete: bool = True

    def has(self, workload: str) -> bool:
        """Whether anything is known about a workload."""
        return any(name == workload for name, _ in [*self.samples, *self.failures])

    def time(self, workload: str, variant: Variant) -> float:
        """The median over processes of each process's median, in seconds."""
        return median(medians(self.counted(workload, variant)))

    def counted(self, workload: str, variant: Variant) -> list[dict[str, Any]]:
        """The measurements that count: the undisturbed ones, or all where there is none."""
        return self.steady(workload, variant) or self.samples[workload, variant]

    def steady(self, workload: str, variant: Variant) -> list[dict[str, Any]]:
        """The measurements that the machine did not disturb."""
        return [s for s in self.samples.get((workload, variant), []) if s["steady"]]

    def variants(self, workload: str, column: Column) -> list[Variant]:
        """The variants measured for a column: its own and, once one was tried, those of `also`."""
        tried = [*self.samples, *self.failures]
        names = {column.name}
        if any(w == workload and v.column == column.name for w, v in tried):
            names.add(column.also or column.name)
        return [v for w, v in self.samples if w == workload and v.column in names]

    def best(self, workload: str, column: Column) -> Variant | None:
        """The fastest variant of a column, among those that took part in every round."""
        variants = self.variants(workload, column)
        rounds = max((len(self.samples[workload, v]) for v in variants), default=0)
        stayed = [v for v in variants if len(self.samples[workload, v]) == rounds]
        return min(stayed, key=lambda v: self.time(workload, v), default=None)

    def is_slow(self, workload: str, variant: Variant) -> bool:
        """Whether a variant has shown, in two undisturbed rounds, that it is not its column's best.

        Its fastest run counts: on a shared machine one process may be slow for no fault of its own.
        """
        if len(self.steady(workload, variant)) < 2:
            return False
        rivals = self.variants(workload, COLUMNS[variant.column])
        fastest = min(self.fastest(workload, rival) for rival in rivals)
        return self.fastest(workload, variant) > SLOW * fastest

    def fastest(self, workload: str, variant: Variant) -> float:
        """The fastest run of all processes, in seconds."""
        return min(min(sample["times"]) for sample in self.samples[workload, variant])


def medians(samples: Iterable[dict[str, Any]]) -> list[float]:
    """Return each process's median."""
    return [median(sample["times"]) for sample in samples]


def variants_of(workload: Workload, column: Column, threads: Sequence[int]) -> Iterator[Variant]:
    """Yield every mode with every number of threads."""
    for mode in column.modes(workload):
        yield from (Variant(column.name, mode, count) for count in threads)


Measure = Callable[[str, Variant], dict[str, Any]]


def run(
    workloads: Sequence[Workload],
    columns: Sequence[Column],
    measure: Measure,
    *,
    rounds: int,
    threads: Sequence[int],
) -> Results:
    """Measure every variant of every column once a round; a failed or slow one leaves.

    An interruption ends it with what there is.
    """
    results = Results()
    plan = [
        (workload.name, variant)
        for workload in workloads
        for _ in range(rounds)
        for column in columns
        for variant in variants_of(workload, column, threads)
    ]
    try:
        for key in progress(plan, total=len(plan), label="benchmarks", unit="run"):
            if key in results.failures or results.is_slow(*key):
                continue
            try:
                results.samples.setdefault(key, []).append(measure(*key))
            except MeasurementError as reason:
                results.failures[key] = str(reason)
                results.samples.pop(key, None)
    except KeyboardInterrupt:
        results.complete = False
        results.samples = {key: found for key, found in results.samples.items() if found}
    return results


def in_a_process(budget: float, limit: float) -> Measure:
    """Return a function that measures in a process of its own, ended after `limit` seconds.

    Every process is told the best pace that the machine has shown so far with as many threads.
    """
    paces: dict[int, float] = {}

    def measure(workload: str, variant: Variant) -> dict[str, Any]:
        threads = variant.threads
        if threads not in paces:
            look = [sys.executable, "-m", "benchmarks.steady", str(threads)]
            paces[threads] = float(_last_line(look, limit))
        command = [sys.executable, "-m", "benchmarks.worker", workload, *map(str, variant)]
        sample = _last_line([*command, f"--budget={budget}", f"--pace={paces[threads]}"], limit)
        paces[threads] = min(paces[threads], sample["pace"])
        return sample

    return measure


def _last_line(command: list[str], limit: float) -> Any:
    """Return what the last line of a command's stdout says in JSON."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
        start_new_session=True,  # so that its own children end with it
    ) as process:
        try:
            output, errors = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            _end(process)
            raise MeasurementError(f"no result within {limit:g} s") from None
        except BaseException:
            _end(process)
            raise
    if process.returncode < 0:
        raise MeasurementError(f"ended by signal {signal.Signals(-process.returncode).name}")
    if process.returncode:
        raise MeasurementError(
            (errors.strip().splitlines() or [f"exit code {process.returncode}"])[-1]
        )
    try:
        return json.loads(output.splitlines()[-1])
    except (IndexError, ValueError):
        raise MeasurementError("printed no measurement") from None


def _end(process: subprocess.Popen[str]) -> None:
    """Kill a process and its children."""
    with suppress(ProcessLookupError):  # it has just ended by itself
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
