"""Work on a batch at once, or in parts side by side on all cores.

How a batch is cut depends on nothing but its size. What the parts return is put together in their
order, so that the same numbers come out however many threads share them.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from functools import cache
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

PARTS = 8  # at most
GRAIN = 1 << 18  # numbers that make a part worth while
WORTH_SHARING = 1 << 22  # products of a matrix product: some 50 us of work

Array = NDArray[Any]
R = TypeVar("R")
Each = Callable[[Callable[[slice], Any], Sequence[slice]], list[Any]]


def cut(n: int, size: int = GRAIN) -> list[slice]:
    """Cut n examples that take `size` numbers each into runs of about the same length."""
    count = max(1, min(n, PARTS, n * size // GRAIN))
    return [slice(n * k // count, n * (k + 1) // count) for k in range(count)]


def at_once(work: Callable[[slice], R], parts: Sequence[slice]) -> list[R]:
    """Return what `work` returns for all parts taken as one, where nobody is to share them."""
    return [work(slice(parts[0].start, parts[-1].stop))]


class Cores:
    """Python threads that share work, while the threads of BLAS rest.

    NumPy and the compiled kernels let go of the interpreter while they work, so that Python's
    threads really run side by side. BLAS's own threads keep a core busy for a while after each
    product, waiting for the next: both kinds at once fight. So one of them owns the cores.
    """

    def __init__(self, controller: Any, count: int) -> None:
        self._controller, self.count = controller, count
        self._helpers = ThreadPoolExecutor(count - 1, "mytorch")
        self._holding = Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold BLAS to one thread until the end of the block, unless somebody does already."""
        if not self._holding.acquire(blocking=False):
            yield
            return
        try:
            with self._controller.limit(limits=1):
                yield
        finally:
            self._holding.release()

    def each(self, work: Callable[[slice], R], parts: Sequence[slice]) -> list[R]:
        """Return what `work` returns for every part; the calling thread takes its share."""
        done: dict[int, R] = {}
        waiting, taking = iter(range(len(parts))), Lock()

        def drain() -> None:
            while True:
                with taking:
                    number = next(waiting, None)
                if number is None:
                    return
                done[number] = work(parts[number])

        helpers = [
            self._helpers.submit(copy_context().run, drain)  # np.errstate goes along
            for _ in range(min(self.count, len(parts)) - 1)
        ]
        try:
            drain()
        finally:
            wait(helpers)
        for helper in helpers:
            helper.result()  # raises what it raised
        return [done[number] for number in range(len(parts))]

    def matmul(self, a: Array, b: Array, out: Array) -> Array:
        """Write a b (M, K) (K, N) into out, a few of its rows or columns at a time."""
        (m, k), n = a.shape, b.shape[1]
        if m * n * k < WORTH_SHARING:
            np.matmul(a, b, out=out)
        elif m >= n:
            self.each(lambda rows: np.matmul(a[rows], b, out=out[rows]), cut(m))
        else:
            self.each(lambda some: np.matmul(a, b[:, some], out=out[:, some]), cut(n))
        return out


def cores() -> Cores | None:
    """Return the cores, as many as BLAS has threads; None for one, or where BLAS is not ours.

    That is where threadpoolctl is missing, or does not know the BLAS that NumPy has.
    """
    return _cores(os.getpid())  # threads do not live on in a fork


@cache
def _cores(process: int) -> Cores | None:
    try:
        from threadpoolctl import ThreadpoolController
    except ModuleNotFoundError:
        return None
    controller = ThreadpoolController().select(user_api="blas")
    count = max((library["num_threads"] for library in controller.info()), default=1)
    return Cores(controller, count) if count > 1 else None
