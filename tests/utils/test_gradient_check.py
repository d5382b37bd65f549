"""The gradient check leaves correct code alone, and says what it found."""

import random
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mytorch.nn import Linear, ReLU, Sequential, Sigmoid, SoftmaxCrossEntropy, Tanh
from mytorch.utils.checking.report import relative_error
from mytorch.utils.copying import contents
from mytorch.utils.errors import ArgumentError
from mytorch.utils.gradient_check import check_gradients, gradient_check

from . import foreign
from .networks import P6, batch, mlp

SMALL = (8, 6, 5, 4)


@pytest.mark.parametrize("seed", range(10))
def test_the_full_network_passes_on_five_real_digits(seed, five_digits):
    assert gradient_check(mlp(P6, seed), *five_digits(seed)) < 1e-5


# The literal formula


def test_zero_over_zero_counts_as_zero():
    np.testing.assert_array_equal(
        relative_error(np.array([0.0, 1.0, -1.0]), np.array([0.0, 1.0, 1.0])), [0, 0, 1]
    )


@pytest.mark.parametrize("before", [(), (foreign.Floats(),)], ids=["complex", "floats only"])
def test_the_literal_formula_convicts_correct_code_by_round_off_and_the_check_does_not(before):
    widths = (30, 20, 20, 10)
    x, y = batch(widths)
    network = mlp(widths, dtype=np.float64)
    network[0].bias[...] = 0.1  # off the kinks
    report = check_gradients(Sequential(*before, network), 0.001 * x, y)  # so that dL/dW is faint
    faint = report.parameters[0]
    assert faint.literal_errors.max() >= 1e-5
    # No kink and no mistake: the largest difference is what rounding L, by 2e-16, leaves of it.
    assert np.abs(faint.central_quotients - faint.analytic_gradient).max() < 1e-10
    assert report.verdict == "ok"
    assert report.error < 1e-5


# Kinks


def kinked(activation, distance, units=4, samples=3):
    """A network whose first pre-activation lies at `distance` from the kink, and its batch."""
    rng = np.random.default_rng(0)
    first, last = foreign.Linear(3, units, rng), foreign.Linear(units, 3, rng)
    x, y = batch((3, 3), samples)
    first.b[0] = 0
    first.b[0] = distance - first.forward(x)[0, 0]
    return foreign.Chain(first, activation, last), x, y


RELUS = {
    "ours": ReLU,
    "a student's": foreign.ReLU,
    "a student's without complex numbers": lambda: foreign.Chain(foreign.Floats(), foreign.ReLU()),
}


@pytest.mark.parametrize("distance", [3e-6, -3e-6, 1e-6])
@pytest.mark.parametrize("relu", RELUS.values(), ids=RELUS)
def test_a_kink_inside_the_interval_is_not_held_against_correct_code(relu, distance):
    report = check_gradients(*kinked(relu(), distance))
    assert report.parameters[0].literal_errors.max() > 1e-3
    assert report.verdict == "ok"


@pytest.mark.parametrize("distance", [0, 1e-12, 1e-9, 1e-8, -1e-8, 3e-8, 1e-7, -1e-7, 3e-7])
@pytest.mark.parametrize("relu", RELUS.values(), ids=RELUS)
def test_a_point_on_a_kink_or_next_to_it_is_not_wrong(relu, distance):
    report = check_gradients(*kinked(relu(), distance))
    assert report.verdict in ("ok", "undecidable")
    assert report.error < 1e-5
    assert all(check.verdict == "ok" or "kink" in check.reason for check in report.checks)


@pytest.mark.parametrize("distance", [1e-12, 1e-9, 1e-8, 1e-7, -1e-7])
@pytest.mark.parametrize("relu", [ReLU, foreign.ReLU])
def test_the_complex_step_decides_next_to_a_kink(relu, distance):
    report = check_gradients(*kinked(relu(), distance, units=12, samples=10))
    assert report.parameters[0].literal_errors.max() > 1e-3
    assert report.verdict == "ok"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scale", [1e-3, 1e-4, 1e-5, 1e-6, 0])
@pytest.mark.parametrize("before", [(), (foreign.Floats(),)], ids=["complex", "floats only"])
def test_a_faint_input_that_puts_every_unit_near_its_kink_is_not_wrong(before, scale, seed):
    x, y = batch(SMALL, seed=seed)  # the biases are 0, as they begin
    report = check_gradients(Sequential(*before, mlp(SMALL, seed)), scale * x, y)
    assert report.verdict in ("ok", "undecidable")
    assert report.error < 1e-5


@pytest.mark.parametrize("before", [(), (foreign.Floats(),)], ids=["complex", "floats only"])
@pytest.mark.parametrize("distance", [0, 1e-7, 3e-6])
def test_a_mutant_beside_a_kink_is_wrong(before, distance):
    mutant = foreign.Chain(*before, foreign.MaskFromUpstream())
    report = check_gradients(*kinked(mutant, distance))
    assert report.verdict == "wrong"
    assert report.error > 1e-3


@pytest.mark.parametrize("seed", range(5))
def test_ties_in_a_pool_are_not_wrong(seed):
    x = np.random.default_rng(seed).integers(-1, 2, (2, 1, 7, 7)).astype(float)
    assert check_gradients(foreign.MaxPool2d(), x).verdict in ("ok", "undecidable")


# Gradients of nothing


@pytest.mark.parametrize("dead_layers", [(0,), (2,), (0, 2, 4)])
def test_a_dead_network_is_not_wrong(dead_layers):
    network = mlp(SMALL)
    for layer in dead_layers:
        network[layer].weight[...] = 0
        network[layer].bias[...] = -1  # below the kink: the unit never switches on
    report = check_gradients(network, *batch(SMALL))
    assert report.verdict == "ok"
    assert report.error < 1e-5


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("before", [(), (foreign.Floats(),)], ids=["complex", "floats only"])
def test_a_bias_before_a_batch_norm_is_not_convicted_for_its_gradient_of_rounding(before, seed):
    rng = np.random.default_rng(seed)
    layers = *before, Linear(4, 5, rng=rng), foreign.BatchNorm1d(5), Tanh(), Linear(5, 3, rng=rng)
    report = check_gradients(foreign.Chain(*layers), *batch((4, 3), samples=6, seed=seed))
    assert 0 < np.abs(report.parameters[1].analytic_gradient).max() < 1e-15
    assert report.parameters[1].verdict in ("ok", "undecidable")
    assert report.error < 1e-5


def test_a_saturated_network_whose_gradients_drown_is_undecidable_and_says_so():
    layer = foreign.Linear(4, 3, np.random.default_rng(0))
    layer.b[...] = 31  # 1 - sigmoid(31) = 3e-14
    x, _ = batch((4, 3))
    report = check_gradients(foreign.Chain(foreign.Floats(), layer, foreign.Sigmoid()), x)
    assert report.verdict == "undecidable"
    assert [check.verdict for check in report.checks] == 3 * ["undecidable"]
    assert all("below the round-off" in check.reason for check in report.checks)


def confident(logit, *before):
    """One sample and two classes, told apart by `logit`."""
    layer = foreign.Linear(1, 2, np.random.default_rng(0))
    layer.W[...], layer.b[...] = [[0, logit]], 0
    return foreign.Chain(*before, layer), np.ones((1, 1)), np.array([1])


def saturated(z, *before):
    """A sigmoid that saturates at `z`, and a layer after it that does not."""
    rng = np.random.default_rng(0)
    first, last = foreign.Linear(1, 1, rng), foreign.Linear(1, 2, rng)
    first.W[...], first.b[...] = z, 0
    return foreign.Chain(*before, first, Sigmoid(), last), np.ones((1, 1)), np.array([1])


@pytest.mark.parametrize("z", [10, 18, 24, 27, 30, 33, 36, 40, 100, 700])
@pytest.mark.parametrize("before", [(), (foreign.Floats(),)], ids=["complex", "floats only"])
@pytest.mark.parametrize("network", [confident, saturated])
def test_a_saturated_correct_network_is_not_wrong(network, before, z):
    report = check_gradients(*network(z, *before))
    assert report.verdict in ("ok", "undecidable")
    assert report.error < 1e-5


# The model stays as it was


def states(*roots):
    """The bytes of all that the roots hold: arrays, modes, generators."""
    found = []
    for item in (item for root in roots for item in contents(root)):
        if isinstance(item, np.ndarray):
            found.append((id(item), item.dtype, item.tobytes()))
        elif isinstance(item, np.random.Generator):
            found.append((id(item), str(item.bit_generator.state)))
        elif not hasattr(item, "__dict__"):
            found.append(repr(item))
    return found


@pytest.mark.parametrize("training", [True, False])
def test_a_float32_model_is_left_untouched(training):
    network = Sequential(
        *mlp((8, 6, 5)), foreign.OwnDropout(), foreign.GlobalDropout(), foreign.BatchNorm1d(5)
    ).train(training)
    loss, (x, y) = SoftmaxCrossEntropy(), batch((8, 5))
    loss.forward(network.forward(x.astype(np.float32)), y)
    network.backward(loss.backward())
    before = states(network, loss, [x, y])
    global_streams = str(np.random.get_state()), random.getstate()

    assert gradient_check(network, x, y, loss=loss) < 1e-5

    assert states(network, loss, [x, y]) == before
    assert (str(np.random.get_state()), random.getstate()) == global_streams
    assert {p.dtype for p in network.get_parameters()[:4]} == {np.dtype(np.float32)}


# What can be asked


@pytest.mark.parametrize("targets", ["labels", "one-hot", "soft", "given loss"])
def test_targets_may_be_labels_rows_or_what_a_loss_takes(targets):
    x, labels = batch(SMALL)
    y = {"one-hot": np.eye(4)[labels], "soft": np.full((5, 4), 0.25)}.get(targets, labels)
    loss = SoftmaxCrossEntropy() if targets == "given loss" else None
    assert gradient_check(mlp(SMALL), x, y, loss=loss) < 1e-5


@pytest.mark.parametrize("epsilon", [1e-3, 1e-4, 1e-6, 1e-7])
def test_the_interval_is_a_choice(epsilon):
    assert gradient_check(mlp(SMALL), *batch(SMALL), epsilon) < 1e-5


@pytest.mark.parametrize("epsilon", [0, -1e-5, float("nan")])
def test_an_interval_that_is_none_is_refused(epsilon):
    with pytest.raises(ArgumentError, match="epsilon must be larger than 0"):
        gradient_check(mlp(SMALL), *batch(SMALL), epsilon)


@pytest.mark.parametrize("network", [mlp(SMALL), mlp(SMALL, activation=Sigmoid)])
def test_a_batch_of_one_is_enough(network):
    assert gradient_check(network, *batch(SMALL, samples=1)) < 1e-5


@pytest.mark.parametrize(
    ("layer", "verdict"), [(foreign.ReLU(), "ok"), (foreign.MaskFromUpstream(), "wrong")]
)
def test_a_model_without_parameters_is_judged_by_its_input(layer, verdict):
    x, y = batch((4, 4))
    assert check_gradients(layer, x, y).verdict == verdict
    assert check_gradients(layer, x, y, check_input=False).verdict == verdict
    assert (gradient_check(layer, x, y) > 1e-3) == (verdict == "wrong")


class InputGradientDoubled(Linear):
    def backward(self, grad_output):
        return 2 * super().backward(grad_output)


def test_the_report_covers_the_input_and_the_number_the_parameters():
    network, (x, y) = Sequential(InputGradientDoubled(4, 3)), batch((4, 3))
    report = check_gradients(network, x, y)
    assert report.input.verdict == report.verdict == "wrong"
    assert report.input.error > 1e-3
    assert report.error == gradient_check(network, x, y) < 1e-5
    assert check_gradients(network, x, y, check_input=False).input is None


def test_the_report_shows_the_worst_entry_with_both_its_values():
    x, y = batch((4, 3))
    check = check_gradients(Sequential(InputGradientDoubled(4, 3)), x, y).input
    assert check.shape == check.errors.shape == x.shape
    assert check.error == check.errors[check.index] == check.errors.max()
    assert check.analytic == check.analytic_gradient[check.index]
    assert check.analytic == pytest.approx(2 * check.numeric)


def test_the_report_prints_a_line_per_array():
    x, y = batch((4, 3))
    head, *lines = str(check_gradients(mlp((4, 4, 3)), x, y)).split("\n")
    assert head.startswith("gradient check of Sequential on 5 samples, 35 parameters: ok, largest")
    for line, (name, shape) in zip(
        lines,
        {
            "0.weight": (4, 4),
            "0.bias": (4,),
            "2.weight": (3, 4),
            "2.bias": (3,),
            "input": (5, 4),
        }.items(),
        strict=True,
    ):
        assert line.startswith(f"  {name:<12} {shape!s:<14} ok ")
        assert "backward" in line
        assert "numeric" in line


# Any network at all


def ours(features, outputs, rng, std):
    layer = Linear(features, outputs, dtype=np.float64)
    layer.weight[...] = rng.normal(0, std, layer.weight.shape)
    return layer


PLAIN = foreign.Linear, (foreign.ReLU, foreign.Sigmoid, foreign.Tanh)
FAMILIES = {
    "ours": (ours, (ReLU, Sigmoid, Tanh), Sequential),
    "plain classes": (*PLAIN, foreign.Chain),
    "plain classes without complex numbers": (*PLAIN, partial(foreign.Chain, foreign.Floats())),
}


@st.composite
def networks(draw, bias_stds):
    """Layers, the function that makes a model of them, and what to check it on."""
    linear, activations, build = FAMILIES[draw(st.sampled_from(list(FAMILIES)))]
    widths = draw(st.lists(st.integers(1, 8), min_size=2, max_size=5))
    std = draw(st.sampled_from([1e-3, 1e-2, 0.1, 0.3, 1, 3, 10]))
    bias_std = draw(st.sampled_from(bias_stds))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    layers = []
    for features, outputs in pairwise(widths):
        layers += [linear(features, outputs, rng, std), draw(st.sampled_from(activations))()]
        layers[-2].get_parameters()[1][...] = rng.normal(0, bias_std, outputs)
    x, y = batch(widths, samples=draw(st.integers(1, 6)), seed=draw(st.integers(0, 99)))
    return layers[:-1], build, x, draw(st.sampled_from([y, None]))


@settings(deadline=None, derandomize=True, max_examples=400)
@given(networks(bias_stds=[0, 0.1]))
def test_no_correct_network_is_wrong(network):
    layers, build, x, y = network
    report = check_gradients(build(*layers), x, y)
    assert report.verdict != "wrong", str(report)


class Mutated:
    """A layer with one mistake in what its backward returns and sets."""

    def __init__(self, layer, mistake):
        self.layer, self.mistake = layer, mistake
        self.forward, self.get_parameters = layer.forward, layer.get_parameters

    def backward(self, g):
        self.g, self.dx = g, self.layer.backward(g)
        self.gradients = [gradient.copy() for gradient in self.layer.get_gradients()]
        self.mistake(self)
        return self.dx

    def get_gradients(self):
        return self.gradients


def delta_zeroed(layer):
    layer.dx = 0 * layer.dx


def delta_scaled(layer):
    layer.dx = 1.05 * layer.dx


def delta_negated(layer):
    layer.dx = -layer.dx


def one_delta_off(layer):
    layer.dx[0, -1] += 0.05 * np.abs(layer.dx).max()


def gradients_scaled(layer):
    layer.gradients = [1.05 * gradient for gradient in layer.gradients]


def gradients_without_n(layer):
    layer.gradients = [len(layer.g) * gradient for gradient in layer.gradients]


def last_gradient_as_mean(layer):
    layer.gradients[-1:] = [gradient / len(layer.g) for gradient in layer.gradients[-1:]]


def one_entry_off(layer):
    for gradient in layer.gradients:
        gradient.flat[-1] += 0.05 * np.abs(gradient).max()


MISTAKES = (
    delta_zeroed,
    delta_scaled,
    delta_negated,
    one_delta_off,
    gradients_scaled,
    gradients_without_n,
    last_gradient_as_mean,
    one_entry_off,
)


def change(correct, mutated):
    """The largest change of any gradient, among those changed by more than 1 % of their largest."""
    changes = [
        (np.abs(m.analytic_gradient - c.analytic_gradient).max(), np.abs(c.analytic_gradient).max())
        for c, m in zip(correct.checks, mutated.checks, strict=True)
    ]
    return max((by for by, largest in changes if by > 0.01 * largest), default=0)


@settings(deadline=None, derandomize=True, max_examples=400)
@given(networks(bias_stds=[0.1]), st.integers(0, 8), st.sampled_from(MISTAKES))
def test_a_network_with_one_mutated_layer_is_wrong(network, position, mistake):
    layers, build, x, y = network
    position %= len(layers)
    correct = build(*layers)
    mutated = build(*layers[:position], Mutated(layers[position], mistake), *layers[position + 1 :])
    report = check_gradients(mutated, x, y)
    # A difference quotient sees 1e-16 of L, divided by epsilon: what changes less is not seen.
    visible = 1e-8 * max(1, np.abs(correct.forward(x)).max())
    assume(change(check_gradients(correct, x, y), report) > visible)
    assert report.verdict == "wrong", str(report)
    assert max(check.error for check in report.checks) > 1e-3
