"""What tests of several packages share."""

import os
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def draws_without_a_seed_repeat(monkeypatch):
    """A layer that a test gave no `rng` draws the same weights in every run."""
    seeds, default_rng = np.random.SeedSequence(0), np.random.default_rng
    monkeypatch.setattr(
        np.random,
        "default_rng",
        lambda seed=None: default_rng(seeds.spawn(1)[0] if seed is None else seed),
    )


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Nothing beyond this machine answers a test, or a process that it starts."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1,localhost")


@pytest.fixture
def real_data(monkeypatch):
    """MYTORCH_DATA, made absolute; the test is skipped where it holds no MNIST."""
    folder = Path(os.environ.get("MYTORCH_DATA") or "no-such-folder").resolve()
    if not (folder / "mnist" / "train-images-idx3-ubyte.gz").is_file():
        pytest.skip("MYTORCH_DATA has no mnist")
    monkeypatch.setenv("MYTORCH_DATA", str(folder))
    return folder
