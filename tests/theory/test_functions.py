"""The formulas shown are the functions of the library, and their derivatives are SymPy's."""

import numpy as np
import pytest

from mytorch.theory import functions

sympy = pytest.importorskip("sympy")
from sympy.parsing.sympy_parser import parse_expr  # noqa: E402

Z, ALPHA = sympy.symbols("z alpha", real=True)
KNOWN = {
    "z": Z,
    "alpha": ALPHA,
    "sigmoid": sympy.Lambda(Z, 1 / (1 + sympy.exp(-Z))),
    "tanh": sympy.tanh,
    "exp": sympy.exp,
}
PIECES = [
    pytest.param(name, number, id=f"{name} {piece.where}".strip())
    for name, function in functions.FUNCTIONS.items()
    for number, piece in enumerate(function.pieces)
]
POINTS = [sympy.Rational(n, 8) for n in (-40, -21, -8, -3, -1, 1, 2, 8, 21, 40)]


def formula(text):
    return parse_expr(text.replace("^", "**"), local_dict=KNOWN)


def piece_at(name, point):
    """The piece whose condition holds at a point."""
    for piece in functions.FUNCTIONS[name].pieces:
        if not piece.where or bool(parse_expr(piece.where, local_dict={"z": point})):
            return piece


def value(text, point, alpha):
    return float(formula(text).subs({Z: point, ALPHA: sympy.Float(alpha or 0, 40)}).evalf(30))


@pytest.mark.parametrize(("name", "number"), PIECES)
def test_the_derivative_that_is_shown_is_sympys(name, number):
    piece = functions.FUNCTIONS[name].pieces[number]
    difference = sympy.diff(formula(piece.value), Z) - formula(piece.slope)
    assert sympy.simplify(difference.rewrite(sympy.exp)) == 0


@pytest.mark.parametrize("name", functions.NAMES)
@pytest.mark.parametrize("alpha", [None, 0.3])
def test_the_formula_that_is_shown_is_the_librarys(name, alpha):
    used = functions.alpha_of(name, alpha)
    f, slope = functions.value_and_slope(name, np.array(POINTS, float), alpha)
    for point, got, got_slope in zip(POINTS, f, slope, strict=True):
        piece = piece_at(name, point)
        assert got == pytest.approx(value(piece.value, point, used), rel=1e-14, abs=0)
        # 1 - tanh^2 loses digits to cancellation where tanh is near 1
        assert got_slope == pytest.approx(value(piece.slope, point, used), rel=1e-11, abs=0)


@pytest.mark.parametrize("name", functions.NAMES)
def test_the_derivative_is_that_of_finite_differences(name):
    z, h = np.array(POINTS, float), 1e-5
    f = functions.module(name)
    numeric = (f.forward(z + h) - f.forward(z - h)) / (2 * h)
    np.testing.assert_allclose(functions.value_and_slope(name, z)[1], numeric, rtol=0, atol=2e-10)


@pytest.mark.parametrize("name", functions.NAMES)
def test_the_sides_are_the_limits_of_the_derivative_at_0(name):
    pieces = functions.FUNCTIONS[name].pieces
    alpha = functions.alpha_of(name)
    left, right = (
        float(sympy.limit(formula(piece.slope), Z, 0, side).subs(ALPHA, alpha or 0))
        for piece, side in ((pieces[-1], "-"), (pieces[0], "+"))
    )
    assert functions.sides(name) == (pytest.approx(left, abs=0), pytest.approx(right, abs=0))


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("sigmoid", 0, 1),
        ("tanh", -1, 1),
        ("relu", 0, np.inf),
        ("elu", -1, np.inf),
        ("swish", -0.278465, np.inf),
        ("identity", -np.inf, np.inf),
        ("leaky-relu", -np.inf, np.inf),
    ],
)
def test_the_range_is_where_the_values_are(name, low, high):
    z = np.concatenate([np.linspace(-30, 30, 60_001), [-1e5, 1e5]])
    f = functions.module(name).forward(z)
    text = functions.range_of(name)
    if np.isinf(low):
        assert text == "all real numbers"
        assert f.min() < -100
    else:
        assert text.lstrip("([").split(",")[0] == f"{low:g}" or name == "swish"
        assert low - 1e-6 < f.min() < low + 1e-6
    assert f.max() > 100 if np.isinf(high) else high - 1e-6 < f.max() <= high


def test_the_range_of_swish_is_its_minimum():
    low = sympy.nsolve(sympy.diff(formula("z * sigmoid(z)"), Z), -1.3)
    least = formula("z * sigmoid(z)").subs(Z, low)
    assert functions.range_of("swish").startswith(f"[{float(least):.6g},")


def test_the_range_follows_alpha():
    assert functions.range_of("elu", 2.5) == "(-2.5, infinity)"
    assert functions.range_of("leaky-relu", 0.0) == "[0, infinity)"


@pytest.mark.parametrize("name", functions.NAMES)
@pytest.mark.parametrize("slope", [False, True])
def test_the_arithmetic_shown_gives_the_number(name, slope):
    known = {**KNOWN, "z": None, "alpha": None}
    for z in (-1.5, -0.25, 0.75):
        text = functions.numbers(name, z, slope=slope)
        shown = float(parse_expr(text.replace("^", "**"), local_dict=known))
        want = functions.value_and_slope(name, np.array([z]))[int(slope)].item()
        assert shown == pytest.approx(want, rel=1e-14, abs=0)


def test_there_is_no_arithmetic_at_a_kink():
    assert functions.numbers("relu", 0.0) == ""
    assert functions.numbers("tanh", 0.0) != ""
