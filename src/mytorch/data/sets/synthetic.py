"""Sets that are drawn and not measured: the same numbers every time."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataset import Split
from ..recipe import Recipe
from ..splits import held_out

Array = NDArray[Any]


def moons(n: int = 200, noise: float = 0.2, seed: int = 0) -> Split:
    """Return two interleaving half circles with normal noise; n examples, x (n, 2).

    The upper one is (cos t, sin t), the lower one (1 - cos t, 1/2 - sin t), t in [0, pi].
    """
    t = [np.linspace(0, np.pi, part) for part in (n - n // 2, n // 2)]
    upper = np.stack([np.cos(t[0]), np.sin(t[0])], axis=1)
    lower = np.stack([1 - np.cos(t[1]), 0.5 - np.sin(t[1])], axis=1)
    return _shuffled([upper, lower], noise, seed)


def circles(n: int = 200, noise: float = 0.1, factor: float = 0.5, seed: int = 0) -> Split:
    """Return a circle of radius 1 (class 0) around one of radius `factor` (class 1)."""
    rings = []
    for part, radius in ((n - n // 2, 1.0), (n // 2, factor)):
        t = np.linspace(0, 2 * np.pi, part, endpoint=False)
        rings.append(radius * np.stack([np.cos(t), np.sin(t)], axis=1))
    return _shuffled(rings, noise, seed)


def spirals(n: int = 600, noise: float = 0.02, turns: float = 1.5, seed: int = 0) -> Split:
    """Return two spirals, each turned half a turn against the other, radius 0 to 1."""
    arms = []
    for part, sign in ((n - n // 2, 1.0), (n // 2, -1.0)):
        radius = np.linspace(0, 1, part)
        t = 2 * np.pi * turns * radius
        arms.append(sign * radius[:, np.newaxis] * np.stack([np.cos(t), np.sin(t)], axis=1))
    return _shuffled(arms, noise, seed)


def sine(n: int = 200, noise: float = 0.1, seed: int = 0) -> Split:
    """Return x (n, 1) uniform on [-2 pi, 2 pi] and y = sin x + noise N(0, 1), of shape (n, 1)."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2 * np.pi, 2 * np.pi, (n, 1))
    return Split(x, np.sin(x) + noise * rng.standard_normal((n, 1)))


def _shuffled(parts: list[Array], noise: float, seed: int) -> Split:
    """Return the points of classes 0, 1, ... in random order, each moved by noise N(0, 1)."""
    rng = np.random.default_rng(seed)
    x = np.concatenate(parts)
    y = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    order = rng.permutation(len(x))
    return Split(x[order] + noise * rng.standard_normal(x.shape), y[order])


def _recipe(draw: Callable[[], Split], classes: tuple[str, ...]) -> Recipe:
    return Recipe(
        lambda _: held_out(draw()), classes, None, "drawn from its formula", "none needed"
    )


SETS = {
    "moons": _recipe(moons, ("upper", "lower")),
    "circles": _recipe(circles, ("outer", "inner")),
    "spirals": _recipe(spirals, ("first", "second")),
    "sine": _recipe(sine, ()),
}
