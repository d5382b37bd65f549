"""Activations, where it matters: at zero, at infinity, near them, and in the tails."""

from decimal import Decimal, localcontext
from functools import partial
from math import e, log

import numpy as np
import pytest

from mytorch.nn import ELU, GELU, Identity, LeakyReLU, ReLU, Sigmoid, SiLU, Softplus, Tanh
from mytorch.utils.errors import ArgumentError, DtypeError, ShapeError

EPS = np.finfo(np.float64).eps
KINDS = [ELU, GELU, Identity, LeakyReLU, ReLU, SiLU, Sigmoid, Softplus, Tanh]
activations = pytest.mark.parametrize("activation", KINDS)
GELU_TANH = partial(GELU, approximate="tanh")
# An activation, its values at -infinity and infinity, and its slopes there.
LIMITS = {
    "ELU": (ELU, (-1, np.inf), (0, 1)),
    "ELU, alpha": (partial(ELU, 0.5), (-0.5, np.inf), (0, 1)),
    "GELU": (GELU, (0, np.inf), (0, 1)),
    "GELU, tanh": (GELU_TANH, (0, np.inf), (0, 1)),
    "Identity": (Identity, (-np.inf, np.inf), (1, 1)),
    "LeakyReLU": (LeakyReLU, (-np.inf, np.inf), (0.01, 1)),
    "LeakyReLU, steep": (partial(LeakyReLU, -0.5), (np.inf, np.inf), (-0.5, 1)),
    "ReLU": (ReLU, (0, np.inf), (0, 1)),
    "SiLU": (SiLU, (0, np.inf), (0, 1)),
    "Sigmoid": (Sigmoid, (0, 1), (0, 0)),
    "Softplus": (Softplus, (0, np.inf), (0, 1)),
    "Softplus, beta": (partial(Softplus, 3.0), (0, np.inf), (0, 1)),
    "Softplus, no threshold": (partial(Softplus, 1, np.inf), (0, np.inf), (0, 1)),
    "Tanh": (Tanh, (-1, 1), (0, 0)),
}
every_variant = pytest.mark.parametrize("make", [row[0] for row in LIMITS.values()], ids=LIMITS)


def test_every_activation_is_tested_here():
    assert {type(make()) for make, *_ in LIMITS.values()} == set(KINDS)


def test_relu_passes_gradients_where_x_is_positive_and_nowhere_else():
    tiny = np.finfo(np.float64).smallest_subnormal
    relu = ReLU()
    x = np.array([-1.0, -tiny, -0.0, 0.0, tiny, 2.0])
    np.testing.assert_array_equal(relu.forward(x), [0, 0, 0, 0, tiny, 2])
    # The mask is that of x: the sign and size of the gradient do not matter.
    g = np.array([3.0, -3.0, 3.0, -3.0, -3.0, 3.0])
    np.testing.assert_array_equal(relu.backward(g), [0, 0, 0, 0, -3, 3])


def test_relu_has_no_negative_zeros():
    assert not np.signbit(ReLU().forward(np.array([-2.0, -0.0, 0.0, 1.0]))).any()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("make", "values", "slopes"), LIMITS.values(), ids=LIMITS)
def test_the_limits_at_infinity_are_reached(make, values, slopes, dtype):
    module = make()
    y = module.forward(np.array([-np.inf, np.inf], dtype))
    np.testing.assert_array_equal(y, values)
    np.testing.assert_array_equal(module.backward(np.ones(2, dtype)), np.array(slopes, dtype))


@every_variant
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_no_finite_input_overflows(make, dtype):
    # Warnings are errors here.
    limits = np.finfo(dtype)
    roots = float(limits.max) ** np.array([1, 2 / 3, 1 / 2, 1 / 3])
    sizes = np.array([*roots * (1 - limits.eps), 750, 89, 1, 1e-4, limits.tiny, 0], dtype)
    module = make()
    y = module.forward(np.concatenate([sizes, -sizes]))
    assert np.isfinite(y).all()
    slope = module.backward(np.ones_like(y))
    assert np.isfinite(slope).all()
    assert abs(slope).max() < 1.2  # those of GELU and SiLU pass 1 a little


@every_variant
def test_nan_stays_nan_and_where_it_is(make):
    x = np.array([1.0, np.nan, -1.0])
    y = make().forward(x)
    np.testing.assert_array_equal(np.isnan(y), [False, True, False])
    np.testing.assert_array_equal(y[::2], make().forward(x[::2]))


@pytest.mark.parametrize(
    ("make", "factor"),
    [
        (ELU, 1),
        (GELU, 0.5),
        (GELU_TANH, 0.5),
        (Identity, 1),
        (partial(LeakyReLU, 0.25), 0.25),
        (SiLU, 0.5),
        (Tanh, 1),
    ],
)
def test_the_smallest_numbers_are_not_lost(make, factor):
    x = np.finfo(np.float64).smallest_subnormal * np.array([-4000.0, -4.0, 0.0])
    np.testing.assert_array_equal(make().forward(x), factor * x)


def test_sigmoid_of_the_largest_numbers_is_exactly_0_and_1():
    np.testing.assert_array_equal(Sigmoid().forward(np.array([-1e308, 1e308])), [0, 1])


@pytest.mark.parametrize("x", [-700.0, -100.0, -37.0, -1.0, -1e-9, 0.0, 1e-9, 1.0, 37.0, 700.0])
def test_sigmoid_has_full_relative_precision_on_both_sides(x):
    with localcontext(prec=60):
        exact = 1 / (1 + (-Decimal(x)).exp())
        y = Decimal(Sigmoid().forward(np.array([x])).item())
        assert abs(y - exact) <= 2 * Decimal(EPS) * exact


def test_sigmoid_derives_from_its_output():
    sigmoid = Sigmoid()
    y = sigmoid.forward(np.array([-2.0, 0.0, 3.0]))
    np.testing.assert_allclose(
        sigmoid.backward(np.array([1.0, 4.0, -2.0])),
        [y[0] * (1 - y[0]), 1.0, -2 * y[2] * (1 - y[2])],
        rtol=2 * EPS,
    )


def test_tanh_derives_from_its_output():
    tanh = Tanh()
    y = tanh.forward(np.array([-2.0, 0.0, 0.5]))
    np.testing.assert_allclose(
        tanh.backward(np.array([1.0, 4.0, -2.0])),
        [1 - y[0] ** 2, 4.0, -2 * (1 - y[2] ** 2)],
        rtol=2 * EPS,
    )


@activations
def test_dtype_of_the_input_is_kept(activation):
    for dtype in (np.float16, np.float32, np.float64, np.complex128):
        module = activation()
        y = module.forward(np.array([-1, 0, 2], dtype))
        assert y.dtype == module.backward(np.ones(3, dtype)).dtype == dtype


@activations
def test_integers_are_refused_with_how_to_scale_images(activation):
    with pytest.raises(DtypeError) as caught:
        activation().forward(np.zeros((1, 28, 28), np.uint8))
    assert str(caught.value) == (
        f"{activation.__name__}(): input of dtype uint8, expected floating numbers; "
        "scale images to [0, 1]: x.astype(np.float32) / 255"
    )


@activations
def test_a_gradient_of_another_shape_is_refused(activation):
    module = activation()
    module.forward(np.ones((2, 3)))
    with pytest.raises(ShapeError) as caught:
        module.backward(np.ones(3))  # would broadcast without a word
    assert str(caught.value) == (
        f"{activation.__name__}().backward: grad_output has shape (3,), expected (2, 3), "
        "the shape of the output"
    )


@pytest.mark.parametrize(
    ("make", "slope"),
    [
        (ReLU, 0),
        (LeakyReLU, 0.01),
        (partial(LeakyReLU, -2.0), -2),
        (ELU, 1),
        (partial(ELU, 0.5), 0.5),
    ],
)
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_the_slope_at_zero_is_that_of_the_left_and_torchs(make, slope, zero):
    module, x = make(), np.array([zero])
    assert module.forward(x) == 0
    assert module.backward(np.ones(1)) == slope
    torch = pytest.importorskip("torch")
    tx = torch.tensor(x, requires_grad=True)
    options = make.args if isinstance(make, partial) else ()
    getattr(torch.nn, type(module).__name__)(*options)(tx).backward(torch.ones(1))
    assert tx.grad.item() == slope


@pytest.mark.parametrize(
    ("x", "share"),
    [
        (0.5, 0.691462461274013),
        (1.0, 0.841344746068543),
        (2.0, 0.977249868051821),
        (3.0, 0.998650101968370),
    ],
)
def test_gelu_is_x_times_the_published_normal_distribution(x, share):
    # Abramowitz and Stegun 1964, table 26.1: P(x) to 15 places.
    np.testing.assert_allclose(
        GELU().forward(np.array([x, -x])), [x * share, -x * (1 - share)], rtol=0, atol=6e-16 * x
    )


def test_the_tanh_form_of_gelu_is_close_to_gelu_and_not_equal():
    x = np.linspace(-8, 8, 4001)
    worst = abs(GELU().forward(x) - GELU_TANH().forward(x)).max()
    assert 4e-4 < worst < 5e-4


def test_silu_has_its_published_minimum():
    # -W(1/e) at -1 - W(1/e), W the function of Lambert; Elfwing et al. give -0.28 at -1.28.
    w, silu = 0.27846454276107379512, SiLU()
    assert silu.forward(np.array([-1 - w])) == pytest.approx(-w, rel=2 * EPS)
    assert abs(silu.backward(np.ones(1)).item()) < EPS


def test_elu_and_softplus_have_their_values():
    np.testing.assert_allclose(ELU(2.0).forward(np.array([-1.0, 3.0])), [2 / e - 2, 3], rtol=EPS)
    np.testing.assert_allclose(
        Softplus(2.0).forward(np.array([0.0, 0.5, -0.5])),
        [log(2) / 2, log(1 + e) / 2, log(1 + 1 / e) / 2],
        rtol=2 * EPS,
    )


def test_elu_has_full_relative_precision_near_zero():
    x = np.array([-1e-300, -1e-20, -1e-9])
    np.testing.assert_allclose(ELU().forward(x), x + x * x / 2, rtol=EPS)


@pytest.mark.parametrize("x", [-1.0, -2.5, -6.0, -12.0, -25.0, -37.0])
def test_the_left_tail_of_gelu_keeps_its_digits(x):
    with localcontext(prec=50):
        size = Decimal(-x)
        fraction = size  # Laplace's continued fraction of the normal tail
        for k in range(400, 0, -1):
            fraction = size + k / fraction
        pi = Decimal("3.14159265358979323846264338327950288419716939937510")
        exact = -size * (-size * size / 2).exp() / (2 * pi).sqrt() / fraction
        y = Decimal(GELU().forward(np.array([x])).item())
        # x / sqrt 2 is rounded, which the tail multiplies by x^2.
        assert abs(y / exact - 1) <= (x * x + 4) * EPS


@pytest.mark.parametrize("x", [-1.0, -2.5, -6.0, -12.0])
def test_the_left_tail_of_gelus_tanh_form_keeps_its_digits(x):
    with localcontext(prec=50):
        pi = Decimal("3.14159265358979323846264338327950288419716939937510")
        u = (8 / pi).sqrt() * (Decimal(x) + Decimal("0.044715") * Decimal(x) ** 3)
        exact = Decimal(x) / (1 + (-u).exp())
        y = Decimal(GELU_TANH().forward(np.array([x])).item())
        assert abs(y / exact - 1) <= (4 * abs(float(u)) + 4) * EPS


@pytest.mark.parametrize("x", [-700.0, -100.0, -37.0, -1.0, -1e-9, 0.0, 1e-9, 1.0, 19.9])
@pytest.mark.parametrize("beta", [1.0, -1.0])
def test_softplus_has_full_relative_precision_on_both_sides(x, beta):
    with localcontext(prec=400):
        exact = (1 + Decimal(x).exp()).ln()
        y = Decimal(Softplus(beta).forward(np.array([x * beta])).item()) * Decimal(beta)
        assert abs(y / exact - 1) <= 3 * Decimal(EPS)


def test_softplus_is_x_beyond_its_threshold_and_the_formula_on_it():
    softplus = Softplus(2.0, threshold=4.0)
    x = np.array([2.0, np.nextafter(2.0, 3)])
    y, slope = softplus.forward(x), softplus.backward(np.ones(2))
    np.testing.assert_allclose(y[0], log(1 + e**4) / 2, rtol=2 * EPS)
    np.testing.assert_allclose(slope[0], 1 / (1 + e**-4), rtol=2 * EPS)
    assert (y[1], slope[1]) == (x[1], 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LeakyReLU("0.1"), "LeakyReLU: negative_slope must be a number, got '0.1'"),
        (lambda: LeakyReLU(None), "LeakyReLU: negative_slope must be a number, got None"),
        (lambda: LeakyReLU(np.ones(2)), r"LeakyReLU: negative_slope must be .*, got array.*"),
        (lambda: ELU(float("nan")), "ELU: alpha must be a number, got nan"),
        (lambda: ELU(1j), "ELU: alpha must be a number, got 1j"),
        (lambda: Softplus(0), "Softplus: beta must not be 0"),
        (lambda: Softplus(None), "Softplus: beta must be a number, got None"),
        (lambda: Softplus(1, "x"), "Softplus: threshold must be a number, got 'x'"),
        (lambda: GELU("erf"), "GELU: approximate must be 'none' or 'tanh', got 'erf'"),
        (lambda: GELU(None), "GELU: approximate must be 'none' or 'tanh', got None"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_by_name(make, message):
    with pytest.raises(ArgumentError, match=f"^{message}$"):
        make()


@pytest.mark.parametrize(
    ("module", "shown"),
    [
        (LeakyReLU(), "LeakyReLU()"),
        (LeakyReLU(np.float64(0.2)), "LeakyReLU(negative_slope=0.2)"),
        (ELU(2), "ELU(alpha=2.0)"),
        (Softplus(threshold=5), "Softplus(threshold=5.0)"),
        (GELU("tanh"), "GELU(approximate='tanh')"),
    ],
)
def test_the_repr_shows_the_options_that_are_not_the_defaults(module, shown):
    assert repr(module) == shown


@every_variant
@pytest.mark.parametrize("x", [np.float32(-0.5), np.zeros((0, 3), np.float32)])
def test_one_number_and_none_at_all_will_do_as_input(make, x):
    module = make()
    y = module.forward(x)
    grad_input = module.backward(np.ones_like(y))
    for a in (y, grad_input):
        assert isinstance(a, np.ndarray)
        assert (a.shape, a.dtype) == (x.shape, np.float32)
