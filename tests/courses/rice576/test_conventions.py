import numpy as np
import pytest

from mytorch.courses.rice576.conventions import PROFILE


def test_the_l2_factor_is_what_the_profile_says():
    (contradiction,) = PROFILE.contradictions
    shown = contradiction.shown()
    n = shown["examples"]
    assert shown["summed update / gradient of the loss"] == pytest.approx(n, rel=1e-12)
    assert shown["L2 term of the summed update / that of the loss"] == pytest.approx(n, rel=1e-9)
    assert shown["L2 term of the mean update / that of the loss"] == pytest.approx(n, rel=1e-9)
    # The rest of the mean update has the factor 1, so that the whole has none.
    assert not 0.999 < shown["mean update / gradient of the loss"] < 1.001


def test_initial_weights_are_the_first_draw_of_seed_0():
    np.random.seed(0)
    np.testing.assert_array_equal(PROFILE.initial((2, 3)), np.random.randn(2, 3) / np.sqrt(2))
