"""The gradient check judges anybody's layers: all it needs is the four methods."""

import random
import re

import numpy as np
import pytest

from mytorch.nn import Linear, ReLU, Sequential
from mytorch.utils.errors import ArgumentError, DtypeError, MytorchError, ShapeError
from mytorch.utils.gradient_check import check_gradients, gradient_check

from . import foreign
from .foreign import Chain
from .networks import batch


def layer(kind=foreign.Linear, features=4, outputs=3):
    return kind(features, outputs, np.random.default_rng(0))


X, Y = batch((4, 3))


class Doubled(foreign.Linear):
    def backward(self, g):
        dx = super().backward(g)
        self.dW = 2 * self.dW
        return dx


# What stands in the way of any judgement is one line that says how to mend it


class Copies(foreign.Linear):
    def get_parameters(self):
        return [self.W, self.b.copy()]


class NumberAsParameter(foreign.Linear):
    def get_parameters(self):
        return [self.W, 3]


class IntegerBias(foreign.Linear):
    def get_parameters(self):
        return [self.W, self.counts]

    counts = np.arange(3)


class Unrewindable(foreign.Linear):
    def forward(self, x):
        return super().forward(x) + np.random.default_rng().random()


class HoldsAFile(foreign.Linear):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.log = (line for line in ())


OBSTACLES = {
    "a copied parameter": (layer(Copies), X, Y, r"get_parameters\(\)\[1\] is a copy"),
    "a number for a parameter": (layer(NumberAsParameter), X, Y, "is a int, expected an array"),
    "integer parameters": (layer(IntegerBias), X, Y, "dtype int64, expected an array of floating"),
    "a random forward": (layer(Unrewindable), X, Y, "different outputs for the same input"),
    "what cannot be copied": (layer(HoldsAFile), X, Y, "HoldsAFile cannot be copied"),
    "too few labels": (layer(), X, Y[:3], r"y has shape \(3,\)"),
    "labels that are floats": (layer(), X, Y * 1.0, "dtype float64, expected"),
    "labels from 1": (layer(), X, Y % 3 + 1, "labels go from 1 to 3, the model has outputs 0..2"),
    "labels below 0": (layer(), X, -Y - 1, "labels go from -3 to -1"),
    "rows of other length": (layer(), X, np.eye(4)[Y], r"y has shape \(5, 4\)"),
    "an output that is no matrix": (layer(), X[0], Y, r"output has shape \(3,\)"),
    "no examples": (layer(), X[:0], Y[:0], "example|sample|empty"),
    "words": (layer(), np.full((5, 4), "a"), Y, "x has dtype <U1, expected real numbers"),
}


@pytest.mark.parametrize(("model", "x", "y", "message"), OBSTACLES.values(), ids=OBSTACLES)
def test_an_obstacle_is_told_in_one_line(model, x, y, message):
    with pytest.raises(MytorchError, match=message) as told:
        gradient_check(model, x, y)
    assert isinstance(told.value, ArgumentError | ShapeError | DtypeError)
    assert str(told.value).startswith("gradient check: ")
    assert "\n" not in str(told.value)


# What can be judged is judged


class Given(foreign.Linear):
    """A layer whose gradients `give` has changed after a correct backward."""

    def __init__(self, give):
        super().__init__(4, 3, np.random.default_rng(0))
        self.give = give

    def get_gradients(self):
        return self.give(self.dW, self.db)


BAD_GRADIENTS = {
    "none": (lambda dW, db: [dW, None], "no gradient"),
    "too few": (lambda dW, db: [dW], "no gradient"),
    "transposed": (lambda dW, db: [dW, dW.T], r"shape \(3, 4\), expected \(3,\)"),
    "summed over everything": (lambda dW, db: [dW, db.sum()], r"shape \(\), expected \(3,\)"),
    "not a number": (lambda dW, db: [dW, np.nan * db], "not finite"),
    "infinite": (lambda dW, db: [dW, np.full(3, np.inf)], "not finite"),
    "complex": (lambda dW, db: [dW, db + 0j], "dtype complex128"),
    "booleans": (lambda dW, db: [dW, db > 0], "dtype bool"),
    "objects": (lambda dW, db: [dW, 3 * [None]], "dtype object"),
}


@pytest.mark.parametrize(("give", "reason"), BAD_GRADIENTS.values(), ids=BAD_GRADIENTS)
def test_a_gradient_that_cannot_be_compared_is_wrong_with_an_error_of_one(give, reason):
    report = check_gradients(Given(give), X, Y)
    weight, bias = report.parameters
    assert (bias.verdict, bias.error, report.error) == ("wrong", 1, 1)
    assert bias.reason in str(report)
    assert re.search(reason, bias.reason)
    assert weight.verdict == report.input.verdict == "ok"


class NoInputGradient(foreign.Linear):
    def backward(self, g):
        super().backward(g)


class NaNInputGradient(foreign.Linear):
    def backward(self, g):
        return np.nan * super().backward(g)


@pytest.mark.parametrize("kind", [NoInputGradient, NaNInputGradient])
def test_an_input_gradient_that_is_none_or_not_a_number_is_wrong_and_the_parameters_are_ok(kind):
    report = check_gradients(layer(kind), X, Y)
    assert (report.input.verdict, report.input.error) == ("wrong", 1)
    assert gradient_check(layer(kind), X, Y) < 1e-5


GOOD_GRADIENTS = {
    "(1, H) for (H,)": lambda dW, db: [dW, db[np.newaxis]],
    "(H, 1) for (H,)": lambda dW, db: [dW, db[:, np.newaxis]],
    "lists": lambda dW, db: [dW.tolist(), db.tolist()],
    "a tuple": lambda dW, db: (dW, db),
    "Fortran order": lambda dW, db: [np.asfortranarray(dW), db],
}


@pytest.mark.parametrize("give", GOOD_GRADIENTS.values(), ids=GOOD_GRADIENTS)
def test_a_gradient_may_look_different(give):
    assert check_gradients(Given(give), X, Y).verdict == "ok"


class OnlyForwardAndBackward:
    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, g):
        return 2 * self.x * g


class OnlyForwardAndBackwardWithoutTwo(OnlyForwardAndBackward):
    def backward(self, g):
        return self.x * g


def test_a_layer_without_get_parameters_is_judged_by_its_input():
    assert gradient_check(OnlyForwardAndBackward(), X[:, :3], Y) < 1e-5
    assert gradient_check(OnlyForwardAndBackwardWithoutTwo(), X[:, :3], Y) > 1e-3


class Scale:
    """y = s x, with a parameter that is a single number."""

    def __init__(self, mistake=1):
        self.s, self.mistake = np.array(2.0), mistake

    def forward(self, x):
        self.x = x
        return self.s * x

    def backward(self, g):
        self.ds = self.mistake * (g * self.x).sum() if self.mistake else None
        return self.s * g

    def get_parameters(self):
        return [self.s]

    def get_gradients(self):
        return [self.ds]


@pytest.mark.parametrize(("mistake", "verdict"), [(1, "ok"), (1.01, "wrong"), (None, "wrong")])
def test_a_parameter_may_be_a_single_number(mistake, verdict):
    assert check_gradients(Scale(mistake), X).verdict == verdict


# Parameters, wherever they lie in memory


class Fortran(foreign.Linear):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.W = np.asfortranarray(self.W)


class Strided(foreign.Linear):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.W, self.b = np.repeat(self.W, 2, axis=1)[:, ::2], np.repeat(self.b, 2)[::-2]


class ViewsOfOneBuffer(foreign.Linear):
    """All parameters in one array; forward and backward work on views of it."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.everything = np.concatenate([self.W.ravel(), self.b])
        self.W, self.b = self.everything[:12].reshape(4, 3), self.everything[12:]


class OneBuffer(ViewsOfOneBuffer):
    def get_parameters(self):
        return [self.everything]

    def get_gradients(self):
        return [np.concatenate([self.dW.ravel(), self.db])]


class TransposedView(foreign.Linear):
    """Kept as (out, in), used through a view that is its transpose."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.weight = self.W.T.copy()
        self.W = self.weight.T

    def get_parameters(self):
        return [self.weight, self.b]

    def get_gradients(self):
        return [self.dW.T, self.db]


LAYOUTS = [Fortran, Strided, ViewsOfOneBuffer, OneBuffer, TransposedView]


@pytest.mark.parametrize("kind", LAYOUTS)
def test_parameters_may_lie_anywhere_in_memory(kind):
    assert check_gradients(layer(kind), X, Y).verdict == "ok"


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_mutant_is_wrong_wherever_its_parameters_lie(kind):
    class Mutant(Doubled, kind):
        pass

    assert check_gradients(layer(Mutant), X, Y).verdict == "wrong"


# Forwards that mean something else in complex numbers, or nothing


class ByAbsoluteValue(foreign.ReLU):
    def forward(self, x):
        self.positive = x > 0
        return (x + np.abs(x)) / 2


class RealPart(foreign.ReLU):
    def forward(self, x):
        self.positive = x.real > 0
        return x.real * self.positive


class ByFloat(foreign.Function):
    """x times the mean of its squares, a Python float."""

    def forward(self, x):
        self.x, self.factor = x, float((x * x).mean())
        return x * self.factor

    def backward(self, g):
        return g * self.factor + (g * self.x).sum() * 2 * self.x / self.x.size


class ByVariance(foreign.BatchNorm1d):
    """np.var is real and sees no imaginary part: the complex step misses the variance term."""

    def __init__(self):
        super().__init__(24)

    def forward(self, x):
        self.std = np.sqrt(x.var(axis=0) + 1e-5)
        self.normal = (x - x.mean(axis=0)) / self.std
        return self.gamma * self.normal + self.beta


class ByGate(foreign.Function):
    """x times the size of its last feature."""

    def forward(self, x):
        self.x, self.gate = x, np.abs(x[:, -1:])
        return x * self.gate

    def backward(self, g):
        dx = g * self.gate
        dx[:, -1:] += (g * self.x).sum(axis=1, keepdims=True) * np.sign(self.x[:, -1:])
        return dx


class WithoutFactor(ByFloat):
    def backward(self, g):
        return g * self.factor


class WithoutGate(ByGate):
    def backward(self, g):
        return g * self.gate


class WithoutBias(foreign.Linear):
    """For in front of a batch norm, where the gradient of a bias is 0 and drowns in rounding."""

    def get_parameters(self):
        return [self.W]

    def get_gradients(self):
        return [self.dW]


NOT_ANALYTIC = [
    (ByAbsoluteValue, foreign.MaskFromUpstream),
    (RealPart, foreign.MaskFromUpstream),
    (ByFloat, WithoutFactor),
    (ByVariance, foreign.WithoutVarianceTerm),
    (ByGate, WithoutGate),
]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("inside", [False, True], ids=["alone", "in a network"])
@pytest.mark.parametrize(("correct", "mistake"), NOT_ANALYTIC)
def test_a_forward_that_is_not_analytic_is_judged_rightly_both_ways(correct, mistake, inside, seed):
    class Mutant(mistake, correct):
        pass

    for kind, verdict in (correct, "ok"), (Mutant, "wrong"):
        rng = np.random.default_rng(seed)
        model, (x, _), y = kind(), batch((24, 1), seed=seed), None
        if inside:
            first, last = WithoutBias(4, 24, rng), foreign.Linear(24, 3, rng)
            model, x, y = Chain(first, model, last), X, Y
        assert check_gradients(model, x, y).verdict == verdict


class Projected:
    """L = sum y * output, for a y of choice."""

    def forward(self, output, y):
        self.y = y
        return (output * y).sum()

    def backward(self):
        return self.y


def test_a_gradient_of_nearly_zero_does_not_hide_a_mutant_that_only_complex_numbers_believe():
    class Mutant(foreign.WithoutVarianceTerm, ByVariance):
        pass

    x, _ = batch((24, 1))  # projected on x itself, a batch norm hardly depends on x
    assert check_gradients(ByVariance(), x, x, loss=Projected()).verdict == "ok"
    assert check_gradients(Mutant(), x, x, loss=Projected()).verdict == "wrong"


@pytest.mark.parametrize("scale", [1e-10, 1e-11, 1e-12])
@pytest.mark.parametrize("before", [(), (foreign.Floats(),)], ids=["complex", "floats only"])
def test_a_mistake_that_drowns_in_round_off_is_undecidable_and_its_twin_without_is_ok(
    before, scale
):
    layers = layer(Doubled, outputs=5), foreign.Tanh(), layer(features=5)
    drowned = check_gradients(Chain(*before, *layers), scale * X, Y).parameters[0]
    assert drowned.verdict == "undecidable"
    assert "below the round-off" in drowned.reason
    right = layer(outputs=5), foreign.Tanh(), layer(features=5)
    found = check_gradients(Chain(*before, *right), scale * X, Y).parameters[0]
    assert found.verdict == ("undecidable" if before else "ok")  # the complex step sees it all


# Layers that compute in float32


class Float32(foreign.Linear):
    """All arithmetic in float32, whatever comes in."""

    def forward(self, x):
        self.x = x.astype(np.float32)
        return self.x @ self.W.astype(np.float32) + self.b.astype(np.float32)

    def backward(self, g):
        g = g.astype(np.float32)
        self.dW, self.db = self.x.T @ g, g.sum(axis=0)
        return g @ self.W.T.astype(np.float32)


class Float32Parameters(Float32):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.W, self.b = self.W.astype(np.float32), self.b.astype(np.float32)


class Float32Doubled(Doubled, Float32):
    pass


def around(kind, place):
    """The kind of layer, alone or with others before or after it that compute in float64."""
    rng = np.random.default_rng(0)
    if place == "alone":
        return kind(4, 3, rng)
    kinds = {"first": (kind, foreign.Linear), "last": (foreign.Linear, kind)}[place]
    return Chain(kinds[0](4, 5, rng), foreign.Tanh(), kinds[1](5, 3, rng))


@pytest.mark.parametrize("place", ["alone", "first", "last"])
@pytest.mark.parametrize("kind", [Float32, Float32Parameters])
def test_a_layer_that_computes_in_float32_is_not_convicted(kind, place):
    report = check_gradients(around(kind, place), X, Y)
    assert report.verdict in ("ok", "undecidable")
    assert report.error < 1e-5


@pytest.mark.parametrize("place", ["alone", "first", "last"])
def test_a_gradient_doubled_in_float32_is_wrong_all_the_same(place):
    assert gradient_check(around(Float32Doubled, place), X, Y) > 1e-3


# Forwards with side effects


class InPlace(foreign.ReLU):
    def forward(self, x):
        self.positive = x > 0
        x *= self.positive
        return x

    def backward(self, g):
        g *= self.positive
        return g


class InPlaceWithoutMask(InPlace):
    def backward(self, g):
        return g


@pytest.mark.parametrize("x", [X, np.abs(X)], ids=["changed", "left as it is"])
def test_a_forward_that_changes_its_input_does_not_break_the_check(x):
    before = x.copy()
    assert check_gradients(Chain(InPlace(), layer()), x, Y).verdict == "ok"
    np.testing.assert_array_equal(x, before)


def test_a_mutant_that_changes_its_input_is_wrong():
    assert check_gradients(Chain(InPlaceWithoutMask(), layer()), X, Y).verdict == "wrong"


class RandomStateDropout(foreign.OwnDropout):
    def __init__(self):
        self.rng = np.random.RandomState(0)

    def draw(self, shape):
        return self.rng.random_sample(shape)


class PythonDropout(foreign.Dropout):
    def draw(self, shape):
        return np.array([random.random() for _ in range(np.prod(shape))]).reshape(shape)


DROPOUTS = [foreign.OwnDropout, foreign.GlobalDropout, RandomStateDropout, PythonDropout]


def global_streams():
    return str(np.random.get_state()), random.getstate()


@pytest.fixture
def seeded_streams():
    numpy_state, python_state = np.random.get_state(), random.getstate()
    np.random.seed(0)
    random.seed(0)
    yield
    np.random.set_state(numpy_state)
    random.setstate(python_state)


@pytest.mark.usefixtures("seeded_streams")
@pytest.mark.parametrize("library", [False, True], ids=["plain classes", "with our layers"])
@pytest.mark.parametrize("dropout", DROPOUTS)
def test_dropout_masks_are_frozen_and_the_streams_are_put_back(dropout, library):
    rng = np.random.default_rng(0)
    model = Chain(layer(outputs=20), dropout(), foreign.Tanh(), dropout(), layer(features=20))
    if library:
        first, last = Linear(4, 20, rng=rng), Linear(20, 3, rng=rng)
        model = Sequential(first, dropout(), ReLU(), dropout(), last)
    before = global_streams()
    report = check_gradients(model, X, Y)
    assert report.verdict == "ok"
    assert report.parameters[0].analytic_gradient.any()  # not everything was dropped
    assert global_streams() == before


def test_a_random_generator_made_anew_each_time_is_refused_with_the_remedy():
    with pytest.raises(ArgumentError, match="keep its random generator as an attribute"):
        gradient_check(Chain(layer(), foreign.FreshDropout()), X, Y)


@pytest.mark.parametrize("obstacle", ["labels", "a random forward"])
def test_the_global_streams_are_put_back_after_an_error_too(obstacle):
    model, y = Chain(layer(), foreign.GlobalDropout()), Y
    if obstacle == "labels":
        y = Y + 3
    else:
        model = Chain(model, foreign.FreshDropout())
    before = global_streams()
    with pytest.raises(ArgumentError):
        gradient_check(model, X, y)
    assert global_streams() == before


# Numbers that are none


class SevenLogs(Chain):
    """y = log x, and a backward that is seven times too large."""

    def __init__(self, limit=0.0):
        self.limit = limit

    def forward(self, x):
        self.x = x
        with np.errstate(all="ignore"):
            return np.log(x - self.limit)

    def backward(self, g):
        return 7 * g / (self.x - self.limit)

    def get_parameters(self):
        return []


def test_an_output_that_is_not_finite_is_told_and_never_judged():
    with pytest.raises(ArgumentError, match="forward gives numbers that are not finite"):
        check_gradients(SevenLogs(), np.array([[1.0, -1.0]]))
    with pytest.raises(ArgumentError, match="x has entries that are not finite"):
        check_gradients(SevenLogs(), np.array([[1.0, np.nan]]))


def test_quotients_that_are_not_finite_or_not_to_be_had_are_undecidable():
    x = np.array([[3.0, 1 + 1e-9]])  # epsilon to the left of the second, there is no logarithm
    report = check_gradients(SevenLogs(1.0), x)
    assert report.verdict == "undecidable"
    assert "not finite beside the point" in report.input.reason
    assert check_gradients(layer(), X, Y, epsilon=1e-300).verdict == "undecidable"


class UpdatesInBackward(foreign.Linear):
    def backward(self, g):
        grad_input = super().backward(g)
        self.W -= 0.1 * self.dW
        return grad_input


def test_an_update_inside_backward_is_not_held_against_a_layer():
    model = UpdatesInBackward(4, 3, np.random.default_rng(0))
    assert check_gradients(model, X, Y).verdict == "ok"
