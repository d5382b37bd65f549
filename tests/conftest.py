"""What tests of several packages share."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def real_data(monkeypatch):
    """MYTORCH_DATA, made absolute; the test is skipped where it holds no MNIST."""
    folder = Path(os.environ.get("MYTORCH_DATA") or "no-such-folder").resolve()
    if not (folder / "mnist" / "train-images-idx3-ubyte.gz").is_file():
        pytest.skip("MYTORCH_DATA has no mnist")
    monkeypatch.setenv("MYTORCH_DATA", str(folder))
    return folder
