import numpy as np
import pytest

from mytorch import nn
from mytorch.data import Split
from mytorch.nn import (
    ELU,
    SGD,
    Adam,
    BatchNorm1d,
    L2Penalty,
    Linear,
    Module,
    MSELoss,
    NLLLoss,
    ReduceLROnPlateau,
    ReLU,
    RMSprop,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    schedule,
)
from mytorch.training import EpochRecord, StepRecord, evaluate, fit, predict
from mytorch.training.outputs import FEW
from mytorch.training.per_example import chain
from mytorch.utils.errors import ArgumentError, RunError


def problem(n=50, dtype=np.float64):
    rng = np.random.default_rng(0)
    return Split(rng.standard_normal((n, 6)).astype(dtype), rng.integers(0, 3, n))


def network(dtype=np.float64, seed=1):
    rng = np.random.default_rng(seed)
    return Sequential(
        Linear(6, 8, dtype=dtype, rng=rng), ReLU(), Linear(8, 3, dtype=dtype, rng=rng)
    )


def train(model, data=None, *, lr=0.1, momentum=0.0, seed=2, **options):
    """Run fit to its end and return the records."""
    optimizer = SGD(model.get_parameters(), lr=lr, momentum=momentum)
    options = {"epochs": 2, "batch_size": 8, "rng": np.random.default_rng(seed), **options}
    data = problem() if data is None else data
    return list(fit(model, SoftmaxCrossEntropy(), optimizer, data, **options))


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_fit_is_the_loop_written_out(momentum):
    x, y = problem()
    fitted, by_hand = network(), network()
    records = train(fitted, momentum=momentum, kernels="numpy")

    loss, rng = SoftmaxCrossEntropy(), np.random.default_rng(2)
    optimizer = SGD(by_hand.get_parameters(), lr=0.1, momentum=momentum)
    losses = []
    for _ in range(2):
        order = rng.permutation(50)
        for start in range(0, 50, 8):
            rows = order[start : start + 8]
            losses.append(loss.forward(by_hand.forward(x[rows]), y[rows]))
            by_hand.backward(loss.backward())
            optimizer.step(by_hand.get_gradients())
    assert [r.loss for r in records if isinstance(r, StepRecord)] == losses
    for p, q in zip(fitted.get_parameters(), by_hand.get_parameters(), strict=True):
        np.testing.assert_array_equal(p, q)


def test_fit_keeps_step_with_pytorch():
    torch = pytest.importorskip("torch")
    model = network()
    twin = torch.nn.Sequential(
        torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3)
    ).double()
    twin.load_state_dict({k: torch.from_numpy(p.copy()) for k, p in model.named_parameters()})
    records = train(model, epochs=10, momentum=0.9)

    x, y = (torch.from_numpy(a) for a in problem())
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.1, momentum=0.9)
    rng = np.random.default_rng(2)
    losses = []
    for _ in range(10):
        for rows in np.array_split(rng.permutation(50), range(8, 50, 8)):
            value = torch.nn.functional.cross_entropy(twin(x[rows]), y[rows])
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            losses.append(value.item())
    ours = [r.loss for r in records if isinstance(r, StepRecord)]
    np.testing.assert_allclose(ours, losses, rtol=0, atol=1e-12)
    for (name, p), q in zip(model.named_parameters(), twin.parameters(), strict=True):
        q = q.detach().numpy()
        assert np.abs(p - q).max() <= 1e-12 * np.abs(q).max(), name


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    first, second, other = network(np.float32), network(np.float32), network(np.float32)
    data = problem(dtype=np.float32)
    assert train(first, data) == train(second, data)
    assert train(other, data, seed=3) != train(network(np.float32), data)
    for p, q in zip(first.get_parameters(), second.get_parameters(), strict=True):
        assert p.tobytes() == q.tobytes()


def test_records_count_epochs_and_steps_and_average_over_examples():
    records = train(network(), validation=problem(20))
    steps = [r for r in records if isinstance(r, StepRecord)]
    epochs = [r for r in records if isinstance(r, EpochRecord)]
    assert [r.step for r in steps] == list(range(1, 15))
    assert [(r.epoch, r.step) for r in epochs] == [(1, 7), (2, 14)]
    sizes = [8, 8, 8, 8, 8, 8, 2]
    mean = np.average([r.loss for r in steps[:7]], weights=sizes)
    assert epochs[0].train_loss == pytest.approx(mean, rel=1e-14)
    assert isinstance(records[7], EpochRecord)


def test_the_validation_figures_are_those_of_evaluate():
    model, held_out = network(), problem(20)
    last = train(model, validation=held_out)[-1]
    outcome = evaluate(model, SoftmaxCrossEntropy(), held_out)
    assert (last.validation_loss, last.validation_accuracy) == (outcome.loss, outcome.accuracy)
    assert train(network())[-1].validation_loss is None


@pytest.mark.parametrize("micro_batch", [1, 3, 8, 100])
def test_micro_batches_make_the_same_steps(micro_batch):
    whole, pieces = network(), network()
    train(whole)
    train(pieces, micro_batch=micro_batch)
    for p, q in zip(whole.get_parameters(), pieces.get_parameters(), strict=True):
        np.testing.assert_allclose(p, q, rtol=0, atol=1e-14)


def test_nothing_read_between_two_steps_is_overwritten_later():
    model = network(np.float32)
    optimizer = SGD(model.get_parameters(), lr=0.1)
    x, y = problem(dtype=np.float32)
    kept = []
    for record in fit(model, SoftmaxCrossEntropy(), optimizer, (x, y), epochs=2, batch_size=8):
        if isinstance(record, StepRecord):
            gradients = model.get_gradients()
            kept += [(g, g.copy()) for g in gradients]
            output = model.forward(x)
            kept.append((output, output.copy()))
            model.backward(np.ones_like(output))
            kept += [(g, g.copy()) for g in model.get_gradients()]
    assert all(np.array_equal(now, then) for now, then in kept)


def test_the_input_gradient_is_there_between_steps_and_afterwards():
    model, (x, y) = network(), problem()
    optimizer = SGD(model.get_parameters(), lr=0.1)
    for _ in fit(model, SoftmaxCrossEntropy(), optimizer, (x, y), epochs=1):
        output = model.forward(x)
        assert model.backward(np.ones_like(output)).shape == x.shape
    assert model.layers[0].needs_input_gradient


def test_a_training_left_early_leaves_a_usable_model():
    model, (x, y) = network(), problem()
    records = fit(model, SoftmaxCrossEntropy(), SGD(model.get_parameters()), (x, y), epochs=9)
    next(records)
    del records
    assert model.layers[0].needs_input_gradient
    first, second = model.forward(x), model.forward(x)
    assert not np.shares_memory(first, second)


class Twice(Module):
    """Somebody's layer without parameters, which keeps what it is handed."""

    parameter_names = ()

    def __init__(self):
        self.seen = []

    def forward(self, x):
        self.seen.append((x, x.copy()))
        return 2 * x

    def backward(self, grad_output):
        self.seen.append((grad_output, grad_output.copy()))
        return 2 * grad_output


def test_what_somebody_elses_layer_is_handed_never_changes():
    keeper = Twice()
    rng = np.random.default_rng(0)
    train(Sequential(Linear(6, 5, rng=rng), keeper, Tanh(), Linear(5, 3, rng=rng)))
    assert len(keeper.seen) > 10
    assert all(np.array_equal(now, then) for now, then in keeper.seen)


def test_the_gradient_stops_at_the_first_layer_with_parameters():
    keeper = Twice()
    train(Sequential(keeper, Linear(6, 3, rng=np.random.default_rng(0))))
    assert len(keeper.seen) == 14  # forward only: its backward would be for nobody


def test_training_puts_the_model_into_training_mode():
    model = network().eval()
    train(model)
    assert all(module.training for module in model.modules())
    model = network()
    model[1].eval()  # a part of it, alone
    train(model)
    assert model[1].training


def test_whoever_turns_training_off_between_two_steps_has_it_off_until_the_next():
    model, modes = network(), []
    forward = model[1].forward
    model[1].forward = lambda x: (modes.append((model.training, model[1].training)), forward(x))[1]
    loss, optimizer = SoftmaxCrossEntropy(), SGD(model.get_parameters())
    for _ in fit(model, loss, optimizer, problem(), epochs=1, batch_size=10):
        model.eval()
    assert len(modes) > 1
    assert set(modes) == {(True, True)}


@pytest.mark.parametrize(
    ("dtype", "lr", "found"),
    [(np.float64, 1e200, "has grown to"), (np.float32, 1e39, "is no longer finite")],
)
def test_a_loss_that_is_not_finite_stops_with_step_layer_and_cause(dtype, lr, found):
    with pytest.raises(RunError, match=r"^the loss is nan at step \d+ \(epoch 1\); ") as caught:
        train(network(dtype), lr=lr)
    assert f"weight {found}" in str(caught.value)
    assert f"try a learning rate below {lr:g}" in str(caught.value)


def test_data_that_are_not_finite_are_told_from_a_learning_rate_too_large():
    data = problem()
    data.x[3, 2] = np.nan
    with pytest.raises(RunError, match="example 3 of the training data holds nan; mend or remove"):
        train(network(), data)


def test_the_layer_that_makes_infinity_of_finite_numbers_is_named():
    class Bursting(ReLU):
        def forward(self, x):
            return super().forward(x) + np.inf

    rng = np.random.default_rng(0)
    model = Sequential(Linear(6, 8, dtype=np.float64, rng=rng), Bursting(), Linear(8, 3, rng=rng))
    with pytest.raises(RunError, match=r"layer 1, Bursting\(\), makes it of finite numbers"):
        train(model)


def test_looking_for_the_layer_leaves_the_model_as_it_is():
    class Bursting(ReLU):
        def forward(self, x):
            return super().forward(x) + np.inf

    rng = np.random.default_rng(0)
    options = {"dtype": np.float64, "rng": rng}
    model = Sequential(
        Linear(6, 8, **options), BatchNorm1d(8, dtype=np.float64), Bursting(), Linear(8, 3)
    )
    with pytest.raises(RunError, match="layer 2, Bursting"):
        train(model)
    assert model[1].num_batches_tracked == 1  # of the step that failed, and no other


def test_a_gradient_that_cannot_be_clipped_names_its_step():
    class Endless(ReLU):
        def backward(self, grad_output):
            return super().backward(grad_output) * np.inf

    rng = np.random.default_rng(0)
    model = Sequential(Linear(6, 8, dtype=np.float64, rng=rng), Endless(), Linear(8, 3, rng=rng))
    with pytest.raises(RunError, match=r"^step 1 \(epoch 1\): clip_grad_norm: the norm .* is "):
        train(model, max_norm=1.0)


def test_clipping_and_schedules_keep_step_with_pytorch():
    torch = pytest.importorskip("torch")
    model = network()
    twin = torch.nn.Sequential(
        torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3)
    ).double()
    twin.load_state_dict({k: torch.from_numpy(p.copy()) for k, p in model.named_parameters()})
    rate = schedule.step(0.5, step_size=5, gamma=0.5)
    train(model, epochs=4, momentum=0.9, max_norm=0.3, schedule=rate)

    x, y = (torch.from_numpy(a) for a in problem())
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.5, momentum=0.9)
    falling = torch.optim.lr_scheduler.StepLR(optimizer, 5, 0.5)
    rng = np.random.default_rng(2)
    for _ in range(4):
        for rows in np.array_split(rng.permutation(50), range(8, 50, 8)):
            value = torch.nn.functional.cross_entropy(twin(x[rows]), y[rows])
            optimizer.zero_grad()
            value.backward()
            torch.nn.utils.clip_grad_norm_(twin.parameters(), 0.3)
            optimizer.step()
            falling.step()
    for (name, p), q in zip(model.named_parameters(), twin.parameters(), strict=True):
        q = q.detach().numpy()
        assert np.abs(p - q).max() <= 1e-12 * np.abs(q).max(), name


def test_a_plateau_sees_the_validation_loss_of_every_epoch():
    plateau, alone = (ReduceLROnPlateau(0.1, patience=0, factor=0.5) for _ in range(2))
    records = train(network(), validation=problem(20), epochs=9, schedule=plateau)
    for record in records:
        if isinstance(record, EpochRecord):
            alone.step(record.validation_loss)
    assert plateau.lr == alone.lr < 0.1


def test_augmentation_changes_what_is_trained_on_and_not_what_is_evaluated():
    seen = []

    def augment(x):
        seen.append(len(x))
        return x + 1

    moved, plain = network(), network()
    records = train(moved, augment=augment, validation=problem(20))
    x, y = problem()
    others = train(plain, Split(x + 1, y), validation=problem(20))
    assert records == others
    assert sum(seen) == 100


@pytest.mark.parametrize(
    "options", [{"epochs": 0}, {"batch_size": 0}, {"micro_batch": 0}, {"data": problem(0)}]
)
def test_nothing_to_do_is_refused(options):
    with pytest.raises(ArgumentError, match="of at least 1"):
        train(network(), **options)


def test_evaluate_agrees_with_counting_by_hand():
    model, data = network(), problem()
    scores = model.predict(data.x)
    outcome = evaluate(model, SoftmaxCrossEntropy(), data, batch_size=7)
    assert outcome.labels.tolist() == scores.argmax(axis=1).tolist()
    assert outcome.accuracy == sum(outcome.labels == data.y) / 50
    assert outcome.loss == pytest.approx(SoftmaxCrossEntropy().forward(scores, data.y), rel=1e-14)


def test_evaluate_caches_nothing_and_refuses_an_empty_split():
    model, loss = network(), SoftmaxCrossEntropy()
    evaluate(model, loss, problem())
    assert loss._cache is None
    assert all(module._cache is None for module in model.modules())
    with pytest.raises(ArgumentError, match="got 0 examples and 0 targets"):
        evaluate(model, loss, problem(0))
    with pytest.raises(ArgumentError, match="batch_size must be at least 1, got 0"):
        evaluate(model, loss, problem(), batch_size=0)


def test_one_hot_targets_are_evaluated_as_the_labels_they_stand_for():
    model, (x, y) = network(), problem()
    by_labels = evaluate(model, SoftmaxCrossEntropy(), (x, y))
    by_rows = evaluate(model, SoftmaxCrossEntropy(), (x, np.eye(3)[y]))
    assert by_rows.accuracy == by_labels.accuracy
    assert by_rows.loss == pytest.approx(by_labels.loss, rel=1e-14)


def test_as_many_targets_as_examples_are_wanted():
    x, y = problem()
    with pytest.raises(ArgumentError, match="got 50 examples and 49 targets"):
        train(network(), (x, y[1:]))
    with pytest.raises(ArgumentError, match="got 50 examples and 49 targets"):
        evaluate(network(), SoftmaxCrossEntropy(), (x, y[1:]))


def test_an_evaluation_that_is_not_finite_is_told():
    model = network()
    model.layers[0].weight[...] = np.inf
    with pytest.raises(RunError, match="loss of the evaluation is nan"):
        evaluate(model, SoftmaxCrossEntropy(), problem())


def test_a_regression_has_a_loss_and_no_accuracy():
    x, _ = problem()
    model, target = Linear(6, 1, dtype=np.float64), x[:, :1] ** 2
    outcome = evaluate(model, MSELoss(), (x, target))
    assert outcome.loss == pytest.approx(np.mean((model.predict(x) - target) ** 2), rel=1e-14)
    assert outcome.accuracy is None
    assert outcome.labels is None
    optimizer = SGD(model.get_parameters(), lr=0.1)
    last = list(fit(model, MSELoss(), optimizer, (x, target), (x, target), epochs=5))[-1]
    assert last.validation_loss < outcome.loss
    assert last.validation_accuracy is None


# Kernels, records of epochs only, penalties


def trained(kernels, make=SGD, dtype=np.float64, **options):
    model = network(dtype)
    optimizer = make(model.get_parameters(), lr=0.1)
    rng = np.random.default_rng(2)
    data = problem(dtype=dtype)
    options = {"epochs": 5, "batch_size": 8, **options}
    loss = SoftmaxCrossEntropy()
    records = list(fit(model, loss, optimizer, data, kernels=kernels, rng=rng, **options))
    return records, model.get_parameters()


@pytest.mark.parametrize("make", [SGD, Adam, RMSprop])
def test_the_compiled_kernels_train_the_same_model(make):
    pytest.importorskip("numba")
    records, parameters = trained("numpy", make)
    compiled_records, compiled = trained("numba", make)
    for a, b in zip(records, compiled_records, strict=True):
        np.testing.assert_allclose(b[2], a[2], rtol=1e-11)
    for p, q in zip(parameters, compiled, strict=True):
        np.testing.assert_allclose(q, p, rtol=0, atol=1e-11 * np.abs(p).max())


@pytest.mark.parametrize("kernels", ["numpy", "numba"])
def test_the_same_kernels_give_the_same_bits(kernels):
    if kernels == "numba":
        pytest.importorskip("numba")
    for options in ({}, {"batch_size": 1, "step_records": False}):
        first, second = (trained(kernels, dtype=np.float32, **options) for _ in range(2))
        assert first[0] == second[0]
        assert [p.tobytes() for p in first[1]] == [p.tobytes() for p in second[1]]


def test_without_step_records_the_epochs_are_the_same():
    everything, parameters = trained("numpy")
    epochs, others = trained("numpy", step_records=False)
    assert epochs == [r for r in everything if isinstance(r, EpochRecord)]
    for p, q in zip(parameters, others, strict=True):
        np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize("kernels", ["numpy", "numba"])
def test_batches_of_one_as_one_kernel_are_the_steps_one_by_one(kernels):
    if kernels == "numba":
        pytest.importorskip("numba")
    options = {"batch_size": 1, "validation": problem(20)}
    everything, parameters = trained("numpy", **options)
    epochs, others = trained(kernels, step_records=False, **options)
    expected = [r for r in everything if isinstance(r, EpochRecord)]
    assert [(r.epoch, r.step) for r in epochs] == [(r.epoch, r.step) for r in expected]
    np.testing.assert_allclose(
        [r[2:] for r in epochs], [r[2:] for r in expected], rtol=1e-10, atol=0
    )
    for p, q in zip(parameters, others, strict=True):
        np.testing.assert_allclose(q, p, rtol=0, atol=1e-11 * np.abs(p).max())


class Ours(SGD):
    pass


@pytest.mark.parametrize(
    "change",
    [
        {"model": Sequential(Linear(6, 3, dtype=np.float64), ReLU())},
        {"model": Sequential(Linear(6, 4, dtype=np.float64), ReLU(), Tanh(), Linear(4, 3))},
        {"model": Sequential(Linear(6, 4, dtype=np.float64), ELU(), Linear(4, 3))},
        {"model": Sequential(Linear(6, 4, bias=False), ReLU(), Linear(4, 3))},
        {"model": network(np.float32)},
        {"loss": SoftmaxCrossEntropy(label_smoothing=0.1)},
        {"loss": NLLLoss()},
        {"optimizer": Ours},
        {"optimizer": lambda p: SGD(p, momentum=0.9)},
        {"optimizer": lambda p: SGD(p, weight_decay=0.9)},
        {"optimizer": lambda p: SGD(p, maximize=True)},
        {"optimizer": lambda p: SGD(p[:-1])},
        {"optimizer": Adam},
        {"y": np.eye(3)[problem().y]},
        {"y": np.eye(3, dtype=int)[problem().y]},
        {"y": np.where(problem().y == 0, -100, problem().y)},  # those do not count
        {"y": problem().y + 1},
    ],
)
def test_only_what_the_kernel_does_exactly_runs_as_one_kernel(change):
    given = {"model": network(), "loss": SoftmaxCrossEntropy(), "optimizer": SGD, **change}
    x, y = problem()
    optimizer = given["optimizer"](given["model"].get_parameters())
    y = change.get("y", y)
    assert chain(network(), SoftmaxCrossEntropy(), optimizer, x, y) is None or "model" in change
    assert chain(given["model"], given["loss"], optimizer, x, y) is None


def test_a_network_of_our_own_runs_as_one_kernel():
    model = network()
    optimizer = SGD(model.get_parameters())
    assert chain(model, SoftmaxCrossEntropy(), optimizer, *problem()) is not None
    assert chain(model[2], SoftmaxCrossEntropy(), optimizer, *problem()) is None


def test_a_loss_that_is_not_finite_within_the_kernel_names_its_step():
    with pytest.raises(RunError, match=r"^the loss is nan at step \d+ \(epoch 1\); ") as caught:
        train(network(), lr=1e200, batch_size=1, step_records=False, kernels="numpy")
    assert "try a learning rate below" in str(caught.value)


def test_penalties_are_terms_of_the_training_loss_and_not_of_the_validation_loss():
    penalty = L2Penalty(0.01)
    records, parameters = trained("numpy", penalties=[penalty], validation=problem(20))
    model, (x, y) = network(), problem()
    loss, rng = SoftmaxCrossEntropy(), np.random.default_rng(2)
    optimizer = SGD(model.get_parameters(), lr=0.1)
    losses = []
    for _ in range(5):
        for rows in np.array_split(rng.permutation(50), range(8, 50, 8)):
            losses.append(loss.forward(model.forward(x[rows]), y[rows]) + penalty.value(model))
            model.backward(loss.backward())
            gradients = model.get_gradients()
            gradients[0] = gradients[0] + 0.01 * model[0].weight
            gradients[2] = gradients[2] + 0.01 * model[2].weight
            optimizer.step(gradients)
    assert [r.loss for r in records if isinstance(r, StepRecord)] == losses
    for p, q in zip(parameters, model.get_parameters(), strict=True):
        np.testing.assert_array_equal(p, q)
    assert records[-1].validation_loss == evaluate(model, loss, problem(20)).loss


@pytest.mark.parametrize("micro_batch", [None, 3])
def test_a_summed_loss_trains_on_the_sum_and_is_recorded_per_example(micro_batch):
    options = {"micro_batch": micro_batch, "validation": problem(20)}
    results = []
    for reduction, lr in (("mean", 0.1), ("sum", 0.1 / 10)):
        model, loss = network(), SoftmaxCrossEntropy(reduction=reduction)
        optimizer = SGD(model.get_parameters(), lr=lr)
        records = fit(model, loss, optimizer, problem(), epochs=2, batch_size=10, **options)
        results.append(([r[2:] for r in records if isinstance(r, EpochRecord)], model))
    np.testing.assert_allclose(results[1][0], results[0][0], rtol=1e-13, atol=0)
    for p, q in zip(*(model.get_parameters() for _, model in results), strict=True):
        np.testing.assert_allclose(q, p, rtol=0, atol=1e-14)


def test_a_loss_without_a_number_is_refused():
    optimizer = SGD(network().get_parameters())
    loss = SoftmaxCrossEntropy(reduction="none")
    with pytest.raises(ArgumentError, match=r"gives no number to train on; use reduction='mean'"):
        fit(network(), loss, optimizer, problem(), epochs=1)


def test_a_training_and_its_evaluation_agree_whatever_the_kernels():
    pytest.importorskip("numba")
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((40, 2, 8, 8)).astype(np.float32), rng.integers(0, 3, 40)
    results = []
    for kernels in ("numpy", "numba"):
        rng = np.random.default_rng(1)
        model = nn.Sequential(
            *(nn.Conv2d(2, 4, 3, rng=rng), nn.ReLU(), nn.MaxPool2d(2), nn.BatchNorm2d(4)),
            *(nn.Flatten(), nn.Linear(36, 3, rng=rng)),
        )
        loss, optimizer = nn.SoftmaxCrossEntropy(), nn.SGD(model.get_parameters(), lr=0.1)
        options = {"epochs": 3, "batch_size": 8, "kernels": kernels}
        *_, last = fit(model, loss, optimizer, (x, y), (x, y), **options)
        final = evaluate(model, loss, (x, y), kernels=kernels)
        assert final.loss == last.validation_loss
        results.append([last.train_loss, final.loss, *predict(model, x, kernels=kernels).ravel()])
    np.testing.assert_allclose(*results, rtol=0, atol=1e-4)


def test_a_few_examples_are_predicted_by_numpys_kernels_and_many_by_those_asked_for(monkeypatch):
    pytest.importorskip("numba")
    seen = []
    value = nn.ReLU._value
    monkeypatch.setattr(
        nn.ReLU, "_value", lambda self, *args: seen.append(self._kernels.name) or value(self, *args)
    )
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    for count in (1, FEW - 1, FEW):
        predict(model, np.ones((count, 3), np.float32), kernels="numba")
    assert seen == ["numpy", "numpy", "numba"]


@pytest.mark.parametrize("options", [{}, {"batch_size": 1, "step_records": False}])
def test_examples_come_in_the_order_that_a_function_of_the_epoch_gives(options):
    data = problem()
    orders = [np.random.default_rng(seed).permutation(50) for seed in (7, 8)]
    model, expected = network(), network()
    train(model, data, rng=None, order=lambda epoch: orders[epoch], **options)
    for order in orders:  # the same data laid out anew, an epoch at a time
        train(expected, Split(data.x[order], data.y[order]), rng=None, epochs=1, **options)
    for a, b in zip(model.get_parameters(), expected.get_parameters(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_training_with_an_order_goes_on_where_it_was():
    def training(model):
        return fit(
            model,
            SoftmaxCrossEntropy(),
            SGD(model.get_parameters(), lr=0.1),
            problem(),
            epochs=3,
            batch_size=8,
            order=lambda epoch: np.random.default_rng(epoch).permutation(50),
        )

    whole, begun, resumed = network(), network(), network(seed=5)
    list(training(whole))
    first, second = training(begun), training(resumed)
    for _ in range(11):  # into the second epoch
        next(first)
    second.load_state_dict(first.state_dict())
    list(second)
    for a, b in zip(whole.get_parameters(), resumed.get_parameters(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("rows", [range(49), [0] * 50, range(1, 51), np.arange(50.0) + 0.5])
def test_an_order_that_is_no_permutation_is_refused(rows):
    with pytest.raises(ArgumentError, match=r"order\(0\) must be the row numbers 0 to 49 in some"):
        train(network(), problem(), rng=None, order=lambda epoch: rows)


def test_an_order_and_a_generator_are_refused_together():
    with pytest.raises(ArgumentError, match="rng shuffles the examples and order says theirs"):
        train(network(), problem(), order=lambda epoch: range(50))
