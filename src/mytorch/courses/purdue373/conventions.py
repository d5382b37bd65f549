"""purdue373's own ways: one-hot labels, weights (in, out), a loss divided by the classes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ... import nn
from ..profile import Contradiction, Profile
from .numpy_ann import NumpyANN, initial_weights


def _conv_sizes() -> Mapping[str, Any]:
    """Run convolutions 3x3 with padding 1 over an image of 4x4."""
    image = np.zeros((1, 1, 4, 4), np.float32)
    sizes = {}
    for stride in (1, 2):
        *_, height, width = nn.Conv2d(1, 1, 3, stride=stride, padding=1).predict(image).shape
        sizes[f"stride {stride}"] = (height, width)
    return sizes


def _output_function() -> Mapping[str, Any]:
    """Run the network of the course's check values, and both functions on its scores."""
    model = NumpyANN(5, 3, 2, 0.01)
    output = model._forward(np.array([[1.0, 2.0, 3.0, 4.0, 5.0]]), training=True)
    return {
        "output": output[0].tolist(),
        "softmax of z2": nn.Softmax().predict(model.z2)[0].tolist(),
        "sigmoid of z2": nn.Sigmoid().predict(model.z2)[0].tolist(),
    }


def _relu_at_zero() -> Mapping[str, Any]:
    """Take ReLU's difference quotients on both sides of 0."""
    relu, h = nn.ReLU(), 2.0**-20
    left, middle, right = relu.predict(np.array([-h, 0.0, h]))
    return {
        "from the left": float((middle - left) / h),
        "from the right": float((right - middle) / h),
        "_relu_grad(0)": float(NumpyANN(1, 1, 1, 0.0)._relu_grad(0.0)),
    }


PROFILE = Profile(
    name="purdue373",
    title="FashionMNIST by a dense network in NumPy, and by two networks in PyTorch",
    programs=("numpy_ann", "pytorch_ann", "pytorch_cnn", "numpy_cnn"),
    loss="classes",
    gradient="examples",
    other_losses=("examples",),
    bias="row",
    rows_are_inputs=True,
    initial=initial_weights,
    relu_slope_at_zero=0.0,
    contradictions=(
        Contradiction(
            says="a 3x3 filter turns a 4x4 image into 3x3 at stride 1 and padding 1, and into 4x4 "
            "at stride 2 and padding 1",
            holds="it is 4x4 at stride 1 and 2x2 at stride 2: (4 + 2 - 3) // stride + 1",
            shown=_conv_sizes,
        ),
        Contradiction(
            says="the output layer is a sigmoid",
            holds="it is a softmax: the outputs add up to 1",
            shown=_output_function,
        ),
        Contradiction(
            says="ReLU'(0) is 1 in the words, and 0 in the formula",
            holds="there is no derivative at 0, and either serves; the formula's 0 is used",
            shown=_relu_at_zero,
        ),
    ),
)
