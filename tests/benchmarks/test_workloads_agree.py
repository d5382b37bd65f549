"""Every peer computes what the plain NumPy loop computes: nobody is fast by doing less."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.networks import DCN, MLP, BlockCNN, Norm
from benchmarks.peers import (
    COLUMNS,
    numpy_batches,
    numpy_images,
    numpy_layers,
    numpy_peer,
    numpy_single,
    numpy_steps,
)
from benchmarks.workloads import WORKLOADS, make_data

PEERS = [column for column in COLUMNS.values() if column.name not in ("numpy", "gemm")]


def small(network):
    """The same layers with fewer numbers, and without noise."""
    match network:
        case MLP(sizes):
            return replace(network, sizes=(*(max(4, n // 16) for n in sizes[:-1]), sizes[-1]))
        case DCN():
            return replace(network, image=(2, 9, 8), p=0.0)
        case BlockCNN():
            return replace(network, image=(2, 14, 15), widths=(4, 6), hidden=8, p=0.0)


def tiny(name, dtype):
    """Five steps of a workload, in training the last one with fewer examples; small layers."""
    workload = WORKLOADS[name]
    batch = min(workload.batch, 8)
    fewer = 3 if batch > 1 and workload.optimizer else 0
    return replace(
        workload,
        network=small(workload.network),
        batch=batch,
        examples=5 * batch - fewer,
        held_out=min(workload.held_out, 7),
        dtype=dtype,
        # A bias that shifts all that a batch norm sees has no gradient but rounding, of which Adam
        # would make steps of full length.
        epsilon=1e-2 if any(isinstance(la, Norm) for la in workload.network.layers) else 1e-8,
    )


def subject(column, mode, workload):
    """A peer with the workload, skipped where its library is absent."""
    if mode == "numba":
        pytest.importorskip("numba")
    module = pytest.importorskip(
        f"benchmarks.peers.{column.module}", exc_type=ModuleNotFoundError, reason=column.name
    )
    return module.make(workload, make_data(workload), mode)


def pair(column, mode, workload):
    """A peer, and the NumPy loop with the same workload."""
    if column.name == "sklearn":
        # Its Adam adds epsilon before the correction of the bias, everybody else after it; small
        # gradients feel that, so that it is compared where there is no epsilon to speak of.
        workload = replace(workload, epsilon=1e-30)
    return subject(column, mode, workload), numpy_peer.make(workload, make_data(workload))


def distance(peer, reference, runs=1):
    """The largest difference between two peers' parameters and figures after some runs."""
    figures = [(peer.run(), reference.run()) for _ in range(runs)]
    pairs = [*zip(peer.parameters(), reference.parameters(), strict=True), *figures]
    return max(float(np.abs(np.subtract(a, b)).max()) for a, b in pairs)


def movement(workload):
    """How far the workload's parameters move at most: what an agreement is measured against."""
    data = make_data(workload)
    peer = numpy_peer.make(workload, data)
    peer.run()
    start = [p for layer in data.layers for p in layer]
    trained = peer.parameters()[: len(start)]
    return max(float(np.abs(a - b).max()) for a, b in zip(trained, start, strict=True))


def cases(dtype, *, training=True):
    """All that are measured in this dtype, or any in float64.

    PyTorch's compiled modes run the same lines as the others; compiling takes too long for a test,
    so that the page itself compares the losses of their first epoch with NumPy's.
    """
    return [
        pytest.param(column, mode, name, id="-".join(filter(None, [name, column.name, mode])))
        for column in PEERS
        for name, workload in WORKLOADS.items()
        for mode in column.modes(workload)
        if not mode.startswith("compiled")
        and dtype in (workload.dtype, "float64")
        and training == bool(workload.optimizer)
    ]


def allowed(workload):
    """How far a peer may be from NumPy."""
    return 1e-9 if workload.dtype == "float64" else max(0.01 * movement(workload), 1e-5)


@pytest.mark.parametrize("runs", [1, 2])
@pytest.mark.parametrize(("column", "mode", "name"), cases("float64"))
def test_parameters_and_figures_are_numpys_in_float64(column, mode, name, runs):
    workload = tiny(name, "float64")
    peer, reference = pair(column, mode, workload)
    assert distance(peer, reference, runs) < allowed(workload)


@pytest.mark.parametrize(("column", "mode", "name"), cases("float32"))
def test_parameters_and_figures_are_numpys_in_float32(column, mode, name):
    workload = tiny(name, "float32")
    peer, reference = pair(column, mode, workload)
    assert all(p.dtype == np.float32 for p in peer.parameters())
    assert distance(peer, reference) < allowed(workload)


class Unshuffled:
    def permutation(self, n):
        return np.arange(n)


def without_order(monkeypatch):
    monkeypatch.setattr(numpy_steps, "make_order", Unshuffled)
    monkeypatch.setattr(numpy_single, "make_order", Unshuffled)


def without_last_batch(monkeypatch):
    run = numpy_steps.Epochs.run

    def shorter(self):
        self.x = self.x[: len(self.x) // self.batch * self.batch]
        return run(self)

    monkeypatch.setattr(numpy_steps.Epochs, "run", shorter)


def without_update_of_a_bias(monkeypatch):
    for name in ("_sgd", "_adam"):
        make = getattr(numpy_steps, name)
        monkeypatch.setattr(numpy_steps, name, lambda p, g, w, make=make: make(p[:-1], g[:-1], w))


def without_loss(monkeypatch):
    for module in (numpy_batches, numpy_images):
        loss = module.cross_entropy
        monkeypatch.setattr(module, "cross_entropy", lambda *z, loss=loss: 0 * loss(*z))


def without_tracking(monkeypatch):
    monkeypatch.setattr(numpy_layers, "NORM_MOMENTUM", 0)


def without_the_batch_in_the_gradient(monkeypatch):
    def backward(self, g):
        honest(self, g.copy())
        return g * (self.parameters[0] * self.r)

    honest = numpy_layers.Norm.backward
    monkeypatch.setattr(numpy_layers.Norm, "backward", backward)


ANYWHERE = [without_order, without_last_batch, without_update_of_a_bias, without_loss]
OF_NORMS = [without_tracking, without_the_batch_in_the_gradient]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("name", "cheat"),
    [*(("W1", cheat) for cheat in ANYWHERE), *(("W6", cheat) for cheat in ANYWHERE + OF_NORMS)],
)
def test_a_peer_that_does_less_would_be_seen(name, cheat, dtype, monkeypatch):
    workload = tiny(name, dtype)
    honest = numpy_peer.make(workload, make_data(workload))
    with monkeypatch.context() as changed:
        cheat(changed)
        cheater = numpy_peer.make(workload, make_data(workload))
        figures = cheater.run()
    cheater.run = lambda: figures
    assert distance(cheater, honest) > 10 * allowed(workload)


def hidden_units(peer, workload):
    """What the last layer was given for the only example, known by the step that it made.

    Its weights moved by -lr g h^T, its biases by -lr g.
    """
    peer.run()
    (W, b), before = peer.parameters()[-2:], make_data(workload).layers[-1]
    return (W - before[0])[0] / (b - before[1])[0]


@pytest.mark.parametrize(
    ("column", "mode", "name"), [case for case in cases("float64") if case.values[2] == "W5"]
)
def test_everyone_drops_and_scales(column, mode, name):
    keeps = replace(tiny(name, "float64"), batch=1, examples=1)
    drops = replace(keeps, network=replace(keeps.network, p=0.6))
    every, some = (hidden_units(subject(column, mode, w), w) for w in (keeps, drops))
    units = every > 1e-6  # the others ReLU has made 0
    scaled = some[units] / every[units]
    kept = scaled > 1
    assert kept.mean() == pytest.approx(0.4, abs=0.1)
    np.testing.assert_allclose(scaled[kept], 1 / 0.4, rtol=1e-6)
    np.testing.assert_allclose(scaled[~kept], 0, atol=1e-6)


@pytest.mark.parametrize(("column", "mode", "name"), cases("float32", training=False))
def test_inference_gives_numpys_scores_for_every_batch(column, mode, name):
    workload = tiny(name, "float32")
    peer = subject(column, mode, workload)
    reference = numpy_peer.make(workload, make_data(workload))
    assert len(peer.batches) == len(reference.batches) == 5
    for ours, theirs in zip(peer.batches, reference.batches, strict=True):
        np.testing.assert_allclose(
            np.asarray(peer.predict(ours)), reference.predict(theirs), rtol=1e-5, atol=1e-6
        )


def test_the_floor_multiplies_as_often_as_the_workload_does():
    gemm_peer = pytest.importorskip("benchmarks.peers.gemm_peer")
    workload = tiny("W4", "float32")
    floor = gemm_peer.make(workload, make_data(workload))
    layers = len(workload.network.sizes) - 1
    assert [(times, len(products)) for times, products in floor.batches] == [
        (4, 3 * layers - 1),
        (1, 3 * layers - 1),
    ]
    assert floor.run() == []
    inference = replace(workload, optimizer=None, examples=16)
    floor = gemm_peer.make(inference, make_data(inference))
    assert [(times, len(products)) for times, products in floor.batches] == [(2, layers)]


@pytest.mark.parametrize("mode", ["whole", "blocks"])
def test_the_floor_of_convolutions_multiplies_every_window_with_every_filter(mode, monkeypatch):
    gemm_peer = pytest.importorskip("benchmarks.peers.gemm_peer")
    monkeypatch.setattr(gemm_peer, "BLOCK", 3 * 72 * 50)  # three images' windows
    workload = tiny("W5", "float32")
    floor = gemm_peer.make(workload, make_data(workload), mode)
    done = sum(
        times * a.shape[0] * a.shape[1] * b.shape[1]
        for times, products in floor.batches
        for a, b, _ in products
    )
    # Images 2 x 9 x 8 and 32 x 4 x 4; windows of 5 x 5 pixels; 64 channels of 2 x 2 pixels remain.
    conv1, conv2, dense = 72 * 50 * 32, 16 * 800 * 64, 256 * 1024 + 1024 * 10
    assert done == 37 * (2 * conv1 + 3 * conv2 + 3 * dense)
    sizes = [len(a) for a, *_ in floor.batches[0][1] if a.shape[1] == 50]
    assert sizes == {"whole": [8 * 72], "blocks": [3 * 72, 3 * 72, 2 * 72]}[mode]
