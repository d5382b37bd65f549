"""What holds for every loss: reductions, grad_output, precision, options."""

import math

import numpy as np
import pytest

from mytorch.nn import (
    BCEWithLogitsLoss,
    HuberLoss,
    L1Loss,
    Loss,
    MSELoss,
    NLLLoss,
    Sequential,
    SoftmaxCrossEntropy,
)
from mytorch.utils.errors import ArgumentError, DtypeError, OrderError, ShapeError
from mytorch.utils.gradient_check import check_gradients

RNG = np.random.default_rng(0)
Z = RNG.standard_normal((3, 4))
LABELS = np.array([2, 0, 1])
ROWS = RNG.dirichlet(np.ones(4), 3)
WEIGHT = np.array([0.5, 2, 1.5, 0.25])

# A loss, its options, its targets for Z, and the shape of its losses with reduction="none".
LOSSES = {
    "labels": (SoftmaxCrossEntropy, {}, LABELS, (3,)),
    "labels, ignored": (SoftmaxCrossEntropy, {"ignore_index": 1}, LABELS, (3,)),
    "labels, all options": (
        SoftmaxCrossEntropy,
        {"weight": WEIGHT, "ignore_index": 0, "label_smoothing": 0.1},
        LABELS,
        (3,),
    ),
    "rows, all options": (
        SoftmaxCrossEntropy,
        {"weight": WEIGHT, "label_smoothing": 0.1},
        ROWS,
        (3,),
    ),
    "NLL": (NLLLoss, {}, LABELS, (3,)),
    "NLL, all options": (NLLLoss, {"weight": WEIGHT, "ignore_index": 0}, LABELS, (3,)),
    "BCE": (BCEWithLogitsLoss, {}, ROWS, (3, 4)),
    "BCE, all options": (
        BCEWithLogitsLoss,
        {"weight": WEIGHT, "pos_weight": WEIGHT},
        ROWS,
        (3, 4),
    ),
    "MSE": (MSELoss, {}, ROWS, (3, 4)),
    "L1": (L1Loss, {}, ROWS, (3, 4)),
    "Huber": (HuberLoss, {"delta": 0.5}, ROWS, (3, 4)),
}
every_loss = pytest.mark.parametrize(
    ("loss", "options", "y", "shape"), LOSSES.values(), ids=LOSSES.keys()
)
every_reduction = pytest.mark.parametrize("reduction", ["mean", "sum", "none"])


@every_loss
def test_the_sum_is_that_of_the_single_losses_and_so_are_the_gradients(loss, options, y, shape):
    single, total = loss(reduction="none", **options), loss(reduction="sum", **options)
    losses = single.forward(Z, y)
    assert losses.shape == shape
    assert total.forward(Z, y) == pytest.approx(losses.sum(), rel=1e-14, abs=0)
    np.testing.assert_allclose(total.backward(), single.backward(np.ones(shape)), rtol=1e-14)


@every_loss
def test_the_mean_is_a_fraction_of_the_sum(loss, options, y, shape):
    mean, total = loss(**options), loss(reduction="sum", **options)
    fraction = mean.forward(Z, y) / total.forward(Z, y)
    count = np.prod(shape)
    if y is LABELS:
        share = np.array(options.get("weight", np.ones(4)))
        count = share[y[y != options.get("ignore_index")]].sum()
    assert fraction == pytest.approx(1 / count, rel=1e-14, abs=0)
    np.testing.assert_allclose(mean.backward(), total.backward() * fraction, rtol=1e-14)


@every_loss
def test_means_and_sums_are_floats_and_the_gradient_starts_at_1(loss, options, y, shape):
    for reduction in ("mean", "sum"):
        module = loss(reduction=reduction, **options)
        assert type(module.forward(Z.astype(np.float32), y)) is float
        np.testing.assert_array_equal(module.backward(), module.backward(1.0))
        np.testing.assert_allclose(module.backward(-3.0), -3 * module.backward(), rtol=1e-6)


@every_reduction
@every_loss
def test_float32_stays_float32_whatever_weights_targets_and_grad_output_are(
    loss, options, y, shape, reduction
):
    module = loss(reduction=reduction, **options)
    value = module.forward(Z.astype(np.float32), y)
    if reduction == "none":
        assert value.dtype == np.float32
    assert module.backward(np.ones(np.shape(value), np.float64)).dtype == np.float32


@every_reduction
@every_loss
def test_arrays_handed_out_are_the_callers_to_change(loss, options, y, shape, reduction):
    module = loss(reduction=reduction, **options)
    value = module.forward(Z, y)
    g = np.ones(np.shape(value))
    expected = module.backward(g)
    if reduction == "none":
        value[...] = np.nan
    first = module.backward(g)
    np.testing.assert_array_equal(first, expected)
    first[...] = np.nan
    np.testing.assert_array_equal(module.backward(g), expected)


@every_reduction
@every_loss
def test_nothing_is_written_into_predictions_targets_and_grad_output(
    loss, options, y, shape, reduction
):
    def frozen(a):
        a = np.array(a)
        a.setflags(write=False)
        return a

    module = loss(reduction=reduction, **{k: frozen(v) for k, v in options.items()})
    value = module.forward(frozen(Z), frozen(y))
    module.backward(frozen(np.ones(np.shape(value))))


@every_loss
def test_none_asks_for_a_grad_output_in_the_shape_of_the_loss(loss, options, y, shape):
    module = loss(reduction="none", **options)
    module.forward(Z, y)
    for arguments in ([], [np.ones((2, 3))]):
        with pytest.raises(ShapeError) as caught:
            module.backward(*arguments)
        got = np.shape(arguments[0]) if arguments else ()
        assert str(caught.value) == (
            f"{module!r}.backward needs grad_output in the shape of the loss, {shape}, "
            f"got shape {got}"
        )


@every_loss
def test_means_and_sums_ask_for_one_number(loss, options, y, shape):
    module = loss(**options)
    module.forward(Z, y)
    with pytest.raises(ShapeError, match=r"grad_output has shape \(3,\), expected \(\), "):
        module.backward(np.ones(3))


@every_loss
def test_an_unknown_reduction_is_refused_with_those_there_are(loss, options, y, shape):
    with pytest.raises(ArgumentError) as caught:
        loss(reduction="average")
    assert str(caught.value) == (
        f"{loss.__name__}: reduction must be one of mean, sum, none, got 'average'"
    )


@every_loss
def test_backward_before_forward_is_refused(loss, options, y, shape):
    with pytest.raises(OrderError, match=r"\)\.backward needs a forward before it"):
        loss(**options).backward()


@every_loss
def test_predictions_that_are_not_floating_are_refused(loss, options, y, shape):
    with pytest.raises(DtypeError, match=r"of dtype int64, expected floating numbers$"):
        loss(**options).forward(np.ones((3, 4), np.int64), y)


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (SoftmaxCrossEntropy(), "SoftmaxCrossEntropy()"),
        (SoftmaxCrossEntropy(label_smoothing=0.1), "SoftmaxCrossEntropy(label_smoothing=0.1)"),
        (
            SoftmaxCrossEntropy(weight=[1, 2], ignore_index=0, reduction="sum"),
            "SoftmaxCrossEntropy(weight=..., ignore_index=0, reduction='sum')",
        ),
        (NLLLoss(ignore_index=np.int64(3)), "NLLLoss(ignore_index=3)"),
        (BCEWithLogitsLoss(pos_weight=3), "BCEWithLogitsLoss(pos_weight=...)"),
        (MSELoss(reduction="none"), "MSELoss(reduction='none')"),
        (L1Loss(), "L1Loss()"),
        (HuberLoss(delta=np.float64(2)), "HuberLoss(delta=2.0)"),
        (HuberLoss(delta=1), "HuberLoss()"),
    ],
)
def test_repr_shows_the_options_that_differ_from_their_defaults(loss, text):
    assert repr(loss) == text


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("loss", "options", "y", "shape"), [LOSSES["labels, all options"]])
def test_weights_follow_the_dtype_and_the_module_stays_as_it_is(loss, options, y, shape, dtype):
    module = loss(**options)
    copied = module.astype(dtype)
    assert (copied.weight.dtype, module.weight.dtype) == (dtype, np.float64)
    assert not np.shares_memory(copied.weight, module.weight)
    z = Z.astype(dtype)
    assert copied.forward(z, y) == module.forward(z, y)


def test_weights_are_copied():
    weight = WEIGHT.copy()
    loss = SoftmaxCrossEntropy(weight=weight)
    before = loss.forward(Z, LABELS)
    weight[...] = 7
    assert loss.forward(Z, LABELS) == before


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: SoftmaxCrossEntropy(weight=[1, -2]),
            ArgumentError,
            "SoftmaxCrossEntropy: weight must be finite and 0 or larger, got -2 to 1",
        ),
        (
            lambda: NLLLoss(weight=[1, math.inf]),
            ArgumentError,
            "NLLLoss: weight must be finite and 0 or larger, got 1 to inf",
        ),
        (
            lambda: BCEWithLogitsLoss(pos_weight=-1.5),
            ArgumentError,
            "BCEWithLogitsLoss: pos_weight must be finite and 0 or larger, got -1.5 to -1.5",
        ),
        (
            lambda: NLLLoss(weight=["one"]),
            DtypeError,
            "NLLLoss: weight has dtype <U3, expected numbers",
        ),
        (
            lambda: SoftmaxCrossEntropy(label_smoothing=1.1),
            ArgumentError,
            "SoftmaxCrossEntropy: label_smoothing must be in [0, 1], got 1.1",
        ),
        (
            lambda: HuberLoss(delta=0),
            ArgumentError,
            "HuberLoss: delta must be larger than 0, got 0",
        ),
        (
            lambda: HuberLoss(delta=math.nan),
            ArgumentError,
            "HuberLoss: delta must be larger than 0, got nan",
        ),
    ],
)
def test_options_that_make_no_sense_are_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy, NLLLoss, BCEWithLogitsLoss, HuberLoss])
def test_options_are_keywords(loss):
    with pytest.raises(TypeError):
        loss(1.0)


def test_losses_have_no_parameters_and_their_base_computes_nothing():
    loss = Loss()
    assert loss.get_parameters() == loss.get_gradients() == []
    with pytest.raises(NotImplementedError, match=r"^Loss does not define forward\(z, y\)$"):
        loss.forward(np.ones((1, 2)), [0])
    with pytest.raises(NotImplementedError, match=r"^Loss does not define backward\(\)$"):
        loss.backward()


def test_a_loss_of_ones_own_needs_no_constructor():
    class Cubes(Loss):
        def forward(self, z, y):
            self._save(z - y)
            return self._reduce((z - y) ** 3, z.size)

        def backward(self, grad_output=1.0):
            (error,) = self._saved()
            return 3 * error**2 * self._upstream(grad_output, error.shape, error.dtype, error.size)

    class Shifted(Cubes):
        def __init__(self, shift):
            self.shift = shift

        def forward(self, z, y):
            return super().forward(z, y + self.shift)

    assert [repr(Cubes(reduction="sum")), repr(Shifted(2))] == [
        "Cubes(reduction='sum')",
        "Shifted(2)",
    ]
    for loss in (Cubes(), Shifted(0.5)):
        assert check_gradients(Sequential(), Z, ROWS, loss=loss).verdict == "ok"


# A loss, its options and targets, and what its backward finds wrong of what forward saved.
MUTANTS = {
    "weights forgotten": ("labels, ignored", lambda change, share, n: (change, None, n)),
    "divided by N": ("NLL, all options", lambda *saved: (*saved[:-1], 3)),
    "shares forgotten": ("NLL, all options", lambda *saved: (*saved[:-2], None, saved[-1])),
    "not divided": ("labels", lambda *saved: (*saved[:-1], 1)),
    "sum of the weights for one": (
        "rows, all options",
        lambda change, share, n: (change - change.sum(axis=1, keepdims=True) / 4 + 0.1, share, n),
    ),
    "p for 1 - p": ("BCE", lambda positive, e, yes, no: (~positive, e, yes, no)),
    "pos_weight forgotten": (
        "BCE, all options",
        lambda positive, e, yes, no: (positive, e, yes / WEIGHT, no),
    ),
    "square without the two": ("MSE", lambda error: (error / 2,)),
    "no sign": ("L1", lambda sign, dtype: (abs(sign), dtype)),
    "clipped at 1": ("Huber", lambda clipped: (clipped * 2,)),
}


@pytest.mark.parametrize(("row", "mistake"), MUTANTS.values(), ids=MUTANTS)
def test_a_wrong_gradient_is_convicted(row, mistake):
    loss, options, y, _ = LOSSES[row]

    class Mutant(loss):
        def _saved(self):
            return mistake(*super()._saved())

    assert check_gradients(Sequential(), Z, y, loss=loss(**options)).verdict == "ok"
    assert check_gradients(Sequential(), Z, y, loss=Mutant(**options)).verdict == "wrong"
