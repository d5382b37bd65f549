"""The networks measured are those of the courses, layer by layer."""

import numpy as np
import pytest

from benchmarks.networks import DCN, MLP, BlockCNN, Conv, Dense, shapes
from benchmarks.workloads import WORKLOADS, make_data, select
from mytorch import nn
from mytorch.lab import networks

KINDS = {
    "Dense": nn.Linear,
    "Conv": nn.Conv2d,
    "Pool": nn.MaxPool2d,
    "Norm": nn.BatchNorm2d,
    "Activation": nn.ReLU,
    "Dropout": nn.Dropout,
    "Flatten": nn.Flatten,
}
COURSES = [(DCN(), networks.dcn), (BlockCNN(), networks.block_cnn)]


@pytest.mark.parametrize(("network", "build"), COURSES)
def test_every_layer_is_the_courses(network, build):
    model = build(np.random.default_rng(0))
    assert [KINDS[type(layer).__name__] for layer in network.layers] == [*map(type, model)]
    for ours, theirs in zip(network.layers, model, strict=True):
        if isinstance(ours, Conv | Dense):
            assert ours.weight == theirs.weight.shape
        for name in ("kernel_size", "padding", "p"):
            if hasattr(theirs, name):
                wanted = {"kernel_size": "kernel" if isinstance(ours, Conv) else "size"}
                told = getattr(ours, wanted.get(name, name), 0)  # poolings have no padding
                assert getattr(theirs, name) in (told, (told, told))


@pytest.mark.parametrize(("network", "build"), COURSES)
def test_shapes_are_those_that_the_layers_make(network, build):
    x = np.random.default_rng(0).random((2, *network.input), np.float32)
    found = [x.shape[1:]]
    for layer in build(np.random.default_rng(0)):
        x = layer(x)
        found.append(x.shape[1:])
    assert [*shapes(network.input, network.layers)] == found


def test_the_network_of_w6_has_as_many_parameters_as_published():
    layers = make_data(WORKLOADS["W6"]).layers
    assert sum(p.size for layer in layers for p in layer) == 422_986


def test_a_network_is_told_in_a_line():
    assert MLP((784, *[256] * 5, 10), "tanh").title == "784-5x256-10 tanh"
    assert MLP((4, 3, 2), "relu").title == "4-3-2 relu"
    assert DCN().title == (
        "rice576's DCN of 1x28x28, conv 1-32-64, dense 3136-1024-10, dropout 0.5"
    )
    assert BlockCNN((3, 32, 32)).title == (
        "purdue373's CNN of 3x32x32, conv 3-32-64-128-256, dense 1024-128-10, dropout 0.3"
    )


def test_masks_are_drawn_in_training_alone():
    noisy = [name for name, workload in WORKLOADS.items() if workload.noisy]
    assert noisy == ["W5", "W6"]


def test_w7_is_all_inference():
    assert [workload.name for workload in select(["W7"])] == [
        *("W7-1", "W7-1000", "W7-CNN-1", "W7-CNN-250")
    ]
    assert [workload.name for workload in select(["W7-1"])] == ["W7-1"]
