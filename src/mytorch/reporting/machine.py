"""What a run ran on, as far as it can change its numbers."""

import os
import platform
import sys
from importlib import metadata
from typing import Any

import numpy as np

from .. import __version__
from ..interop.world import world
from ..utils.extras import require
from ..utils.kernels import choose

# What changes the bits of a result, and how to have it as it was.
DECISIVE = {
    "mytorch": "install version {}",
    "numpy": "install version {}",
    "scikit-learn": "install version {}",
    "platform": "run it there",
    "blas": "install the NumPy build with it",
    "blas_threads": "set OPENBLAS_NUM_THREADS={}",
    "blas_kernel": "set OPENBLAS_CORETYPE={}",
    "simd": "run it on such a processor",
    "kernels": "install, or leave out, the extra 'fast'",
    "numba": "install version {}",
    "processes": "start {} of them with torchrun",
    "torch": "install version {}",
    "torch_threads": "set OMP_NUM_THREADS={}",
}


def describe(backend: str = "numpy") -> dict[str, Any]:
    """Return versions, BLAS, thread count, kernels: bits repeat only where these are the same."""
    build = np.show_config(mode="dicts")
    blas = build["Build Dependencies"]["blas"]
    threads, architecture = _blas()
    return {
        "mytorch": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        **{name: _version(name) for name in ("scikit-learn", "matplotlib", "numba")},
        "platform": f"{sys.platform} {platform.machine()}",
        "blas": f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip(),
        "blas_threads": threads,
        "blas_kernel": architecture,
        "simd": " ".join(build.get("SIMD Extensions", {}).get("found", [])),
        "kernels": choose().name,
        "processes": world()[1],
        **(_torch() if backend == "torch" else {}),
    }


def _torch() -> dict[str, Any]:
    torch = require("torch", "torch")
    return {"torch": torch.__version__, "torch_threads": torch.get_num_threads()}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _blas() -> tuple[int | None, str | None]:
    """Return how many threads BLAS has, and for which processor its kernels are."""
    try:
        from threadpoolctl import threadpool_info
    except ModuleNotFoundError:
        given = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS")
        count = int(given) if given and given.isdigit() else os.cpu_count()
        return count, os.environ.get("OPENBLAS_CORETYPE")
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    largest = max(pools, key=lambda pool: pool["num_threads"], default=None)
    return (
        (None, None) if largest is None else (largest["num_threads"], largest.get("architecture"))
    )
