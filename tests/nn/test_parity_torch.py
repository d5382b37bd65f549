"""In lock step with PyTorch, in float64: the same names, values, gradients and training steps."""

import numpy as np
import pytest

from mytorch import nn
from mytorch.nn import SGD, Linear, ReLU, Sequential, Sigmoid, SoftmaxCrossEntropy, Tanh, init

torch = pytest.importorskip("torch")

# Ours, PyTorch's, and the shape of the input.
PAIRS = {
    "Linear": (lambda: Linear(50, 30), lambda: torch.nn.Linear(50, 30), (64, 50)),
    "ReLU": (ReLU, torch.nn.ReLU, (64, 50)),
    "Sigmoid": (Sigmoid, torch.nn.Sigmoid, (64, 50)),
    "Tanh": (Tanh, torch.nn.Tanh, (64, 50)),
    "Sequential": (
        lambda: Sequential(Linear(50, 20), ReLU(), Sequential(Linear(20, 9), Tanh())),
        lambda: torch.nn.Sequential(
            torch.nn.Linear(50, 20),
            torch.nn.ReLU(),
            torch.nn.Sequential(torch.nn.Linear(20, 9), torch.nn.Tanh()),
        ),
        (64, 50),
    ),
}
TARGETS = {
    "labels": np.arange(64) % 10,
    "one-hot": np.eye(10)[np.arange(64) % 10],
    "probabilities": np.random.default_rng(5).dirichlet(np.ones(10), 64),
}
# Ours, PyTorch's, and the target for scores of shape (64, 10).
LOSSES = {
    f"CrossEntropyLoss, {kind}": (SoftmaxCrossEntropy, torch.nn.CrossEntropyLoss, target)
    for kind, target in TARGETS.items()
}


@pytest.mark.parametrize(("ours", "theirs", "shape"), PAIRS.values(), ids=PAIRS)
def test_values_and_all_gradients_equal_torchs(ours, theirs, shape):
    rng = np.random.default_rng(0)
    ours, theirs = twins(ours(), theirs())
    x = rng.standard_normal(shape) * 3
    tx = torch.tensor(x, requires_grad=True)
    y, ty = ours.forward(x), theirs(tx)
    g = rng.standard_normal(y.shape)
    ty.backward(torch.tensor(g))
    assert_close(y, ty)
    assert_close(ours.backward(g), tx.grad)
    for gradient, parameter in zip(ours.get_gradients(), theirs.parameters(), strict=True):
        assert_close(gradient, parameter.grad)


@pytest.mark.parametrize(("ours", "theirs", "shape"), PAIRS.values(), ids=PAIRS)
def test_parameters_are_named_and_ordered_as_in_torchs_state_dict(ours, theirs, shape):
    shapes = [(name, p.shape) for name, p in ours().named_parameters()]
    assert shapes == [(name, tuple(p.shape)) for name, p in theirs().state_dict().items()]


@pytest.mark.parametrize("scale", [1, 1e3])
@pytest.mark.parametrize(("ours", "theirs", "target"), LOSSES.values(), ids=LOSSES)
def test_losses_and_their_gradients_equal_torchs(ours, theirs, target, scale):
    z = np.random.default_rng(0).standard_normal((64, 10)) * scale
    tz = torch.tensor(z, requires_grad=True)
    loss = ours()
    value, expected = loss.forward(z, target), theirs()(tz, torch.tensor(target))
    expected.backward()
    assert_close(value, expected)
    assert_close(loss.backward(), tz.grad)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_fifty_steps_of_sgd_equal_torchs(target, momentum):
    ours, theirs = twins(
        Sequential(Linear(12, 16), ReLU(), Linear(16, 16), Tanh(), Linear(16, 10)),
        torch.nn.Sequential(
            torch.nn.Linear(12, 16),
            torch.nn.ReLU(),
            torch.nn.Linear(16, 16),
            torch.nn.Tanh(),
            torch.nn.Linear(16, 10),
        ),
    )
    loss, optimizer = SoftmaxCrossEntropy(), SGD(ours.get_parameters(), lr=0.1, momentum=momentum)
    their_loss = torch.nn.CrossEntropyLoss()
    their_optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=momentum)
    rng = np.random.default_rng(0)
    for _ in range(50):
        rows = rng.choice(64, 16, replace=False)
        x, y = rng.standard_normal((16, 12)), target[rows]

        value = loss.forward(ours.forward(x), y)
        ours.backward(loss.backward())
        optimizer.step(ours.get_gradients())

        their_optimizer.zero_grad()
        expected = their_loss(theirs(torch.tensor(x)), torch.tensor(y))
        expected.backward()
        their_optimizer.step()

        assert_close(value, expected)
    for p, q in zip(ours.get_parameters(), theirs.parameters(), strict=True):
        assert_close(p, q, 1e-12)


@pytest.mark.parametrize("shape", [(300, 200), (64, 32, 3, 3)])
@pytest.mark.parametrize("method", ["xavier_uniform", "kaiming_uniform"])
def test_fans_are_counted_as_torch_counts_them(method, shape):
    # The largest of n uniform numbers is below 0.999 of its bound with probability 0.999^n.
    ours = init.initialize_weights(shape, method, rng=np.random.default_rng(0))
    torch.manual_seed(0)
    theirs = getattr(torch.nn.init, f"{method}_")(torch.empty(shape))
    assert np.abs(ours).max() == pytest.approx(theirs.abs().max().item(), rel=1e-3)


def test_every_module_and_loss_that_torch_has_too_is_compared():
    shared = {
        name
        for name, value in vars(nn).items()
        if isinstance(value, type) and issubclass(value, nn.Module) and hasattr(torch.nn, name)
    }
    assert shared - {"Module"} <= {row.partition(",")[0] for row in (*PAIRS, *LOSSES)}


def twins(ours, theirs):
    """Both in float64 and with the same random parameters."""
    ours, theirs = ours.astype(np.float64), theirs.double()
    theirs.load_state_dict({name: torch.tensor(p) for name, p in ours.named_parameters()})
    return ours, theirs


def assert_close(ours, theirs, tolerance=1e-13):
    """The largest difference, relative to the largest value."""
    theirs = theirs.detach().numpy()
    assert np.shape(ours) == theirs.shape
    assert np.max(np.abs(ours - theirs)) <= tolerance * np.max(np.abs(theirs))
