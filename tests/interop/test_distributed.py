"""Two processes, each with half of every batch, make the steps of one with all of it."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

TRAIN = """
import sys
import numpy as np
from mytorch import nn
from mytorch.interop.backend import on_backend
from mytorch.interop.world import world
from mytorch.training import fit

rng = np.random.default_rng(0)
x, y = rng.standard_normal((50, 6)), rng.integers(0, 3, 50)
model = nn.Sequential(
    nn.Linear(6, 8, dtype=np.float64, rng=rng),
    nn.Tanh(),
    nn.Linear(8, 3, dtype=np.float64, rng=rng),
)
optimizer = nn.Adam(model.get_parameters(), lr=0.01)
parts = on_backend("torch", model, nn.SoftmaxCrossEntropy(), optimizer)
options = {"epochs": 3, "batch_size": 7, "rng": np.random.default_rng(1), "max_norm": 0.5}
records = list(fit(*parts, (x, y), (x, y), evaluate_train=True, **options))
rank, size = world()
if rank == 0:
    losses = [list(r) for r in records]
    np.savez(sys.argv[1], size=size, **parts[0].state_dict())
    import json
    print(json.dumps(losses))
"""


def launch(processes, script, out):
    """Run a script by torchrun; return what it printed and the arrays it saved."""
    command = [sys.executable, script, out]
    if processes > 1:
        port = ["--standalone", "--nproc-per-node", str(processes)]
        command = [sys.executable, "-m", "torch.distributed.run", *port, script, out]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=240, env=environment)
    assert ran.returncode == 0, ran.stderr
    with np.load(out) as arrays:
        return json.loads(ran.stdout.splitlines()[-1]), dict(arrays)


@pytest.mark.skipif(sys.platform != "linux", reason="gloo over the loopback device")
def test_two_gloo_processes_equal_one_process_on_the_joint_batch(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(TRAIN)
    one, weights = launch(1, str(script), str(tmp_path / "one.npz"))
    two, shared = launch(2, str(script), str(tmp_path / "two.npz"))
    assert (weights.pop("size"), shared.pop("size")) == (1, 2)
    # 50 rows in batches of 7 leave one of 1: then the second process has none.
    assert len(one) == len(two) == 3 * (8 + 1)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-12)
    for name, array in weights.items():
        assert np.abs(shared[name] - array).max() <= 1e-12 * np.abs(array).max(), name


@pytest.mark.skipif(sys.platform != "linux", reason="gloo over the loopback device")
def test_an_experiment_under_torchrun_is_run_once_and_ends_as_it_does_alone(tmp_path):
    pytest.importorskip("sklearn")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command = ["-m", "mytorch", "run", "nyu6953/p6", "--smoke", "--backend=torch"]
    for name, start in (
        ("alone", [sys.executable]),
        ("two", [*torchrun, "--nproc-per-node", "2"]),
    ):
        ran = subprocess.run(
            [*start, *command, f"--out={name}"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
            env=environment,
        )
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.splitlines()[-1] == name
        assert ran.stdout.count("test accuracy") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alone", "two"]
    alone, two = (
        json.loads((tmp_path / name / "results.json").read_text())["metrics"]
        for name in ("alone", "two")
    )
    assert alone["test_accuracy"] == two["test_accuracy"]
    for name, value in alone.items():
        assert two[name] == pytest.approx(value, rel=1e-4), name  # float32, in another order
