"""The numerical kernels that layers and optimizers call, and the versions there are of each.

A kernel is a pure function of arrays, one idea per file, written in NumPy. Some have a twin
compiled by Numba (the extra `fast`) that gives the same numbers to rounding. `fit` chooses a
version and lends it to the modules with their workspaces; everywhere else NumPy runs. Another
back end would be one more `Kernels`.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..extras import require
from . import normalization, per_example, pooling, softmax, update
from .parts import Each, at_once, cores

Array = NDArray[Any]


class Kernels(NamedTuple):
    """One version of every kernel.

    `each` runs a function on the parts of a batch, and `matmul` multiplies; both only within
    `held`: see parts.py.
    """

    name: str
    each: Each
    held: Callable[[], AbstractContextManager[Any]]
    matmul: Callable[[Array, Array, Array], Array]
    normalize: Callable[..., Any]
    normalize_backward: Callable[..., Any]
    max_pool: Callable[..., Any]
    max_pool_backward: Callable[..., Any]
    softmax_cross_entropy: Callable[..., Any]
    sgd: Callable[..., Any]
    adagrad: Callable[..., Any]
    rmsprop: Callable[..., Any]
    adam: Callable[..., Any]
    one_by_one: Callable[..., Any]


NUMPY = Kernels(
    name="numpy",
    each=at_once,
    held=nullcontext,
    matmul=np.matmul,
    normalize=normalization.normalize,
    normalize_backward=normalization.normalize_backward,
    max_pool=pooling.max_pool,
    max_pool_backward=pooling.max_pool_backward,
    softmax_cross_entropy=softmax.softmax_cross_entropy,
    sgd=update.sgd,
    adagrad=update.adagrad,
    rmsprop=update.rmsprop,
    adam=update.adam,
    one_by_one=per_example.one_by_one,
)


@cache
def _compiled() -> Kernels:
    """Return the kernels with every twin that Numba compiles in place of NumPy's."""
    from . import compiled  # loads Numba, which takes a good part of a second

    return NUMPY._replace(
        name="numba",
        normalize=compiled.normalize,
        normalize_backward=compiled.normalize_backward,
        max_pool=compiled.max_pool,
        max_pool_backward=compiled.max_pool_backward,
        softmax_cross_entropy=compiled.softmax_cross_entropy,
        sgd=compiled.sgd,
        adam=compiled.adam,
        one_by_one=compiled.one_by_one,
    )


def sharing(kernels: Kernels) -> Kernels:
    """Return these kernels for a network with convolutions, where Python's threads own the cores.

    NumPy's stay as they are: their matrix products run on the threads of BLAS.
    """
    found = None if kernels is NUMPY else cores()
    if found is None:
        return kernels
    return kernels._replace(each=found.each, held=found.held, matmul=found.matmul)


def choose(name: str = "auto") -> Kernels:
    """Return the kernels called "numpy" or "numba"; "auto" is "numba" where it is installed.

    The environment variable MYTORCH_KERNELS, where it is set, says what "auto" is.

    Raises
    ------
    ArgumentError
        For another name.
    MissingExtraError
        For "numba" where it is not installed.
    """
    if name == "auto":
        name = os.environ.get("MYTORCH_KERNELS") or ("numba" if find_spec("numba") else "numpy")
    if name == "numpy":
        return NUMPY
    if name == "numba":
        require("numba", "fast")
        return _compiled()
    raise ArgumentError(f"no kernels named {name!r}; there are: numpy, numba, auto")
