"""Timings made while the machine gives all it can: a shared one slows down for seconds.

`python -m benchmarks.steady 2` prints the best pace of two threads, in seconds.
"""

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter, sleep
from typing import Any, NamedTuple

LEAST, MOST = 3, 1000  # runs that count, whatever the budget
BLOCK = 0.3  # seconds of runs between two looks at the pace
SLOWER = 1.2  # than the best pace: what was timed beside it does not count
PATIENCE = 30.0  # seconds, after which what is disturbed counts too
PAUSE = 1.0  # seconds of rest after a disturbed block: a virtual machine may come back elsewhere
REST = 0.03  # seconds until the threads of the products no longer wait for the next one
LOOKS = 60  # at the pace before anything is measured


class Timings(NamedTuple):
    """Seconds of the runs that count, of how many; the best pace beside them; are they steady?"""

    times: list[float]
    runs: int
    pace: float
    steady: bool


def time_steadily(
    run: Callable[[], Any], budget: float, pace: Callable[[], float], best: float = float("inf")
) -> Timings:
    """Time `run` until `budget` seconds of it were undisturbed, at least three times.

    `pace` returns the seconds of a piece of work that is always the same, `best` its known best.
    It is timed before and after every block of runs; both must be near the best for the block to
    count. What is measured has no part in that, so everyone is judged alike.
    """
    blocks: list[tuple[float, list[float]]] = []
    before, start = pace(), perf_counter()
    while True:
        block: list[float] = []
        while not block or (sum(block) < min(BLOCK, budget) and len(block) < MOST):
            begun = perf_counter()
            run()
            block.append(perf_counter() - begun)
        after = pace()
        blocks.append((max(before, after), block))
        best, before = min(best, before, after), after
        counted = [t for looked, runs in blocks if looked <= SLOWER * best for t in runs]
        if len(counted) >= LEAST and (sum(counted) >= budget or len(counted) >= MOST):
            break
        if perf_counter() - start > budget + PATIENCE:
            break
        if before > SLOWER * best:
            sleep(PAUSE)
            before = pace()
    steady = len(counted) >= LEAST
    everything = [t for _, runs in blocks for t in runs]
    return Timings(counted if steady else everything, len(everything), best, steady)


def undisturbed(
    call: Callable[[], Any], pace: Callable[[], float], best: float, attempts: int = 5
) -> Any:
    """Return what a call returned, the first of some that was not disturbed, or else the last."""
    for _ in range(attempts):
        before = pace()
        result = call()
        if max(before, pace()) <= SLOWER * best:
            break
    return result


def products() -> Callable[[], float]:
    """Return the work that tells the pace: small matrix products on all threads.

    Like a batch of 64 through a layer and back, so that it feels what training feels: how fast two
    cores hand each other work and share their caches. One large product hardly feels it.
    """
    import numpy as np

    x, weight = np.random.default_rng(0).random((2, 64, 784), np.float32)
    weight = np.repeat(weight, 2, axis=0)
    y, gradient = np.empty((64, 128), np.float32), np.empty((128, 784), np.float32)

    def seconds() -> float:
        times = []
        for _ in range(5):
            start = perf_counter()
            for _ in range(30):
                np.matmul(x, weight.T, out=y)
                np.matmul(y.T, x, out=gradient)
            times.append(perf_counter() - start)
        sleep(REST)
        return median(times)

    return seconds


def main() -> None:
    """Print the best pace of as many threads as the command line says."""
    from .worker import limit_threads

    limit_threads(int(sys.argv[1]))
    pace = products()
    print(min(pace() for _ in range(LOOKS)))


if __name__ == "__main__":
    main()
