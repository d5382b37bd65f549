import numpy as np
import pytest

from mytorch.theory import conv
from mytorch.theory.conv_parameters import read_layers
from mytorch.utils.errors import ArgumentError, ShapeError

from .answers import numbers, problem, solved

X = np.array(
    [
        [8, 1, 7, -2, 5, 0],
        [-2, 1, 4, 6, 3, 3],
        [5, 1, 1, 3, -2, 6],
        [-1, 5, 0, 3, -2, 9],
        [8, -2, -1, -1, 4, 9],
        [-2, 0, -2, 9, -1, 7],
    ]
)
F = np.array([[2, -1, 2, -1], [1, 3, 1, 3]] * 2)


def correlated(x, f, stride, padding):
    """Four loops."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    _, kh, kw = f.shape
    height, width = ((n - k) // stride + 1 for n, k in zip(x.shape[1:], (kh, kw), strict=True))
    y = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            for c in range(len(x)):
                for u in range(kh):
                    for v in range(kw):
                        y[i, j] += f[c, u, v] * x[c, stride * i + u, stride * j + v]
    return y


def stack(array):
    return tuple(tuple(tuple(map(float, row)) for row in channel) for channel in array)


def test_the_courses_numbers():
    got = numbers(solved("conv"))
    y = correlated(X[np.newaxis], F[np.newaxis], 1, 1)
    assert got["correlation.y"].tolist() == y.tolist()
    # Y[0, 4]: rows 0-2 and columns 3-5 of X under rows 1-3 and columns 0-2 of F
    by_hand = (
        1 * -2 + 3 * 5 + 1 * 0
        + 2 * 6 - 1 * 3 + 2 * 3
        + 1 * 3 + 3 * -2 + 1 * 6
    )  # fmt: skip
    assert got["correlation.at_0_4"] == by_hand == y[0, 4]
    assert got["correlation.at_4_1"] == y[4, 1]
    assert got["size.output"] == "5 x 6"
    assert (got["same.filter"], got["same.filter_doubled"]) == (5, 9)
    assert got["parameters.rgb.with_bias"] == 28
    assert got["parameters.rgb.without_bias"] == 27
    assert got["parameters.rgb.naive"] == 10
    assert got["parameters.unknown_count.with_bias"] == "17 K"
    assert got["parameters.unknown_count.without_bias"] == "16 K"
    assert got["parameters.unknown_count.layer1.output"] == "K x 37 x 37"
    assert got["parameters.stack.layer1.with_bias"] == 4 * (36 + 1)
    assert got["parameters.stack.layer2.with_bias"] == 3 * (4 * 9 + 1)
    assert got["parameters.stack.with_bias"] == 148 + 111
    assert got["parameters.stack.without_bias"] == 144 + 108
    assert got["parameters.stack.naive"] == 148 + 30


def test_the_sizes_that_the_text_states_are_not_the_computed_ones():
    got = numbers(solved("conv"))
    torch = pytest.importorskip("torch")
    for stride, stated, computed in ((1, 3, 4), (2, 4, 2)):
        assert got[f"text.stride{stride}.stated"] == stated
        assert got[f"text.stride{stride}.computed"] == computed
        y = torch.nn.Conv2d(1, 1, 3, stride=stride, padding=1)(torch.zeros(1, 1, 4, 4))
        assert y.shape[2:] == (computed, computed)


def test_the_windows_written_out_give_the_entries():
    answer = solved("conv", question="correlation")
    got = numbers(answer)
    shown = {key: eval(text) for step in answer.steps for key, text in step.workings}
    for i, j in conv.AT:
        assert shown[f"Y[{i},{j}]"] == got[f"correlation.at_{i}_{j}"]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2)])
def test_any_image_and_filter_equal_pytorchs(channels, stride, padding):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, f = rng.normal(size=(channels, 7, 9)), rng.normal(size=(channels, 3, 2))
    got = numbers(solved("conv", image=stack(x), kernel=stack(f), stride=stride, padding=padding))
    y = torch.nn.functional.conv2d(
        torch.tensor(x)[None], torch.tensor(f)[None], stride=stride, padding=padding
    )
    np.testing.assert_allclose(got["correlation.y"], y[0, 0], rtol=1e-13, atol=1e-14)
    turned = torch.nn.functional.conv2d(
        torch.tensor(x)[None], torch.tensor(f).flip(1, 2)[None], stride=stride, padding=padding
    )
    np.testing.assert_allclose(got["correlation.turned"], turned[0, 0], rtol=1e-13, atol=1e-14)
    if channels == 3:
        parts = [got[f"correlation.channel{c}"] for c in range(3)]
        np.testing.assert_allclose(sum(parts), got["correlation.y"], rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(("stride", "padding"), [(1, 1), (1, 3), (2, 5), (3, 1)])
def test_every_filter_that_keeps_a_size_is_found(stride, padding):
    got = numbers(solved("conv", question="same", size=(16,), stride=stride, padding=padding))
    keeps = [k for k in range(1, 17 + 2 * padding)
             if (16 + 2 * padding - k) // stride + 1 == 16 and k <= 16 + 2 * padding]  # fmt: skip
    assert got[f"same.filters_at_padding_{padding}"].tolist() == keeps
    if stride == 1:
        assert got["same.filter"] == 2 * padding + 1


@pytest.mark.parametrize(("kernel", "padding"), [(1, 0), (3, 1), (7, 3), (4, None)])
def test_the_padding_that_keeps_a_size(kernel, padding):
    got = numbers(solved("conv", question="same", kernel_size=(kernel,)))
    assert got["same.padding"] == padding


@pytest.mark.parametrize(
    ("image", "layers"),
    [((3, 32, 32), "8x3x3,16x5x5,4x1x1"), ((1, 40, 40), "6x4x4"), ((2, 9, 12), "5x2x3,1x4x4")],
)
def test_counts_equal_those_of_pytorchs_layers(image, layers):
    torch = pytest.importorskip("torch")
    got = numbers(solved("conv", input=image, layers=layers))
    channels, modules = image[0], []
    for filters, kh, kw in (map(int, layer.split("x")) for layer in layers.split(",")):
        modules.append(torch.nn.Conv2d(channels, filters, (kh, kw)))
        channels = filters
    assert got["parameters.with_bias"] == sum(p.numel() for m in modules for p in m.parameters())
    assert got["parameters.without_bias"] == sum(m.weight.numel() for m in modules)
    y = torch.nn.Sequential(*modules)(torch.zeros(1, *image))
    last = len(modules)
    assert got[f"parameters.layer{last}.output"] == " x ".join(map(str, y.shape[1:]))


def test_an_unknown_count_runs_through_a_stack():
    got = numbers(solved("conv", input=(3, 20, 20), layers="2x3x3,Kx3x3,4x2x2"))
    for k in (1, 2, 7):
        want = 2 * 28 + k * (2 * 9 + 1) + 4 * (k * 4 + 1)
        slope, start = (int(part) for part in got["parameters.with_bias"].split(" K + "))
        assert slope * k + start == want
    assert got["parameters.layer2.built"] == 2 * (2 * 9 + 1)


def test_only_what_is_chosen_is_a_hyper_parameter():
    got = numbers(solved("conv", question="hyper-parameters"))
    for name in ("out_channels", "kernel_size", "stride", "padding"):
        assert got[f"hyper.{name}"] is True
    assert got["hyper.weights_moved"] is True
    assert got["hyper.biases_moved"] is True
    assert (got["hyper.output_of_8"], got["hyper.output_of_12"]) == (8, 12)


def test_the_options_tell_what_is_asked():
    image = stack(np.ones((1, 3, 3)))
    keys = {
        "correlation": {"image": image, "kernel": image},
        "size": {"size": (9, 9), "kernel_size": (3,)},
        "parameters": {"layers": "2x2x2"},
    }
    for question, given in keys.items():
        got = numbers(solved("conv", **given))
        assert {key.split(".")[0] for key in got} == {question}


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"image": stack(np.ones((2, 3, 3)))}, ShapeError, "2 channels and the filter 1"),
        ({"image": stack(np.ones((1, 3, 3)))}, ShapeError, "larger than the padded image of 3 x 3"),
        ({"at": ((5, 0),)}, ArgumentError, "outside the output of 5 x 5"),
        ({"at": ((1, 2, 3),)}, ShapeError, "expected a row and a column"),
        ({"size": (3, 3), "kernel_size": (4,)}, ShapeError, "larger than the image"),
        ({"size": (3, 3, 3)}, ShapeError, "expected height and width"),
        ({"layers": "4x4"}, ArgumentError, "got '4x4'"),
        ({"layers": "0x4x4"}, ArgumentError, "got '0x4x4'"),
        ({"layers": "Kx2x2,Kx2x2"}, ArgumentError, "a K in one layer only"),
        ({"layers": "2x9x9", "input": (1, 8, 8)}, ShapeError, "larger than the image"),
        ({"input": (1, 8)}, ArgumentError, "channels, height and width"),
        ({"question": "same", "size": (3, 4)}, ArgumentError, "square images"),
        ({"padding": 900}, ArgumentError, "at most 40000"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(given, error, message):
    with pytest.raises(error, match=message):
        solved("conv", **given)


def test_layers_are_read_in_either_case():
    assert read_layers(" kx2x3 , 4x1x1") == ((None, 2, 3), (4, 1, 1))


def test_keys_of_1000_exercises_are_right():
    seen = set()
    for seed in range(1000):
        posed = problem("conv", seed)
        got = numbers(solved("conv", seed))
        y = correlated(np.array(posed.image), np.array(posed.kernel), posed.stride, posed.padding)
        assert got["correlation.y"].tolist() == y.tolist()
        assert len(posed.at) == 2
        for i, j in posed.at:
            assert got[f"correlation.at_{i}_{j}"] == y[i, j]
        seen.add(posed)
    assert len(seen) == 1000


@pytest.mark.parametrize("question", ["size", "same", "parameters"])
def test_keys_of_1000_exercises_of_the_other_questions_are_right(question):
    seen = set()
    for seed in range(1000):
        posed = problem("conv", seed, question=question)
        got = numbers(solved("conv", seed, question=question))
        if question == "size":
            (h, w), (k, _) = posed.size, posed.kernel_size
            sizes = [(n + 2 * posed.padding - k) / posed.stride + 1 for n in (h, w)]
            assert got["size.output"] == f"{sizes[0]:g} x {sizes[1]:g}"  # no rest
        elif question == "same":
            assert got["same.filter"] == 2 * posed.padding + 1
            assert got["same.filter_doubled"] == 4 * posed.padding + 1
        else:
            channels, count = posed.input[0], 0
            for layer in posed.layers.split(","):
                filters, kh, kw = map(int, layer.split("x"))
                count += filters * (channels * kh * kw + 1)
                channels = filters
            assert got["parameters.with_bias"] == count
        seen.add(posed)
    assert len(seen) >= {"size": 500, "same": 20, "parameters": 500}[question]
