"""How the windows of convolutions and poolings slide, read from a layer's options and checked."""

from typing import Any

from numpy.typing import ArrayLike, DTypeLike

from ...utils.errors import ArgumentError, ShapeError
from ...utils.kernels.windows import Geometry, Pair
from ..checks import Array, floating
from ..options import whole

Size = int | tuple[int, int]  # height and width, or one number for both
PAIRS = ("kernel_size", "stride", "padding", "dilation", "output_size")


def pair(module: object, name: str, value: Any, least: int) -> Pair:
    """Return an option that is one whole number for both axes, or one for each.

    Raises
    ------
    ArgumentError
        For anything else, or a number below `least`.
    """
    both = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(both) != 2:
        message = f"{name} must be a number, or height and width, got {value!r}"
        raise ArgumentError(f"{type(module).__name__}: {message}")
    return whole(module, name, both[0], least), whole(module, name, both[1], least)


def images(
    module: object, x: ArrayLike, channels: int | None = None, dtype: DTypeLike | None = None
) -> Array:
    """Return x as floating images (N, C, H, W).

    Raises
    ------
    DtypeError, ShapeError
        For anything else, another number of channels, or none at all.
    """
    x = floating(module, x, dtype)
    wanted = "channels" if channels is None else channels
    if x.ndim != 4:
        hint = "; one image is x[np.newaxis]" if x.ndim == 3 else ""
        wrong = f"expected images (N, {wanted}, height, width), got shape {x.shape}{hint}"
        raise ShapeError(f"{module!r}: {wrong}")
    if channels is not None and x.shape[1] != channels:
        wrong = f"input has {x.shape[1]} channels, expected {channels} (got shape {x.shape})"
        raise ShapeError(f"{module!r}: {wrong}")
    if 0 in x.shape:
        raise ShapeError(f"{module!r}: nothing to work on, got shape {x.shape}")
    return x


def output_size(module: object, x: Array, geometry: Geometry, *, ceil: bool = False) -> Pair:
    """Return the height and the width of the output.

    Raises
    ------
    ShapeError
        Where the windows are larger than the padded images.
    """
    out = geometry.out(*x.shape[2:], ceil=ceil)
    if min(out) < 1:
        reach = f"{geometry.extent(0)} x {geometry.extent(1)}"
        (height, width), (top, left) = x.shape[2:], geometry.padding
        raise ShapeError(
            f"{module!r}: its windows reach over {reach} pixels, more than the padded images of "
            f"{height + 2 * top} x {width + 2 * left} (got shape {x.shape})"
        )
    return out
