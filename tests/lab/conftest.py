import importlib.util
import os

import pytest

from mytorch.cli.main import main


@pytest.fixture(scope="session")
def all_smoke(tmp_path_factory):
    """The folder that `mytorch run --all --smoke` leaves; tests in several processes share it."""
    pytest.importorskip("sklearn")
    filelock = pytest.importorskip("filelock")
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    out = shared / "all-smoke"
    with filelock.FileLock(shared / "all-smoke.lock"):
        if not out.exists():
            code = main(["run", "--all", "--smoke", "--out", str(out)])
            # Without PyTorch, the experiments that need it are told, and the others run.
            assert code == (0 if importlib.util.find_spec("torch") else 2)
    return out
