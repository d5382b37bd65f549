"""Runs killed at any moment and taken up again, through the command line."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("sklearn")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")

RUN = ["run", "nyu6953/p6", "--epochs=60", "--hidden=24,12", "--check-samples=1"]
SAME = ["results.json", "metrics.jsonl", "model.npz", "model.json"]


def mytorch(*arguments, cwd, **options):
    command = [sys.executable, "-m", "mytorch", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=cwd, **pipes, **options)


def finish(process):
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nobody interrupted: its folder, and the seconds it took."""
    folder = tmp_path_factory.mktemp("whole")
    begun = time.monotonic()
    code, out, err = finish(mytorch(*RUN, "--out=run", cwd=folder))
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "run"
    return folder / "run", time.monotonic() - begun


def assert_same(folder, whole):
    for name in SAME:
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name
    figures = sorted(path.name for path in (whole / "figures").iterdir())
    assert sorted(path.name for path in (folder / "figures").iterdir()) == figures
    assert not [path for path in folder.rglob("*") if path.name.startswith(".")]


def test_the_same_command_writes_the_same_bytes(whole, tmp_path):
    code, _, err = finish(mytorch(*RUN, "--out=run", cwd=tmp_path))
    assert (code, err) == (0, "")
    assert_same(tmp_path / "run", whole[0])


def test_killed_at_twenty_random_moments_it_ends_in_the_same_bytes(whole, tmp_path):
    chance = random.Random(0)
    kills, resumed = 0, 0
    while kills < 20:
        process = mytorch(*RUN, "--out=run", "--resume", "--save-every=0.05", cwd=tmp_path)
        time.sleep(chance.uniform(0, 1.05 * whole[1]))
        process.kill()
        finish(process)
        if process.returncode == 0:  # it was quicker
            assert_same(tmp_path / "run", whole[0])
            shutil.rmtree(tmp_path / "run")
        else:
            kills += 1
            resumed += any((tmp_path / "run").glob("checkpoints/*/*"))
    code, out, err = finish(mytorch(*RUN, "--out=run", "--resume", cwd=tmp_path))
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "run"
    assert_same(tmp_path / "run", whole[0])
    assert resumed >= 3


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_says_how_to_go_on_and_that_goes_on(number, code, whole, tmp_path):
    process = mytorch(*RUN, "--out=run", cwd=tmp_path)
    metrics = tmp_path / "run" / "metrics.jsonl"
    while not (metrics.is_file() and metrics.stat().st_size):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    found, _, err = finish(process)
    assert found == code
    (line,) = err.splitlines()
    how = "; go on with: mytorch run nyu6953/p6 --out=run --resume"
    assert line.startswith("mytorch: training was interrupted after step ")
    assert line.endswith(how)
    assert not (tmp_path / "run" / "results.json").exists()

    words = line.removeprefix(line.partition("mytorch run")[0]).split()[1:]
    code, _out, err = finish(mytorch(*words, cwd=tmp_path))
    assert (code, err) == (0, "")
    assert_same(tmp_path / "run", whole[0])


def test_a_run_that_has_ended_is_not_run_again(whole, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in whole[0].rglob("*")}
    process = mytorch("run", "nyu6953/p6", "--out=run", "--resume", cwd=whole[0].parent)
    code, out, err = finish(process)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "run"
    assert {path: path.stat().st_mtime_ns for path in whole[0].rglob("*")} == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--lr=0.3"], "was run with --lr=0.1, and --resume cannot make it 0.3"),
        (["--data=iris"], "was run with --data=digits, and --resume cannot make it iris"),
        (["--nothing=1"], "no field is named --nothing"),
        (["--seeds=3"], "was run with --seeds=none, and --resume cannot make it 3"),
        (["--monitor=5"], "was run with --monitor=none, and --resume cannot make it 5"),
        (["--smoke"], "was run with --hidden=24,12, and --resume cannot make it 16,8"),
    ],
)
def test_a_run_is_not_resumed_with_other_settings(arguments, message, whole):
    process = mytorch("run", "nyu6953/p6", "--out=run", "--resume", *arguments, cwd=whole[0].parent)
    code, _, err = finish(process)
    assert code == 2
    assert message in err
    assert len(err.splitlines()) == 1


def test_resume_needs_a_folder(tmp_path):
    code, _, err = finish(mytorch("run", "nyu6953/p6", "--resume", cwd=tmp_path))
    assert code == 2
    assert "--resume needs --out DIR" in err


def test_another_thread_count_is_refused_with_the_reason(tmp_path):
    pytest.importorskip("threadpoolctl")
    import os

    one = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    process = mytorch(*RUN, "--out=run", cwd=tmp_path, env=one)
    metrics = tmp_path / "run" / "metrics.jsonl"
    while not (metrics.is_file() and metrics.stat().st_size):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert finish(process)[0] == 130
    two = {**os.environ, "OPENBLAS_NUM_THREADS": "2"}
    code, _, err = finish(mytorch(*RUN, "--out=run", "--resume", cwd=tmp_path, env=two))
    assert code == 2
    assert "blas_threads was 1, and here it is 2; set OPENBLAS_NUM_THREADS=1" in err
    assert len(err.splitlines()) == 1
    assert (
        json.loads((tmp_path / "run" / "config.json").read_text())["machine"]["blas_threads"] == 1
    )


def test_another_set_of_kernels_is_refused_with_the_reason(whole, tmp_path):
    pytest.importorskip("numba")
    import os
    import shutil

    shutil.copytree(whole[0], tmp_path / "run")
    (tmp_path / "run" / "report.html").unlink()
    other = {**os.environ, "MYTORCH_KERNELS": "numpy"}
    code, _, err = finish(mytorch(*RUN, "--out=run", "--resume", cwd=tmp_path, env=other))
    assert code == 2
    assert "kernels was numba, and here it is numpy; install, or leave out, the extra 'fast'" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_a_closed_output_is_no_error(closed, tmp_path):
    line = f"{sys.executable} -m mytorch run nyu6953/p6 --smoke --out run {closed}"
    ran = subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (tmp_path / "run" / "report.html").is_file()


def test_several_seeds_give_mean_and_deviation_and_can_be_resumed(tmp_path):
    command = ["run", "nyu6953/p6", "--smoke", "--seed=3", "--seeds=3", "--out=run"]
    code, _out, err = finish(mytorch(*command, cwd=tmp_path))
    assert (code, err) == (0, "")
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    singles = [
        json.loads((tmp_path / "run" / f"seed-{seed}" / "results.json").read_text())["metrics"]
        for seed in (3, 4, 5)
    ]
    values = [single["test_accuracy"] for single in singles]
    mean = sum(values) / 3
    deviation = (sum((v - mean) ** 2 for v in values) / 2) ** 0.5
    assert results["seeds"] == 3
    assert results["metrics"]["test_accuracy_mean"] == pytest.approx(mean, rel=1e-15)
    assert results["metrics"]["test_accuracy_std"] == pytest.approx(deviation, rel=1e-12)
    assert [row[0] for row in results["tables"]["seeds"]["rows"]] == [3, 4, 5]
    assert (tmp_path / "run" / "report.html").is_file()

    alone = ["run", "nyu6953/p6", "--smoke", "--seed=4", "--out=alone"]
    assert finish(mytorch(*alone, cwd=tmp_path))[0] == 0
    one, other = (
        (tmp_path / name / "results.json").read_bytes() for name in ("alone", "run/seed-4")
    )
    assert one == other

    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    code, out, _ = finish(mytorch("runs", "clean", "copy", cwd=tmp_path))
    assert code == 0
    assert out.count("removed copy/seed-") == 3
    assert not list((tmp_path / "copy").rglob("checkpoints"))

    before = (tmp_path / "run" / "results.json").read_bytes()
    for name in ("report.html", "results.json", "seed-5/report.html"):
        (tmp_path / "run" / name).unlink()
    kept = (tmp_path / "run" / "seed-4" / "report.html").stat().st_mtime_ns
    resume = ["run", "nyu6953/p6", "--out=run", "--resume"]
    code, _, err = finish(mytorch(*resume, cwd=tmp_path))
    assert (code, err) == (0, "")
    assert (tmp_path / "run" / "results.json").read_bytes() == before
    assert (tmp_path / "run" / "seed-4" / "report.html").stat().st_mtime_ns == kept
