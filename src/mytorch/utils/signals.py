"""Ctrl-C that waits until it can be obeyed without loss."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def deferred_signals() -> Iterator[Callable[[], signal.Signals | None]]:
    """Within this block the first SIGINT or SIGTERM is only noted; a second one acts at once.

    Yields a function that returns the signal noted, or None. What comes at the very end of the
    block and was not asked for any more is sent again after it. Outside the main thread, where
    Python handles no signals, nothing is deferred.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    noted: list[signal.Signals] = []
    asked: list[bool] = []

    def note(number: int, frame: FrameType | None) -> None:
        noted.append(signal.Signals(number))
        for each, handler in before.items():
            signal.signal(each, handler)

    def get() -> signal.Signals | None:
        if noted:
            asked.append(True)
        return noted[0] if noted else None

    deferred = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in deferred}
    for number in deferred:
        signal.signal(number, note)
    try:
        yield get
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if noted and not asked:
        signal.raise_signal(noted[0])
