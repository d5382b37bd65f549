"""Convolutions and poolings against PyTorch's, over every combination of options."""

from itertools import product

import numpy as np
import pytest

from mytorch import nn

torch = pytest.importorskip("torch")

SIZES = [(7, 8), (9, 5), (6, 6)]
STRIDES = [1, 2, 3, (2, 1)]
KERNELS = [1, 2, 3, (3, 2), 5]


def close(ours, theirs, tolerance=1e-12):
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape
    return np.abs(ours - theirs).max(initial=0) <= tolerance * np.abs(theirs).max(initial=0)


def differ(make_ours, theirs, x):
    """Tell whether outputs or any gradients are not the same; None where PyTorch refuses."""
    rng = np.random.default_rng(1)
    tensor = torch.tensor(x, requires_grad=True)
    try:
        expected = theirs(tensor)
    except RuntimeError:
        return None
    ours = make_ours()
    ours.load_state_dict({name: t.numpy() for name, t in theirs.state_dict().items()})
    y = ours.forward(x)
    g = rng.standard_normal(y.shape)
    expected.backward(torch.tensor(g))
    same = close(y, expected) and close(ours.backward(g), tensor.grad)
    gradients = zip(ours.get_gradients(), theirs.parameters(), strict=True)
    return not (same and all(close(a, p.grad) for a, p in gradients))


def compare(options, make_ours, make_theirs, draw, least):
    """Compare every combination of options; `least` of them at least are possible."""
    compared, wrong = 0, []
    for number, chosen in enumerate(product(*options.values())):
        named = dict(zip(options, chosen, strict=True))
        size = named.pop("size")
        try:
            theirs = make_theirs(**named)
        except (ValueError, RuntimeError):
            continue
        x = draw(np.random.default_rng(number), size)
        outcome = differ(lambda named=named: make_ours(**named), theirs, x)
        if outcome is not None:
            compared += 1
            wrong += [(named, size)] * outcome
    assert wrong == []
    assert compared >= least


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_convolutions_with_all_options_equal_torchs(groups):
    compare(
        {
            "kernel_size": KERNELS,
            "stride": STRIDES,
            "padding": [0, 1, (2, 1), 3],
            "dilation": [1, 2, (1, 3)],
            "bias": [True, False],
            "size": SIZES[:2],
        },
        lambda **o: nn.Conv2d(4, 8, groups=groups, dtype=np.float64, **o),
        lambda **o: torch.nn.Conv2d(4, 8, groups=groups, **o).double(),
        lambda rng, size: rng.standard_normal((2, 4, *size)),
        800,
    )


def test_max_pooling_with_all_options_and_ties_equals_torchs():
    compare(
        {
            "kernel_size": KERNELS[:4],
            "stride": [None, *STRIDES],
            "padding": [0, 1, (1, 0)],
            "dilation": [1, 2],
            "ceil_mode": [False, True],
            "size": SIZES,
        },
        nn.MaxPool2d,
        torch.nn.MaxPool2d,
        lambda rng, size: rng.integers(-4, 0, (2, 3, *size)).astype(
            float
        ),  # less than a padding of 0
        500,
    )


def test_mean_pooling_with_all_options_equals_torchs():
    compare(
        {
            "kernel_size": KERNELS[:4],
            "stride": [None, *STRIDES],
            "padding": [0, 1, (1, 0)],
            "ceil_mode": [False, True],
            "count_include_pad": [True, False],
            "divisor_override": [None, 5],
            "size": SIZES,
        },
        nn.AvgPool2d,
        torch.nn.AvgPool2d,
        lambda rng, size: rng.standard_normal((2, 3, *size)),
        1000,
    )


def test_adaptive_pooling_equals_torchs():
    compare(
        {"output_size": [1, 2, 3, (5, 4), (9, 9)], "size": SIZES},
        nn.AdaptiveAvgPool2d,
        torch.nn.AdaptiveAvgPool2d,
        lambda rng, size: rng.standard_normal((2, 3, *size)),
        15,
    )


def test_not_a_number_is_larger_than_anything():
    x = np.random.default_rng(0).standard_normal((1, 1, 4, 4))
    x[0, 0, 1, 2] = np.nan
    theirs = torch.nn.functional.max_pool2d(torch.tensor(x), 2)
    np.testing.assert_array_equal(nn.MaxPool2d(2).forward(x), theirs.numpy())


def test_images_stay_channels_last_from_layer_to_layer():
    rng = np.random.default_rng(0)
    layers = [nn.Conv2d(3, 8, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2), nn.BatchNorm2d(8)]
    x = rng.standard_normal((2, 3, 8, 8)).astype(np.float32)
    for layer in layers:
        x = layer.forward(x)
        assert x.transpose(0, 2, 3, 1).flags.c_contiguous, layer
