"""The clocks see every part of an epoch and leave everything as it was."""

import numpy as np

from benchmarks.profile import profile
from mytorch.lab.networks import block_cnn
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


def test_the_parts_of_a_convolutional_network_have_names():
    rng = np.random.default_rng(0)
    model = block_cnn(rng, image=(1, 8, 8), classes=3, widths=(2, 3), hidden=4)
    loss, optimizer = SoftmaxCrossEntropy(), SGD(model.get_parameters())
    data = rng.standard_normal((20, 1, 8, 8)).astype(np.float32), rng.integers(0, 3, 20)
    parts = profile(
        lambda: list(fit(model, loss, optimizer, data, epochs=1, batch_size=8)),
        model,
        loss,
        optimizer,
    )
    assert sorted(parts) == [
        *("activations", "batch norm", "convolutions", "dense layers", "dropout"),
        *("gathering batches", "loss", "optimizer", "pooling", "the loop"),
    ]
    assert all(seconds > 0 for seconds in parts.values())
