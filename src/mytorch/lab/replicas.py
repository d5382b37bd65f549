"""An experiment under torchrun: every process runs it, the first one writes."""

import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ..interop.world import world


class Place(NamedTuple):
    """Whether this process is the first, and the folder that it writes, if it was named."""

    first: bool
    out: Path | None


def how_to_resume(experiment: str, folder: Path) -> str:
    """Return the command that takes an interrupted run up, with as many processes as there are."""
    _, size = world()
    start = ["torchrun", "--nproc-per-node", str(size), "-m"] if size > 1 else []
    return shlex.join([*start, "mytorch", "run", experiment, f"--out={folder}", "--resume"])


@contextmanager
def replica(out: Path | None) -> Iterator[Place]:
    """Yield where this process writes its run: `out`, or as one of others a copy that is dropped.

    The copy holds what an interrupted run left, so that all processes go on from the same
    checkpoint.
    """
    rank, _ = world()
    if rank == 0:
        yield Place(True, out)
        return
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "run"
        if out is not None and out.is_dir():
            shutil.copytree(out, copy, ignore=shutil.ignore_patterns(".*"))
        yield Place(False, copy)
