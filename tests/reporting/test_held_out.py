"""Errors on examples that a network does not learn from, while it trains."""

import json

import numpy as np
import pytest

from mytorch import nn
from mytorch.data import Split
from mytorch.reporting.held_out import Error, read_held_out
from mytorch.reporting.runs import Run
from mytorch.training import evaluate, fit

from .header import HEADER

pytest.importorskip("tensorboardX")


def examples(rng, n):
    return Split(rng.standard_normal((n, 4)), rng.integers(0, 3, n))


def train(folder, *, watched):
    """Train with dropout for three epochs; return the records, the model, and the examples."""
    rng = np.random.default_rng(0)
    train, validation, test, more = (examples(rng, n) for n in (40, 20, 30, 10))
    layers = [nn.Linear(4, 8, rng=rng, dtype=np.float64), nn.ReLU(), nn.Dropout(0.5, rng=rng)]
    model = nn.Sequential(*layers, nn.Linear(8, 3, rng=rng, dtype=np.float64))
    optimizer = nn.SGD(model.get_parameters(), lr=0.1)
    run = Run(HEADER, "", folder)
    if watched:
        run.watch(5, {"test": test, "more": more})
    parts = model, nn.SoftmaxCrossEntropy(), optimizer
    records = run.train(fit(*parts, train, validation, epochs=3, batch_size=8, rng=rng), "one")
    run.close()
    return records, model, test


def test_every_epoch_has_its_errors_and_the_last_are_those_of_the_trained_network(tmp_path):
    records, model, test = train(tmp_path / "run", watched=True)
    errors = read_held_out(tmp_path / "run")["one"]
    assert [(e.epoch, e.step, e.of) for e in errors] == [
        (epoch, 5 * epoch, of) for epoch in (1, 2, 3) for of in ("validation", "test", "more")
    ]
    epochs = [record for record in records if hasattr(record, "validation_accuracy")]
    validation = [e.error for e in errors if e.of == "validation"]
    assert validation == [1 - record.validation_accuracy for record in epochs]
    found = evaluate(model, nn.SoftmaxCrossEntropy(), test)
    assert errors[-2] == Error("one", 3, 15, "test", 1 - found.accuracy)
    assert 0 < errors[-2].error < 1


def test_looking_changes_nothing_and_the_monitor_looks_too(tmp_path):
    seen, _, _ = train(tmp_path / "seen", watched=True)
    unseen, _, _ = train(tmp_path / "unseen", watched=False)
    assert seen == unseen
    lines = (tmp_path / "seen" / "monitor.jsonl").read_text().splitlines()
    assert sorted({json.loads(line)["step"] for line in lines}) == [1, 5, 10, 15]
    assert not (tmp_path / "unseen" / "monitor.jsonl").exists()
    assert read_held_out(tmp_path / "unseen") == {}


def test_what_the_run_was_told_of_the_monitor_stands(tmp_path):
    run = Run(HEADER, "", tmp_path / "run", monitor_every=3)
    run.watch(100, {})
    assert run._monitor_every == 3
