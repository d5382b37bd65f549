"""Images in files, and folders of them: one folder per class."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...utils.errors import DataError, one_line
from ...utils.extras import require
from ...utils.files import check_regular
from ...utils.progress import progress

Array = NDArray[Any]

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".pgm", ".ppm", ".tif", ".tiff", ".webp"}
PNG_END = b"IEND\xaeB`\x82"
CHANNELS = {1: "L", 3: "RGB"}


def read_image(
    path: Path, channels: int | None = None, size: tuple[int, int] | None = None
) -> Array:
    """Return an image as (channels, height, width) uint8.

    Parameters
    ----------
    channels
        1 for grey, 3 for red, green and blue; as the file has it, if not given.
    size
        (height, width) to resize to.

    Raises
    ------
    DataError
        For a file that cannot be read, is cut short, is no image, or is too large to be one.
    """
    pillow = require("PIL.Image", "lab")
    check_regular(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a picture of a few bytes that unpacks to gigabytes
            with pillow.open(path) as image:
                # Pillow is content with the pixels; a file that lacks its end may lack more.
                if image.format == "PNG" and PNG_END not in path.read_bytes():
                    raise DataError(f"{path}: is cut short")
                if image.mode[0] in "IF":  # convert would cut off what is above 255
                    raise DataError(f"{path}: has more than 8 bits a pixel; save it with 8")
                grey = image.mode in ("1", "L", "LA")
                image = image.convert(CHANNELS[channels or (1 if grey else 3)])
                if size is not None and (image.height, image.width) != size:
                    image = image.resize(size[::-1], pillow.Resampling.BILINEAR)
                pixels = np.asarray(image)
    except DataError:
        raise
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or 'not a whole image'}") from error
    except Exception as error:  # Pillow's decoders raise many kinds
        raise DataError(f"{path}: not an image that can be read ({one_line(error)})") from error
    return pixels[np.newaxis] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def read_image_folder(
    folder: Path, size: tuple[int, int] | None = None
) -> tuple[Array, Array, tuple[str, ...]]:
    """Return images (N, channels, height, width), labels (N,) and the classes of a folder.

    Its subfolders are the classes, in the alphabet's order. Hidden files are left out. All images
    become grey or all become coloured: grey only where all of them are.

    Raises
    ------
    DataError
        For a folder without classes, a class without images, a file in one that is no image, and
        images of different sizes where no `size` (height, width) is given to resize to.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder")
    subfolders = sorted(path for path in folder.iterdir() if path.is_dir() and not _hidden(path))
    if not subfolders:
        raise DataError(f"{folder}: expected a folder per class with images in it, found none")
    files: list[tuple[Path, int]] = []
    for label, subfolder in enumerate(subfolders):
        found = sorted(path for path in subfolder.iterdir() if not _hidden(path))
        wrong = [path for path in found if path.suffix.lower() not in SUFFIXES or path.is_dir()]
        if wrong:
            raise DataError(f"{wrong[0]}: expected an image ({', '.join(sorted(SUFFIXES))})")
        if not found:
            raise DataError(f"{subfolder}: expected images of this class, found none")
        files += [(path, label) for path in found]
    images: list[Array] = []
    for path, _ in progress(files, total=len(files), label=folder.name, unit="image"):
        image = read_image(path, size=size)
        if images and image.shape[1:] != images[0].shape[1:]:
            raise DataError(
                f"{path}: is {_size(image)}, and {files[0][0].name} is {_size(images[0])}; "
                f"resize all of them with a # and height x width after the folder, as in "
                f"{folder.name}#{_size(images[0])}"
            )
        images.append(image)
    channels = max(image.shape[0] for image in images)
    x = np.stack([np.broadcast_to(image, (channels, *image.shape[1:])) for image in images])
    y = np.array([label for _, label in files], np.int64)
    return x, y, tuple(subfolder.name for subfolder in subfolders)


def _hidden(path: Path) -> bool:
    return path.name.startswith(".") or path.name in ("Thumbs.db", "desktop.ini")


def _size(image: Array) -> str:
    return f"{image.shape[1]}x{image.shape[2]}"
