import importlib.util

import pytest

from mytorch.cli.main import main


@pytest.fixture(scope="session")
def all_smoke(tmp_path_factory):
    """The folder that `mytorch run --all --smoke` leaves."""
    pytest.importorskip("sklearn")
    out = tmp_path_factory.mktemp("all") / "runs"
    code = main(["run", "--all", "--smoke", "--out", str(out)])
    # Without PyTorch, the experiments that need it are told, and the others run.
    assert code == (0 if importlib.util.find_spec("torch") else 2)
    return out
