from itertools import pairwise

import pytest

from .answers import numbers, problem, solved


def test_the_default_is_question_a3_and_one_step_ends_in_the_target():
    got = numbers(solved("gd-step"))
    assert (got["step1.y_hat"], got["step1.loss"]) == (1, 4)
    assert (got["step1.dL_dw"][0], got["step1.dL_db"]) == (-8, -4)
    assert got["w"][0] == pytest.approx(1.8, rel=1e-15, abs=0)
    assert got["b"] == pytest.approx(-0.6, rel=1e-15, abs=0)
    assert got["loss_after"] == pytest.approx(0, abs=1e-30)
    assert got["error_factor"] == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("loss", ["squared", "half"])
def test_many_steps_equal_plain_gradient_descent(loss):
    x, w, b, y, lr = (2.0, -1.0), [1.0, 0.5], -1.0, 3.0, 0.03
    got = numbers(solved("gd-step", x=x, w=tuple(w), b=b, y=y, lr=lr, steps=25, loss=loss))
    two = 2 if loss == "squared" else 1
    errors = []
    for step in range(1, 26):
        y_hat = w[0] * x[0] + w[1] * x[1] + b
        errors.append(y_hat - y)
        gradient = two * (y_hat - y)
        w = [c - lr * gradient * a for c, a in zip(w, x, strict=True)]
        b -= lr * gradient
        assert got[f"step{step}.w"] == pytest.approx(w, rel=1e-12, abs=0)
        assert got[f"step{step}.b"] == pytest.approx(b, rel=1e-12, abs=0)
    for before, after in pairwise(errors):
        assert after == pytest.approx(got["error_factor"] * before, rel=1e-9, abs=1e-13)


def test_the_gradients_equal_sympys():
    sympy = pytest.importorskip("sympy")
    w, b = sympy.symbols("w b")
    for loss, front in (("squared", 1), ("half", sympy.Rational(1, 2))):
        formula = front * (3 - (2 * w + b)) ** 2
        got = numbers(solved("gd-step", loss=loss))
        at = {w: 1, b: -1}
        assert got["step1.loss"] == float(formula.subs(at))
        assert got["step1.dL_dw"][0] == float(sympy.diff(formula, w).subs(at))
        assert got["step1.dL_db"] == float(sympy.diff(formula, b).subs(at))


@pytest.mark.parametrize(
    ("lr", "told"),
    [(0.1, "exactly"), (0.15, "shrinks"), (0.25, "grows"), (0.2, "stays as large")],
)
def test_what_is_said_about_the_rate_is_what_happens(lr, told):
    answer = solved("gd-step", lr=lr, steps=2)
    assert told in answer.steps[-1].say
    got = numbers(answer)
    first, second = abs(got["step1.error"]), abs(got["step2.error"])
    happened = {"exactly": second < 1e-14, "shrinks": second < first, "grows": second > first}
    assert happened.get(told, second == pytest.approx(first, rel=1e-14, abs=0))


def test_keys_of_1000_exercises_are_right():
    seen = set()
    for seed in range(1000):
        posed = problem("gd-step", seed)
        got = numbers(solved("gd-step", seed))
        (x,), (w,), b, y, lr = posed.x, posed.w, posed.b, posed.y, posed.lr
        error = w * x + b - y
        assert error != 0
        assert got["w"][0] == pytest.approx(w - lr * 2 * error * x, rel=1e-13, abs=1e-15)
        assert got["b"] == pytest.approx(b - lr * 2 * error, rel=1e-13, abs=1e-15)
        assert got["loss_after"] < got["step1.loss"]  # the rates drawn converge
        seen.add((x, w, b, y, lr))
    assert len(seen) > 500
