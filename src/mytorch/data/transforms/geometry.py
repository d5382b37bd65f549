"""Images moved, cut, turned and resized."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ...utils.errors import ArgumentError, ShapeError
from ...utils.extras import require

Array = NDArray[Any]
Size = int | tuple[int, int]  # height and width, or one number for both


def resize(x: Array, size: Size) -> Array:
    """Return images x (N, C, H, W) at another size, each pixel a weighted mean of those it covers.

    Bilinear weights, widened where the image becomes smaller; the dtype stays.
    """
    pillow = require("PIL.Image", "lab")
    height, width = _pair("resize", size)
    out = np.empty((*_images("resize", x).shape[:2], height, width), x.dtype)
    kind = np.uint8 if x.dtype == np.uint8 else np.float32  # what Pillow resizes
    for image, resized in zip(x, out, strict=True):
        for channel, target in zip(image, resized, strict=True):
            picture = pillow.fromarray(np.ascontiguousarray(channel, kind))
            target[...] = picture.resize((width, height), pillow.Resampling.BILINEAR)
    return out


def pad(x: Array, padding: Size, value: float = 0) -> Array:
    """Return images x (N, C, H, W) with rows and columns of `value` on every side."""
    rows, columns = _pair("pad", padding, least=0)
    widths = ((0, 0), (0, 0), (rows, rows), (columns, columns))
    return np.pad(_images("pad", x), widths, constant_values=value)


def center_crop(x: Array, size: Size) -> Array:
    """Return the middle of images x (N, C, H, W); where it is between two pixels, as PyTorch."""
    height, width = _fitting("center_crop", x, size)
    top, left = (round((n - k) / 2) for n, k in zip(x.shape[2:], (height, width), strict=True))
    return x[:, :, top : top + height, left : left + width].copy()


def rotate(x: Array, degrees: Array) -> Array:
    """Return images x (N, C, H, W), each turned counter-clockwise about its centre by degrees (N,).

    Between pixels it is interpolated linearly; what comes from outside is 0.
    """
    ndimage = require("scipy.ndimage", "lab")
    out = np.empty_like(_images("rotate", x))
    centre = (np.array(x.shape[2:]) - 1) / 2
    for image, turned, angle in zip(x, out, np.deg2rad(degrees), strict=True):
        cos, sin = np.cos(angle), np.sin(angle)
        matrix = np.array([[cos, sin], [-sin, cos]])  # from (row, column) there to that here
        for channel, target in zip(image, turned, strict=True):
            ndimage.affine_transform(
                channel,
                matrix,
                centre - matrix @ centre,
                output=target,
                order=1,
                mode="grid-constant",  # half a pixel beyond the edge is half 0, not all of it
            )
    return out


class RandomCrop:
    """A part of each image, where it begins drawn at random, after padding with zeros."""

    def __init__(self, size: Size, padding: Size = 0) -> None:
        self.size, self.padding = _pair("RandomCrop", size), _pair("RandomCrop", padding, least=0)

    def __call__(self, x: Array, rng: np.random.Generator) -> Array:
        """Return the parts (N, C, height, width)."""
        x = pad(x, self.padding)
        _fitting("RandomCrop", x, self.size)
        windows = sliding_window_view(x, self.size, (2, 3))  # (N, C, rows, columns, height, width)
        top = rng.integers(0, windows.shape[2], len(x))
        left = rng.integers(0, windows.shape[3], len(x))
        return windows[np.arange(len(x)), :, top, left]

    def __repr__(self) -> str:
        return f"RandomCrop({self.size}, padding={self.padding})"


class RandomHorizontalFlip:
    """Left and right exchanged, of each image with probability p."""

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ArgumentError(f"RandomHorizontalFlip: p must be in [0, 1], got {p}")
        self.p = p

    def __call__(self, x: Array, rng: np.random.Generator) -> Array:
        """Return the images, some of them flipped."""
        flipped = rng.random(len(x)) < self.p
        return np.where(flipped[:, np.newaxis, np.newaxis, np.newaxis], x[..., ::-1], x)

    def __repr__(self) -> str:
        return f"RandomHorizontalFlip(p={self.p:g})"


class RandomRotation:
    """Each image turned by an angle drawn uniformly from -degrees to degrees."""

    def __init__(self, degrees: float) -> None:
        if not 0 <= degrees <= 180:
            raise ArgumentError(f"RandomRotation: degrees must be in [0, 180], got {degrees}")
        self.degrees = degrees

    def __call__(self, x: Array, rng: np.random.Generator) -> Array:
        """Return the images turned."""
        return rotate(x, rng.uniform(-self.degrees, self.degrees, len(x)))

    def __repr__(self) -> str:
        return f"RandomRotation({self.degrees:g})"


def _images(where: str, x: Array) -> Array:
    if x.ndim != 4:
        raise ShapeError(f"{where}: expected images (N, channels, height, width), got {x.shape}")
    return x


def _pair(where: str, size: Size, least: int = 1) -> tuple[int, int]:
    pair = (size, size) if isinstance(size, int) else size
    if len(pair) != 2 or min(pair) < least:
        raise ArgumentError(
            f"{where}: expected a size, or height and width, of at least {least}, got {size}"
        )
    return pair


def _fitting(where: str, x: Array, size: Size) -> tuple[int, int]:
    """Return a size as a pair, known to fit into the images x."""
    height, width = _pair(where, size)
    if height > _images(where, x).shape[2] or width > x.shape[3]:
        raise ShapeError(
            f"{where}: cannot cut {height} x {width} out of {x.shape[2]} x {x.shape[3]}"
        )
    return height, width
