"""Measurements made while the machine gives all it can: a shared one slows down for seconds."""

from collections.abc import Callable
from time import perf_counter, sleep
from typing import Any

from .runner import Measure, Variant

SLOWER = 1.25  # than the best pace seen: the measurement does not count
ATTEMPTS = 6  # then the least disturbed one counts
PATIENCE = 30.0  # seconds to wait for the best pace to come back
LOOKS = 20  # at the pace before anything is measured
PAUSE = 0.5  # seconds between two looks


class Steady:
    """Call `measure` when `pace()` is at its best, and again when it was not afterwards.

    `pace` returns the seconds of a piece of work that is always the same. What is measured has no
    part in it, so that everyone is judged alike. `made`, `again` and `disturbed` count the
    measurements, those that were repeated, and those that were slow in every attempt.
    """

    def __init__(self, measure: Measure, pace: Callable[[], float], *, looks: int = LOOKS) -> None:
        self.measure, self.pace, self.looks = measure, pace, looks
        self.made = self.again = self.disturbed = 0
        self.best = float("inf")

    def slowdown(self) -> float:
        """Return the present pace, relative to the best one seen so far."""
        now = self.pace()
        self.best = min(self.best, now)
        return now / self.best

    def __call__(self, workload: str, variant: Variant) -> dict[str, Any]:
        """Return the first undisturbed measurement, or the least disturbed of `ATTEMPTS`."""
        while self.looks > 0:
            self.slowdown()
            self.looks -= 1
            sleep(PAUSE)
        attempts: list[tuple[float, dict[str, Any]]] = []
        while len(attempts) < ATTEMPTS:
            self._wait_for_the_best_pace()
            sample = self.measure(workload, variant)
            attempts.append((self.slowdown(), sample))
            if attempts[-1][0] <= SLOWER:
                break
        slowdown, sample = min(attempts, key=lambda attempt: attempt[0])
        self.made += 1
        self.again += len(attempts) > 1
        self.disturbed += slowdown > SLOWER
        return sample

    def _wait_for_the_best_pace(self) -> None:
        waited = 0.0
        while self.slowdown() > SLOWER and waited < PATIENCE:
            sleep(PAUSE)
            waited += PAUSE

    def verdict(self) -> str:
        """Return one sentence: how often the machine slowed down, and what came of it."""
        return (
            f"A fixed matrix product was timed before and after each of {self.made:,} "
            f"measurements: {self.again:,} were made again because it took more than {SLOWER:g} "
            f"times its best time, {self.disturbed:,} of them stayed disturbed and count as they "
            "are."
        )


def product() -> Callable[[], float]:
    """Return the work that tells the pace: one product of two matrices, on all cores."""
    import numpy as np

    a = np.random.default_rng(0).random((1024, 1024), np.float32)
    out = np.empty_like(a)

    def seconds() -> float:
        times = []
        for _ in range(5):
            start = perf_counter()
            np.matmul(a, a, out=out)
            times.append(perf_counter() - start)
        return sorted(times)[2]

    return seconds
