"""Every backward pass is the derivative of its forward pass.

`CASES` is the table: at least one row for every public module and loss. A new layer adds its
line, and every test below then runs on it too; the last one fails until the line is there.
"""

import importlib
import pickle
import pkgutil
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest

from mytorch import nn
from mytorch.nn import (
    ELU,
    GELU,
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    BCEWithLogitsLoss,
    Conv2d,
    Dropout,
    Dropout2d,
    Flatten,
    HuberLoss,
    Identity,
    L1Loss,
    LayerNorm,
    LeakyReLU,
    Linear,
    LogSoftmax,
    MaxOut,
    MaxPool2d,
    MSELoss,
    NLLLoss,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    SoftmaxCrossEntropy,
    Softplus,
    Tanh,
)
from mytorch.utils.copying import contents
from mytorch.utils.errors import OrderError
from mytorch.utils.gradient_check import check_gradients


class Case(NamedTuple):
    make: Callable[[], Any]
    shape: tuple[int, ...]  # of the input, the batch first
    target: np.ndarray | None = None  # for losses
    smallest: int = 1  # batch


LABELS = np.array([2, 0, 1, 1, 3])
ROWS = np.random.default_rng(1).dirichlet(np.ones(4), 5)
NUMBERS = np.random.default_rng(1).standard_normal((5, 4))
WEIGHT = np.array([0.5, 2.0, 1.5, 0.25])
SMOOTHING = {"label_smoothing": 0.1}

CASES = {
    "Linear": Case(lambda: Linear(4, 3), (5, 4)),
    "Linear, square": Case(lambda: Linear(4, 4), (5, 4)),
    "ReLU": Case(ReLU, (5, 4)),
    "ReLU, images": Case(ReLU, (2, 3, 4, 4)),
    "Sigmoid": Case(Sigmoid, (5, 4)),
    "Tanh": Case(Tanh, (5, 4)),
    "Linear, no bias": Case(lambda: Linear(4, 3, bias=False), (5, 4)),
    "Identity": Case(Identity, (5, 4)),
    "LeakyReLU": Case(LeakyReLU, (5, 4)),
    "LeakyReLU, steep": Case(lambda: LeakyReLU(-0.3), (5, 4)),
    "ELU": Case(ELU, (5, 4)),
    "ELU, alpha": Case(lambda: ELU(0.3), (5, 4)),
    "Softplus": Case(Softplus, (5, 4)),
    "Softplus, options": Case(lambda: Softplus(3.0, threshold=2.0), (5, 4)),
    "SiLU": Case(SiLU, (5, 4)),
    "GELU": Case(GELU, (5, 4)),
    "GELU, tanh": Case(lambda: GELU(approximate="tanh"), (5, 4)),
    "Softmax": Case(Softmax, (5, 4)),
    "Softmax, axis 1 of 3": Case(lambda: Softmax(dim=1), (2, 3, 4)),
    "LogSoftmax": Case(LogSoftmax, (5, 4)),
    "LogSoftmax, axis 1 of 3": Case(lambda: LogSoftmax(dim=1), (2, 3, 4)),
    "MaxOut": Case(MaxOut, (5, 4)),
    "MaxOut, images": Case(lambda: MaxOut(3), (2, 6, 4, 4)),
    "Dropout": Case(lambda: Dropout(0.3, rng=np.random.default_rng(5)), (5, 4)),
    "Dropout, evaluation": Case(lambda: Dropout(0.3).eval(), (5, 4)),
    "Flatten": Case(Flatten, (5, 2, 3)),
    "Flatten, some axes": Case(lambda: Flatten(0, 1), (5, 2, 3)),
    "BatchNorm1d": Case(lambda: BatchNorm1d(4), (5, 4), smallest=2),
    "BatchNorm1d, evaluation": Case(lambda: BatchNorm1d(4).eval(), (5, 4)),
    "BatchNorm1d, sequences": Case(lambda: BatchNorm1d(4), (5, 4, 3)),
    "BatchNorm1d, bare": Case(
        lambda: BatchNorm1d(4, affine=False, track_running_stats=False), (5, 4), smallest=2
    ),
    "BatchNorm2d": Case(lambda: BatchNorm2d(3), (4, 3, 2, 2)),
    "BatchNorm2d, frozen": Case(lambda: BatchNorm2d(3, frozen=True), (4, 3, 2, 2)),
    "BatchNorm2d, evaluation": Case(lambda: BatchNorm2d(3).eval(), (4, 3, 2, 2)),
    "Dropout2d": Case(lambda: Dropout2d(0.3, rng=np.random.default_rng(5)), (4, 3, 2, 2)),
    "Conv2d": Case(lambda: Conv2d(2, 3, 3), (3, 2, 5, 4)),
    "Conv2d, no bias": Case(lambda: Conv2d(2, 3, 3, bias=False), (3, 2, 5, 4)),
    "Conv2d, one pixel": Case(lambda: Conv2d(2, 3, 1), (3, 2, 2, 3)),
    "Conv2d, stride and padding": Case(
        lambda: Conv2d(2, 3, (3, 2), stride=(2, 3), padding=(2, 1)), (3, 2, 5, 6)
    ),
    "Conv2d, stride > kernel": Case(lambda: Conv2d(2, 3, 2, stride=3), (3, 2, 6, 7)),
    "Conv2d, padding > kernel": Case(lambda: Conv2d(2, 3, 2, padding=3), (3, 2, 2, 3)),
    "Conv2d, dilation": Case(lambda: Conv2d(2, 3, 3, 2, 2, dilation=(2, 1)), (3, 2, 6, 5)),
    "Conv2d, groups": Case(lambda: Conv2d(4, 6, 3, padding=1, groups=2), (3, 4, 4, 3)),
    "Conv2d, each channel by itself": Case(lambda: Conv2d(3, 6, 2, groups=3), (3, 3, 4, 3)),
    "MaxPool2d": Case(lambda: MaxPool2d(2), (3, 2, 5, 4)),
    "MaxPool2d, overlapping": Case(lambda: MaxPool2d(3, 1, 1), (3, 2, 5, 4)),
    "MaxPool2d, options": Case(
        lambda: MaxPool2d((2, 3), (3, 2), 1, (1, 2), ceil_mode=True), (3, 2, 6, 7)
    ),
    "AvgPool2d": Case(lambda: AvgPool2d(2), (3, 2, 5, 4)),
    "AvgPool2d, overlapping": Case(lambda: AvgPool2d(3, 2, 1, ceil_mode=True), (3, 2, 6, 5)),
    "AvgPool2d, padding left out": Case(
        lambda: AvgPool2d(3, 2, 1, count_include_pad=False), (3, 2, 5, 4)
    ),
    "AvgPool2d, divisor": Case(lambda: AvgPool2d(2, divisor_override=3), (3, 2, 5, 4)),
    "AdaptiveAvgPool2d": Case(lambda: AdaptiveAvgPool2d((2, 3)), (3, 2, 5, 4)),
    "AdaptiveAvgPool2d, larger": Case(lambda: AdaptiveAvgPool2d(4), (3, 2, 3, 2)),
    "LayerNorm": Case(lambda: LayerNorm(4), (5, 4)),
    "LayerNorm, two axes": Case(lambda: LayerNorm((3, 4)), (5, 3, 4)),
    "LayerNorm, no bias": Case(lambda: LayerNorm(4, bias=False), (5, 4)),
    "LayerNorm, bare": Case(lambda: LayerNorm(4, elementwise_affine=False), (5, 4)),
    "Residual": Case(lambda: Residual(Linear(4, 6), Tanh(), Linear(6, 4)), (5, 4)),
    "Residual, shortcut": Case(
        lambda: Residual(Linear(4, 6), Tanh(), shortcut=Linear(4, 6, bias=False)), (5, 4)
    ),
    "Sequential": Case(lambda: Sequential(Linear(4, 6), ReLU(), Linear(6, 3)), (5, 4)),
    "Sequential, nested": Case(
        lambda: Sequential(Linear(4, 3), Sequential(Sigmoid(), Linear(3, 3)), Tanh()), (5, 4)
    ),
}
# The loss, its target for predictions of shape (5, 4), and its options; each reduction is a case.
LOSSES = {
    "SoftmaxCrossEntropy, labels": (SoftmaxCrossEntropy, LABELS, {}),
    "SoftmaxCrossEntropy, one-hot": (SoftmaxCrossEntropy, np.eye(4)[LABELS], {}),
    "SoftmaxCrossEntropy, probabilities": (SoftmaxCrossEntropy, ROWS, {}),
    "SoftmaxCrossEntropy, labels, weight": (SoftmaxCrossEntropy, LABELS, {"weight": WEIGHT}),
    "SoftmaxCrossEntropy, labels, smoothed": (SoftmaxCrossEntropy, LABELS, SMOOTHING),
    "SoftmaxCrossEntropy, labels, ignored": (SoftmaxCrossEntropy, LABELS, {"ignore_index": 1}),
    "SoftmaxCrossEntropy, labels, all options": (
        SoftmaxCrossEntropy,
        LABELS,
        {"weight": WEIGHT, "ignore_index": 1, **SMOOTHING},
    ),
    "SoftmaxCrossEntropy, probabilities, all options": (
        SoftmaxCrossEntropy,
        ROWS,
        {"weight": WEIGHT, **SMOOTHING},
    ),
    "NLLLoss": (NLLLoss, LABELS, {}),
    "NLLLoss, all options": (NLLLoss, LABELS, {"weight": WEIGHT, "ignore_index": 1}),
    "BCEWithLogitsLoss": (BCEWithLogitsLoss, ROWS, {}),
    "BCEWithLogitsLoss, zeros and ones": (BCEWithLogitsLoss, np.eye(4)[LABELS], {}),
    "BCEWithLogitsLoss, all options": (
        BCEWithLogitsLoss,
        ROWS,
        {"weight": WEIGHT, "pos_weight": WEIGHT[::-1]},
    ),
    "MSELoss": (MSELoss, NUMBERS, {}),
    "L1Loss": (L1Loss, NUMBERS, {}),
    "HuberLoss": (HuberLoss, NUMBERS, {}),
    "HuberLoss, delta": (HuberLoss, NUMBERS, {"delta": 0.3}),
}
CASES |= {
    f"{name}, {reduction}": Case(partial(loss, reduction=reduction, **options), (5, 4), target)
    for name, (loss, target, options) in LOSSES.items()
    for reduction in ("mean", "sum", "none")
}

every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@every_case
def test_backward_is_the_derivative_of_forward(case):
    report = check(case, build(case), inputs(case))
    assert report.verdict == "ok", str(report)
    assert report.input is not None


@every_case
def test_backward_is_the_derivative_for_the_smallest_batch(case):
    report = check(case, build(case), inputs(case)[: case.smallest])
    assert report.verdict == "ok", str(report)


@every_case
def test_backward_agrees_with_the_complex_step_in_a_random_direction(case):
    # Without the checker: dL/dh = sum of gradient * direction, and also Im L(p + ih d) / h.
    rng = np.random.default_rng(3)
    module, x, h = build(case), inputs(case), 1e-20
    _, grad_input, gradients = run(case, module, x)
    moved = module.astype(np.complex128)
    slope = 0.0
    for p, gradient in zip(moved.get_parameters(), gradients, strict=True):
        direction = rng.standard_normal(p.shape)
        p += 1j * h * direction
        slope += np.sum(gradient * direction)
    direction = rng.standard_normal(x.shape)
    slope += np.sum(grad_input * direction)
    y = run(case, moved, x + 1j * h * direction)[0]
    loss = np.sum(upstream(y) * y)
    assert slope == pytest.approx(np.imag(loss) / h, rel=1e-13, abs=0)


@every_case
def test_inputs_may_be_read_only_and_non_contiguous(case):
    x = inputs(case)
    strange = case._replace(target=None if case.target is None else frozen_view(case.target))
    expected = flat(run(case, build(case), x))
    got = flat(run(strange, build(case), frozen_view(x), wrap=frozen_view))
    for a, b in zip(got, expected, strict=True):
        # BLAS may add up in another order.
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-14 * np.max(np.abs(b)))


@every_case
def test_gradients_are_set_and_do_not_accumulate(case):
    module, x = build(case), inputs(case)
    once = [a.copy() for a in flat(run(case, module, x))]
    for a, b in zip(flat(run(case, module, x)), once, strict=True):
        np.testing.assert_array_equal(a, b)


@every_case
def test_arrays_handed_out_are_never_overwritten(case):
    module, x = build(case), inputs(case)
    handed = flat(run(case, module, x))
    before = [a.copy() for a in handed]
    run(case, module, -2 * x)
    for a, b in zip(handed, before, strict=True):
        np.testing.assert_array_equal(a, b)


@every_case
def test_backward_before_forward_says_whose(case):
    module = last = case.make()
    while isinstance(last, Sequential | Residual):
        last = last[-1] if isinstance(last, Sequential) else last.body
    with pytest.raises(OrderError, match=rf"^{type(last).__name__}\(.*\)\.backward needs a forw"):
        module.backward(*[np.ones(())] * (case.target is None))


@every_case
def test_a_pickled_module_computes_the_same_and_leaves_its_caches_behind(case):
    module, x = build(case), inputs(case)
    held = shapes(pickle.loads(pickle.dumps(module)))
    expected = flat(run(case, module, x))
    restored = pickle.loads(pickle.dumps(module))
    assert shapes(restored) == held
    for a, b in zip(flat(run(case, restored, x)), expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_every_public_module_and_loss_stands_in_the_table():
    public = {
        value
        for info in pkgutil.walk_packages(nn.__path__, "mytorch.nn.")
        for name, value in vars(importlib.import_module(info.name)).items()
        if isinstance(value, type) and issubclass(value, nn.Module) and not name.startswith("_")
    } - {nn.Module, nn.Loss, nn.Elementwise}
    assert public >= {Linear, SoftmaxCrossEntropy}
    missing = public - {type(case.make()) for case in CASES.values()}
    assert not missing, f"add a row to CASES for {missing}"


def test_a_wrong_backward_is_convicted():
    class Leaky(ReLU):
        def backward(self, grad_output):
            return super().backward(grad_output) + 0.01 * grad_output

    case = Case(Leaky, (5, 4))
    assert check(case, Leaky(), inputs(case)).verdict == "wrong"


def build(case):
    """The module in float64, every parameter moved off its special initial value."""
    module = case.make().astype(np.float64)
    rng = np.random.default_rng(2)
    for p in module.get_parameters():
        p[...] = rng.standard_normal(p.shape)
    return module


def inputs(case):
    return np.random.default_rng(0).standard_normal(case.shape)


def check(case, module, x):
    """The report; a loss is checked as that of a model that only hands on its scores."""
    if case.target is None:
        return check_gradients(module, x)
    loss = Projected(module) if module.reduction == "none" else module
    return check_gradients(Sequential(), x, case.target[: len(x)], loss=loss)


class Projected:
    """A loss that gives an array, as one number: each of its entries times a random number."""

    def __init__(self, loss):
        self.loss = loss

    def forward(self, z, y):
        losses = self.loss.forward(z, y)
        self.g = upstream(losses)
        return np.sum(self.g * losses)

    def backward(self):
        return self.loss.backward(self.g)


def run(case, module, x, wrap=lambda a: a):
    """Forward, then backward: output, gradient for the input, gradients of the parameters."""
    for part in module.modules():
        if isinstance(part, Dropout):
            part.rng = np.random.default_rng(5)  # the same mask every time
    y = module.forward(x, *([] if case.target is None else [case.target[: len(x)]]))
    return y, module.backward(wrap(upstream(y))), module.get_gradients()


def upstream(y):
    # Random: ones would pass a backward that is wrong by anything that sums to zero.
    return np.array(np.random.default_rng(4).standard_normal(np.shape(y)))


def flat(result):
    y, grad_input, gradients = result
    return [np.asarray(y), grad_input, *gradients]


def shapes(module):
    """The shapes of all arrays that a module holds."""
    return [item.shape for item in contents(module) if isinstance(item, np.ndarray)]


def frozen_view(a):
    """The same numbers, read-only and with gaps between them on every axis."""
    gaps = (..., *[slice(None, None, 2)] * a.ndim)  # of a single number, a view still
    view = np.zeros([2 * size for size in a.shape], a.dtype)[gaps]
    view[...] = a
    view.setflags(write=False)
    return view
