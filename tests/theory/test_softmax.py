import math

import numpy as np
import pytest

from mytorch.utils.errors import ArgumentError

from .answers import numbers, problem, solved


def test_the_default_is_question_a8():
    got = numbers(solved("softmax"))
    p = math.exp(0.5) / (1 + math.exp(0.5))
    assert got["p"] == pytest.approx([p, 1 - p], rel=1e-15, abs=0)
    assert got["p"] == pytest.approx([0.62245933, 0.37754067], rel=1e-7, abs=0)
    assert got["exponentials"] == pytest.approx([1, math.exp(-0.5)], rel=1e-15, abs=0)
    assert got["sum"] == pytest.approx(1 + math.exp(-0.5), rel=1e-15, abs=0)
    assert got["p_sum"] == pytest.approx(1, rel=1e-15, abs=0)
    logarithms = [-math.log1p(math.exp(-0.5)), -math.log1p(math.exp(0.5))]
    assert got["log_p"] == pytest.approx(logarithms, rel=1e-15, abs=0)
    j = p * (1 - p)
    assert got["jacobian"] == pytest.approx(np.array([[j, -j], [-j, j]]), rel=1e-14, abs=0)
    assert got["sigmoid_of_difference"] == pytest.approx(p, rel=1e-15, abs=0)
    assert got["sigmoids_sum"] == pytest.approx(1.69837, rel=1e-5, abs=0)


def test_the_jacobian_equals_sympys():
    sympy = pytest.importorskip("sympy")
    z = sympy.symbols("z0:3")
    total = sum(map(sympy.exp, z))
    at = dict(zip(z, (sympy.Rational(1, 2), -1, 2), strict=True))
    got = numbers(solved("softmax", z=(0.5, -1.0, 2.0)))
    for i in range(3):
        for k in range(3):
            want = float(sympy.diff(sympy.exp(z[i]) / total, z[k]).subs(at).evalf(30))
            assert got["jacobian"][i, k] == pytest.approx(want, rel=1e-14, abs=0)


def test_large_scores_do_not_overflow():
    got = numbers(solved("softmax", z=(1000.0, 0.0)))
    assert got["p"].tolist() == [1, 0]
    assert got["log_p"].tolist() == [0, -1000]


def test_more_scores_than_can_be_read_are_refused():
    with pytest.raises(ArgumentError, match="65 scores, expected at most 64"):
        solved("softmax", z=(1.0,) * 65)


def test_keys_of_1000_exercises_are_right():
    seen = set()
    for seed in range(1000):
        z = problem("softmax", seed).z
        got = numbers(solved("softmax", seed))
        exponentials = [math.exp(score) for score in z]
        p = np.array(exponentials) / sum(exponentials)
        np.testing.assert_allclose(got["p"], p, rtol=1e-14)
        np.testing.assert_allclose(got["jacobian"], np.diag(p) - np.outer(p, p), atol=1e-15)
        np.testing.assert_allclose(got["row_sums"], 0, atol=1e-15)
        seen.add(z)
    assert len(seen) > 300
