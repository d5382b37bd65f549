"""What a run ran on, as far as it can change its numbers."""

import os
import platform
import sys
from importlib import metadata
from typing import Any

import numpy as np

from .. import __version__
from ..utils.kernels import choose


def describe() -> dict[str, Any]:
    """Return versions, BLAS, thread count, kernels: bits repeat only where these are the same."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "mytorch": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        **{name: _version(name) for name in ("scikit-learn", "matplotlib", "numba")},
        "platform": f"{sys.platform} {platform.machine()}",
        "blas": f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip(),
        "blas_threads": _blas_threads(),
        "kernels": choose().name,
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _blas_threads() -> int | None:
    try:
        from threadpoolctl import threadpool_info
    except ModuleNotFoundError:
        return os.cpu_count()
    threads = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    return max(threads, default=None)
