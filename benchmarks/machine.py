"""What it ran on, and how quiet that was."""

import os
import platform
from pathlib import Path
from time import monotonic

QUIET = 0.1  # the share of the processors that others may use


def describe() -> str:
    """Return processor, cores, memory and system, in one line."""
    memory = _memory()
    cores = f"{cpu_count()} cores"
    parts = [_processor(), cores, f"{memory / 2**30:.0f} GiB" if memory else "", platform.system()]
    return ", ".join(filter(None, parts))


def blas() -> str:
    """Return the linear algebra library that NumPy was built with."""
    import numpy as np

    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{found.get('name', 'unknown')} {found.get('version', '')}".strip()


def cpu_count() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Noise:
    """How much of the machine others used, before and since this object was made."""

    def __init__(self) -> None:
        self.load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
        self.start, self.busy, self.ours = monotonic(), _busy_seconds(), _our_seconds()

    def others(self) -> float | None:
        """Return the share of the processors that other programs used since the start."""
        busy = _busy_seconds()
        if busy is None or self.busy is None:
            return None
        elapsed = max(monotonic() - self.start, 1e-9) * (os.cpu_count() or 1)
        return max(busy - self.busy - (_our_seconds() - self.ours), 0.0) / elapsed

    def verdict(self) -> str:
        """Return one sentence: whether the machine was quiet, and how that is known."""
        return judge(self.load, self.others(), os.cpu_count() or 1)


def judge(load: float | None, others: float | None, cores: int) -> str:
    """Say whether a load average before and a share of the processors since are quiet."""
    known = []
    if load is not None:
        known.append(f"load average {load:.2f} on {cores} cores before the run")
    if others is not None:
        known.append(f"other programs used {others:.0%} of the processors during it")
    if not known:
        return "Nobody knows whether the machine was quiet."
    # The load average is still high for a minute after a run of our own.
    loud = others > QUIET if others is not None else (load or 0.0) > 0.25 * cores
    word = "The machine was NOT quiet, do not trust these numbers" if loud else "A quiet machine"
    return f"{word}: {', '.join(known)}."


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _busy_seconds() -> float | None:
    """The time that all processors have been busy since the machine started (Linux)."""
    try:
        first = Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()
    except OSError:
        return None
    user, nice, system, _idle, _wait, irq, soft, steal = map(int, first[1:9])
    return (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")


def _our_seconds() -> float:
    """The time that this process and its finished children have used."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system
