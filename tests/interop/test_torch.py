"""PyTorch's models trained by our loop: the numbers of PyTorch's own loop, and of ours."""

import numpy as np
import pytest

from mytorch import nn
from mytorch.interop.backend import on_backend
from mytorch.training import EarlyStopping, EpochRecord, StepRecord, evaluate, fit
from mytorch.utils.errors import ArgumentError, OrderError

torch = pytest.importorskip("torch")

from mytorch.interop.torch import TorchLoss, TorchModel, TorchOptimizer  # noqa: E402
from mytorch.interop.twins import LOSSES, MODULES, OPTIMIZERS, torch_loss, torch_module  # noqa: E402


def problem(n=60, dtype=np.float64):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, 6)).astype(dtype), rng.integers(0, 3, n)


def network(dtype=np.float64):
    rng = np.random.default_rng(1)
    options = {"dtype": dtype, "rng": rng}
    return nn.Sequential(
        nn.Linear(6, 10, bias=False, **options),  # batch norm would take any bias out
        nn.BatchNorm1d(10, dtype=dtype),
        nn.Tanh(),
        nn.Dropout(0.3, rng=rng),
        nn.Residual(nn.Linear(10, 10, **options), nn.GELU()),
        nn.LayerNorm(10, dtype=dtype),
        nn.Linear(10, 3, **options),
    )


MAKE = {
    nn.SGD: {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    nn.Adagrad: {"lr": 0.1, "lr_decay": 0.01, "initial_accumulator_value": 0.1},
    nn.RMSprop: {"lr": 0.01, "alpha": 0.9, "momentum": 0.5, "centered": True},
    nn.Adam: {"lr": 0.01, "amsgrad": True, "weight_decay": 0.01},
    nn.AdamW: {"lr": 0.01, "weight_decay": 0.1},
}


def trained(backend, make=nn.SGD, loss=None, dtype=np.float64, **options):
    model = network(dtype)
    optimizer = make(model.get_parameters(), **MAKE[make])
    x, y = problem(dtype=dtype)
    loss = loss or nn.SoftmaxCrossEntropy()
    usual = {"epochs": 5, "batch_size": 13, "evaluate_train": True}
    options = {**usual, "rng": np.random.default_rng(2), **options}
    model, loss, optimizer = on_backend(backend, model, loss, optimizer)
    records = list(fit(model, loss, optimizer, (x[:50], y[:50]), (x[50:], y[50:]), **options))
    return records, model.state_dict()


def assert_close(ours, theirs, tolerance=1e-10):
    for a, b in zip(ours[0], theirs[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance)
    assert list(ours[1]) == list(theirs[1])
    for name, p in ours[1].items():
        q = theirs[1][name]
        assert np.abs(p - q).max() <= tolerance * np.abs(q).max(), name


@pytest.mark.parametrize("make", MAKE)
def test_both_backends_train_in_step_with_every_optimizer(make):
    assert_close(trained("numpy", make), trained("torch", make))


@pytest.mark.parametrize(
    "options",
    [
        {"max_norm": 0.1},
        {"penalties": [nn.L2Penalty(0.1)]},
        {"micro_batch": 7},
        {"schedule": nn.schedule.one_cycle(0.1, total_steps=20)},
        {"step_records": False},
    ],
    ids=lambda options: next(iter(options)),
)
def test_both_backends_train_in_step_with_every_option_of_the_loop(options):
    assert_close(trained("numpy", **options), trained("torch", **options))


def test_both_backends_stop_early_at_the_same_epoch_with_the_same_weights():
    results = [trained(b, epochs=40, stopping=EarlyStopping(2)) for b in ("numpy", "torch")]
    assert len(results[0][0]) == len(results[1][0]) < 40 * 5
    assert_close(*results)


LOSS_CASES = {
    nn.SoftmaxCrossEntropy: nn.SoftmaxCrossEntropy(
        weight=np.array([1.0, 2.0, 0.5]), label_smoothing=0.1
    ),
    nn.NLLLoss: nn.NLLLoss(weight=np.array([1.0, 2.0, 0.5])),
    nn.BCEWithLogitsLoss: nn.BCEWithLogitsLoss(pos_weight=np.array([1.0, 2.0, 0.5])),
    nn.MSELoss: nn.MSELoss(),
    nn.L1Loss: nn.L1Loss(reduction="sum"),
    nn.HuberLoss: nn.HuberLoss(delta=0.7),
}


@pytest.mark.parametrize("kind", LOSSES)
def test_every_loss_has_a_twin_of_the_same_value_and_gradient(kind):
    ours = LOSS_CASES[kind]
    theirs = torch_loss(ours)
    rng = np.random.default_rng(3)
    z = rng.standard_normal((8, 3))
    labels = kind in (nn.SoftmaxCrossEntropy, nn.NLLLoss)
    y = rng.integers(0, 3, 8) if labels else rng.integers(0, 2, (8, 3)).astype(float)
    assert theirs.forward(z, y) == pytest.approx(ours.forward(z, y), rel=1e-13, abs=0)
    np.testing.assert_allclose(theirs.backward(), ours.backward(), rtol=0, atol=1e-14)


IMAGES = (5, 4, 6, 7)
MODULE_CASES = {
    nn.Conv2d: (nn.Conv2d(4, 6, (3, 2), 2, 1, (1, 2), 2), IMAGES),
    nn.MaxPool2d: (nn.MaxPool2d(3, 2, 1, 2, ceil_mode=True), IMAGES),
    nn.AvgPool2d: (nn.AvgPool2d(3, (1, 2), 1, True, False, 4), IMAGES),
    nn.AdaptiveAvgPool2d: (nn.AdaptiveAvgPool2d((2, 3)), IMAGES),
    nn.BatchNorm2d: (nn.BatchNorm2d(4), IMAGES),
    nn.Dropout2d: (nn.Dropout2d(0.4, rng=np.random.default_rng(4)), IMAGES),
    nn.Linear: (nn.Linear(6, 3, bias=False), (5, 6)),
    nn.Flatten: (nn.Flatten(), (5, 2, 3)),
    nn.Dropout: (nn.Dropout(0.4, rng=np.random.default_rng(4)), (5, 6)),
    nn.BatchNorm1d: (nn.BatchNorm1d(6, momentum=None), (5, 6)),
    nn.LayerNorm: (nn.LayerNorm((2, 3), bias=False), (5, 2, 3)),
    nn.MaxOut: (nn.MaxOut(3), (5, 6)),
    nn.LeakyReLU: (nn.LeakyReLU(0.3), (5, 6)),
    nn.ELU: (nn.ELU(0.3), (5, 6)),
    nn.GELU: (nn.GELU("tanh"), (5, 6)),
    nn.Softplus: (nn.Softplus(2.0, 1.0), (5, 6)),
    nn.Softmax: (nn.Softmax(1), (5, 6)),
    nn.Sequential: (nn.Sequential(nn.Linear(6, 6), nn.Sequential(nn.ReLU(), nn.Tanh())), (5, 6)),
    nn.Residual: (nn.Residual(nn.Linear(6, 4), shortcut=nn.Linear(6, 4)), (5, 6)),
}


@pytest.mark.parametrize("kind", MODULES)
def test_every_module_has_a_twin_of_the_same_output_and_gradients(kind):
    module, shape = MODULE_CASES.get(kind, (None, (5, 6)))
    ours = (module or kind()).astype(np.float64)
    theirs = TorchModel(torch_module(ours))
    assert type(theirs.module).__name__ == kind.__name__  # what tables of layers call it
    rng = np.random.default_rng(5)
    x = rng.standard_normal(shape)
    if issubclass(kind, nn.Dropout):
        state = ours.rng.bit_generator.state
    y = ours.forward(x)
    if issubclass(kind, nn.Dropout):
        ours.rng.bit_generator.state = state
    np.testing.assert_allclose(theirs.forward(x), y, rtol=0, atol=1e-14)
    g = rng.standard_normal(y.shape)
    np.testing.assert_allclose(theirs.backward(g), ours.backward(g), rtol=0, atol=1e-14)
    for a, b in zip(theirs.get_gradients(), ours.get_gradients(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)
    np.testing.assert_allclose(theirs.predict(x), ours.predict(x), rtol=0, atol=1e-14)


def test_none_of_the_librarys_own_is_without_a_twin():
    public = [v for v in vars(nn).values() if isinstance(v, type)]
    optimizers = {v for v in public if issubclass(v, nn.Optimizer)} - {nn.Optimizer}
    losses = {v for v in public if issubclass(v, nn.Loss)} - {nn.Loss}
    modules = {v for v in public if issubclass(v, nn.Module)} - losses
    assert set(OPTIMIZERS) == optimizers == set(MAKE)
    assert set(LOSSES) == losses - {nn.Loss}
    assert set(MODULES) == modules - {nn.Module, nn.Elementwise, nn.Loss}


def test_a_module_of_pytorchs_own_is_trained_as_pytorch_trains_it():
    def module():
        torch.manual_seed(0)
        return torch.nn.Sequential(
            torch.nn.Linear(6, 9), torch.nn.ReLU(), torch.nn.Linear(9, 3)
        ).double()

    x, y = problem()
    model = TorchModel(module())
    optimizer = TorchOptimizer(model, torch.optim.Adam(model.module.parameters(), lr=0.01))
    loss = TorchLoss(torch.nn.CrossEntropyLoss())
    rng = np.random.default_rng(2)
    records = list(fit(model, loss, optimizer, (x, y), epochs=3, batch_size=16, rng=rng))

    theirs, rng, losses = module(), np.random.default_rng(2), []
    adam = torch.optim.Adam(theirs.parameters(), lr=0.01)
    for _ in range(3):
        for rows in np.array_split(rng.permutation(60), range(16, 60, 16)):
            value = torch.nn.functional.cross_entropy(
                theirs(torch.from_numpy(x[rows])), torch.from_numpy(y[rows])
            )
            adam.zero_grad()
            value.backward()
            adam.step()
            losses.append(value.item())
    assert [r.loss for r in records if isinstance(r, StepRecord)] == losses
    for p, q in zip(model.get_parameters(), theirs.parameters(), strict=True):
        np.testing.assert_array_equal(p, q.detach().numpy())
    scores = theirs(torch.from_numpy(x))
    outcome = evaluate(model, loss, (x, y))
    assert outcome.accuracy == float((scores.argmax(dim=1).numpy() == y).mean())


@pytest.mark.parametrize("make", MAKE)
def test_a_torch_training_resumed_after_any_epoch_ends_in_the_same_bits(make):
    def training():
        model = network(np.float32)
        optimizer = make(model.get_parameters(), **MAKE[make])
        parts = on_backend("torch", model, nn.SoftmaxCrossEntropy(), optimizer)
        data = problem(dtype=np.float32)
        rng = np.random.default_rng(2)
        return parts[0], fit(*parts, data, epochs=3, batch_size=13, rng=rng)

    model, whole = training()
    states, records = [whole.state_dict()], []
    for record in whole:
        records.append(record)
        states.append(whole.state_dict())
    for done in (0, 1, 4, 5, 6, 8, 15):
        other, resumed = training()
        resumed.load_state_dict(states[done])
        assert list(resumed) == records[done:]
        for name, array in model.state_dict().items():
            assert other.state_dict()[name].tobytes() == array.tobytes()


def test_a_training_can_be_taken_back_to_its_beginning():
    def training():
        model = network()
        optimizer = nn.Adam(model.get_parameters(), lr=0.01)
        parts = on_backend("torch", model, nn.SoftmaxCrossEntropy(), optimizer)
        return fit(*parts, problem(), epochs=2, batch_size=13, rng=np.random.default_rng(2))

    again = training()
    beginning = again.state_dict()
    records = list(again)
    again.load_state_dict(beginning)
    assert list(again) == records == list(training())


def test_the_layers_of_both_backends_are_seen_alike():
    from mytorch.training.outputs import layer_outputs

    ours = network()
    theirs = TorchModel(torch_module(ours))
    x, _ = problem()
    seen = [dict(layer_outputs(model, x)) for model in (ours, theirs)]
    assert [name.split()[0] for name in seen[0]] == [name.split()[0] for name in seen[1]]
    for a, b in zip(seen[0].values(), seen[1].values(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)
    assert theirs.training


def test_gradients_are_set_and_not_accumulated():
    model = TorchModel(torch.nn.Linear(2, 1))
    with pytest.raises(OrderError, match="call backward first"):
        model.get_gradients()
    x = np.ones((3, 2), np.float32)
    for _ in range(2):
        model.forward(x)
        model.backward(np.ones((3, 1), np.float32))
    assert model.get_gradients()[1].tolist() == [3.0]


def test_what_pytorch_cannot_do_is_told():
    class Own(nn.ReLU):
        pass

    parts = nn.SoftmaxCrossEntropy(), nn.SGD([np.zeros(1)])
    with pytest.raises(ArgumentError, match="PyTorch has no twin of Own"):
        on_backend("torch", nn.Sequential(Own()), *parts)
    with pytest.raises(ArgumentError, match="--backend=tensorflow: expected numpy or torch"):
        on_backend("tensorflow", nn.ReLU(), *parts)
    with pytest.raises(ArgumentError, match=r"expected a torch\.nn\.Module"):
        TorchModel(nn.ReLU())
    model = TorchModel(torch.nn.Linear(2, 2))
    with pytest.raises(ArgumentError, match="are not the model's"):
        TorchOptimizer(model, torch.optim.SGD(torch.nn.Linear(2, 2).parameters(), lr=1))


def test_epochs_are_recorded_with_the_validation_accuracy():
    records, _ = trained("torch")
    last = [r for r in records if isinstance(r, EpochRecord)][-1]
    assert 0 <= last.validation_accuracy <= 1


def test_the_twin_of_a_frozen_batch_norm_is_frozen():
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Conv2d(2, 3, 3, rng=rng), nn.BatchNorm2d(3, frozen=True)).astype(float)
    model[1].running_mean[:], model[1].running_var[:] = rng.standard_normal(3), rng.random(3)
    theirs = torch_module(model)
    x = rng.standard_normal((4, 2, 6, 6))
    for mode in (True, False):
        y = theirs.train(mode)(torch.from_numpy(x)).detach().numpy()
        np.testing.assert_allclose(model.train(mode).forward(x), y, rtol=0, atol=1e-14)
    np.testing.assert_array_equal(theirs[1].running_mean.numpy(), model[1].running_mean)
