"""A progress bar with the time left, on terminals only."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def progress(
    items: Iterable[Item], *, total: int | None = None, label: str = "", unit: str = "it"
) -> Iterator[Item]:
    """Yield `items`, showing on stderr how far along they are and how long is left.

    Quiet when stderr is not a terminal, for work shorter than half a second, and where tqdm
    (extra `lab`) is not installed.
    """
    if not sys.stderr.isatty():
        yield from items
        return
    try:
        from tqdm import tqdm
    except ModuleNotFoundError:
        yield from items
        return
    yield from tqdm(
        items, total=total, desc=label, unit=unit, delay=0.5, leave=False, dynamic_ncols=True
    )
