"""Who is measured when, and what becomes of those that fail."""

import sys
import time

import pytest

from benchmarks import __main__ as command
from benchmarks import runner, steady, worker
from benchmarks.peers import COLUMNS
from benchmarks.runner import MeasurementError, Variant, in_a_process, run
from benchmarks.workloads import WORKLOADS, select

W1 = [WORKLOADS["W1"]]
NAMES = ("torch", "jax", "numpy")


def measured(seconds=1.0):
    return {
        "times": [seconds],
        "runs": 1,
        "steady": True,
        "preparation": 0.0,
        "memory": None,
        "process": None,
        "figures": [2.3],
        "versions": {},
    }


def run_with(measure, *, names=NAMES, rounds=3, threads=(1,), workloads=W1):
    calls = []

    def recorded(workload, variant):
        calls.append((workload, variant))
        return measure(workload, variant)

    columns = [COLUMNS[name] for name in names]
    return run(workloads, columns, recorded, rounds=rounds, threads=threads), calls


def test_the_peers_take_turns():
    results, calls = run_with(lambda *_: measured())
    assert [variant.column for _, variant in calls] == [*NAMES] * 3
    assert {len(samples) for samples in results.samples.values()} == {3}
    assert results.complete


def test_one_workload_is_over_before_the_next_begins():
    _, calls = run_with(lambda *_: measured(), workloads=select(["W1", "W3"]), rounds=2)
    assert [name for name, _ in calls] == ["W1"] * 6 + ["W3"] * 6


def test_a_peer_that_fails_is_not_asked_again_and_stops_nobody():
    def measure(workload, variant):
        if variant.column == "jax":
            raise MeasurementError("No module named 'jax'")
        return measured()

    results, calls = run_with(measure)
    assert sum(variant.column == "jax" for _, variant in calls) == 1
    assert results.failures == {("W1", Variant("jax", "", 1)): "No module named 'jax'"}
    assert {variant.column for _, variant in results.samples} == {"torch", "numpy"}


def test_a_peer_that_fails_later_has_no_numbers():
    count = iter(range(10))

    def measure(workload, variant):
        if next(count):
            raise MeasurementError("gone")
        return measured()

    results, _ = run_with(measure, names=["numpy"])
    assert not results.samples
    assert len(results.failures) == 1
    assert results.has("W1")


def test_a_variant_that_is_clearly_slower_leaves_after_two_rounds():
    results, calls = run_with(
        lambda _, variant: measured(1.0 if variant.threads == 1 else 1.4),
        names=["torch", "torch-best"],
        threads=(1, 2),
    )
    eager = [(v.mode, v.threads) for _, v in calls if v.column == "torch"]
    assert eager == [("eager", 1), ("eager", 2)] * 2 + [("eager", 1)]
    assert results.best("W1", COLUMNS["torch"]).threads == 1


def test_a_disturbed_process_is_no_reason_to_leave():
    def measure(_, variant):
        return measured(1.4) | {"steady": False} if variant.threads == 2 else measured(1.0)

    _, calls = run_with(measure, names=["torch"], threads=(1, 2))
    assert [variant.threads for _, variant in calls] == [1, 2] * 3


def test_an_interruption_leaves_what_was_measured():
    def measure(workload, variant):
        if variant.column == "jax":
            raise KeyboardInterrupt
        return measured()

    results, calls = run_with(measure)
    assert len(calls) == 2
    assert not results.complete
    assert [variant.column for _, variant in results.samples] == ["torch"]


def python(code, limit=60):
    return runner._last_line([sys.executable, "-c", code], limit)


def test_a_measurement_is_the_last_line():
    assert python("print('chatter'); print('{\"times\": [1]}')") == {"times": [1]}


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import no_such_package", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("import sys; sys.exit(3)", "exit code 3"),
        ("print('hello')", "printed no measurement"),
        ("pass", "printed no measurement"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended by signal SIGSEGV"),
    ],
)
def test_a_process_that_fails_says_why_in_a_line(code, why):
    with pytest.raises(MeasurementError) as failure:
        python(code)
    assert str(failure.value) == why


def test_a_process_that_hangs_is_ended_with_its_children(tmp_path):
    # The child writes on for as long as it lives.
    child = f"""
import time
from pathlib import Path
while True:
    with Path({str(tmp_path / "alive")!r}).open("a") as file:
        file.write(".")
    time.sleep(0.01)
"""
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with pytest.raises(MeasurementError, match="no result within 2 s"):
        python(code, limit=2)
    time.sleep(0.2)
    size = (tmp_path / "alive").stat().st_size
    assert size > 0
    time.sleep(0.5)
    assert (tmp_path / "alive").stat().st_size == size


def test_a_worker_prints_json_with_everything_the_tables_need():
    found = in_a_process(budget=0.0, limit=120)("W2-D4", Variant("numpy", "", 1))
    assert (found["workload"], found["peer"], found["threads"]) == ("W2-D4", "numpy", 1)
    assert len(found["times"]) >= steady.LEAST
    assert all(0 < seconds < 60 for seconds in found["times"])
    assert len(found["figures"]) == 5
    assert found["preparation"] >= 0
    assert {"python", "numpy"} <= set(found["versions"])
    if found["memory"] is not None:
        assert 0 < found["memory"] < found["process"] < 2**30


def test_a_worker_that_cannot_measure_gives_the_footnote(monkeypatch, capsys):
    def broken(*_):
        raise ImportError("no such library\nand a long story")

    monkeypatch.setattr(worker, "limit_threads", lambda _: None)  # this process goes on
    monkeypatch.setattr(worker.importlib, "import_module", broken)
    assert worker.main(["W1", "torch"]) == 1
    assert capsys.readouterr().err == "ImportError: no such library\n"


def test_a_worker_sets_its_threads_and_then_measures(monkeypatch, capsys):
    calls = []
    monkeypatch.setattr(worker, "limit_threads", calls.append)
    monkeypatch.setattr(worker, "measure", lambda *told: calls.append(told))
    assert worker.main(["W1", "torch", "fused", "2", "--budget=7", "--pace=0.5"]) == 0
    assert calls == [2, ("W1", "torch", "fused", 2, 7.0, 0.5)]
    assert capsys.readouterr().out == "null\n"


def test_the_threads_are_set_before_numpy_is_loaded():
    code = (
        "import sys\n"
        "from benchmarks import worker\n"
        "assert 'numpy' not in sys.modules\n"
        "worker.limit_threads(1)\n"
        "import json, threadpoolctl, numpy\n"
        "print(json.dumps([pool['num_threads'] for pool in threadpoolctl.threadpool_info()]))"
    )
    pytest.importorskip("threadpoolctl")
    assert set(python(code)) == {1}


def test_the_command_prints_the_page_and_writes_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        command, "in_a_process", lambda budget, limit: lambda workload, variant: measured()
    )
    out = tmp_path / "results.md"
    assert command.main(["W1", "W2", "--peers", "numpy,torch", "--out", str(out)]) == 0
    page = capsys.readouterr().out
    assert out.read_text(encoding="utf-8") == page
    assert "## W1" in page
    assert "## W2-D200" in page
    assert "## W3" not in page
    assert "scikit-learn |" not in page.split("## W1", 1)[1]


def test_an_interrupted_command_prints_but_does_not_overwrite(tmp_path, monkeypatch, capsys):
    def interrupted(workload, variant):
        if workload == "W3":
            raise KeyboardInterrupt
        return measured()

    monkeypatch.setattr(command, "in_a_process", lambda budget, limit: interrupted)
    out = tmp_path / "results.md"
    out.write_text("before", encoding="utf-8")
    assert command.main(["W1", "W3", "--peers", "numpy", "--out", str(out)]) == 130
    printed = capsys.readouterr()
    assert out.read_text(encoding="utf-8") == "before"
    assert "is left as it was" in printed.err
    assert "## W1" in printed.out
    assert "## W3" not in printed.out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["W9"], "no workload 'W9': choose from W1"),
        (["--peers", "numpy,tensorflow"], "no peer 'tensorflow': choose from mytorch"),
        (["--rounds", "0"], "--rounds must be at least 1"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line(arguments, why, capsys):
    with pytest.raises(SystemExit) as end:
        command.main(arguments)
    assert end.value.code == 2
    assert why in capsys.readouterr().err


def test_quick_is_one_round_on_all_cores(monkeypatch, capsys):
    calls = []

    def measure(workload, variant):
        calls.append(variant)
        return measured()

    monkeypatch.setattr(command, "in_a_process", lambda budget, limit: measure)
    monkeypatch.setattr(command.machine, "cpu_count", lambda: 8)
    assert command.main(["W1", "--quick", "--peers", "numpy,torch"]) == 0
    assert calls == [Variant("torch", "eager", 8), Variant("numpy", "", 8)]
    capsys.readouterr()


def test_the_measurements_made_up_here_are_like_a_workers():
    assert set(measured()) <= set(worker.measure("W2-D4", "numpy", "", 1, 0.0))
