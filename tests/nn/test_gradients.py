"""Every backward pass is the derivative of its forward pass.

`CASES` is the table: at least one row for every public module and loss. A new layer adds its
line, and every test below then runs on it too; the last one fails until the line is there.
"""

import importlib
import pickle
import pkgutil
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from mytorch import nn
from mytorch.nn import Linear, ReLU, Sequential, Sigmoid, SoftmaxCrossEntropy, Tanh
from mytorch.utils.copying import contents
from mytorch.utils.errors import OrderError
from mytorch.utils.gradient_check import check_gradients


class Case(NamedTuple):
    make: Callable[[], Any]
    shape: tuple[int, ...]  # of the input, the batch first
    target: np.ndarray | None = None  # for losses


LABELS = np.array([2, 0, 1, 1, 3])
ROWS = np.random.default_rng(1).dirichlet(np.ones(4), 5)

CASES = {
    "Linear": Case(lambda: Linear(4, 3), (5, 4)),
    "Linear, square": Case(lambda: Linear(4, 4), (5, 4)),
    "ReLU": Case(ReLU, (5, 4)),
    "ReLU, images": Case(ReLU, (2, 3, 4, 4)),
    "Sigmoid": Case(Sigmoid, (5, 4)),
    "Tanh": Case(Tanh, (5, 4)),
    "Sequential": Case(lambda: Sequential(Linear(4, 6), ReLU(), Linear(6, 3)), (5, 4)),
    "Sequential, nested": Case(
        lambda: Sequential(Linear(4, 3), Sequential(Sigmoid(), Linear(3, 3)), Tanh()), (5, 4)
    ),
    "SoftmaxCrossEntropy, labels": Case(SoftmaxCrossEntropy, (5, 4), LABELS),
    "SoftmaxCrossEntropy, one-hot": Case(SoftmaxCrossEntropy, (5, 4), np.eye(4)[LABELS]),
    "SoftmaxCrossEntropy, probabilities": Case(SoftmaxCrossEntropy, (5, 4), ROWS),
}

every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@every_case
def test_backward_is_the_derivative_of_forward(case):
    report = check(case, build(case), inputs(case))
    assert report.verdict == "ok", str(report)
    assert report.input is not None


@every_case
def test_backward_is_the_derivative_for_a_batch_of_one(case):
    report = check(case, build(case), inputs(case)[:1])
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
    loss = objective(case, run(case, moved, x + 1j * h * direction)[0])
    assert slope == pytest.approx(np.imag(loss) / h, rel=1e-13)


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
    module = case.make()
    last = module[-1] if isinstance(module, Sequential) else module
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
    } - {nn.Module, nn.Loss}
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
    return check_gradients(Sequential(), x, case.target[: len(x)], loss=module)


def run(case, module, x, wrap=lambda a: a):
    """Forward, then backward: output, gradient for the input, gradients of the parameters."""
    if case.target is not None:
        return module.forward(x, case.target[: len(x)]), module.backward(), []
    y = module.forward(x)
    return y, module.backward(wrap(upstream(y))), module.get_gradients()


def upstream(y):
    # Random: ones would pass a backward that is wrong by anything that sums to zero.
    return np.random.default_rng(4).standard_normal(y.shape)


def objective(case, y):
    return y if case.target is not None else np.sum(upstream(y) * y)


def flat(result):
    y, grad_input, gradients = result
    return [np.asarray(y), grad_input, *gradients]


def shapes(module):
    """The shapes of all arrays that a module holds."""
    return [item.shape for item in contents(module) if isinstance(item, np.ndarray)]


def frozen_view(a):
    """The same numbers, read-only and with gaps between them on every axis."""
    view = np.zeros([2 * size for size in a.shape], a.dtype)[(slice(None, None, 2),) * a.ndim]
    view[...] = a
    view.setflags(write=False)
    return view
