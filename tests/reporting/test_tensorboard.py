"""The event files, read back by their format, and what the monitor sees."""

import itertools
import json
import struct
import subprocess
import sys

import numpy as np
import pytest

from mytorch import nn
from mytorch.reporting.monitor import summarize
from mytorch.reporting.runs import Run
from mytorch.training import EpochRecord, StepRecord, fit
from mytorch.training.outputs import layer_outputs

from .header import HEADER

event_pb2 = pytest.importorskip("tensorboardX.proto.event_pb2")


def masked_crc(data):
    """CRC-32C, masked, as TFRecord files have it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def read_events(folder):
    """Return the events of every file: length, its checksum, the event, its checksum."""
    events = []
    for path in sorted(folder.glob("*tfevents*")):
        content = path.read_bytes()
        while content:
            (length,) = struct.unpack("<Q", content[:8])
            assert struct.unpack("<I", content[8:12])[0] == masked_crc(content[:8])
            data, content = content[12 : 12 + length], content[12 + length :]
            assert struct.unpack("<I", content[:4])[0] == masked_crc(data)
            content = content[4:]
            event = event_pb2.Event()
            event.ParseFromString(data)
            events.append(event)
    return events


def values(events):
    """Return (tag, step) -> value of the scalars, and the histograms."""
    scalars, histograms = {}, {}
    for event in events:
        for value in event.summary.value:
            key = value.tag, event.step
            if value.HasField("histo"):
                assert key not in histograms
                histograms[key] = value.histo
            else:
                assert key not in scalars
                scalars[key] = value.simple_value
    return scalars, histograms


def run(tmp_path, epochs=2, step_records=True, **options):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((40, 4)).astype(np.float32), rng.integers(0, 2, 40)
    model = nn.Sequential(nn.Linear(4, 3, rng=rng), nn.ReLU(), nn.Linear(3, 2, rng=rng))
    optimizer = nn.SGD(model.get_parameters(), lr=0.1)
    training = fit(
        model,
        nn.SoftmaxCrossEntropy(),
        optimizer,
        (x, y),
        (x, y),
        epochs=epochs,
        batch_size=8,
        step_records=step_records,
    )
    held = Run(HEADER, "", tmp_path / "run", **options)
    records = held.train(training)
    held.end()
    return records, model, x


def test_every_loss_and_accuracy_can_be_read_back(tmp_path):
    records, _, _ = run(tmp_path)
    scalars, _ = values(read_events(tmp_path / "run" / "tensorboard"))
    for record in records:
        if isinstance(record, StepRecord):
            assert scalars["training/loss", record.step] == np.float32(record.loss)
            assert scalars["training/lr", record.step] == np.float32(0.1)
        else:
            for name in ("train_loss", "validation_loss", "validation_accuracy"):
                value = scalars[f"training/{name}", record.epoch]
                assert value == np.float32(getattr(record, name))
    assert len(scalars) == 10 * 2 + 2 * 3
    assert sum(isinstance(r, EpochRecord) for r in records) == 2


def test_writing_events_loads_no_pytorch_and_leaves_it_to_others(tmp_path):
    pytest.importorskip("torch")
    code = (
        "import sys; from pathlib import Path;"
        "from mytorch.reporting.tensorboard import TensorBoard;"
        "board = TensorBoard(Path('.')); board.scalar('loss', 1.0, 1); board.close();"
        "assert 'torch' not in sys.modules; import torch; assert torch.ones(1).item() == 1;"
        "board.scalar('loss', 1.0, 2); assert sys.modules['torch'] is torch"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_long_training_is_thinned_and_begins_with_its_first_step(tmp_path):
    records, _, _ = run(tmp_path, epochs=500)
    scalars, _ = values(read_events(tmp_path / "run" / "tensorboard"))
    steps = sorted(step for tag, step in scalars if tag == "training/loss")
    assert len(records) == 3000
    assert 500 < len(steps) <= 1000
    assert steps[0] == 1
    assert len({b - a for a, b in itertools.pairwise(steps)}) == 1


def test_the_epochs_of_a_long_training_are_thinned_up_to_its_last(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((4, 2)), rng.integers(0, 2, 4)
    model = nn.Linear(2, 2, dtype=np.float64, rng=rng)
    optimizer = nn.SGD(model.get_parameters(), lr=0.1)
    options = {"epochs": 2501, "batch_size": 4, "step_records": False}
    held = Run(HEADER, "", tmp_path / "run")
    records = held.train(fit(model, nn.SoftmaxCrossEntropy(), optimizer, (x, y), **options))
    held.close()
    scalars, _ = values(read_events(tmp_path / "run" / "tensorboard"))
    epochs = sorted(step for tag, step in scalars if tag == "training/train_loss")
    assert epochs == [*range(1, 2501, 3), 2501]
    assert scalars["training/train_loss", 2501] == np.float32(records[-1].train_loss)


def test_the_parameters_after_each_epoch_are_there_as_histograms(tmp_path):
    _, model, _ = run(tmp_path)
    _, histograms = values(read_events(tmp_path / "run" / "tensorboard"))
    names = [name for name, _ in model.named_parameters()]
    assert set(histograms) == {(f"training/{name}", epoch) for name in names for epoch in (1, 2)}
    for name, parameter in model.named_parameters():
        found = histograms[f"training/{name}", 2]
        assert found.num == parameter.size
        assert found.sum == pytest.approx(parameter.astype(float).sum(), rel=1e-12)
        assert (found.min, found.max) == (parameter.min(), parameter.max())


def test_of_many_epochs_some_and_the_last_have_histograms(tmp_path):
    run(tmp_path, epochs=71)
    _, histograms = values(read_events(tmp_path / "run" / "tensorboard"))
    assert sorted({epoch for _, epoch in histograms}) == [*range(1, 71, 3), 71]


def test_the_monitor_sees_weights_net_inputs_and_activations(tmp_path):
    _, model, x = run(tmp_path, monitor_every=5)
    lines = (tmp_path / "run" / "monitor.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    names = ["0.weight", "0.bias", "2.weight", "2.bias", "0 Linear", "1 ReLU", "2 Linear"]
    assert [e["of"] for e in entries] == names * 3
    assert [e["step"] for e in entries] == [1] * 7 + [5] * 7 + [10] * 7
    tensors = {**dict(model.named_parameters()), **dict(layer_outputs(model, x[:8]))}
    scalars, histograms = values(read_events(tmp_path / "run" / "tensorboard"))
    for entry in entries[-7:]:
        name = entry["of"]
        tensor = tensors[name].astype(np.float64)
        assert entry["min"] == tensor.min()
        assert entry["max"] == tensor.max()
        assert entry["mean"] == pytest.approx(tensor.mean(), rel=1e-12)
        assert entry["std"] == pytest.approx(tensor.std(), rel=1e-12)
        assert sum(entry["counts"]) == tensor.size
        tag = f"training/{name.replace(' ', '_')}"
        assert scalars[f"{tag}/std", 10] == np.float32(entry["std"])
        assert histograms[tag, 10].num == tensor.size
        assert histograms[tag, 10].sum == pytest.approx(tensor.sum(), rel=1e-5, abs=1e-6)


def test_the_report_shows_what_the_monitor_saw(tmp_path):
    run(tmp_path, monitor_every=5)
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert "output of every layer" in results["figures"]["monitor"]
    picture = (tmp_path / "run" / "figures" / "monitor.svg").read_text()
    assert picture.count('id="axes_') == 7
    assert picture in (tmp_path / "run" / "report.html").read_text().replace("monitor-", "")


@pytest.mark.parametrize(
    ("every", "steps"), [(1, [5, 10, 15, 20]), (7, [5, 10, 15]), (12, [5, 15]), (99, [5])]
)
def test_a_training_of_epochs_is_seen_when_one_ends_with_a_step_to_look_at(tmp_path, every, steps):
    run(tmp_path, epochs=4, step_records=False, monitor_every=every)
    lines = (tmp_path / "run" / "monitor.jsonl").read_text().splitlines()
    assert sorted({json.loads(line)["step"] for line in lines}) == steps
    assert len(lines) == 7 * len(steps)


def test_looking_changes_nothing(tmp_path):
    seen, unseen = run(tmp_path / "a", monitor_every=1), run(tmp_path / "b")
    assert seen[0] == unseen[0]


def test_a_constant_has_a_summary_too():
    summary = summarize(np.full(10, 3.0))
    assert (summary.min, summary.max, summary.mean, summary.std) == (3, 3, 3, 0)
    assert sum(summary.counts) == 10


def test_layers_within_layers_are_named_by_their_parameters():
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.Tanh()), nn.Residual(nn.Linear(3, 3)))
    names = [name for name, _ in layer_outputs(model, np.ones((4, 2), np.float32))]
    assert names == ["0.0 Linear", "0.1 Tanh", "1 Residual"]


def test_the_figures_of_a_run_are_images_of_its_size(tmp_path):
    plots = pytest.importorskip("mytorch.reporting.plots")
    pytest.importorskip("matplotlib")
    held = Run(HEADER, "", tmp_path / "run")
    panel = plots.Panel("a", "x", "y", [plots.Curve("b", [1, 2], [3, 4])])
    for name in ("first", "second"):
        held.figure(name, plots.curves([panel]), "")
    held.end()
    held.end()  # as of a run that was killed while it ended: nothing stands twice
    events = read_events(tmp_path / "run" / "tensorboard" / "figures")
    images = {value.tag: value.image for event in events for value in event.summary.value}
    assert sum(len(event.summary.value) for event in events) == 2
    for name in ("first", "second"):
        content = (tmp_path / "run" / "figures" / f"{name}.png").read_bytes()
        assert images[name].encoded_image_string == content
        size = [int.from_bytes(content[at : at + 4], "big") for at in (16, 20)]
        assert [images[name].width, images[name].height] == size
