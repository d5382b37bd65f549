"""Work in parts gives the same numbers whoever does it, and leaves BLAS as it was."""

import os
import subprocess
import sys
import threading
from contextlib import suppress

import numpy as np
import pytest

from mytorch.utils.kernels import NUMPY, choose, convolution, parts, sharing
from mytorch.utils.kernels.scratch import scratch
from mytorch.utils.kernels.windows import Geometry

RNG = np.random.default_rng(0)


class Controller:
    """Stands for threadpoolctl's: knows to how many threads BLAS is held."""

    def __init__(self):
        self.limits = []

    def limit(self, limits):
        controller = self

        class Limit:
            def __enter__(self):
                controller.limits.append(limits)

            def __exit__(self, *_):
                controller.limits.append(None)

        return Limit()


@pytest.fixture
def three():
    return parts.Cores(Controller(), 3)


@pytest.mark.parametrize(
    ("n", "size"), [(1, 1), (7, 1 << 30), (64, 1 << 16), (64, 0), (1000, 5000)]
)
def test_parts_cover_everything_once_and_are_alike(n, size):
    cut = parts.cut(n, size)
    assert [i for part in cut for i in range(n)[part]] == list(range(n))
    lengths = [part.stop - part.start for part in cut]
    assert max(lengths) - min(lengths) <= 1
    assert len(cut) == max(1, min(n, parts.PARTS, n * size // parts.GRAIN))


def test_results_come_in_the_order_of_the_parts(three):
    def work(part):
        if part.start == 0:  # the first one is done last
            others.wait(10)
        elif part.stop == 8:
            others.set()
        return part.start

    others = threading.Event()
    assert three.each(work, parts.cut(8)) == list(range(8))


def test_at_once_all_parts_are_one():
    assert parts.at_once(lambda part: part, parts.cut(8)) == [slice(0, 8)]


def test_all_threads_take_part(three):
    meeting = threading.Barrier(3)
    names = three.each(
        lambda part: (meeting.wait(10), threading.current_thread().name)[1], parts.cut(3)
    )
    assert len(set(names)) == 3
    assert threading.current_thread().name in names


@pytest.mark.parametrize("where", [0, 7])
def test_an_error_in_a_part_reaches_the_caller_and_the_threads_live_on(three, where):
    def work(part):
        if part.start == where:
            raise ZeroDivisionError("in a part")
        return part.start

    with pytest.raises(ZeroDivisionError, match="in a part"):
        three.each(work, parts.cut(8))
    assert three.each(lambda part: part.start, parts.cut(8)) == list(range(8))


def test_errors_of_arithmetic_are_treated_in_threads_as_the_caller_wants(three):
    large = np.full(8, np.float32(3e38))
    meeting = threading.Barrier(3)

    def work(part):
        meeting.wait(10)
        return large[part] * large[part]

    with np.errstate(over="ignore"):
        assert np.isinf(three.each(work, parts.cut(3))).all()
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        three.each(work, parts.cut(3))


def test_blas_is_held_to_one_thread_and_let_go_even_after_an_error(three):
    limits = three._controller.limits
    with suppress(ZeroDivisionError), three.held():
        assert limits == [1]
        with three.held():  # somebody holds it already
            assert limits == [1]
        assert limits == [1]
        raise ZeroDivisionError
    assert limits == [1, None]
    with three.held():
        assert limits == [1, None, 1]


@pytest.mark.parametrize("shape", [(3, 4, 5), (70, 300, 1000), (1000, 300, 70)])
def test_a_shared_product_is_the_product(three, shape):
    m, k, n = shape
    a, b = RNG.standard_normal((k, m)).T, RNG.standard_normal((n, k)).T
    out = np.full((m, n), np.nan)
    assert three.matmul(a, b, out) is out
    np.testing.assert_allclose(out, a @ b, rtol=0, atol=1e-12 * k)


GEOMETRY = Geometry((3, 3), padding=(1, 1))


def convolved(each):
    rng = np.random.default_rng(1)
    x, weight, bias = (rng.standard_normal(s) for s in [(40, 16, 14, 14), (24, 16, 3, 3), 24])
    g = rng.standard_normal((40, 24, 14, 14))
    y, grad_input = np.empty((40, 14, 14, 24)), np.empty((40, 14, 14, 16))
    return [
        convolution.conv2d(x, weight, bias, GEOMETRY, 1, y, each),
        *convolution.parameter_gradients(x, g, GEOMETRY, 1, each),
        convolution.input_gradient(g, weight, GEOMETRY, 1, grad_input, each),
    ]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_convolution_has_the_same_bits_however_many_threads_share_it(count):
    found = parts.cores()
    if found is None:
        pytest.skip("BLAS has one thread, or is not known to threadpoolctl")
    with found.held():
        alone = convolved(lambda work, parts: [work(part) for part in parts])
        for a, b in zip(alone, convolved(parts.Cores(Controller(), count).each), strict=True):
            np.testing.assert_array_equal(a, b)
    for a, b in zip(alone, convolved(parts.at_once), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13 * np.abs(b).max())


def test_threads_keep_their_scratch_apart_and_use_it_again(three):
    first = scratch("test", (4, 5), np.float32)
    again = scratch("test", (3, 2), np.float32)
    assert np.shares_memory(first, again)
    assert not np.shares_memory(first, scratch("other", (4, 5), np.float32))
    assert not np.shares_memory(first, scratch("test", (4, 5), np.float64))
    meeting = threading.Barrier(3)

    def mine(part):
        held = scratch("test", (4, 5), np.float32)
        held[...] = part.start
        meeting.wait(10)
        return held

    for number, held in enumerate(three.each(mine, parts.cut(3))):
        np.testing.assert_array_equal(held, np.float32(number))


def test_numpys_kernels_leave_the_cores_to_blas():
    assert sharing(NUMPY) is NUMPY


def test_without_threadpoolctl_the_parts_are_done_in_order(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    monkeypatch.setattr(parts, "_cores", parts._cores.__wrapped__)
    assert parts.cores() is None
    pytest.importorskip("numba")
    assert sharing(choose("numba")) is choose("numba")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_process_that_was_forked_has_threads_of_its_own():
    pytest.importorskip("threadpoolctl")
    code = (
        "import os\n"
        "from mytorch.utils.kernels import parts\n"
        "found = parts.cores()\n"
        "work = lambda part: part.start\n"
        "assert found is None or found.each(work, parts.cut(8)) == list(range(8))\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    found = parts.cores()\n"
        "    assert found is None or found.each(work, parts.cut(8)) == list(range(8))\n"
        "    os._exit(7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]  # 3.12 warns of forks with threads
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "7"
