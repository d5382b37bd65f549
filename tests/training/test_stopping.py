import numpy as np
import pytest

from mytorch import nn
from mytorch.training import EarlyStopping, EpochRecord, evaluate, fit
from mytorch.utils.errors import ArgumentError


def follow(values, **options):
    """Return the stopping after it has seen a metric's values, and how many it saw."""
    stopping = EarlyStopping(**options)
    model = nn.Linear(1, 1, dtype=np.float64)
    for epoch, value in enumerate(values, start=1):
        model.weight[...] = epoch
        stopping.update(EpochRecord(epoch, epoch, value, value, value), model)
        if stopping.stopped:
            break
    return stopping, epoch, model


@pytest.mark.parametrize(
    ("values", "options", "seen", "best_epoch"),
    [
        ([3, 2, 1, 1.5, 1.4, 1.3, 0.1], {"patience": 2}, 6, 3),
        ([3, 2, 1, 1.5, 1.4, 0.9, 1, 1, 1, 0], {"patience": 2}, 9, 6),
        ([3, 2, 1, 2], {"patience": 0}, 4, 3),
        ([3, 2.9, 2.8, 2.7], {"patience": 1, "min_delta": 0.25}, 3, 1),
        ([0.1, 0.5, 0.4, 0.4], {"patience": 1, "metric": "validation_accuracy"}, 4, 2),
        ([3, 3, 3], {"patience": 1, "metric": "train_loss"}, 3, 1),
        ([float("nan")] * 3, {"patience": 1}, 2, 0),
        ([5, 4, 3, 2], {"patience": 0}, 4, 4),
    ],
)
def test_it_stops_after_more_than_patience_epochs_without_improvement(
    values, options, seen, best_epoch
):
    stopping, epochs, model = follow(values, **options)
    assert (epochs, stopping.best_epoch) == (seen, best_epoch)
    stopping.restore(model)
    assert model.weight.item() == (best_epoch or epochs)


def training(stopping, epochs=60, validation=True):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 5))
    y = rng.integers(0, 3, 60)  # noise: what is learned holds for nothing else
    model = nn.Sequential(
        nn.Linear(5, 30, dtype=np.float64, rng=rng), nn.Tanh(), nn.Linear(30, 3, dtype=np.float64)
    )
    held_out = (x[30:], y[30:])
    optimizer = nn.Adam(model.get_parameters(), lr=0.01)
    loss = nn.SoftmaxCrossEntropy()
    records = fit(
        model,
        loss,
        optimizer,
        (x[:30], y[:30]),
        held_out if validation else None,
        epochs=epochs,
        batch_size=10,
        stopping=stopping,
    )
    return model, records, lambda: evaluate(model, loss, held_out).loss


@pytest.mark.parametrize("patience", [2, 1000])
def test_the_model_ends_with_its_best_weights_however_the_training_ended(patience):
    stopping = EarlyStopping(patience)
    _, records, held_out_loss = training(stopping)
    losses = [r.validation_loss for r in records if isinstance(r, EpochRecord)]
    assert (len(losses) < 60) == (patience == 2)
    assert held_out_loss() == min(losses) == stopping.best
    assert losses[-1] > min(losses)


def test_without_a_validation_set_its_metrics_cannot_be_watched():
    _, records, _ = training(EarlyStopping(), validation=False)
    with pytest.raises(ArgumentError, match="pass a validation set, or metric='train_loss'"):
        list(records)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patience": -1}, "patience must be 0 or larger, got -1"),
        ({"metric": "loss"}, "metric must be one of validation_loss"),
        ({"min_delta": -0.1}, "min_delta must be 0 or larger, got -0.1"),
        ({"min_delta": float("nan")}, "min_delta must be 0 or larger, got nan"),
    ],
)
def test_wrong_arguments_are_told(options, message):
    with pytest.raises(ArgumentError, match=message):
        EarlyStopping(**options)
