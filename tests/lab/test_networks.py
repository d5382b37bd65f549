"""The reference networks train in step with PyTorch."""

import numpy as np
import pytest

from mytorch import nn
from mytorch.interop.backend import on_backend
from mytorch.lab import networks
from mytorch.training import fit
from mytorch.utils.errors import ArgumentError

# The image that each takes in the tests of training: smaller ones where that is all that changes.
NETWORKS = {
    "dcn": (networks.dcn, (1, 12, 12)),
    "dcn, MaxOut": (lambda rng, **o: networks.dcn(rng, activation="maxout", **o), (1, 8, 8)),
    "block_cnn": (networks.block_cnn, (1, 16, 16)),
    "block_cnn, small": (
        lambda rng, **o: networks.block_cnn(rng, widths=(4, 6), hidden=8, **o),
        (1, 28, 28),
    ),
    "resnet": (lambda rng, **o: networks.resnet(rng, widths=(4, 8), **o), (3, 16, 16)),
}
# Published or asked for: weights and biases, of batch norm too.
PARAMETERS = {"dcn": 3_274_634, "block_cnn": 422_986}


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_networks_have_the_sizes_that_the_courses_ask_for(name):
    model = NETWORKS[name][0](np.random.default_rng(0))
    assert sum(p.size for p in model.get_parameters()) == PARAMETERS[name]
    assert model.predict(np.zeros((2, 1, 28, 28), np.float32)).shape == (2, 10)


@pytest.mark.parametrize("name", NETWORKS)
def test_losses_of_200_steps_and_the_parameters_equal_pytorchs(name):
    pytest.importorskip("torch")
    make, shape = NETWORKS[name]
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((16, *shape)), rng.integers(0, 10, 16)
    results = []
    for backend in ("numpy", "torch"):
        model = make(np.random.default_rng(1), image=shape, dtype=np.float64)
        optimizer = nn.SGD(model.get_parameters(), lr=0.01, momentum=0.5)
        parts = on_backend(backend, model, nn.SoftmaxCrossEntropy(), optimizer)
        options = {"epochs": 100, "batch_size": 8, "rng": np.random.default_rng(2)}
        losses = [record[2] for record in fit(*parts, (x, y), **options)]
        results.append((losses, parts.model.state_dict()))
    (ours, weights), (theirs, expected) = results
    assert len(ours) == 100 * (2 + 1)
    np.testing.assert_allclose(ours, theirs, rtol=1e-8)
    for key, p in weights.items():
        assert np.abs(p - expected[key]).max() <= 1e-8 * np.abs(expected[key]).max(), key


def test_images_that_are_too_small_are_told():
    rng = np.random.default_rng(0)
    with pytest.raises(ArgumentError, match="dcn: images of 8 x 8 pixels are too small"):
        networks.dcn(rng, image=(1, 8, 8), padding=0)
    with pytest.raises(ArgumentError, match="block_cnn: images of 8 x 8 pixels are too small"):
        networks.block_cnn(rng, image=(1, 8, 8))


@pytest.mark.parametrize("activation", networks.ACTIVATIONS)
def test_another_activation_leaves_the_names_and_the_sizes_between_layers(activation):
    base = networks.dcn(np.random.default_rng(0), image=(1, 8, 8))
    model = networks.dcn(np.random.default_rng(0), image=(1, 8, 8), activation=activation)
    assert list(model.state_dict()) == list(base.state_dict())
    kinds = {type(model[position]).__name__ for position in (1, 4, 8)}
    assert kinds == {type(networks.ACTIVATIONS[activation]()).__name__}
    x = np.zeros((2, 1, 8, 8), np.float32)
    for position in (2, 5, 9):
        shape = base[: position + 1].predict(x).shape
        assert model[: position + 1].predict(x).shape == shape


def test_first_weights_of_one_kind_are_drawn_for_all_layers():
    model = networks.dcn(np.random.default_rng(0), image=(1, 8, 8), init="normal")
    weights = [p for name, p in model.named_parameters() if name.endswith("weight")]
    assert len(weights) == 4
    for weight in weights:
        assert weight.std() == pytest.approx(0.01, rel=0.06)
    default, named = (
        networks.dcn(np.random.default_rng(0), image=(1, 8, 8), **options).state_dict()
        for options in ({}, {"init": "xavier_normal"})
    )
    assert np.array_equal(default["10.weight"], named["10.weight"])
    assert not np.array_equal(default["0.weight"], named["0.weight"])
