"""Images in another light."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...utils.errors import ArgumentError, ShapeError
from ...utils.extras import require

Array = NDArray[Any]

GREY = np.array([0.299, 0.587, 0.114])  # of red, green and blue: ITU-R BT.601's luma


class ColorJitter:
    """Brightness, contrast, saturation and hue of each image changed a little, at random.

    For images x (N, 3, H, W) of [0, 1], and for what comes out. With factors b, c and s drawn
    uniformly from 1 - brightness to 1 + brightness and so on, and h from -hue to hue:

    brightness  x <- b x
    contrast    x <- c x + (1 - c) m, m the mean of the image's grey values
    saturation  x <- s x + (1 - s) g, g the grey value of each pixel
    hue         turned by h of the colour circle

    in this order, cut off to [0, 1] after each.

    Raises
    ------
    ArgumentError
        For an amount below 0, or a hue above 1/2.
    ShapeError
        For images without three channels.
    """

    def __init__(
        self,
        brightness: float = 0.0,
        contrast: float = 0.0,
        saturation: float = 0.0,
        hue: float = 0.0,
    ) -> None:
        self.amounts = brightness, contrast, saturation, hue
        if min(self.amounts) < 0 or hue > 0.5:
            raise ArgumentError(
                f"ColorJitter: amounts must be 0 or larger, hue at most 0.5, got {self.amounts}"
            )

    def __call__(self, x: Array, rng: np.random.Generator) -> Array:
        """Return the images in their new light."""
        if x.ndim != 4 or x.shape[1] != 3:
            raise ShapeError(f"ColorJitter: expected images (N, 3, height, width), got {x.shape}")
        brightness, contrast, saturation, hue = self.amounts

        def factor(amount: float) -> Array:
            drawn = rng.uniform(max(0.0, 1 - amount), 1 + amount, (len(x), 1, 1, 1))
            return drawn.astype(x.dtype)

        def blend(x: Array, other: Array, amount: float) -> Array:
            share = factor(amount)
            return np.clip(share * x + (1 - share) * other, 0, 1)

        if brightness:
            x = blend(x, np.zeros((), x.dtype), brightness)
        if contrast:
            x = blend(x, _grey(x).mean((1, 2, 3), keepdims=True), contrast)
        if saturation:
            x = blend(x, _grey(x), saturation)
        if hue:
            x = _turn(x, rng.uniform(-hue, hue, (len(x), 1, 1)))
        return x

    def __repr__(self) -> str:
        return f"ColorJitter{self.amounts}"


def _grey(x: Array) -> Array:
    """Return the grey values (N, 1, H, W)."""
    return np.tensordot(GREY.astype(x.dtype), x, (0, 1))[:, np.newaxis]


def _turn(x: Array, hue: Array) -> Array:
    colors = require("matplotlib.colors", "lab")
    hsv = colors.rgb_to_hsv(x.transpose(0, 2, 3, 1))  # (N, H, W, 3)
    hsv[..., 0] = (hsv[..., 0] + hue) % 1
    return colors.hsv_to_rgb(hsv).transpose(0, 3, 1, 2).astype(x.dtype)
