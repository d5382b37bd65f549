"""From published numbers to what a network takes."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ...utils.errors import ArgumentError

Array = NDArray[Any]


def unit_range(x: Array, value_range: tuple[float, float], dtype: DTypeLike = np.float32) -> Array:
    """Return x mapped linearly so that `value_range` becomes [0, 1], as floating numbers."""
    low, high = value_range
    scaled = x.astype(dtype)
    scaled -= low
    scaled /= high - low
    return scaled


def flatten(x: Array) -> Array:
    """Return x (N, ...) as rows (N, D)."""
    return x.reshape(len(x), -1)


def normalize(x: Array, mean: ArrayLike, std: ArrayLike) -> Array:
    """Return (x - mean) / std of images x (N, C, H, W); mean and std are numbers, or (C,).

    Raises
    ------
    ArgumentError
        For a deviation that is not above 0, or another number of channels.
    """
    channels = x.shape[1]
    centre, scale = (np.asarray(v, x.dtype).reshape(-1) for v in (mean, std))
    for name, v in (("mean", centre), ("std", scale)):
        if len(v) not in (1, channels):
            raise ArgumentError(
                f"normalize: expected 1 or {channels} numbers as {name}, got {len(v)}"
            )
    if not np.all(scale > 0):
        raise ArgumentError(f"normalize: std must be above 0, got {scale.tolist()}")
    return (x - centre[:, np.newaxis, np.newaxis]) / scale[:, np.newaxis, np.newaxis]


def channel_statistics(x: Array) -> tuple[Array, Array]:
    """Return mean and deviation (C,) of images x (N, C, H, W), for `normalize`."""
    return x.mean((0, 2, 3), np.float64), x.std((0, 2, 3), np.float64)
