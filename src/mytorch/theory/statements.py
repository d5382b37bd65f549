"""The statements of `mytorch explain true-false`: each is settled by computing something."""

from collections.abc import Callable
from inspect import signature
from typing import NamedTuple

import numpy as np

from ..nn import (
    ELU,
    SGD,
    Conv2d,
    LeakyReLU,
    Linear,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    SoftmaxCrossEntropy,
    Tanh,
)
from . import functions
from .answer import Value, value
from .conv_sizes import filters_that_keep, output_size
from .digits import short
from .draws import Rng


class Settled(NamedTuple):
    """A statement, whether it is true, why, and the numbers that say so."""

    text: str
    true: bool
    why: str
    values: tuple[Value, ...]


def _sigmoid_bounded() -> Settled:
    z = np.array([-30.0, -5.0, 0.0, 5.0, 30.0])
    y = Sigmoid().forward(z)
    rounded = Sigmoid().forward(np.array([40.0])).item()
    return Settled(
        "The sigmoid takes values in (0, 1) only.",
        bool(y.min() > 0 and y.max() < 1),
        "1 + exp(-z) is above 1 for every z, so the quotient is positive and below 1. (In the "
        "computer it is rounded to 1 from about z = 37 on.)",
        (
            value("z", z),
            value("sigmoid", y, "sigmoid(z)", r"\sigma(z)"),
            value("sigmoid_of_40", rounded, "sigmoid(40), rounded"),
        ),
    )


def _slopes_at_0() -> tuple[float, float]:
    sigmoid = functions.value_and_slope("sigmoid", np.zeros(1))[1].item()
    return sigmoid, functions.value_and_slope("tanh", np.zeros(1))[1].item()


def _sigmoid_steeper() -> Settled:
    sigmoid, tanh = _slopes_at_0()
    return Settled(
        "Near 0 the derivative of the sigmoid is larger than that of tanh.",
        sigmoid > tanh,
        "sigmoid' = sigmoid (1 - sigmoid) is 1/4 at 0, its largest value; tanh' = 1 - tanh^2 is 1. "
        "So gradients shrink at least fourfold in each sigmoid.",
        (
            value("sigmoid_slope", sigmoid, "sigmoid'(0)", r"\sigma'(0)"),
            value("tanh_slope", tanh, "tanh'(0)", r"\tanh'(0)"),
        ),
    )


def _sigmoid_centred() -> Settled:
    z = np.linspace(-3, 3, 61)
    means = Sigmoid().forward(z).mean().item(), Tanh().forward(z).mean().item()
    return Settled(
        "The outputs of a sigmoid are centred around 0 where its inputs are.",
        abs(means[0]) < 1e-9,
        "They are positive; for inputs spread evenly around 0 their mean is 1/2. Those of tanh are "
        "centred.",
        (
            value("mean_sigmoid", means[0], "mean of sigmoid"),
            value("mean_tanh", round(means[1], 15), "mean of tanh"),
        ),
    )


def _dense_shares() -> Settled:
    layer = Linear(4, 3, dtype=np.float64, rng=np.random.default_rng(0))
    x = np.array([[1.0, -1.0, 0.5, 2.0]])
    before = layer.forward(x)
    layer.weight[0] += 1  # of the first neuron alone
    moved = layer.forward(x) - before
    count = sum(p.size for p in layer.get_parameters())
    return Settled(
        "The neurons of a dense layer share their weights.",
        bool(np.all(moved != 0)),
        "Each neuron has a row of the weight matrix and a bias of its own: changing the first row "
        "changes the first output alone. With 4 inputs, 3 neurons have 3 (4 + 1) parameters, not "
        "4 + 1.",
        (
            value("change", moved[0], "change of the outputs"),
            value("parameters", count),
        ),
    )


def _conv_shares() -> Settled:
    layer = Conv2d(1, 2, 3, dtype=np.float64, rng=np.random.default_rng(0))
    count = sum(p.size for p in layer.get_parameters())
    dots = np.zeros((2, 1, 8, 8))  # the same dot, in the second image one pixel further right
    dots[0, 0, 3, 3] = dots[1, 0, 3, 4] = 1
    left, right = layer.forward(dots)
    difference = float(np.abs(right[:, :, 1:] - left[:, :, :-1]).max())
    return Settled(
        "A convolutional layer uses the same weights at every position of the image.",
        difference == 0 and count == 2 * (9 + 1),
        "Its parameters are those of its filters, however large the image: 2 filters of 3 x 3 have "
        "2 (9 + 1). A dot one pixel further right gives the same answer, one pixel further right.",
        (
            value("parameters", count),
            value("difference", difference, "difference of the answers"),
        ),
    )


def _relu_at_0() -> Settled:
    left, right = functions.sides("relu")
    library = functions.value_and_slope("relu", np.zeros(1))[1].item()
    return Settled(
        "ReLU has a derivative at 0.",
        left == right,
        "From the left the slope is 0, from the right 1. Programs choose: the library takes 0, as "
        "the formula [z > 0] says; a text that says '1 for z at 0 and above' takes 1. Both are "
        "subgradients.",
        (
            value("from_left", left, "slope from the left"),
            value("from_right", right, "slope from the right"),
            value("library", library, "the library's"),
        ),
    )


def _gradient_of_dead(module: ReLU | LeakyReLU | ELU) -> float:
    """Return max |dL/dw| of a neuron whose net inputs are all negative."""
    x = np.array([[1.0, 2.0], [3.0, 1.0], [0.5, 0.5]])
    layer = Linear(2, 1, init="zeros", dtype=np.float64)
    layer.weight[:] = -1
    layer.get_parameters()[1][:] = -1
    module.forward(layer.forward(x))
    layer.backward(module.backward(np.ones((3, 1))))
    return float(np.abs(layer.get_gradients()[0]).max())


def _relu_dies() -> Settled:
    gradient = _gradient_of_dead(ReLU())
    return Settled(
        "A ReLU neuron whose net input is negative for every example gets no gradient.",
        gradient == 0,
        "Its slope is 0 for all of them, and so is every product with it: the neuron is dead.",
        (value("gradient", gradient, "largest |dL/dw|"),),
    )


def _leaky_dies() -> Settled:
    gradient = _gradient_of_dead(LeakyReLU(0.01))
    return Settled(
        "A leaky ReLU can die like a ReLU.",
        gradient == 0,
        "Its slope is never 0, only 100 times smaller for negative net inputs.",
        (value("gradient", gradient, "largest |dL/dw|"),),
    )


def _elu_dies() -> Settled:
    gradient = _gradient_of_dead(ELU())
    slope = functions.value_and_slope("elu", np.array([-20.0]))[1].item()
    return Settled(
        "An ELU can die like a ReLU.",
        gradient == 0,
        "Its slope exp(z) is positive for every z. Far below 0, though, it is so small that "
        "nothing is learned in practice.",
        (
            value("gradient", gradient, "largest |dL/dw|"),
            value("slope_at_minus_20", slope, "slope at -20"),
        ),
    )


def _hyper(name: str, told: str, answer: bool) -> Callable[[], Settled]:
    def settle() -> Settled:
        argument = name in signature(Conv2d).parameters
        names = [n for n, _ in Conv2d(1, 1, 3).named_parameters()]
        return Settled(
            f"{told} of a convolutional layer is a hyper-parameter.",
            argument and name not in names,
            "It is chosen before training: an argument of the layer, which no step changes."
            if answer
            else "It is no choice about the layer: the data bring it, or training finds it.",
            (
                value("is_argument", argument, "argument of the layer"),
                value("is_learned", name in names, "learned by training"),
            ),
        )

    return settle


def _rgb_filter() -> Settled:
    counts = [sum(p.size for p in Conv2d(c, 1, 3).get_parameters()) for c in (1, 3)]
    return Settled(
        "One 3 x 3 filter with a bias on an RGB image has 10 parameters.",
        counts[1] == 10,
        "A filter has a layer for each channel: 3 x 3 x 3 + 1. The 10 forget the channels.",
        (
            value("grey", counts[0], "on a grey image"),
            value("rgb", counts[1], "on an RGB image"),
        ),
    )


def _text_size(stride: int, stated: int) -> Callable[[], Settled]:
    def settle() -> Settled:
        out = output_size((4, 4), (3, 3), stride, 1)[0]
        return Settled(
            f"A 4 x 4 image and a 3 x 3 filter at stride {stride}, padding 1 give {stated} x "
            f"{stated}.",
            out == stated,
            "floor((4 + 2 - 3) / s) + 1. The course's text states the size that is wrong here.",
            (value("computed", out),),
        )

    return settle


def _zero_learns() -> Settled:
    network = Sequential(
        Linear(2, 3, init="zeros", dtype=np.float64),
        Tanh(),
        Linear(3, 2, init="zeros", dtype=np.float64),
    )
    loss = SoftmaxCrossEntropy()
    loss.forward(
        network.forward(np.array([[1.0, 2.0], [0.0, 1.0], [3.0, 1.0]])), np.array([0, 1, 1])
    )
    network.backward(loss.backward())
    gradients = [float(np.abs(g).max()) for g in network.get_gradients()]
    return Settled(
        "In a network whose weights and biases are all 0, no gradient is other than 0.",
        max(gradients) == 0,
        "Those of the weights are 0, but that of the output's bias is the mean of p - y.",
        (
            value("weight_gradient", max(gradients[0], gradients[2]), "largest |dL/dW|"),
            value("bias_gradient", gradients[3], "largest |dL/db2|"),
        ),
    )


def _softmax_shift() -> Settled:
    z = np.array([2.0, 1.5, -1.0])
    first, second = Softmax().forward(z), Softmax().forward(z + 4)
    return Settled(
        "Adding the same number to all scores changes their softmax.",
        bool(np.abs(first - second).max() > 1e-12),
        "Numerator and denominator gain the same factor.",
        (value("p", first), value("p_shifted", second, "p of z + 4")),
    )


def _bias_shift() -> Settled:
    layer = Linear(2, 1, dtype=np.float64, bias=False, rng=np.random.default_rng(0))
    y = layer.forward(np.zeros((1, 2))).item()
    return Settled(
        "A linear neuron without a bias is 0 at the input 0, whatever its weights.",
        y == 0,
        "w.0 = 0: its boundary goes through the origin.",
        (value("output", y),),
    )


def _gradient_step_down() -> Settled:
    w, lr = np.array([1.0]), 1.5
    start = float(w[0] ** 2)
    SGD([w], lr=lr).step([2 * w])
    return Settled(
        "A step of gradient descent always lowers the loss.",
        float(w[0] ** 2) < start,
        "Not with too large a rate: for L = w^2, w = 1, lr = 1.5 the step leads to w = -2.",
        (value("loss_before", start, "L before"), value("loss_after", float(w[0] ** 2), "L after")),
    )


COURSE: dict[str, Callable[[], Settled]] = {
    "sigmoid-bounded": _sigmoid_bounded,
    "sigmoid-steeper-than-tanh": _sigmoid_steeper,
    "dense-shares-weights": _dense_shares,
    "relu-dies": _relu_dies,
    "leaky-relu-dies": _leaky_dies,
    "elu-dies": _elu_dies,
    "stride-is-hyper-parameter": _hyper("stride", "The stride", True),
    "padding-is-hyper-parameter": _hyper("padding", "The padding", True),
    "filter-size-is-hyper-parameter": _hyper("kernel_size", "The filter size", True),
    "image-size-is-hyper-parameter": _hyper("image_size", "The size of the image", False),
    "weight-is-hyper-parameter": _hyper("weight", "A weight", False),
    "rgb-filter-has-10-parameters": _rgb_filter,
    "relu-has-a-derivative-at-0": _relu_at_0,
    "conv-shares-weights": _conv_shares,
    "text-size-at-stride-1": _text_size(1, 3),
    "text-size-at-stride-2": _text_size(2, 4),
    "zero-weights-have-no-gradient": _zero_learns,
    "sigmoid-is-centred": _sigmoid_centred,
    "softmax-changes-with-a-shift": _softmax_shift,
    "no-bias-through-the-origin": _bias_shift,
    "a-step-lowers-the-loss": _gradient_step_down,
}


def _vary_dense(rng: Rng) -> Settled:
    inputs, neurons = int(rng.integers(2, 20)), int(rng.integers(2, 12))
    count = sum(p.size for p in Linear(inputs, neurons).get_parameters())
    stated = (count, count - neurons, inputs + neurons)[int(rng.choice([0, 0, 1, 2]))]
    return Settled(
        f"A dense layer with {inputs} inputs and {neurons} neurons, biases included, has {stated} "
        "parameters.",
        stated == count,
        "Each neuron has a weight for each input, and a bias.",
        (value("parameters", count),),
    )


def _vary_conv(rng: Rng) -> Settled:
    channels, filters = int(rng.choice([1, 3])), int(rng.integers(1, 9))
    k = int(rng.integers(2, 7))
    count = sum(p.size for p in Conv2d(channels, filters, k).get_parameters())
    naive = filters * (k * k + 1) if channels > 1 else count - filters
    stated = (count, naive)[int(rng.integers(2))]
    return Settled(
        f"A convolutional layer of {filters} filters of {k} x {k} on an image of {channels} "
        f"channel{'s' if channels > 1 else ''}, biases included, has {stated} parameters.",
        stated == count,
        "Each filter has k x k weights for each channel, and one bias.",
        (value("parameters", count),),
    )


def _vary_size(rng: Rng) -> Settled:
    n, k = int(rng.integers(8, 33)), int(rng.integers(2, 7))
    stride, padding = int(rng.integers(1, 4)), int(rng.integers(0, 3))
    out = output_size((n, n), (k, k), stride, padding)[0]
    stated = out + int(rng.choice([0, 0, 1, -1]))
    return Settled(
        f"An image of {n} x {n} and a filter of {k} x {k} at stride {stride}, padding {padding} "
        f"give {stated} x {stated}.",
        stated == out,
        f"floor(({n} + 2 * {padding} - {k}) / {stride}) + 1.",
        (value("computed", out),),
    )


def _vary_same(rng: Rng) -> Settled:
    padding = int(rng.integers(1, 5))
    stated = int(rng.choice([2 * padding, 2 * padding + 1, 2 * padding + 1, 2 * padding + 3]))
    keep = filters_that_keep(32, padding, 1)
    return Settled(
        f"At stride 1 and padding {padding}, a filter of {stated} x {stated} keeps the size of an "
        "image.",
        stated in keep,
        "It does where k = 2 p + 1.",
        (value("keeps", list(keep), "filters that do"),),
    )


def _vary_slope(rng: Rng) -> Settled:
    names = ("sigmoid", "tanh", "relu", "leaky-relu", "elu")
    a, b = rng.choice(len(names), 2, replace=False)
    z = float(rng.choice([-3.0, -2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 3.0]))
    first, second = (
        functions.value_and_slope(names[int(n)], np.array([z]))[1].item() for n in (a, b)
    )
    titles = [functions.FUNCTIONS[names[int(n)]].title for n in (a, b)]
    return Settled(
        f"At {short(z)} the derivative of {titles[0]} is larger than that of {titles[1]}.",
        first > second,
        "Their derivatives there:",
        (value("first", first, titles[0]), value("second", second, titles[1])),
    )


def _vary_dead(rng: Rng) -> Settled:
    x = rng.integers(-3, 4, (3, 2)).astype(float)
    w = rng.integers(-2, 3, 2).astype(float)
    b = float(rng.integers(-5, 2))
    z = x @ w + b
    points = ", ".join(f"({short(p)}, {short(q)})" for p, q in x)
    return Settled(
        f"A ReLU neuron with w = ({short(w[0])}, {short(w[1])}) and b = {short(b)} is dead on the "
        f"examples {points}.",
        bool(np.all(z <= 0)),
        "It is where w.x + b <= 0 for every example.",
        (value("z", z),),
    )


VARIED: dict[str, Callable[[Rng], Settled]] = {
    "parameters-of-a-dense-layer": _vary_dense,
    "parameters-of-a-convolution": _vary_conv,
    "size-of-an-output": _vary_size,
    "filter-that-keeps-the-size": _vary_same,
    "slopes-compared": _vary_slope,
    "a-dead-relu": _vary_dead,
}
