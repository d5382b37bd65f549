"""How long something takes: a progress bar with the time left, or one line that says so."""

import sys
from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import TypeVar

Item = TypeVar("Item")

LOOK_AFTER = 2.0  # seconds, from which the whole is projected, and again after twice as many
LONG = 60.0  # seconds left that are worth a line where no bar is shown


def progress(
    items: Iterable[Item],
    *,
    total: int | None = None,
    initial: int = 0,
    label: str = "",
    unit: str = "it",
    per_item: float = 1.0,
) -> Iterator[Item]:
    """Yield `items`, showing on stderr how far along they are and how long is left.

    `total` is how many there are in all, `initial` how many of them were done before; each counts
    for `per_item` of the units shown. Nothing is
    shown for work shorter than half a second. Where stderr is no terminal, or tqdm (extra `lab`) is
    not installed, there is no bar, and work longer than a minute is announced in one line.
    """
    if sys.stderr.isatty():
        try:
            from tqdm import tqdm
        except ModuleNotFoundError:
            pass
        else:
            yield from tqdm(
                items,
                total=total,
                initial=initial,
                desc=label,
                unit=unit,
                unit_scale=per_item,
                delay=0.5,
                leave=False,
                dynamic_ncols=True,
            )
            return
    yield from _announced(items, None if total is None else total - initial, label)


def duration(seconds: float) -> str:
    """Return a duration as a person says it: `40 seconds`, `12 minutes`, `3.5 hours`."""
    if seconds < 100:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 6000 else f"{seconds / 3600:.1f} hours"


def _announced(items: Iterable[Item], total: int | None, label: str) -> Iterator[Item]:
    start, look, told = 0.0, LOOK_AFTER, total is None
    for count, item in enumerate(items):
        yield item
        if told:
            continue
        now = perf_counter()
        if count == 0:  # whatever is prepared for the first one is not prepared again
            start = now
        elif now - start > look:
            left = (now - start) / count * ((total or 0) - count - 1)
            told = left <= LONG or look > LOOK_AFTER
            look = 2 * LOOK_AFTER  # a second look, since the machine may have stood still
            if told and left > LONG:
                print(f"{label}: about {duration(left)} left", file=sys.stderr, flush=True)
