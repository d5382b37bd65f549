"""Tables of a report, against counts by hand."""

import numpy as np
import pytest

pytest.importorskip("sklearn")
from mytorch.reporting import tables


def test_what_is_nothing_over_nothing_is_left_empty():
    truth, labels = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 0, 3])
    columns, rows = tables.per_class(truth, labels, ["a", "b", "c", "d"])
    assert columns == ["class", "precision", "recall", "F1", "examples"]
    assert rows[0] == ["a", *(pytest.approx(2 / 3, rel=1e-12, abs=0),) * 3, 3]
    assert rows[1] == ["b", 0.0, 0.0, 0.0, 2]
    assert rows[2] == ["c", None, None, None, 0]  # neither predicted nor true
    assert rows[3][:3] == ["d", 0.0, None]  # predicted once, never true
