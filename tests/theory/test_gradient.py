import math

import numpy as np
import pytest

from mytorch.theory import functions
from mytorch.utils.errors import ArgumentError, ShapeError

from .answers import numbers, problem, solved

NAMES = functions.NAMES


def by_sympy(name, point, half=False):
    """The loss, and its derivatives by w, b and x, of a neuron with one input."""
    sympy = pytest.importorskip("sympy")
    x, w, b, y = sympy.symbols("x w b y", real=True)
    z = w * x + b
    negative = point["w"] * point["x"] + point["b"] < 0
    sigmoid = 1 / (1 + sympy.exp(-z))
    a = {
        "identity": z,
        "sigmoid": sigmoid,
        "tanh": sympy.tanh(z),
        "relu": sympy.Integer(0) if negative else z,
        "leaky-relu": z / 100 if negative else z,
        "elu": sympy.exp(z) - 1 if negative else z,
        "swish": z * sigmoid,
    }[name]
    loss = (a - y) ** 2 / (2 if half else 1)
    at = {s: sympy.Rational(str(point[s.name])) for s in (x, w, b, y)}
    wanted = (loss, *(sympy.diff(loss, s) for s in (w, b, x)))
    return [float(sympy.sympify(e).subs(at).evalf(30)) for e in wanted]


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("w", [-0.5, 0.6])
@pytest.mark.parametrize("name", NAMES)
def test_loss_and_gradients_equal_sympys(name, w, half):
    point = {"x": 0.7, "w": w, "b": 0.2, "y": 1.0}
    got = numbers(solved("gradient", activation=name, w=(w,)))
    key = "half" if half else "mse"
    loss, by_w, by_b, by_x = by_sympy(name, point, half)
    assert got[f"{key}.loss"] == pytest.approx(loss, rel=1e-14, abs=0)
    assert got[f"{key}.dL_dw"][0] == pytest.approx(by_w, rel=1e-13, abs=0)
    assert got[f"{key}.dL_db"] == pytest.approx(by_b, rel=1e-13, abs=0)
    assert got[f"{key}.dL_dx"][0] == pytest.approx(by_x, rel=1e-13, abs=0)
    assert got[f"{key}.new_w"][0] == pytest.approx(w - 0.1 * by_w, rel=1e-14, abs=0)
    assert got[f"{key}.new_b"] == pytest.approx(0.2 - 0.1 * by_b, rel=1e-14, abs=0)
    by_a = 2 * (got["a"] - 1) / (2 if half else 1)
    assert by_a * got["da_dw"][0] == pytest.approx(by_w, rel=1e-13, abs=0)
    assert by_a * got["da_db"] == pytest.approx(by_b, rel=1e-13, abs=0)


def test_the_default_is_question_a2():
    got = numbers(solved("gradient"))
    a = 1 / (1 + math.exp(0.15))
    assert got["z"] == pytest.approx(-0.15, rel=1e-15, abs=0)
    assert got["a"] == pytest.approx(a, rel=1e-15, abs=0)
    assert got["mse.dL_dw"][0] == pytest.approx(2 * (a - 1) * a * (1 - a) * 0.7, rel=1e-14, abs=0)
    assert got["mse.dL_dw"][0] == pytest.approx(-0.187046335995850367, rel=1e-14, abs=0)
    assert got["half.dL_dw"][0] == pytest.approx(got["mse.dL_dw"][0] / 2, rel=1e-15, abs=0)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_of_several_inputs_equal_finite_differences(name):
    x, w, b, y, h = np.array([0.5, -1.2, 0.3]), np.array([0.4, 0.7, -0.2]), 0.15, 0.3, 1e-6
    got = numbers(solved("gradient", activation=name, x=tuple(x), w=tuple(w), b=b, y=y))

    def loss(x, w, b):
        return (functions.module(name).forward(np.array([x @ w + b])).item() - y) ** 2

    for e, n in zip(np.eye(3) * h, range(3), strict=True):
        by_w = (loss(x, w + e, b) - loss(x, w - e, b)) / (2 * h)
        by_x = (loss(x + e, w, b) - loss(x - e, w, b)) / (2 * h)
        assert got["mse.dL_dw"][n] == pytest.approx(by_w, rel=1e-7, abs=1e-10)
        assert got["mse.dL_dx"][n] == pytest.approx(by_x, rel=1e-7, abs=1e-10)


@pytest.mark.parametrize(("name", "left", "library"), [("relu", 0, 0), ("leaky-relu", 0.01, 0.01)])
def test_at_the_kink_both_slopes_are_told(name, left, library):
    got = numbers(solved("gradient", activation=name, x=(1.0,), w=(1.0,), b=-1.0))
    assert got["z"] == 0
    assert (got["slope_from_left"], got["slope_from_right"]) == (left, 1)
    assert got["slope"] == library


def test_rounding_does_not_wake_a_relu():
    got = numbers(solved("gradient", activation="relu", x=(0.1, 0.2), w=(1.0, 1.0), b=-0.3))
    assert (got["z"], got["slope"], got["slope_from_right"]) == (0, 0, 1)
    tiny = numbers(solved("gradient", activation="relu", x=(1e-20,), w=(1.0,), b=0.0))
    assert (tiny["z"], tiny["slope"]) == (1e-20, 1)  # small is not 0


def test_where_the_derivative_exists_no_sides_are_told():
    assert "slope_from_left" not in numbers(solved("gradient", activation="relu"))
    at_0 = {"x": (1.0,), "w": (1.0,), "b": -1.0}
    assert "slope_from_left" not in numbers(solved("gradient", activation="elu", **at_0))
    assert "slope_from_left" in numbers(solved("gradient", activation="elu", alpha=2.0, **at_0))


def test_alpha_is_used_and_refused_where_there_is_none():
    got = numbers(solved("gradient", activation="leaky-relu", alpha=0.2))
    assert got["a"] == pytest.approx(-0.15 * 0.2, rel=1e-15, abs=0)
    with pytest.raises(ArgumentError, match="sigmoid has none"):
        solved("gradient", alpha=0.2)


def test_inputs_and_weights_of_different_lengths_are_refused():
    with pytest.raises(ShapeError, match="--x has 2, --w has 1"):
        solved("gradient", x=(1.0, 2.0))


def test_keys_of_1000_exercises_are_right():
    seen = set()
    for seed in range(1000):
        name = ("sigmoid", "tanh", "relu", "swish")[seed % 4]
        posed = problem("gradient", seed, activation=name)
        got = numbers(solved("gradient", seed, activation=name))
        (x,), (w,), b, y = posed.x, posed.w, posed.b, posed.y
        z = w * x + b
        s = 1 / (1 + math.exp(-z))
        a, slope = {
            "sigmoid": (s, s * (1 - s)),
            "tanh": (math.tanh(z), 1 / math.cosh(z) ** 2),
            "relu": (max(z, 0.0), float(z > 0)),
            "swish": (z * s, s + z * s * (1 - s)),
        }[name]
        by_w = 2 * (a - y) * slope * x
        assert got["mse.dL_dw"][0] == pytest.approx(by_w, rel=1e-12, abs=1e-16)
        assert got["half.new_b"] == pytest.approx(b - 0.1 * (a - y) * slope, rel=1e-13, abs=1e-16)
        seen.add((x, w, b, y))
    assert len(seen) > 900
