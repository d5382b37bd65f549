"""Pictures of blood cells that nobody has seen: drawn, to stand in for BloodMNIST.

They have its format, its classes and its published numbers of images in each split and class, and
nothing else of it: what a network makes of them says nothing about cells.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..dataset import Split
from ..recipe import Parts, Recipe
from . import medmnist

Array = NDArray[Any]
Colour = tuple[float, float, float]

SIZE = 28  # pixels, each way
BLOCK = 500  # images at a time, which fit a cache
LOBES = 3  # at most


class Cell(NamedTuple):
    """What the cells of one class look like; the edge of the picture is at a distance of 1.

    A disc of some radius and colour, speckled by `granules`, and in it `lobes` smaller discs, of
    a radius and at a distance from its centre that are shares of its own radius.
    """

    radius: float
    colour: Colour
    granules: float
    lobes: int
    lobe_radius: float
    lobe_distance: float


# In the order of BloodMNIST's classes.
CELLS = (
    Cell(0.62, (0.60, 0.50, 0.72), 0.13, 2, 0.58, 0.25),  # basophil
    Cell(0.67, (0.90, 0.62, 0.58), 0.12, 2, 0.42, 0.42),  # eosinophil
    Cell(0.46, (0.72, 0.66, 0.80), 0.03, 1, 0.60, 0.05),  # erythroblast
    Cell(0.69, (0.76, 0.68, 0.81), 0.06, 1, 0.68, 0.15),  # immature granulocyte
    Cell(0.52, (0.68, 0.69, 0.86), 0.03, 1, 0.78, 0.08),  # lymphocyte
    Cell(0.73, (0.73, 0.70, 0.81), 0.04, 2, 0.52, 0.25),  # monocyte
    Cell(0.66, (0.86, 0.75, 0.78), 0.06, 3, 0.36, 0.42),  # neutrophil
    Cell(0.24, (0.74, 0.62, 0.80), 0.06, 1, 0.40, 0.10),  # platelet
)
NUCLEUS, BACKGROUND = (0.45, 0.28, 0.58), (0.93, 0.86, 0.81)

# Published: the images of each class in each split.
TRAIN = (852, 2181, 1085, 2026, 849, 993, 2330, 1643)
VALIDATION = (122, 312, 155, 290, 122, 143, 333, 235)
TEST = (244, 624, 311, 579, 243, 284, 666, 470)


def blood_cells(counts: tuple[int, ...], seed: int | tuple[int, int] = 0) -> Split:
    """Return so many drawn cells of each class in random order, x (N, 3, 28, 28) of bytes.

    Every cell has its own place, size, turn and colours, normal around those of its class; the
    deviations are such that neighbouring classes overlap.
    """
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    blocks = [_draw(y[start : start + BLOCK], rng) for start in range(0, len(y), BLOCK)]
    return Split(np.concatenate(blocks), y)


def _draw(y: Array, rng: np.random.Generator) -> Array:
    """Return a picture (3, 28, 28) of each class in y (N,)."""
    n = len(y)
    cells = [CELLS[label] for label in y]

    def around(values: Any, deviation: float) -> Array:  # (N,) or (N, 3)
        mean = np.asarray(values, np.float32)
        return mean + np.float32(deviation) * rng.standard_normal(mean.shape, np.float32)

    radius = np.maximum(around([cell.radius for cell in cells], 0.08), 0.1)
    place = around(np.zeros((n, 2)), 0.06)
    cell = _discs(place, radius)  # (N, 28, 28), how much of each pixel is the cell's
    turn = rng.uniform(0, 2 * np.pi, n)
    lobe_radius = radius * np.maximum(around([cell.lobe_radius for cell in cells], 0.07), 0.1)
    distance = radius * around([cell.lobe_distance for cell in cells], 0.07)
    lobes = np.array([cell.lobes for cell in cells])
    nucleus = np.zeros_like(cell)
    for number in range(LOBES):
        has = lobes > number
        angle = turn[has] + 2 * np.pi * number / lobes[has]
        away = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
        centre = place[has] + distance[has, np.newaxis] * away
        nucleus[has] = np.maximum(nucleus[has], _discs(centre, lobe_radius[has]))

    granules = np.array([cell.granules for cell in cells], np.float32)[:, np.newaxis, np.newaxis]
    speckles = granules * rng.standard_normal(cell.shape, np.float32)  # (N, 28, 28)
    shades = [  # (N, 3) each
        around(np.tile(BACKGROUND, (n, 1)), 0.03),
        around([cell.colour for cell in cells], 0.06),
        around(np.tile(NUCLEUS, (n, 1)), 0.06),
    ]
    light = around(np.ones(n), 0.05)[:, np.newaxis, np.newaxis]
    x = np.empty((n, 3, SIZE, SIZE), np.uint8)
    for channel in range(3):
        outside, plasma, core = (shade[:, channel, np.newaxis, np.newaxis] for shade in shades)
        grain = plasma + speckles
        inside = grain + (core - grain) * nucleus
        pixels = light * (outside + (inside - outside) * cell)
        pixels += np.float32(0.02) * rng.standard_normal(pixels.shape, np.float32)
        pixels *= 255
        x[:, channel] = pixels.clip(0, 255)
    return x


def _discs(centre: Array, radius: Array) -> Array:
    """Return how much of each pixel lies in a disc: 0 to 1, (N, 28, 28)."""
    axis = (np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2) / (SIZE / 2)
    down = (axis - centre[:, :1])[:, :, np.newaxis]  # (N, 28, 1)
    right = (axis - centre[:, 1:])[:, np.newaxis, :]  # (N, 1, 28)
    far = np.sqrt(down * down + right * right)
    edge = np.float32(SIZE / 4)  # a ramp two pixels wide
    return np.clip((radius[:, np.newaxis, np.newaxis] - far) * edge + np.float32(0.5), 0, 1)


def _read(_: list[Path]) -> Parts:
    train, validation, test = (
        blood_cells(counts, (0, part)) for part, counts in enumerate((TRAIN, VALIDATION, TEST))
    )
    return Parts(train, validation, test)


SETS = {
    "bloodmnist-stand-in": Recipe(
        _read,
        medmnist.SETS["bloodmnist"].classes,
        (0, 255),
        source="drawn from its formula, with BloodMNIST's classes and numbers of images",
        licence="none needed",
        stand_in="bloodmnist",
    )
}
