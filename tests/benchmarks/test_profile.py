"""The clocks see every part of an epoch and leave everything as it was."""

import numpy as np

from benchmarks.profile import profile
from mytorch.nn import SGD, Linear, ReLU, Sequential, SoftmaxCrossEntropy
from mytorch.nn.workspace import Workspaces
from mytorch.training import fit


def test_the_parts_add_up_and_the_clocks_are_taken_off():
    rng = np.random.default_rng(0)
    model, loss = Sequential(Linear(4, 5, rng=rng), ReLU(), Linear(5, 3, rng=rng)), None
    loss, optimizer = SoftmaxCrossEntropy(), SGD(model.get_parameters())
    data = rng.standard_normal((50, 4)).astype(np.float32), rng.integers(0, 3, 50)
    take, calls = Workspaces.take, []

    def run():
        calls.append(list(fit(model, loss, optimizer, data, epochs=2, batch_size=8)))

    parts = profile(run, model, loss, optimizer)
    assert len(calls) == 1
    wanted = {"dense layers", "activations", "loss", "optimizer", "gathering batches", "the loop"}
    assert set(parts) == wanted
    assert all(seconds > 0 for seconds in parts.values())
    assert Workspaces.take is take
    assert all("forward" not in vars(part) for part in (*model, loss))
    assert "step" not in vars(optimizer)
