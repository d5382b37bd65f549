import itertools
import json
import signal

import numpy as np
import pytest

from mytorch import nn
from mytorch.reporting import machine
from mytorch.reporting.runs import Run, read_config, read_results
from mytorch.reporting.training import RunInterrupted
from mytorch.training import fit
from mytorch.training.checkpoint import load_checkpoint
from mytorch.utils import files
from mytorch.utils.errors import RunError

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

HEADER = {
    "experiment": "course/name",
    "title": "A <made-up> experiment.",
    "data": "none",
    "backend": "numpy",
    "seed": 0,
    "config": {"epochs": 1},
}


def training(epochs=2, seed=0):
    """Return a training of 3 steps an epoch, and its model."""
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((30, 4)).astype(np.float32), rng.integers(0, 2, 30)
    model = nn.Sequential(nn.Linear(4, 3, rng=rng), nn.Dropout(rng=rng), nn.Linear(3, 2, rng=rng))
    optimizer = nn.Adam(model.get_parameters())
    loss = nn.SoftmaxCrossEntropy()
    options = {"epochs": epochs, "batch_size": 10, "rng": rng}
    return fit(model, loss, optimizer, (x, y), (x, y), **options), model


def finished(out, **options):
    run = Run(HEADER, "mytorch run course/name", out, **options)
    run.train(training()[0])
    run.metric("test_accuracy", 0.5)
    run.table("layers", ["name", "size"], [["0 & 1", 12345], ["2", None]])
    run.end()
    return run


def test_a_run_leaves_every_file_of_its_folder(tmp_path):
    folder = finished(tmp_path / "run").folder
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        "checkpoints",
        "config.json",
        "metrics.jsonl",
        "report.html",
        "results.json",
        "tensorboard",
        "timing.json",
    ]
    results = json.loads((folder / "results.json").read_text())
    assert results["metrics"] == {"test_accuracy": 0.5}
    assert results["tables"]["layers"]["rows"] == [["0 & 1", 12345], ["2", None]]
    config = json.loads((folder / "config.json").read_text())
    assert config["command"] == "mytorch run course/name"
    assert config["machine"]["numpy"]
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    records = list(training()[0])
    assert lines[0] == {"training": "training", "record": "step", **records[0]._asdict()}
    assert lines[3] == {"training": "training", "record": "epoch", **records[3]._asdict()}
    assert len(lines) == len(records) == 8
    assert json.loads((folder / "timing.json").read_text())["training"] > 0


def test_nothing_is_created_before_there_is_something_to_write(tmp_path):
    Run(HEADER, "", tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(RunError, match="holds files already; name a new folder"):
        Run(HEADER, "", tmp_path)
    with pytest.raises(RunError, match="is a file; name a folder"):
        Run(HEADER, "", tmp_path / "precious")
    assert (tmp_path / "precious").read_text() == "mine"


def test_an_empty_folder_is_used(tmp_path):
    assert finished(tmp_path).folder == tmp_path


def test_runs_in_the_same_second_get_folders_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = {finished(None).folder for _ in range(3)}
    assert len(folders) == 3
    assert all(folder.parent.as_posix() == "runs/course/name" for folder in folders)


def test_a_folder_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_bytes", full)
    with pytest.raises(RunError, match=r"cannot be written \(No space left on device\)"):
        finished(tmp_path)


def test_the_report_is_one_file_and_the_same_every_time(tmp_path):
    from mytorch.reporting.html import render

    folder = finished(tmp_path).folder
    page = (folder / "report.html").read_text()
    assert page == render(folder)
    assert "A &lt;made-up&gt; experiment." in page
    assert "0 &amp; 1" in page
    assert "12,345" in page
    assert "src=" not in page
    assert "http" not in page


# Interrupted, and taken up again


class Stopper:
    """Sends this process a signal after so many records of a training."""

    def __init__(self, after, number=signal.SIGINT):
        self.after, self.number, self.original = after, number, Run.train

    def __call__(self, run, steps, name="training"):
        def counted():
            for count, record in enumerate(original(), start=1):
                if count == self.after:
                    signal.raise_signal(self.number)
                yield record

        original, steps._run = steps._run, counted  # which a resumed training calls anew
        steps._records = counted()
        return self.original(run, steps, name)


def interrupted(out, after, number=signal.SIGINT, trainings=1, **options):
    """Run trainings in a folder, the last of which is interrupted."""
    run = Run(HEADER, "", out, **options)
    for k in range(trainings - 1):
        run.train(training(seed=k)[0], f"number_{k}")
    k = trainings - 1
    with pytest.raises(RunInterrupted) as caught:
        Stopper(after, number)(run, training(seed=k)[0], f"number_{k}")
    run.close()
    return caught.value


def whole(out, trainings=1, **options):
    """Run trainings in a folder; return the bytes of every file that must be the same."""
    run = Run(HEADER, "", out, **options)
    records = []
    for k in range(trainings):
        steps, model = training(seed=k)
        records.append(run.train(steps, f"number_{k}"))
        nn.save_file(model.state_dict(), out / f"{k}.npz")
    run.end()
    names = ["metrics.jsonl", "results.json", *(f"{k}.npz" for k in range(trainings))]
    return records, {name: (out / name).read_bytes() for name in names}


@pytest.mark.parametrize("after", range(1, 9))
def test_an_interrupted_training_finishes_its_step_and_goes_on_to_the_same_bytes(after, tmp_path):
    expected = whole(tmp_path / "whole")
    caught = interrupted(tmp_path / "run", after)
    assert caught.number == signal.SIGINT
    step, epoch = [(1, 1), (2, 1), (3, 1), (3, 1), (4, 2), (5, 2), (6, 2), (6, 2)][after - 1]
    assert str(caught) == f"number_0 was interrupted after step {step} (epoch {epoch} of 2)"
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == after
    assert not (tmp_path / "run" / "results.json").exists()
    assert whole(tmp_path / "run", resume=True) == expected


@pytest.mark.parametrize("trainings", [2, 3])
def test_trainings_that_had_ended_are_not_run_again(trainings, tmp_path, monkeypatch):
    expected = whole(tmp_path / "whole", trainings)
    interrupted(tmp_path / "run", 4, trainings=trainings)
    steps = []
    update = fit._update
    monkeypatch.setattr(fit, "_update", lambda self, rows: (steps.append(1), update(self, rows))[1])
    assert whole(tmp_path / "run", trainings, resume=True) == expected
    assert len(steps) == 3  # of the six of the last training


def test_a_run_interrupted_again_and_again_ends_in_the_same_bytes(tmp_path):
    expected = whole(tmp_path / "whole")
    interrupted(tmp_path / "run", 2)
    for _ in range(2):
        interrupted(tmp_path / "run", 2, resume=True)
    assert whole(tmp_path / "run", resume=True) == expected


def test_what_was_written_after_the_last_checkpoint_is_cut_off(tmp_path):
    expected = whole(tmp_path / "whole", monitor_every=1)
    interrupted(tmp_path / "run", 2, monitor_every=1)
    for name in ("metrics.jsonl", "monitor.jsonl"):
        with (tmp_path / "run" / name).open("ab") as file:
            file.write(b'{"training": "number_0", "record": "st')
    (tmp_path / "run" / "tensorboard" / "events.out.tfevents.9.later").write_bytes(b"later")
    found = whole(tmp_path / "run", resume=True, monitor_every=1)
    assert found == expected
    monitors = [(tmp_path / name / "monitor.jsonl").read_bytes() for name in ("whole", "run")]
    assert monitors[0] == monitors[1]
    assert not list((tmp_path / "run" / "tensorboard").glob("*later*"))


def test_with_all_checkpoints_damaged_it_begins_again_and_says_so(tmp_path):
    expected = whole(tmp_path / "whole")
    interrupted(tmp_path / "run", 5, save_every=0)
    paths = sorted((tmp_path / "run" / "checkpoints" / "number_0").iterdir())
    assert len(paths) == 2
    lines = []
    paths[1].write_bytes(paths[1].read_bytes()[:-9])
    one_before = load_checkpoint(paths[0])["training"]["step"]
    assert one_before == 3
    assert whole(tmp_path / "run", resume=True, warn=lines.append) == expected
    assert len(lines) == 1

    interrupted(tmp_path / "again", 5, save_every=0)
    for path in (tmp_path / "again" / "checkpoints" / "number_0").iterdir():
        path.write_bytes(b"")
    assert whole(tmp_path / "again", resume=True, warn=lines.append) == expected
    assert len(lines) == 3


def test_metrics_that_were_cut_by_hand_are_told(tmp_path):
    interrupted(tmp_path / "run", 5)
    metrics = tmp_path / "run" / "metrics.jsonl"
    metrics.write_bytes(metrics.read_bytes()[:10])
    with pytest.raises(RunError, match=r"holds 10 bytes, and held .* remove"):
        whole(tmp_path / "run", resume=True)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows ends a process at once")
def test_sigterm_is_an_interruption_too(tmp_path):
    assert interrupted(tmp_path / "run", 2, signal.SIGTERM).number == signal.SIGTERM


@pytest.mark.parametrize("key", sorted(machine.DECISIVE))
def test_a_run_is_not_taken_up_where_its_bits_would_differ(key, tmp_path, monkeypatch):
    interrupted(tmp_path, 2)
    there = machine.describe()
    monkeypatch.setattr(machine, "describe", lambda backend: {**there, key: "another"})
    with pytest.raises(RunError) as caught:
        whole(tmp_path, resume=True)
    message = str(caught.value)
    assert (
        f"cannot go on to the same bits: {key} was {there.get(key)}, and here it is another"
        in message
    )
    assert "run it anew in another folder" in message


@pytest.mark.parametrize("key", ["experiment", "data", "backend", "seed", "config"])
def test_another_run_is_not_taken_up(key, tmp_path):
    interrupted(tmp_path, 2)
    run = Run({**HEADER, key: "other"}, "", tmp_path, resume=True)
    with pytest.raises(RunError, match=f"was run with {key} .*, and now other"):
        run.begin()


def test_a_run_that_ended_meanwhile_in_the_same_folder_is_left_alone(tmp_path):
    slow = Run(HEADER, "", tmp_path)  # it loads its data, and has not begun
    folder = finished(tmp_path).folder
    before = (folder / "results.json").read_bytes()
    with pytest.raises(RunError, match="holds files already"):
        slow.begin()
    slow.close()
    assert (folder / "results.json").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir())[:2] == ["checkpoints", "config.json"]


def test_the_bits_of_a_pytorch_run_depend_on_pytorch_and_its_threads(monkeypatch):
    pytest.importorskip("torch")
    assert {"torch", "torch_threads"} <= set(machine.describe("torch"))
    assert "torch" not in machine.describe("numpy")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert machine.describe()["processes"] == 2


def test_damaged_metrics_are_told(tmp_path):
    interrupted(tmp_path, 5)
    metrics = tmp_path / "metrics.jsonl"
    metrics.write_bytes(b"\xff" + metrics.read_bytes()[1:])
    with pytest.raises(RunError, match=r"metrics\.jsonl: is damaged .* remove"):
        whole(tmp_path, resume=True)


def test_two_processes_cannot_write_one_run(tmp_path):
    first = Run(HEADER, "", tmp_path)
    first.begin()
    with pytest.raises(RunError, match="another process is writing it"):
        Run(HEADER, "", tmp_path, resume=True).begin()
    first.close()
    Run(HEADER, "", tmp_path, resume=True).begin()


def test_a_folder_that_was_left_before_its_first_file_is_taken_as_new(tmp_path):
    (tmp_path / ".lock").touch()
    (tmp_path / ".config.json.0123abcd.part").write_text("{")
    folder = finished(tmp_path, resume=True).folder
    assert read_results(folder)["metrics"] == {"test_accuracy": 0.5}
    assert not list(folder.rglob(".*"))


def test_a_full_disk_at_a_checkpoint_keeps_the_one_before(tmp_path, monkeypatch):
    expected = whole(tmp_path / "whole")
    write_bytes, written = files.write_bytes, []

    def nearly_full(path, content):
        if "checkpoints" in path.parts:
            written.append(path)
            if len(written) == 3:
                raise OSError(28, "No space left on device")
        write_bytes(path, content)

    monkeypatch.setattr("mytorch.training.checkpoint.write_bytes", nearly_full)
    with pytest.raises(RunError, match=r"step 3 cannot be written \(No space left on device\)"):
        whole(tmp_path / "run", save_every=0)
    monkeypatch.undo()
    assert whole(tmp_path / "run", resume=True) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON"),
        (b"{" * 100_000, "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[]", "not the config of a run: expected names with values"),
        (b'{"experiment": "x"}', "not the config of a run: look at backend, command, config"),
    ],
)
def test_a_damaged_config_is_told_in_one_line(content, message, tmp_path):
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(RunError, match=message) as caught:
        read_config(tmp_path)
    assert "\n" not in str(caught.value)


def test_the_time_of_all_parts_of_a_training_is_added_up(tmp_path, monkeypatch):
    clock = itertools.count()
    monkeypatch.setattr("mytorch.reporting.training.perf_counter", lambda: next(clock) / 10)
    seconds = []
    for number, after in enumerate((3, 2), start=1):
        interrupted(tmp_path, after, resume=True)
        *_, newest = sorted((tmp_path / "checkpoints" / "number_0").iterdir())
        seconds.append(load_checkpoint(newest)["seconds"])
        assert len(list(newest.parent.iterdir())) == number
    whole(tmp_path, resume=True)
    seconds.append(json.loads((tmp_path / "timing.json").read_text())["number_0"])
    assert seconds == pytest.approx([0.3, 0.5, 0.9], abs=1e-12)


def test_answers_stand_in_the_report_before_the_figures(tmp_path):
    run = Run(HEADER, "", tmp_path / "run")
    run.metric("test_accuracy", 0.5)
    run.finding("best", "Which is best & why?", "He is.", "Its loss is 0.25 < 0.5.")
    run.end()
    assert json.loads((tmp_path / "run" / "results.json").read_text())["findings"] == {
        "best": {"question": "Which is best & why?", "answer": "He is. Its loss is 0.25 < 0.5."}
    }
    page = (tmp_path / "run" / "report.html").read_text()
    assert "<dt>Which is best &amp; why?</dt>" in page
    assert "<dd>He is. Its loss is 0.25 &lt; 0.5.</dd>" in page
    assert page.index("Questions and answers") < page.index("Repeat it")


def test_everything_made_from_stand_in_data_is_marked(tmp_path):
    plots = pytest.importorskip("mytorch.reporting.plots")
    pytest.importorskip("matplotlib")
    panel = plots.Panel("a", "x", "y", [plots.Curve("b", [1, 2], [3, 4])])
    said, pictures = [], {}
    for name in ("real", "marked"):
        run = Run(dict(HEADER), "", tmp_path / name, say=lambda *line: said.append(line))
        if name == "marked":
            run.stand_in("Drawn from a formula, not images of cells.")
        run.figure("loss", plots.curves([panel]), "")
        run.end()
        pictures[name] = (tmp_path / name / "figures" / "loss.png").read_bytes()
    assert said == [("stand-in data", "Drawn from a formula, not images of cells.")]
    assert pictures["real"] != pictures["marked"]
    for name, marked in (("real", False), ("marked", True)):
        results = json.loads((tmp_path / name / "results.json").read_text())
        assert ("stand_in" in results) == marked
        page = (tmp_path / name / "report.html").read_text()
        assert ("not images of cells" in page) == marked
