import numpy as np
import pytest

from mytorch import nn
from mytorch.utils.errors import ArgumentError, DtypeError, ShapeError
from mytorch.utils.kernels import patches
from mytorch.utils.kernels.scratch import scratch


def test_a_convolution_worked_by_hand():
    #   1 2 3        1 0        1 + 5 = 6    2 + 6 = 8
    #   4 5 6   *    0 1   =    4 + 8 = 12   5 + 9 = 14     (not turned: a cross-correlation)
    #   7 8 9
    conv = nn.Conv2d(1, 1, 2, dtype=np.float64)
    conv.weight[...] = [[[[1, 0], [0, 1]]]]
    conv.bias[...] = 10
    x = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    assert conv.forward(x).tolist() == [[[[16, 18], [22, 24]]]]
    # g of ones: every entry of W has seen four of the nine pixels; every pixel, one or two weights
    assert conv.backward(np.ones((1, 1, 2, 2))).tolist() == [[[[1, 1, 0], [1, 2, 1], [0, 1, 1]]]]
    grad_weight, grad_bias = conv.get_gradients()
    assert grad_weight.tolist() == [[[[12, 16], [24, 28]]]]
    assert grad_bias.tolist() == [4]


def test_a_convolution_is_its_formula():
    rng = np.random.default_rng(0)
    conv = nn.Conv2d(4, 6, (2, 3), (2, 1), (1, 2), (2, 1), groups=2, dtype=np.float64, rng=rng)
    conv.bias[...] = rng.standard_normal(6)
    x = rng.standard_normal((2, 4, 6, 5))
    y = conv.forward(x)
    expected = np.zeros_like(y)
    for n, o, i, j in np.ndindex(y.shape):
        expected[n, o, i, j] = conv.bias[o]
        for c, u, v in np.ndindex(2, 2, 3):
            row, column = 2 * i + 2 * u - 1, j + v - 2
            if 0 <= row < 6 and 0 <= column < 5:
                channel = c + 2 * (o // 3)
                expected[n, o, i, j] += conv.weight[o, c, u, v] * x[n, channel, row, column]
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("channels", [1, 3, 20])  # read row by row, and entry by entry
@pytest.mark.parametrize("block", [1 << 20, 2 * 36, 1, 7 * 36 * 9 * 21])
def test_an_image_is_convolved_the_same_in_blocks_of_any_size(monkeypatch, block, channels):
    rng = np.random.default_rng(0)
    conv = nn.Conv2d(channels, 5, 3, padding=1, dtype=np.float64, rng=rng)
    x, g = rng.standard_normal((7, channels, 6, 6)), rng.standard_normal((7, 5, 6, 6))
    whole = conv.forward(x), conv.backward(g), *conv.get_gradients()
    most = [0]

    def noting(purpose, shape, dtype):
        if purpose == "rows":
            most[0] = max(most[0], np.prod(shape))
        return scratch(purpose, shape, dtype)

    monkeypatch.setattr(patches, "BLOCK", block)
    monkeypatch.setattr(patches, "scratch", noting)
    for a, b in zip(whole, (conv.forward(x), conv.backward(g), *conv.get_gradients()), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)
    one_row_of_windows = 6 * (9 * max(channels, 5) + 1)
    assert most[0] <= max(block, one_row_of_windows)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Conv2d(0, 1, 3), "in_channels must be at least 1, got 0"),
        (lambda: nn.Conv2d(1, 0, 3), "out_channels must be at least 1, got 0"),
        (lambda: nn.Conv2d(1, 1, 0), "kernel_size must be at least 1, got 0"),
        (lambda: nn.Conv2d(1, 1, (3, 3, 3)), r"kernel_size must be a number, or height and width"),
        (lambda: nn.Conv2d(1, 1, 3, stride=0), "stride must be at least 1, got 0"),
        (lambda: nn.Conv2d(1, 1, 3, padding=-1), "padding must be at least 0, got -1"),
        (lambda: nn.Conv2d(1, 1, 3, padding="same"), "padding must be a whole number, got 'same'"),
        (lambda: nn.Conv2d(1, 1, 3, dilation=0), "dilation must be at least 1, got 0"),
        (lambda: nn.Conv2d(4, 6, 3, groups=4), "groups must divide both numbers of channels"),
        (lambda: nn.MaxPool2d(2, padding=2), "padding must be at most half the kernel size"),
        (lambda: nn.AvgPool2d((3, 1), padding=1), "padding must be at most half the kernel size"),
        (lambda: nn.AvgPool2d(2, divisor_override=0), "divisor_override must be at least 1"),
        (lambda: nn.AdaptiveAvgPool2d(0), "output_size must be at least 1, got 0"),
    ],
)
def test_impossible_options_are_told_with_the_layer(make, message):
    with pytest.raises(ArgumentError, match=message) as caught:
        make()
    assert str(caught.value).startswith(("Conv2d: ", "MaxPool2d: ", "AvgPool2d: ", "AdaptiveAvg"))


@pytest.mark.parametrize(
    "text",
    [
        "Conv2d(3, 4, 5)",
        "Conv2d(4, 6, (3, 2), stride=2, padding=(1, 0), dilation=2, groups=2, bias=False)",
        "MaxPool2d(2)",
        "MaxPool2d(3, stride=2, padding=1, ceil_mode=True)",
        "AvgPool2d((2, 3), count_include_pad=False, divisor_override=4)",
        "AdaptiveAvgPool2d(1)",
        "AdaptiveAvgPool2d((2, 1))",
    ],
)
def test_a_layer_shows_as_it_was_made(text):
    assert repr(eval(f"nn.{text}")) == text


LAYERS = [nn.Conv2d(3, 4, 5), nn.MaxPool2d(5), nn.AvgPool2d(5)]


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_images_smaller_than_the_kernel_are_told_with_the_layer(layer):
    with pytest.raises(ShapeError) as caught:
        layer.forward(np.zeros((2, 3, 4, 9), np.float32))
    message = str(caught.value)
    assert message.startswith(repr(layer))
    assert "reach over 5 x 5 pixels, more than the padded images of 4 x 9" in message


@pytest.mark.parametrize("layer", [*LAYERS, nn.AdaptiveAvgPool2d(2)], ids=repr)
@pytest.mark.parametrize("shape", [(3, 8, 8), (8, 8), (2, 3, 8, 8, 8), (0, 3, 8, 8), (2, 3, 0, 8)])
def test_what_is_no_batch_of_images_is_told_with_the_layer(layer, shape):
    with pytest.raises(ShapeError) as caught:
        layer.forward(np.zeros(shape, np.float32))
    assert str(caught.value).startswith(repr(layer))
    assert str(shape) in str(caught.value)


def test_wrong_channels_dtypes_and_gradients_are_told():
    conv = nn.Conv2d(3, 4, 3)
    with pytest.raises(ShapeError, match=r"input has 1 channels, expected 3 \(got shape"):
        conv.forward(np.zeros((2, 1, 8, 8), np.float32))
    with pytest.raises(DtypeError, match="scale images to"):
        conv.forward(np.zeros((2, 3, 8, 8), np.uint8))
    conv.forward(np.zeros((2, 3, 8, 8), np.float32))
    with pytest.raises(ShapeError, match=r"has shape \(2, 4, 8, 8\), expected \(2, 4, 6, 6\)"):
        conv.backward(np.zeros((2, 4, 8, 8), np.float32))
    with pytest.raises(ShapeError, match=r"expected \(N, 3, H, W\), got shape \(2, 3\)"):
        nn.BatchNorm2d(3).forward(np.zeros((2, 3), np.float32))
    with pytest.raises(ShapeError, match="Dropout2d"):
        nn.Dropout2d().forward(np.zeros((2, 3), np.float32))


def test_whole_channels_are_dropped():
    x = np.ones((50, 20, 3, 4), np.float32)
    y = nn.Dropout2d(0.3, rng=np.random.default_rng(0)).forward(x)
    kept = y[:, :, 0, 0]
    np.testing.assert_array_equal(y, np.broadcast_to(kept[:, :, np.newaxis, np.newaxis], x.shape))
    assert set(np.unique(kept)) == {np.float32(0), np.float32(1 / 0.7)}
    assert (kept == 0).mean() == pytest.approx(0.3, abs=0.05)
