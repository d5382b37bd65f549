"""Two sentences of the assignment that do not hold, computed."""

import numpy as np
import pytest

from mytorch.courses.registry import profile

ZERO, LITERAL = profile("nyu6953").contradictions


def test_of_a_network_of_zeros_the_output_bias_alone_learns():
    shown = ZERO.shown()
    assert shown["largest gradient of all else"] == 0
    # p is 1/3 each; 3, 1 and 1 of 5 examples are of the classes 0, 1 and 2.
    expected = [1 / 3 - 3 / 5, 1 / 3 - 1 / 5, 1 / 3 - 1 / 5]
    assert shown["gradient of the output bias"] == pytest.approx(expected, rel=1e-12, abs=0)
    assert shown["mean of p - y"] == pytest.approx(expected, rel=1e-12, abs=0)


def test_the_literal_rule_convicts_correct_code_and_the_library_does_not():
    shown = LITERAL.shown()
    assert shown["tolerance"] == 1e-5
    assert shown["entries"] == 20 * 16 + 16 + 16 * 10 + 10
    assert shown["entries that the literal rule convicts"] > 0
    assert shown["largest error by the literal rule"] > 1e-4
    assert shown["largest error as judged by the library"] < 1e-6


def test_the_profile_draws_the_librarys_default_weights():
    w = profile("nyu6953").initial((300, 200))
    assert w.shape == (300, 200)
    assert w.var() == pytest.approx(2 / 500, rel=0.02, abs=0)
    np.testing.assert_array_equal(w, profile("nyu6953").initial((300, 200)))
