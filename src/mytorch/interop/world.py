"""Which process this is, of those that train together."""

import os


def world() -> tuple[int, int]:
    """Return the number of this process, from 0, and how many there are, as torchrun tells it."""
    return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
