"""One training step of a 2-2-2 network, worked by hand."""

import math

import numpy as np

from mytorch.nn import SGD, Linear, ReLU, Sequential, SoftmaxCrossEntropy

F64 = np.float64


def test_one_step_equals_the_step_worked_by_hand():
    hidden, output = Linear(2, 2, dtype=F64), Linear(2, 2, dtype=F64)
    hidden.weight[...] = [[1, 1], [1, -1]]
    hidden.bias[...] = [0, 0]
    output.weight[...] = [[2, 1], [1, -1]]
    output.bias[...] = [0, 3]
    model, loss = Sequential(hidden, ReLU(), output), SoftmaxCrossEntropy()

    # Two examples, both of class 0. Forward, a row for each:
    x = np.array([[1.0, 2.0], [1.0, 0.0]])
    y = np.array([0, 0])
    # z1 = x W1^T + b1 = [[1+2, 1-2], [1+0, 1-0]] = [[3, -1], [1, 1]]
    # a  = max(0, z1)                             = [[3,  0], [1, 1]]
    # z2 = a W2^T + b2 = [[6+0, 3-0+3], [2+1, 1-1+3]] = [[6, 6], [3, 3]]
    z2 = model.forward(x)
    np.testing.assert_array_equal(z2, [[6, 6], [3, 3]])
    # Both scores are equal, so p = [1/2, 1/2] and the loss is -log 1/2 twice, averaged.
    assert math.isclose(loss.forward(z2, y), math.log(2), rel_tol=1e-15)

    # Backward: dz2 = (p - y) / N = ([1/2, 1/2] - [1, 0]) / 2 in both rows.
    dz2 = loss.backward()
    assert_equal(dz2, [[-0.25, 0.25], [-0.25, 0.25]])
    # dW2 = dz2^T a : row 0 is -1/4 ([3, 0] + [1, 1]) = [-1, -1/4], row 1 its opposite
    # db2 = column sums of dz2 = [-1/2, 1/2]
    # da  = dz2 W2 = -1/4 [2, 1] + 1/4 [1, -1] = [-1/4, -1/2] in both rows
    # dz1 = da where z1 > 0 : [[-1/4, 0], [-1/4, -1/2]]
    # dW1 = dz1^T x : row 0 is -1/4 ([1, 2] + [1, 0]) = [-1/2, -1/2], row 1 is -1/2 [1, 0]
    # db1 = column sums of dz1 = [-1/2, -1/2]
    # dx  = dz1 W1 = [[-1/4, -1/4], [-1/4 - 1/2, -1/4 + 1/2]]
    assert_equal(model.backward(dz2), [[-0.25, -0.25], [-0.75, 0.25]])
    d_w1, d_b1, d_w2, d_b2 = model.get_gradients()
    assert_equal(d_w1, [[-0.5, -0.5], [-0.5, 0]])
    assert_equal(d_b1, [-0.5, -0.5])
    assert_equal(d_w2, [[-1, -0.25], [1, 0.25]])
    assert_equal(d_b2, [-0.5, 0.5])

    # The step: p <- p - 1/2 dp.
    SGD(model.get_parameters(), lr=0.5).step(model.get_gradients())
    assert_equal(hidden.weight, [[1.25, 1.25], [1.25, -1]])
    assert_equal(hidden.bias, [0.25, 0.25])
    assert_equal(output.weight, [[2.5, 1.125], [0.5, -1.125]])
    assert_equal(output.bias, [0.25, 2.75])


def assert_equal(actual, expected):
    # All numbers above are exact in binary; only p = exp(-log 2) is rounded.
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-15)
