"""Something to be reached, and what came of trying it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """What a trial measured: in words, whether that is enough, and the seconds it took."""

    measured: str
    reached: bool
    seconds: float


@dataclass(frozen=True)
class Trial:
    """Something to be reached, and the function that tries it in a folder."""

    name: str
    what: str
    wanted: str
    run: Callable[[Path], Outcome]
