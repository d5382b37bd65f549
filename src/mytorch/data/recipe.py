"""What is known of a data set before it is read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .dataset import Dataset, Split


class File(NamedTuple):
    """A file of a data set, as it was published.

    `folder` is where it lies below `MYTORCH_DATA` or the cache; `urls` are the places that serve
    it, best first; `elsewhere` is a path where another library keeps it. `verified` tells whether
    the MD5 was computed by us, from the file itself, or is the one that others publish.
    """

    folder: str
    name: str
    md5: str
    urls: tuple[str, ...] = ()
    verified: bool = False
    elsewhere: Path | None = None


class Parts(NamedTuple):
    """The published splits, as they stand in the files."""

    train: Split
    validation: Split | None
    test: Split


@dataclass(frozen=True)
class Recipe:
    """A data set that can be loaded by name.

    `read` turns the paths of its `files`, in their order, into the splits. The other attributes
    are those of `Dataset`.
    """

    read: Callable[[list[Path]], Parts]
    classes: tuple[str, ...]
    value_range: tuple[float, float] | None
    source: str
    licence: str
    files: tuple[File, ...] = ()
    stand_in: str | None = None

    def load(self, name: str, paths: list[Path]) -> Dataset:
        """Return the data set from the files at these paths."""
        return Dataset(
            name,
            *self.read(paths),
            self.classes,
            self.value_range,
            self.source,
            self.licence,
            self.stand_in,
        )
