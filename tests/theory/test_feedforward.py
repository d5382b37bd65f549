import math
from itertools import pairwise

import numpy as np
import pytest

from mytorch.theory import feedforward
from mytorch.utils.errors import ShapeError

from .answers import numbers, problem, solved


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def two_two_one(x, w, b, v, c):
    """The output of both readings, written out: w[i][j] from i to j, and to i from j."""
    outputs = []
    for turned in (False, True):
        h = [
            sigmoid(sum((w[j][i] if turned else w[i][j]) * x[i] for i in (0, 1)) + b[j])
            for j in (0, 1)
        ]
        outputs.append(sigmoid(h[0] * v[0] + h[1] * v[1] + c))
    return outputs


def test_the_default_is_question_a1_in_both_readings():
    got = numbers(solved("feedforward"))
    h1, h2 = sigmoid(0.8 * 0.5 + 0.2 * 0.3 + 0.1), sigmoid(-0.4 * 0.5 + 0.9 * 0.3 - 0.2)
    assert got["input_first.layer1.z"] == pytest.approx([0.56, -0.13], rel=1e-14, abs=0)
    assert got["input_first.layer1.a"] == pytest.approx([h1, h2], rel=1e-15, abs=0)
    first = sigmoid(0.5 * h1 - 0.7 * h2 + 0.3)
    assert got["input_first"][0] == pytest.approx(first, rel=1e-15, abs=0)
    h1, h2 = sigmoid(0.8 * 0.5 - 0.4 * 0.3 + 0.1), sigmoid(0.2 * 0.5 + 0.9 * 0.3 - 0.2)
    second = sigmoid(0.5 * h1 - 0.7 * h2 + 0.3)
    assert got["neuron_first"][0] == pytest.approx(second, rel=1e-15, abs=0)
    assert got["default_reading"] == "input-first"
    # To thirty digits by mpmath.
    assert first == pytest.approx(0.572227293706280226, rel=1e-15, abs=0)
    assert second == pytest.approx(0.554101860135499527, rel=1e-15, abs=0)


def test_the_other_reading_as_default_swaps_the_two():
    both = numbers(solved("feedforward"))
    given = feedforward.Problem()
    turned = (given.weights[0], ((0.5, -0.7),))
    got = numbers(solved("feedforward", indices="neuron-first", weights=turned))
    assert got["default_reading"] == "neuron-first"
    for reading in ("input_first", "neuron_first"):
        assert got[reading][0] == both[reading][0]


def test_a_network_without_square_matrices_has_one_reading():
    got = numbers(
        solved(
            "feedforward",
            x=(1.0, 2.0, 3.0),
            weights=(((1.0, 0.0), (0.0, 1.0), (1.0, 1.0)), ((1.0,), (-1.0,))),
            biases=((0.5, -0.5), (0.0,)),
            activations=("relu", "identity"),
        )
    )
    assert got["input_first.layer1.a"].tolist() == [4.5, 4.5]
    assert got["input_first"].tolist() == [0]
    assert "neuron_first" not in got


@pytest.mark.parametrize("last", ["softmax", "identity", "tanh"])
def test_a_deep_network_equals_pytorchs(last):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    sizes = (3, 4, 5, 2)
    weights = [rng.normal(size=pair) for pair in pairwise(sizes)]
    biases = [rng.normal(size=size) for size in sizes[1:]]
    x = rng.normal(size=3)
    got = numbers(
        solved(
            "feedforward",
            x=tuple(x),
            weights=tuple(tuple(map(tuple, w)) for w in weights),
            biases=tuple(map(tuple, biases)),
            activations=("tanh", "swish", last),
        )
    )
    a = torch.tensor(x)
    ends = {"softmax": lambda z: z.softmax(0), "identity": lambda z: z, "tanh": torch.tanh}
    for w, b, f in zip(weights, biases, (torch.tanh, torch.nn.functional.silu, ends[last]),
                       strict=True):  # fmt: skip
        a = f(a @ torch.tensor(w) + torch.tensor(b))
    np.testing.assert_allclose(got["input_first"], a.numpy(), rtol=1e-13)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"x": (1.0,)}, "weights of layer 1 have 2 rows, expected 1"),
        ({"biases": ((0.1,), (0.3,))}, "layer 1 has 2 neurons and 1 biases"),
        ({"biases": ((0.1, 0.2),)}, "--weights has 2 layers and --biases 1"),
        ({"activations": ("relu",) * 3}, "--weights has 2 layers and --activations 3"),
        ({"indices": "neuron-first"}, "weights of layer 2 have 1 columns, expected 2"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(given, message):
    with pytest.raises(ShapeError, match=message):
        solved("feedforward", **given)


def test_keys_of_1000_exercises_are_right():
    seen = set()
    for seed in range(1000):
        posed = problem("feedforward", seed)
        got = numbers(solved("feedforward", seed))
        w, v = posed.weights
        (b, (c,)) = posed.biases
        first, second = two_two_one(posed.x, w, b, [v[0][0], v[1][0]], c)
        assert got["input_first"][0] == pytest.approx(first, rel=1e-14, abs=0)
        assert got.get("neuron_first", [first])[0] == pytest.approx(second, rel=1e-14, abs=0)
        seen.add(posed)
    assert len(seen) == 1000
