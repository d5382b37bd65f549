import numpy as np
import pytest

from mytorch.nn import Linear, ReLU, Sequential, SoftmaxCrossEntropy
from mytorch.training.layers import summarize


def test_summary_has_shapes_parameters_and_gradient_norms():
    rng = np.random.default_rng(0)
    model = Sequential(Linear(4, 3, rng=rng), ReLU(), Linear(3, 2, rng=rng))
    x, y = rng.standard_normal((6, 4)).astype(np.float32), rng.integers(0, 2, 6)
    first, relu, last = summarize(model, SoftmaxCrossEntropy(), x, y)
    assert (first.layer, first.output_shape, first.parameters) == ("Linear(4, 3)", (3,), 15)
    assert (relu.name, relu.output_shape, relu.parameters) == ("1", (3,), 0)
    assert relu.gradient_norm is None
    flat = np.concatenate([g.ravel() for g in model.layers[2].get_gradients()])
    assert last.gradient_norm == pytest.approx(np.linalg.norm(flat), rel=1e-6)
