"""One measurement in a process of its own: `python -m benchmarks.worker W1 torch eager 2`.

The last line on stdout is the measurement in JSON; what cannot be measured ends with one line on
stderr and exit code 1.
"""

import argparse
import importlib
import json
import math
import os
import platform
import sys
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

PACKAGES = {"numpy": "numpy", "torch": "torch", "sklearn": "scikit-learn", "jax": "jax"}
PACKAGES |= {"numba": "numba", "threadpoolctl": "threadpoolctl"}


def main(arguments: list[str] | None = None) -> int:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(prog="benchmarks.worker")
    parser.add_argument("workload")
    parser.add_argument("peer", help="a column of benchmarks.peers")
    parser.add_argument("mode", nargs="?", default="")
    parser.add_argument("threads", nargs="?", type=int, default=1)
    parser.add_argument("--budget", type=float, default=3.0, help="seconds of running")
    parser.add_argument(
        "--pace", type=float, default=math.inf, help="the best of benchmarks.steady"
    )
    told = parser.parse_args(arguments)
    limit_threads(told.threads)
    try:
        done = measure(told.workload, told.peer, told.mode, told.threads, told.budget, told.pace)
    except Exception as error:  # the parent makes a footnote of it
        reason = str(error).strip().splitlines() or [""]
        print(f"{type(error).__name__}: {reason[0]}", file=sys.stderr)
        return 1
    print(json.dumps(done))
    return 0


def limit_threads(threads: int) -> None:
    """Set how many threads every library takes; they read this when they are imported."""
    libraries = ("OMP", "OPENBLAS", "MKL", "VECLIB", "BLIS", "NUMBA")
    os.environ |= {f"{library}_NUM_THREADS": str(threads) for library in libraries}
    os.environ["VECLIB_MAXIMUM_THREADS"] = os.environ["NPROC"] = str(threads)  # NPROC: XLA
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    # Compile in this process: a pool of compilers would outlive a time limit and disturb others.
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"


def measure(
    workload: str, peer: str, mode: str, threads: int, budget: float, best_pace: float = math.inf
) -> dict[str, Any]:
    """Run a workload once to warm up and then within the budget of seconds; describe it."""
    from .peers import COLUMNS
    from .steady import products, time_steadily, undisturbed
    from .workloads import WORKLOADS, make_data

    module = importlib.import_module(f".peers.{COLUMNS[peer].module}", __package__)
    imports = peak_memory()
    with suppress(OSError):  # Linux: the peak begins anew from here
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    before = peak_memory()
    subject = module.make(WORKLOADS[workload], make_data(WORKLOADS[workload]), mode)
    first, figures = timed(subject.run)
    peak = peak_memory()
    memory = process = None
    if imports is not None and before is not None and peak is not None:
        memory, process = peak - before, max(imports, peak)
    pace = products()
    timings = time_steadily(subject.run, budget, pace, best_pace)
    parts = {}
    if hasattr(subject, "profile"):
        parts = undisturbed(subject.profile, pace, timings.pace)
    return {
        "workload": workload,
        "peer": peer,
        "mode": mode,
        "threads": threads,
        "times": timings.times,  # seconds, of the runs that count
        "runs": timings.runs,
        "pace": timings.pace,
        "steady": timings.steady,
        "preparation": max(first - median(timings.times), 0.0),  # what the first run took longer
        "memory": memory,  # bytes of the first run, above what the imports left
        "process": process,  # bytes at its peak until then, the imports included
        "figures": figures,  # of the first run
        "parts": parts,  # seconds of a run
        "versions": versions(),
    }


def timed(run: Any) -> tuple[float, Any]:
    """Return how many seconds a call took, and what it returned."""
    start = perf_counter()
    result = run()
    return perf_counter() - start, result


def peak_memory() -> int | None:
    """Return the most memory that this process has held so far, in bytes."""
    with suppress(OSError):  # Linux: getrusage would count the parent before exec too
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        peak = next((line for line in status.splitlines() if line.startswith("VmHWM:")), None)
        if peak:
            return int(peak.split()[1]) * 1024
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that this process has loaded."""
    loaded = {
        name: metadata.version(name) for module, name in PACKAGES.items() if module in sys.modules
    }
    return {"python": platform.python_version(), **loaded}


if __name__ == "__main__":
    sys.exit(main())
