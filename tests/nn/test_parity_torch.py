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
    "Linear, no bias": (
        lambda: Linear(50, 30, bias=False),
        lambda: torch.nn.Linear(50, 30, bias=False),
        (64, 50),
    ),
    "Identity": (nn.Identity, torch.nn.Identity, (64, 50)),
    "LeakyReLU": (nn.LeakyReLU, torch.nn.LeakyReLU, (64, 50)),
    "LeakyReLU, steep": (lambda: nn.LeakyReLU(1.5), lambda: torch.nn.LeakyReLU(1.5), (64, 50)),
    "ELU": (nn.ELU, torch.nn.ELU, (64, 50)),
    "ELU, alpha": (lambda: nn.ELU(0.3), lambda: torch.nn.ELU(0.3), (64, 50)),
    "Softplus": (nn.Softplus, torch.nn.Softplus, (64, 50)),
    "Softplus, options": (
        lambda: nn.Softplus(3.0, threshold=2.0),
        lambda: torch.nn.Softplus(3.0, threshold=2.0),
        (64, 50),
    ),
    "SiLU": (nn.SiLU, torch.nn.SiLU, (64, 50)),
    "GELU": (nn.GELU, torch.nn.GELU, (64, 50)),
    "GELU, tanh": (
        lambda: nn.GELU(approximate="tanh"),
        lambda: torch.nn.GELU(approximate="tanh"),
        (64, 50),
    ),
    "Softmax": (nn.Softmax, lambda: torch.nn.Softmax(dim=-1), (64, 50)),
    "Softmax, axis 1": (lambda: nn.Softmax(1), lambda: torch.nn.Softmax(1), (8, 5, 6)),
    "LogSoftmax": (nn.LogSoftmax, lambda: torch.nn.LogSoftmax(dim=-1), (64, 50)),
    "LogSoftmax, axis 1": (lambda: nn.LogSoftmax(1), lambda: torch.nn.LogSoftmax(1), (8, 5, 6)),
    "Flatten": (nn.Flatten, torch.nn.Flatten, (8, 5, 6, 7)),
    "Flatten, some axes": (lambda: nn.Flatten(0, -2), lambda: torch.nn.Flatten(0, -2), (8, 5, 6)),
    "Dropout, evaluation": (lambda: nn.Dropout().eval(), lambda: torch.nn.Dropout().eval(), (8, 5)),
    "Dropout, everything": (lambda: nn.Dropout(1), lambda: torch.nn.Dropout(1), (8, 5)),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(50), lambda: torch.nn.BatchNorm1d(50), (64, 50)),
    "BatchNorm1d, evaluation": (
        lambda: nn.BatchNorm1d(50).eval(),
        lambda: torch.nn.BatchNorm1d(50).eval(),
        (64, 50),
    ),
    "BatchNorm1d, sequences": (
        lambda: nn.BatchNorm1d(5, eps=0.1, momentum=0.3),
        lambda: torch.nn.BatchNorm1d(5, eps=0.1, momentum=0.3),
        (8, 5, 6),
    ),
    "BatchNorm1d, plain mean": (
        lambda: nn.BatchNorm1d(50, momentum=None),
        lambda: torch.nn.BatchNorm1d(50, momentum=None),
        (64, 50),
    ),
    "BatchNorm1d, bare": (
        lambda: nn.BatchNorm1d(50, affine=False, track_running_stats=False).eval(),
        lambda: torch.nn.BatchNorm1d(50, affine=False, track_running_stats=False).eval(),
        (64, 50),
    ),
    # All combinations of their options are compared in test_convolution_parity_torch.py.
    "Conv2d": (
        lambda: nn.Conv2d(3, 4, 3, padding=1),
        lambda: torch.nn.Conv2d(3, 4, 3, padding=1),
        (5, 3, 6, 7),
    ),
    "MaxPool2d": (lambda: nn.MaxPool2d(2), lambda: torch.nn.MaxPool2d(2), (5, 3, 6, 7)),
    "AvgPool2d": (lambda: nn.AvgPool2d(2), lambda: torch.nn.AvgPool2d(2), (5, 3, 6, 7)),
    "AdaptiveAvgPool2d": (
        lambda: nn.AdaptiveAvgPool2d(2),
        lambda: torch.nn.AdaptiveAvgPool2d(2),
        (5, 3, 6, 7),
    ),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(5), lambda: torch.nn.BatchNorm2d(5), (8, 5, 4, 3)),
    "BatchNorm2d, frozen": (
        lambda: nn.BatchNorm2d(5, frozen=True),
        lambda: torch.nn.BatchNorm2d(5).eval(),
        (8, 5, 4, 3),
    ),
    "BatchNorm2d, evaluation": (
        lambda: nn.BatchNorm2d(5).eval(),
        lambda: torch.nn.BatchNorm2d(5).eval(),
        (8, 5, 4, 3),
    ),
    "Dropout2d, evaluation": (
        lambda: nn.Dropout2d().eval(),
        lambda: torch.nn.Dropout2d().eval(),
        (8, 5, 4, 3),
    ),
    "LayerNorm": (lambda: nn.LayerNorm(50), lambda: torch.nn.LayerNorm(50), (64, 50)),
    "LayerNorm, two axes": (
        lambda: nn.LayerNorm((5, 6), eps=0.1),
        lambda: torch.nn.LayerNorm((5, 6), eps=0.1),
        (8, 5, 6),
    ),
    "LayerNorm, no bias": (
        lambda: nn.LayerNorm(50, bias=False),
        lambda: torch.nn.LayerNorm(50, bias=False),
        (64, 50),
    ),
    "LayerNorm, bare": (
        lambda: nn.LayerNorm(50, elementwise_affine=False),
        lambda: torch.nn.LayerNorm(50, elementwise_affine=False),
        (64, 50),
    ),
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
NUMBERS = np.random.default_rng(7).standard_normal((64, 10))
PREDICTIONS = np.random.default_rng(0).standard_normal((64, 10))
WEIGHT = np.random.default_rng(6).uniform(0.1, 3, 10)
SMOOTHING = {"label_smoothing": 0.1}
# A loss, the kinds of targets, and the options to compare on each.
LOSSES = {
    f"{name}, {kind}, {', '.join(options)}": (name, options, target)
    for name, targets, every_options in (
        (
            "CrossEntropyLoss",
            TARGETS,
            ({}, {"weight": WEIGHT}, SMOOTHING, {"weight": WEIGHT, **SMOOTHING}),
        ),
        (
            "CrossEntropyLoss",
            {"labels": TARGETS["labels"]},
            (
                {"ignore_index": 3},
                {"ignore_index": 3, "weight": WEIGHT},
                {"ignore_index": 3, **SMOOTHING},
                {"ignore_index": 3, "weight": WEIGHT, "label_smoothing": 1.0},
            ),
        ),
        (
            "NLLLoss",
            {"labels": TARGETS["labels"]},
            ({}, {"weight": WEIGHT}, {"ignore_index": 3}, {"weight": WEIGHT, "ignore_index": 3}),
        ),
        (
            "BCEWithLogitsLoss",
            {kind: TARGETS[kind] for kind in ("one-hot", "probabilities")},
            (
                {},
                {"weight": WEIGHT},
                {"pos_weight": WEIGHT},
                {"weight": WEIGHT.repeat(7)[:64, np.newaxis], "pos_weight": WEIGHT},
            ),
        ),
        ("MSELoss", {"numbers": NUMBERS}, ({},)),
        ("L1Loss", {"numbers": NUMBERS, "those predicted": PREDICTIONS}, ({},)),
        ("HuberLoss", {"numbers": NUMBERS}, ({}, {"delta": 0.3}, {"delta": 100.0})),
    )
    for kind, target in targets.items()
    for options in every_options
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
    for name, buffer in theirs.named_buffers():  # running statistics
        assert_close(dict(ours.named_buffers())[name], buffer)


@pytest.mark.parametrize(("ours", "theirs", "shape"), PAIRS.values(), ids=PAIRS)
def test_the_state_dict_is_named_and_ordered_as_torchs(ours, theirs, shape):
    shapes = [(name, p.shape) for name, p in ours().state_dict().items()]
    assert shapes == [(name, tuple(p.shape)) for name, p in theirs().state_dict().items()]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("scale", [1, 1e3])
@pytest.mark.parametrize(("name", "options", "target"), LOSSES.values(), ids=LOSSES)
def test_losses_and_their_gradients_equal_torchs(name, options, target, scale, reduction):
    z = PREDICTIONS * scale
    tz = torch.tensor(z, requires_grad=True)
    loss = getattr(nn, name)(reduction=reduction, **options)
    tensors = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    theirs = getattr(torch.nn, name)(reduction=reduction, **tensors)
    value, expected = loss.forward(z, target), theirs(tz, torch.tensor(target))
    g = np.array(np.random.default_rng(1).standard_normal(expected.shape))
    expected.backward(torch.tensor(g))
    assert_close(value, expected)
    assert_close(loss.backward(g), tz.grad)


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
    for p in ours.get_parameters():  # ones and zeros would hide a mistake
        p += 0.1 * np.random.default_rng(3).standard_normal(p.shape)
    theirs.load_state_dict({name: torch.tensor(p) for name, p in ours.state_dict().items()})
    return ours, theirs


def assert_close(ours, theirs, tolerance=1e-13):
    """The largest difference, relative to the largest value."""
    theirs = theirs.detach().numpy()
    assert np.shape(ours) == theirs.shape
    assert np.max(np.abs(ours - theirs)) <= tolerance * np.max(np.abs(theirs))
