import numpy as np
import pytest

from mytorch.data import Split
from mytorch.nn import SGD, Linear, Module, ReLU, Sequential, SoftmaxCrossEntropy, Tanh
from mytorch.training import EpochRecord, StepRecord, evaluate, fit
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
    records = train(fitted, momentum=momentum)

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
    records.close()
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
    with pytest.raises(RunError, match="look for values in the data"):
        train(network(), data)


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
