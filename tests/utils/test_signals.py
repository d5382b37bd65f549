# ruff: noqa: PT012 - a signal acts within its block, wherever the test is
import signal
import threading

import pytest

from mytorch.utils.signals import deferred_signals


def test_the_first_signal_is_noted_and_the_second_acts():
    with pytest.raises(KeyboardInterrupt), deferred_signals() as noted:
        assert noted() is None
        signal.raise_signal(signal.SIGINT)
        assert noted() == signal.SIGINT
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the second one did nothing")


def test_the_handlers_are_put_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with deferred_signals() as noted:
        signal.raise_signal(signal.SIGTERM)
        assert noted() == signal.SIGTERM
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_signal_that_nobody_asked_for_acts_at_the_end():
    done = []
    with pytest.raises(KeyboardInterrupt), deferred_signals():
        signal.raise_signal(signal.SIGINT)
        done.append("all of the block")
    assert done


def test_in_another_thread_nothing_is_deferred():
    found = []

    def work():
        with deferred_signals() as noted:
            found.append(noted())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [None]
